package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/evenkeelhq/evenkeel"
)

// maxConns limits how many statements of one DB run at the same time; further
// ones wait for their turn.
const maxConns = 8

// DB is an open database. Safe for concurrent use.
type DB struct {
	pool    *stdsql.DB
	dialect dialect
	packer  *packer
	writer  turns // of transactions, and in SQLite of everything
}

// Open opens the database that dsn names and brings its tables up to date:
//
//	sqlite:evenkeel.db              a file, created when missing
//	postgres://user@host/database   what pgx reads: PGPASSWORD, search_path, ...
//
// Writes are on disk when they return: SQLite runs in WAL mode with
// synchronous=FULL, PostgreSQL with synchronous_commit=on unless dsn says
// otherwise. A context that ends while SQLite waits for another program's write
// is seen within half a second. The errors are [evenkeel.ErrInvalid] for a malformed dsn,
// [ErrNewer], and those of the driver. They never show a password.
func Open(ctx context.Context, dsn string) (*DB, error) {
	if path, found := strings.CutPrefix(dsn, "sqlite:"); found {
		return openSQLite(ctx, path)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn)
	}
	// What it is instead may hold a password.
	return nil, fmt.Errorf("%w: dsn: must begin with sqlite: or postgres://", evenkeel.ErrInvalid)
}

func openSQLite(ctx context.Context, path string) (*DB, error) {
	if path == "" || path == ":memory:" || strings.HasPrefix(path, "//") || strings.Contains(path, "?") {
		return nil, fmt.Errorf("%w: dsn sqlite:%s: must be sqlite: and the path of a file, without options", evenkeel.ErrInvalid, path)
	}
	file := url.URL{Path: filepath.ToSlash(path)}
	pool, err := stdsql.Open("sqlite", fmt.Sprintf(
		"file:%s?_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate",
		file.EscapedPath(), busyMillis))
	if err != nil {
		return nil, fmt.Errorf("open sqlite:%s: %w", path, err)
	}
	db, err := prepare(ctx, pool, sqliteDialect)
	if err != nil {
		return nil, fmt.Errorf("open sqlite:%s: %w", path, err)
	}
	return db, nil
}

func openPostgres(ctx context.Context, dsn string) (*DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: dsn: %w", evenkeel.ErrInvalid, err)
	}
	if config.RuntimeParams["synchronous_commit"] == "" { // a server may have it off
		config.RuntimeParams["synchronous_commit"] = "on"
	}
	db, err := prepare(ctx, stdlib.OpenDB(*config), postgresDialect)
	if err != nil {
		return nil, fmt.Errorf("open postgres database %q on %s: %w", config.Database, config.Host, err)
	}
	return db, nil
}

// prepare makes a DB of pool, which it closes when that fails.
func prepare(ctx context.Context, pool *stdsql.DB, d dialect) (*DB, error) {
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	if err := migrate(ctx, pool, d); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	p, err := newPacker()
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &DB{pool, d, p, make(turns, 1)}, nil
}

// Close ends the use of the database by db and by all that came from it.
func (db *DB) Close() error { return db.pool.Close() }

// Store returns the journal that db keeps.
func (db *DB) Store() *Store { return &Store{db} }

// Inbox returns the inbox that db keeps.
func (db *DB) Inbox() *Inbox { return &Inbox{db} }

// Anchor returns the anchor that db keeps. It proves something about a journal
// only when whoever writes that journal cannot write db.
func (db *DB) Anchor() *Anchor { return &Anchor{db} }

// Ledger returns the ledger of the one pool that db keeps. What is submitted to
// it by many at once is written together, so a program opens one.
func (db *DB) Ledger() *Ledger { return newLedger(db) }

// Chronicle returns the chronicle that db keeps of the engine whose journal has
// that key.
func (db *DB) Chronicle(key string) *Chronicle { return &Chronicle{db, key} }

// Positions returns the positions that db keeps for those who tell them.
func (db *DB) Positions() *Positions { return &Positions{db} }

// Settlement returns the one book of money that db keeps.
func (db *DB) Settlement() *Settlement { return &Settlement{db} }

// Instruments returns what db keeps of instruments.
func (db *DB) Instruments() *Instruments { return &Instruments{db} }

// Requests returns the requests that db keeps the answers to.
func (db *DB) Requests() *Requests { return &Requests{db} }
