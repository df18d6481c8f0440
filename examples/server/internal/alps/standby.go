package alps

import (
	"context"
	"errors"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

// A process that found another one leading takes over when the journal has been
// silent for so many looks. Until then it reads.
const silentLooks = 3

// watch is whether another process leads, and since when its journal is silent.
type watch struct {
	other bool
	head  uint64
	since time.Time
}

func (w *watch) follow(now time.Time) { *w = watch{other: true, since: now} }

// leads reports whether this process may decide.
func (s *Service) leads(ctx context.Context, now time.Time) (bool, error) {
	w := &s.leader
	if !w.other {
		return true, nil
	}
	last, err := s.ports.Store.Last(ctx, s.key)
	if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
		return false, err
	}
	if last.Seq != w.head {
		w.head, w.since = last.Seq, now
	}
	w.other = now.Sub(w.since) < silentLooks*s.cfg.Every
	return !w.other, nil
}

// patience is how long somebody waits for the leader to look, and how often.
const (
	patience = 15 * time.Second
	often    = 100 * time.Millisecond
)

// ErrNoLeader says that the process that leads has not looked for too long.
var ErrNoLeader = errors.New("alps: another server leads, and does not answer")

// await returns the first look that will do.
func (s *Service) await(ctx context.Context, will func(Look) bool) (Look, error) {
	for began := s.opts.Clock.Now(); s.opts.Clock.Now().Sub(began) < patience; {
		look, err := s.Latest(ctx)
		if err != nil {
			return Look{}, err
		}
		if will(look) {
			s.follow(ctx)
			return look, nil
		}
		select {
		case <-ctx.Done():
			return Look{}, ctx.Err()
		case <-s.opts.Clock.After(often):
		}
	}
	return Look{}, ErrNoLeader
}
