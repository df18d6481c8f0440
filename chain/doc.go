// Package chain is the vocabulary of an EVM-like chain and the port through
// which engines see and touch one. It knows no node software: package memchain
// is a chain in memory, chain/evm speaks to go-ethereum, and chaintest holds
// both to the promises made here.
//
// # Seeing
//
// A chain is a list of blocks whose newest end may still change. So one look is
// one block: ask for [Client.Head], then [Client.Read] everything at the hash it
// named. Either all answers describe that block or there are none; a block that
// was reorganised away is [ErrReorged], never a mixture of two histories.
//
// # Acting
//
// The caller names each transaction by an id of its own, written down before it
// is sent. [Client.Send] is idempotent in that id, so after a crash, a lost
// answer or a dropped transaction the remedy is always the same: send it again.
//
//	unknown ──Send──► Pending ──► Mined | Reverted       by a block
//	                     ▲   └──► Cancelled              Cancel reached a block first
//	                     │   └──► Expired                Deadline passed
//	                     └─────── a reorg takes the block away
//
// An id is in at most one block of any history: the versions of a transaction
// and its cancellation share one nonce, and a nonce is consumed once. What
// became of it is for [Client.Receipt] to say, not for the answer of Send.
//
// # Crossing
//
// A [Bridge] moves tokens from one chain to another, by the same rule: an id is
// written down before it is sent, [Bridge.Send] is idempotent in it, and
// [Bridge.Passages] says what became of it. Suite bridgetest holds
// implementations to that.
//
// # Words
//
//   - block: number, hash, parent and time; canonical while no other block took its number
//   - head: the newest block that the adapter calls final enough
//   - id: the caller's name for one transaction, such as an engine's "key/seq"
//   - version: one signed form of an id; versions differ in gas price alone
//   - deadline: the last block that may include a transaction
package chain
