// Package rpc pays a pool's providers from the wallet of a daemon that speaks
// bitcoind's JSON-RPC 1.0 (bitcoind, litecoind, nud), and reports the pool's
// liquidity to one.
//
// A payment that is asked for twice is made twice, and an answer can be lost. So
// each payer makes its payments recognisable before it makes them, and never
// asks for one that may have been made:
//
//	Sendmany   an attempt is noted, then sendmany with the batch as comment
//	           answered no, and not in the wallet   never sent: may be tried again
//	           no answer, and not in the wallet     nobody can tell: left to a person
//	Signed     a transaction is signed, checked, stored, then broadcast
//	           whatever happens                     the same bytes again
//
// What a lost call means, [Client.Call] says: [ErrNotSent] only if no connection
// was made or the daemon turned it away, [ErrNoAnswer] for all else, since a call
// waits in the daemon's queue though its client has hung up.
//
// Prefer [NewSigned]; [NewSendmany] is for wallets without partially signed
// transactions. [NewLiquidity] is a reward.Reporter.
package rpc
