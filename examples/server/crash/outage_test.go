//go:build unix

package crash_test

import (
	"context"
	stdsql "database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/internal/pgtest"
)

var restarts = flag.Int("restarts", 3, "how often each database goes away and comes back")

// How soon a server is ready once its database is.
const readyLimit = 5 * time.Second

// outage is a database that can be taken away from a server.
type outage struct {
	begin, end func(context.Context) error
	lasts      time.Duration
	says       string // what a look at the books is told meanwhile; "" is that they can be read
}

// A server whose database goes away says so, and is there again with it: nothing
// that it acknowledged is lost.
func TestADatabaseThatGoesAwayTakesNothingWithIt(t *testing.T) {
	program := build(t, "")
	t.Run("PostgreSQL is stopped and started", func(t *testing.T) {
		dsn := pgtest.URL(t)
		pg := clusterOf(t, dsn)
		survives(t, program, plan{payer: config.Signed, dsn: dsn}, func(*world) outage {
			return outage{pg.stop, pg.start, 500 * time.Millisecond, `{"success":false,"message":"500 error: "}`}
		})
	})
	t.Run("SQLite is locked by another program", func(t *testing.T) {
		survives(t, program, plan{payer: config.Sendmany}, lockedBy)
	})
}

// lockedBy has another program hold the write lock of a SQLite file.
func lockedBy(w *world) outage {
	var other *stdsql.DB
	return outage{
		lasts: 1500 * time.Millisecond,
		begin: func(ctx context.Context) (err error) {
			if other, err = stdsql.Open("sqlite", "file:"+strings.TrimPrefix(w.dsn, "sqlite:")+"?_pragma=busy_timeout(10000)"); err != nil {
				return err
			}
			other.SetMaxOpenConns(1) // whose transaction it is
			_, err = other.ExecContext(ctx, "BEGIN IMMEDIATE")
			return err
		},
		end: func(ctx context.Context) error {
			_, err := other.ExecContext(ctx, "ROLLBACK")
			return errors.Join(err, other.Close())
		},
	}
}

// survives takes the database away, under load, as often as is asked for.
func survives(t *testing.T, program string, p plan, of func(*world) outage) {
	t.Helper()
	p.veterans, p.providers, p.pause, p.maxBatch = 8, 4, 20*time.Millisecond, 45
	w, err := newWorld(t.Context(), t.TempDir(), p)
	require.NoError(t, err)
	defer w.close()
	c, _, err := w.start(t.Context(), program)
	require.NoError(t, err)
	worst := time.Duration(0)
	require.NoError(t, w.work(t.Context(), func() error {
		for range *restarts {
			ready, err := w.outlive(t.Context(), c, of(w))
			if err != nil {
				return fmt.Errorf("%w\n%s", err, c.said())
			}
			worst = max(worst, ready)
		}
		return nil
	}))
	require.NoError(t, w.finish(t.Context(), program, c))
	require.Less(t, worst, readyLimit)
	t.Logf("%d outages, %v acknowledged, none lost, %d visits in vain, %d batches paid, none twice, ready at most %v after the database was",
		*restarts, w.acknowledged(), w.failures(), len(w.wallet.payments()), worst.Round(time.Millisecond))
}

// outlive takes the database away for a moment, and returns how long it took the
// server to keep orders again once it was back.
func (w *world) outlive(ctx context.Context, c *child, o outage) (ready time.Duration, err error) {
	if err := w.serves(ctx, c); err != nil {
		return 0, err
	}
	if err := o.begin(ctx); err != nil {
		return 0, err
	}
	before := w.acknowledged().Orders
	pass(o.lasts)
	failed := w.admits(ctx, c, o.says)
	if meanwhile := w.acknowledged().Orders - before; meanwhile > 2*len(w.people) { // more than what was under way
		failed = errors.Join(failed, fmt.Errorf("%d orders were kept without a database", meanwhile))
	}
	if err := errors.Join(o.end(ctx), failed); err != nil {
		return 0, err
	}
	back := time.Now()
	if err := w.serves(ctx, c); err != nil {
		return 0, err
	}
	ready = time.Since(back)
	return ready, w.look(ctx, w.auditPromises)
}

// admits wants the server to be alive and to say what is wrong.
func (w *world) admits(ctx context.Context, c *child, want string) error {
	if c.dead() {
		return fmt.Errorf("the server died with its database: %w", c.err)
	}
	if want == "" {
		return healthy(ctx, c.url)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/"+w.people[0].user+"/stats", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusInternalServerError || string(body) != want {
		return fmt.Errorf("without a database it says %d %s", answer.StatusCode, body)
	}
	err = healthy(ctx, c.url)
	if err == nil {
		return errors.New("without a database it is healthy")
	}
	if !strings.Contains(err.Error(), "the pool cannot reach its database") {
		return fmt.Errorf("without a database its health is %w", err)
	}
	return nil
}

// failures counts the providers' visits that failed.
func (w *world) failures() int {
	n := 0
	for _, p := range w.people {
		p.note(func() { n += len(p.failed) })
	}
	return n
}
