// Package kept keeps the answers under Idempotency-Keys in the server's database.
package kept

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Requests is an [api.Requests] in a database. Safe for concurrent use, also by
// several servers.
type Requests struct{ in *sql.Requests }

var _ api.Requests = Requests{}

// In returns the requests of db.
func In(db *sql.DB) Requests { return Requests{db.Requests()} }

// Begin implements api.Requests.
func (r Requests) Begin(ctx context.Context, actor, key string, hash [32]byte, now time.Time) (api.Answer, error) {
	a, err := r.in.Begin(ctx, actor, key, hash, now)
	switch {
	case errors.Is(err, sql.ErrOtherRequest):
		err = fmt.Errorf("%w: %w", api.ErrOtherRequest, err)
	case errors.Is(err, sql.ErrInProgress):
		err = fmt.Errorf("%w: %w", api.ErrInProgress, err)
	}
	return api.Answer(a), err
}

// Finish implements api.Requests.
func (r Requests) Finish(ctx context.Context, actor, key string, a api.Answer) error {
	return r.in.Finish(ctx, actor, key, sql.Answer(a))
}
