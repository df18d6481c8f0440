//go:build unix

package crash_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/internal/pgtest"
)

var (
	kills = flag.Int("kills", 20, "how often the server is killed at random, with each database")
	seed  = flag.Uint64("seed", 0, "of the moments at which it is; 0 draws one")
)

func TestMain(m *testing.M) {
	defer pgtest.Stop()
	m.Run()
}

// A server that is killed at any moment, again and again, under load, loses
// nothing and pays nothing twice.
func TestRandomKillsLoseNothing(t *testing.T) {
	program := build(t, "")
	for _, row := range []struct {
		name  string
		payer config.Payer
		dsn   func(testing.TB) string
	}{
		{"SQLite, payments signed before they are sent", config.Signed, func(testing.TB) string { return "" }},
		{"PostgreSQL, plain sendmany", config.Sendmany, pgtest.URL},
	} {
		t.Run(row.name, func(t *testing.T) {
			draw := drawing(t)
			w, err := newWorld(t.Context(), t.TempDir(), plan{
				payer: row.payer, dsn: row.dsn(t), veterans: 20 + *kills/2, providers: 6, pause: 5 * time.Millisecond, maxBatch: 45,
			})
			require.NoError(t, err)
			defer w.close()
			worst := time.Duration(0)
			require.NoError(t, w.work(t.Context(), func() error {
				for range *kills {
					recovery, err := w.life(t.Context(), program, draw)
					if err != nil {
						return err
					}
					worst = max(worst, recovery)
				}
				return nil
			}))
			last, recovery, err := w.start(t.Context(), program)
			require.NoError(t, err)
			require.NoError(t, w.finish(t.Context(), program, last))
			worst = max(worst, recovery)
			require.Less(t, worst, recoveryLimit)
			t.Logf("%d kills, %v acknowledged, none lost, %d batches paid, none twice, %d left to people, worst recovery %v (target %v)",
				*kills, w.acknowledged(), len(w.wallet.payments()), w.judged, worst.Round(time.Millisecond), recoveryTarget)
		})
	}
}

// drawing returns the source of a test's random moments, and says how to have the
// same ones again.
func drawing(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	for s == 0 {
		s = rand.Uint64() //nolint:forbidigo // logged, and no two runs are the same anyway
	}
	t.Logf("-seed=%d", s)
	return rand.New(rand.NewPCG(s, 0))
}

// life starts a server, looks whether all that was acknowledged before is there,
// and kills it: mostly after a moment, sometimes while it starts, and sometimes
// once it has had the time for a round and a payout.
func (w *world) life(ctx context.Context, program string, draw *rand.Rand) (recovery time.Duration, err error) {
	millis := func(from, to int) time.Duration { return time.Duration(from+draw.IntN(to-from)) * time.Millisecond }
	kind, moment, early := draw.IntN(8), millis(5, 200), millis(1, 150)
	if kind == 0 {
		return 0, w.stillborn(ctx, program, early)
	}
	if kind <= 2 {
		moment = millis(800, 2000)
	}
	c, recovery, err := w.start(ctx, program)
	if err != nil {
		return 0, err
	}
	if err := w.look(ctx, w.auditPromises); err != nil {
		return 0, err
	}
	pass(moment)
	w.address.Store(nil)
	return recovery, c.kill()
}

// stillborn kills a server while it starts.
func (w *world) stillborn(ctx context.Context, program string, after time.Duration) error {
	brief, cancel := context.WithTimeout(ctx, after) // which kills it
	defer cancel()
	c, err := launch(brief, program, w.folder)
	if err == nil {
		<-c.ended
	}
	if brief.Err() != nil {
		err = nil // it was killed before it was there at all
	}
	return err
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.NewTimer(d).C
}

// acknowledged counts the writes that the providers were told of.
func (w *world) acknowledged() (n struct{ Registrations, Orders int }) {
	for _, p := range w.people {
		registered, kept := p.told()
		n.Registrations += len(registered)
		n.Orders += len(kept)
	}
	return n
}
