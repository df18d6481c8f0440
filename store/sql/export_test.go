package sql

import stdsql "database/sql"

// Pool shows a test how the connections of a DB are set up.
func (db *DB) Pool() *stdsql.DB { return db.pool }
