// Package sql keeps the journal, the inbox, the anchor, the ledgers and the
// chronicle of the module in a SQLite file, for a program that brings its own
// database, or in PostgreSQL. Beside them it keeps what a server is told and asked:
// positions of banks, facts of instruments, an operator's own book of money, answers
// to requests.
//
// Start with [Open]. Both databases run the same statements over the same
// tables, whose names begin with evenkeel_, so that they may share a database
// with those of the host:
//
//	evenkeel_journal      one row per record, numbered per key
//	evenkeel_inbox        one row per command, numbered per key
//	evenkeel_anchor       one row per published head, numbered per key
//	evenkeel_schema       which migrations have run
//
//	evenkeel_ledger       one row: how many there are of all that a ledger numbers
//	evenkeel_account      one row per registration
//	evenkeel_rebinding    one row per key at an exchange: its last change of address
//	evenkeel_balance      one row per account: owed, held and paid, the sum of its credits
//	evenkeel_proof        one row per account: its newest proof
//	evenkeel_submission   one row per proof with orders, until it is forgotten
//	evenkeel_order        one row per order: since when it is known
//	evenkeel_round        one row per round
//	evenkeel_credit       one row per round and account that was credited
//	evenkeel_outcome      one row per round and account, until it is forgotten
//	evenkeel_payout       one row per batch
//
//	evenkeel_entry        one row per record in a chronicle: how many there are of all that it numbers
//	evenkeel_ratio        one row per bank and look, until it is forgotten
//	evenkeel_action       one row per action, as it is now
//	evenkeel_posting      one row per line of the pool's double-entry book
//	evenkeel_stress       one row per forecast, until it is forgotten
//
//	evenkeel_position     one row per source and bank: its newest position
//	evenkeel_request      one row per request that is answered once, until it is forgotten
//
//	evenkeel_instrument   one row per instrument and part of what is known of it: the newest
//	evenkeel_sale         one row per sale of an instrument: what became of it
//
//	evenkeel_settlement   one row: how many moves there are, and the sum of all accounts
//	evenkeel_holding      one row per account: what it holds, the sum of its moves
//	evenkeel_move         one row per transfer and deposit, made or void
//	evenkeel_provider     one row per provider: its totals and limits
//
// In the first three a row's number is its claim: a writer reads the last row of
// its key, checks that its own may follow, and inserts it under the next number.
// The primary key lets one writer win that number. So no statement needs a
// transaction around it, and no writer waits for a lock that another process
// holds.
//
// A ledger changes several rows together, in a transaction that begins by locking
// its one row of evenkeel_ledger; a settlement does so with evenkeel_settlement. An
// entry of a chronicle is claimed like a record, with all its rows in one
// transaction. Money is exact in both databases, and is added
// up here and never by a database.
//
// What a hash covers is kept as bytes, since a JSON column would rewrite it, and
// compressed where it is large. Times are kept as microseconds since 1970 in UTC,
// the precision of a record.
package sql
