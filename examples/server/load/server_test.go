//go:build linux

package load_test

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

var (
	gets    = flag.Int("gets", 50, "how many translations are asked for a second")
	part    = flag.String("part", "liquidity", `of a topic, that subscribers follow; "" is all of it`)
	profile = flag.String("profile", "", "a file for a CPU profile of the server while it is measured")
)

// TestServer loads the server as people run it: books are pushed, readers follow
// what becomes of them, and others ask for translations, all at the same time.
func TestServer(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // real readers have memories of their own
	p := launch(t, 1_000_000)
	ctx, cancel := context.WithTimeout(t.Context(), *length+time.Minute)
	defer cancel()
	rounds := int(length.Seconds()*float64(*updates)) / *instruments
	tellers := make([]*teller, *instruments)
	isins := make([]string, *instruments)
	for n := range tellers {
		isins[n] = string(bond(n))
		tellers[n] = &teller{isin: isins[n], n: n, began: time.Now(), updates: make([]update, rounds+1)}
		require.NoError(t, tellers[n].introduce(ctx, p))
	}
	s := stage{p: p, tellers: tellers}
	s.fill(ctx, t)
	require.NoError(t, wait(ctx, 500*time.Millisecond)) // until it is quiet

	before, own, began := p.use(t), mine(t), time.Now()
	all, kept := busy()
	var asked asking
	lag := new(lags)
	group, working := errgroup.WithContext(ctx)
	group.Go(func() error { return s.tell(working, rounds) })
	if *gets > 0 {
		group.Go(func() (err error) {
			asked, err = p.ask(working, isins, *gets, *length)
			return err
		})
	}
	group.Go(func() error { return lag.watch(working, *length) })
	if *profile != "" {
		group.Go(func() error { return p.profile(working, *profile, *length) })
	}
	require.NoError(t, group.Wait(), p.said())
	took := time.Since(began)
	after := p.use(t)
	own = mine(t) - own
	worked, stolen := busy()
	require.NoError(t, s.end(ctx, t), p.said())

	share := func(d time.Duration) float64 { return d.Seconds() / took.Seconds() }
	t.Logf("%s\n\tprocessors: server %.2f, readers %.2f, others %.2f, kept from this machine %.2f; the server holds %.0f MB; readers themselves are late by %s\n\t%s",
		s.report(asked), share(after.cpu-before.cpu), share(own), max(0, share(worked-all-own-(after.cpu-before.cpu))), share(stolen-kept), after.mb, spread(lag.late), machine())
	require.Empty(t, asked.other, "answers that are not 200")
}

// stage is all that follow.
type stage struct {
	p       *program
	tellers []*teller

	follow  *errgroup.Group
	stop    context.CancelFunc // ends it
	readers []*follower
	silent  []*wired
	dropped int // of those that never read

	accepted, journaled []time.Duration
	behind              time.Duration // of the last update, that it was told after its time
}

// fill lets all subscribe, and waits until each has had its snapshot.
func (s *stage) fill(ctx context.Context, t *testing.T) {
	t.Helper()
	n := 0
	open := func() (*wired, *teller) {
		of := s.tellers[n%len(s.tellers)]
		name := "lr." + of.isin
		if *part != "" {
			name += "." + *part
		}
		w, err := s.p.subscribe(ctx, n, name)
		require.NoError(t, err)
		t.Cleanup(func() { _ = w.Close() })
		n++
		return w, of
	}
	for range *silent {
		w, _ := open()
		s.silent = append(s.silent, w)
	}
	crowd, err := newCrowd()
	require.NoError(t, err)
	following, stop := context.WithCancel(ctx)
	s.stop = stop
	s.follow, ctx = errgroup.WithContext(ctx) // from here on a reader that fails ends the wait
	t.Cleanup(crowd.leave)
	for range *subscribers {
		w, of := open()
		f, err := crowd.join(w, of)
		require.NoError(t, err)
		s.readers = append(s.readers, f)
	}
	s.follow.Go(func() error { return crowd.run(following) })
	for _, f := range s.readers {
		for f.at.Load() == 0 {
			if wait(ctx, 10*time.Millisecond) != nil {
				require.NoError(t, context.Cause(ctx), "somebody has had no snapshot")
			}
		}
	}
}

// tell sends all updates, each at its time.
func (s *stage) tell(ctx context.Context, rounds int) error {
	group, ctx := errgroup.WithContext(ctx)
	pace := time.Second / time.Duration(*updates)
	began := time.Now()
	behind := make([]time.Duration, len(s.tellers))
	for n, w := range s.tellers {
		group.Go(func() error {
			for i := 1; i <= rounds; i++ {
				due := began.Add(time.Duration((i-1)*len(s.tellers)+n) * pace)
				w.updates[i].due.Store(int64(due.Sub(w.began)))
				if err := wait(ctx, time.Until(due)); err != nil {
					return err
				}
				behind[n] = time.Since(due)
				if err := w.tell(ctx, s.p, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	s.behind = slices.Max(behind)
	return err
}

// end waits until all readers have read what there is, looks who of those that never
// read is gone, and sends the readers away.
func (s *stage) end(ctx context.Context, t *testing.T) error {
	t.Helper()
	for was := uint64(0); ; {
		if err := wait(ctx, time.Second); err != nil {
			return fmt.Errorf("readers have not read all: %w", err)
		}
		sum, same := s.progress()
		if same && sum == was {
			break
		}
		was = sum
	}
	by := time.Now().Add(time.Second)
	for _, w := range s.silent {
		if w.gone(by) {
			s.dropped++
		}
	}
	s.stop()
	if err := s.follow.Wait(); err != nil {
		return err
	}
	for _, f := range s.readers {
		require.Positive(t, f.of.updates[len(f.of.updates)-1].heard.Load(), "nobody has heard of the last update")
	}
	for _, w := range s.tellers {
		for i := range w.updates {
			if u := &w.updates[i]; i > 0 {
				s.accepted = append(s.accepted, time.Duration(u.answered.Load()-u.due.Load()))
				if heard := u.heard.Load(); heard > 0 {
					s.journaled = append(s.journaled, time.Duration(max(0, heard-u.answered.Load())))
				}
			}
		}
	}
	return nil
}

// progress is how far all readers have read together, and whether those of each
// instrument have read the same.
func (s *stage) progress() (sum uint64, same bool) {
	ends, same := map[*teller]uint64{}, true
	for _, f := range s.readers {
		at := f.at.Load()
		end, known := ends[f.of]
		same = same && (!known || end == at)
		ends[f.of] = at
		sum += at
	}
	return sum, same
}

func (s *stage) report(a asking) string {
	var late, told []time.Duration
	snaps, frames := 0, 0
	for _, f := range s.readers {
		late, told = append(late, f.late...), append(told, f.told...)
		snaps, frames = snaps+f.snaps-1, frames+f.frames
	}
	text := fmt.Sprintf("%d readers and %d that never read, %d of whom are gone, over %d instruments; %d updates a second for %v (the last %v late), %d GETs a second\n",
		len(s.readers), len(s.silent), s.dropped, len(s.tellers), *updates, *length, s.behind.Round(time.Millisecond), *gets)
	for _, line := range []struct {
		what string
		all  []time.Duration
	}{
		{"an update until it was accepted", s.accepted},
		{"accepted until somebody heard of it, so that it was journaled before", s.journaled},
		{"decided until received, journal included", late},
		{"an update until received", told},
		{"GET fast", a.late},
	} {
		if len(line.all) > 0 {
			text += fmt.Sprintf("\t%s: %s\n", line.what, spread(line.all))
		}
	}
	return text + fmt.Sprintf("\t%d frames, %d snapshots instead of frames; an answer has up to %d bytes", frames, snaps, a.longer)
}

// lags is how late this process itself is when it wants to do something.
type lags struct{ late []time.Duration }

func (l *lags) watch(ctx context.Context, length time.Duration) error {
	const every = 5 * time.Millisecond
	for began, due := time.Now(), time.Now(); due.Sub(began) < length; {
		due = due.Add(every)
		if err := wait(ctx, time.Until(due)); err != nil {
			return err
		}
		l.late = append(l.late, time.Since(due))
	}
	return nil
}
