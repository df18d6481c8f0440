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

// leads reports whether this process may decide.
func (s *Service) leads(ctx context.Context, now time.Time) (bool, error) {
	if s.leader.Leads() {
		return true, nil
	}
	last, err := s.ports.Store.Last(ctx, s.key)
	if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
		return false, err
	}
	return s.leader.Hear(last.Seq, now, silentLooks*s.cfg.Every), nil
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
