// Package evm is a chain.Client over the JSON-RPC of an EVM chain's nodes.
//
// The problem: a node lags, lies, loses what it was given, and answers a payment with
// silence; and whoever signs again under another nonce has paid twice. Three rules
// keep a [Client] honest:
//
//   - Believe what all endpoints say. With two of them, a head, a state or a receipt
//     that they do not agree on is an error that names the endpoint and the block;
//     so is a head that is too old. No answer is no decision.
//   - Write down before sending. One id has one nonce, for ever; each signed version
//     is in the outbox, an evenkeel.Store, before any node sees it. After a crash the
//     same bytes are sent again, and of the versions with one nonce a chain includes at
//     most one. Two processes may share an outbox: the store fences them.
//   - Ask by nonce, then by hash. While the account's nonce is unused as of Head,
//     nothing of the id was mined; once it is used, the receipt of one of its versions
//     says how.
//
// The way of a transaction:
//
//	Send ─► sign ─► Store.Append ─► PrivateURLs ─┬─► Receipt: pending, mined, reverted
//	           ▲                    URLs, if     │      │
//	           │                    Tx.Public    │      ▼ past its Deadline
//	           └── a tenth more: Send, Cancel ◄──┘   expired: its nonce is taken by an
//	                                                 empty transfer
//
// What must happen together belongs into one call, such as executePrivateSwap of the
// stabilizer contract, whose legs both happen or neither: so there is no bundle to
// send, and a private endpoint needs to know eth_sendRawTransaction only.
//
// The deadline of a transaction is the contract's to enforce; see [Client.Send].
//
// Call [KeyFile] and [Open] first, then [Client.Check] with what the program is going
// to call.
//
// Beside it: contracts (pools and the stabilizer, to deploy), feed (prices from oracle
// contracts), pegmanager (what a peg manager asks for) and evmtest (a real node, and a
// scripted one, for tests).
package evm
