//go:build unix

package crash_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
)

var (
	hits     = flag.Int("hits", 1, "at how many of its hits the server is killed at each point: the first, the second, and one in the middle")
	together = flag.Int("together", 12, "how many servers run at the same time")
)

// Of a crash at a point. The target for a recovery is 2 s; a machine that is busy
// with other things may take longer, and not so long.
const (
	recoveryTarget = 2 * time.Second
	recoveryLimit  = 10 * time.Second
)

// A server that is killed before, in or after any call that leaves it picks up where
// it was: nothing that was acknowledged is lost, nothing is paid twice, nothing
// that is owed is forgotten.
func TestAKillAtAnyPointLosesNothing(t *testing.T) {
	program := build(t, "faultpoint")
	for _, payer := range []config.Payer{config.Sendmany, config.Signed} {
		t.Run(string(payer), func(t *testing.T) {
			p := plan{payer: payer, veterans: 3, providers: 3, pause: 100 * time.Millisecond, maxBatch: 55}
			passed := dryPass(t, program, p)
			fates := fatesOf(passed, *hits)
			var all tally
			group := errgroup.Group{}
			group.SetLimit(*together)
			for i, fate := range fates {
				group.Go(func() error {
					all.add(crashAt(t.Context(), program, filepath.Join(t.TempDir(), strconv.Itoa(i)), p, fate))
					return nil
				})
			}
			require.NoError(t, group.Wait())
			all.report(t, len(passed))
		})
	}
}

// dryPass lets a server live through all of it, and returns the points that it
// passed: how often, by name.
func dryPass(t *testing.T, program string, p plan) map[string]int {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "points.log")
	w, err := newWorld(t.Context(), folder, p)
	require.NoError(t, err)
	defer w.close()
	c, _, err := w.start(t.Context(), program, "EVENKEEL_FAULT_LOG="+log)
	require.NoError(t, err)
	require.NoError(t, w.work(t.Context(), func() error { return w.await(t.Context(), c, w.paidOut) }))
	require.NoError(t, w.finish(t.Context(), program, c))
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	passed := map[string]int{}
	for line := range strings.Lines(string(text)) {
		point, _, _ := strings.Cut(line, "#")
		passed[point]++
	}
	return passed
}

// fatesOf returns where to die: before and after some hits of each point, and where
// others do something for us, also while they do.
func fatesOf(passed map[string]int, hits int) []string {
	var fates []string
	for _, point := range slices.Sorted(maps.Keys(passed)) {
		last := passed[point]
		n := []int{1, min(2, last), last/2 + 1}
		for _, hit := range slices.Compact(n[:min(hits, len(n))]) {
			fates = append(fates, fmt.Sprintf("%s#%d/before", point, hit), fmt.Sprintf("%s#%d/after", point, hit))
			if strings.HasPrefix(point, "http ") {
				fates = append(fates, fmt.Sprintf("%s#%d/during", point, hit))
			}
		}
	}
	return fates
}

// crash is what became of the servers of one fate.
type crash struct {
	fate          string
	lives, deaths int              // with that fate, and of it
	recovery      [3]time.Duration // until each server was ready; 0 if it never was
	judged        int              // batches that only people could judge
	err           error
}

// crashAt lets a server die where it is told to, and the next one too, which has
// the first one's mess to clear up. The third one settles everything, and the
// books are audited.
func crashAt(ctx context.Context, program, folder string, p plan, fate string) (did crash) {
	did.fate = fate
	if did.err = os.Mkdir(folder, 0o700); did.err != nil {
		return did
	}
	var w *world
	if w, did.err = newWorld(ctx, folder, p); did.err != nil {
		return did
	}
	defer w.close()
	var last *child
	did.err = w.work(ctx, func() (err error) {
		for range 2 {
			if err := did.life(ctx, w, program); err != nil {
				return err
			}
		}
		if last, did.recovery[2], err = w.start(ctx, program); err != nil {
			return err
		}
		return w.serves(ctx, last)
	})
	if did.err == nil {
		did.err = w.finish(ctx, program, last)
		did.judged = w.judged
	}
	if slow := slices.Max(did.recovery[1:]); did.err == nil && slow > recoveryLimit {
		did.err = fmt.Errorf("recovery took %v", slow)
	}
	if did.err == nil {
		did.err = os.RemoveAll(folder)
	}
	return did
}

// life is that of a server up to its fate, or until it has nothing left to do.
func (c *crash) life(ctx context.Context, w *world, program string) error {
	server, ready, err := w.start(ctx, program, "EVENKEEL_FAULT="+c.fate)
	if err != nil {
		return err
	}
	w.idle(ctx, server)
	w.address.Store(nil)
	c.recovery[c.lives] = ready
	c.lives++
	if server.killed() {
		c.deaths++
		return nil
	}
	return server.kill()
}

// tally sums up crashes. Safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	crashes []crash
}

func (all *tally) add(c crash) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.crashes = append(all.crashes, c)
}

func (all *tally) report(t *testing.T, points int) {
	t.Helper()
	reached, deaths, violations, worst := 0, 0, 0, time.Duration(0)
	missed, judged := []string{}, []string{}
	for _, c := range all.crashes {
		if c.judged > 0 {
			judged = append(judged, c.fate)
		}
		worst, deaths = max(worst, slices.Max(c.recovery[1:])), deaths+c.deaths
		switch {
		case c.err != nil:
			violations++
			t.Errorf("%s: %v", c.fate, c.err)
		case c.deaths > 0:
			reached++
		default:
			missed = append(missed, c.fate)
		}
	}
	t.Logf("points %d, fates %d, met %d, deaths %d, violations %d, worst recovery %v (target %v)",
		points, len(all.crashes), reached, deaths, violations, worst.Round(time.Millisecond), recoveryTarget)
	if len(judged) > 0 {
		t.Logf("people had to judge a batch after: %v", judged)
	}
	if len(missed) > 0 {
		t.Logf("not reached again, and sound: %v", missed)
	}
	require.Greater(t, reached, len(all.crashes)*9/10, "most points are reached")
}
