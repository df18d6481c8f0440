package sql

import (
	"context"
	stdsql "database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// ErrNewer means that a newer program has changed the tables in ways that this
// one does not know. Tables are never changed back.
var ErrNewer = errors.New("sql: database is newer than this program")

//go:embed migrations/*.sql
var migrations embed.FS

// migrate runs the migrations that pool has not seen.
func migrate(ctx context.Context, pool *stdsql.DB, d dialect) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithTableName("evenkeel_schema"),
		goose.WithDisableGlobalRegistry(true), // what the host migrates is not ours
	}
	if d.goose == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // each second for a minute
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(d.goose, pool, translated{files, d.types}, options...)
	if err != nil {
		return err
	}
	// goose has no lock for SQLite: of two programs that open a file together
	// one may find a migration half seen, but done when it looks again.
	_, err = provider.Up(ctx)
	for range provider.ListSources() {
		if err != nil && d.goose == goose.DialectSQLite3 && ctx.Err() == nil {
			_, err = provider.Up(ctx)
		}
	}
	if err != nil {
		return err
	}
	is, known, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if is > known {
		return fmt.Errorf("%w: its tables are at version %d, known is %d", ErrNewer, is, known)
	}
	return nil
}
