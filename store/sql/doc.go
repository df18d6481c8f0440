// Package sql keeps the journal, the inbox and the anchor of the module in a
// SQLite file, for a program that brings its own database, or in PostgreSQL.
//
// Start with [Open]. Both databases run the same statements over the same
// tables, whose names begin with evenkeel_, so that they may share a database
// with those of the host:
//
//	evenkeel_journal   one row per record, numbered per key
//	evenkeel_inbox     one row per command, numbered per key
//	evenkeel_anchor    one row per published head, numbered per key
//	evenkeel_schema    which migrations have run
//
// A row's number is its claim: a writer reads the last row of its key, checks
// that its own may follow, and inserts it under the next number. The primary
// key lets one writer win that number. So no statement needs a transaction
// around it, and no writer waits for a lock that another process holds.
//
// What a hash covers is kept as bytes, since a JSON column would rewrite it.
// Times are kept as microseconds since 1970 in UTC, the precision of a record.
package sql
