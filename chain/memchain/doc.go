// Package memchain is an EVM-like chain in memory, for tests and simulations of
// what trades on one: blocks on demand, real PMM pools, and everything that goes
// wrong by script.
//
// The problem: whether a trade is made once, at the right price, and never twice
// depends on reorgs, lost answers, dear gas and other people's trades, none of
// which a real chain will repeat for a test. Here the host says when a block
// comes, who trades in it and in which order. There is no clock and no
// randomness, hashes are SHA-256 of content, so a run repeats to the last bit.
//
// Two sides meet in a [Chain]. The host calls [Chain.Mine], [Chain.Reorg] and
// [Chain.SetGasPrice], and trades as anyone by Go functions in a [Tx]. An engine
// sees the chain through a [Client], which is a chain.Client and passes
// chaintest; [Client.SetFaults] says what is wrong with its node.
//
// Begin with [New], deploy with [NewToken], [NewPool] and [NewStabilizer], fund
// them in a first block, and let [Chain.Client] do the rest. A [Contract] of
// your own is plain Go over [Cell] values.
//
// A [Bridge] joins two chains. What departs is paid out by [Bridge.Deliver], as
// transactions for the host to mine, so that it can be late, overtaken, refunded
// or taken back by a reorg of either chain.
//
// # Cost
//
// Each [Cell] remembers what a transaction overwrote, so a block costs what was
// written in it and a reorg or a look at the past swaps those values back. Only
// Options.History blocks are remembered; beyond them nothing grows but half a
// kilobyte for each id that a Client sent, since no id may ever become unknown.
//
// # Concurrency
//
// Chain and Client may be used by many goroutines. What contracts say of
// themselves in Go, such as [Pool.State] or [Token.Balance], is for the host's
// own goroutine and for a Tx, while no Client is at work: a Client that reads an
// old block turns the state back for that moment.
//
// # What is left out
//
// No account holds coins, so calls cannot carry any and gas is only counted. All
// of a client's ids are independent: a real account's nonces are in sequence, and
// keeping one stuck transaction from blocking the next is the adapter's duty.
package memchain
