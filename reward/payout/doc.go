// Package payout pays what providers have earned, each unit of it once, through
// a wallet or a person that may answer late, twice or never.
//
// What an account is owed is what was credited to it and is in no live or paid
// batch. A batch takes from accounts and pays to addresses:
//
//	output of an address = sum of its accounts' debts, rounded down to the coin
//	an account's rest    = stays with the account and is owed further on
//
// A batch is planned and durable before a [Payer] sees it, and the payer is asked
// what became of it before anything else is done about it:
//
//	planned -> sending -> sent -> confirmed
//	           sending -> failed       the payer vouches that it never was and never will be sent: its accounts are owed again
//	           sending -> unknown      nobody can tell: it waits for people, or until the payer can tell again
//	           sending <- sent         a reorg dropped it: the same transaction is sent again
//
// So a crash or a lost answer costs a delay and never a second payment (the write
// ahead of the outbox pattern; the ALP server paid again in both cases), and a
// batch that is stuck does not keep others from being paid.
//
// Start with [New] and let an evenkeel.Runner step it in a [World]; [Ledger] and
// [Payer] are what that needs. A person's [Command] goes into the inbox. To see
// what would be paid, call Step and leave it at that.
//
// # Glossary
//
//   - account: who was credited, one registration
//   - address: where the coin goes, of one account or several
//   - debt: what an account is owed
//   - batch: one payment to many addresses
//   - live: of a batch that is not final
//   - void: of a batch that is never to be paid, by the payer's word
package payout
