// Package file pays a pool's providers through a person, who needs no wallet that
// a program could reach: each batch is a file that says whom to pay what, and the
// person answers with another one.
//
//	<batch>.csv    written by [Payer.Pay], complete or not at all
//	               batch,<batch>
//	               total,<the sum>
//	               address,amount
//	               <address>,<amount>    one line per address
//	<batch>.txid   written by the person: the transaction that paid it, in hex
//
// A batch that is there and has no answer may have been paid, so it can only be
// waited for. One that is void has a csv that says "void" in place of "batch" and
// pays nobody.
//
// It is also a dry run: the same engine, ledger and batches, and nothing is sent.
// Nobody counts confirmations here, so set payout.Config.Confirmations to 0. Call
// [Open] first.
package file
