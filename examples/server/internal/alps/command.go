package alps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// ErrUnanswered says that a command is written down and waits for its answer:
// asked again under the same ID, it comes.
var ErrUnanswered = errors.New("alps: not answered yet")

// Command gives the engine a command, once per id, and returns its answer: that
// of the look that took it. The same id with another command is
// evenkeel.ErrConflict.
func (s *Service) Command(ctx context.Context, id string, c liquidity.Command) (liquidity.Answer, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return liquidity.Answer{}, err
	}
	before, err := s.Latest(ctx)
	if err != nil {
		return liquidity.Answer{}, err
	}
	if err := s.ports.Inbox.Put(ctx, s.key, id, body); err != nil {
		return liquidity.Answer{}, err
	}
	seq, err := s.number(ctx, id, before.State.LastSeq)
	if err != nil {
		return liquidity.Answer{}, err
	}
	if seq > before.State.LastSeq { // nobody has taken it yet
		led, err := s.lead(ctx)
		if err == nil && !led {
			_, err = s.await(ctx, func(l Look) bool { return l.State.LastSeq >= seq })
		}
		if err != nil {
			return liquidity.Answer{}, fmt.Errorf("%w: %w", ErrUnanswered, err)
		}
	}
	return s.answer(ctx, seq)
}

// number returns that of a command in the inbox. A command that is told again may
// be an old one.
func (s *Service) number(ctx context.Context, id string, taken uint64) (uint64, error) {
	for _, after := range []uint64{taken, 0} {
		for c, err := range s.ports.Inbox.Take(ctx, s.key, after) {
			if err != nil {
				return 0, err
			}
			if c.ID == id {
				return c.Seq, nil
			}
		}
	}
	return 0, fmt.Errorf("%w: command %q of %s is not in the inbox", evenkeel.ErrBroken, id, s.key)
}

// answer finds the look that took a command: the first whose LastSeq has come to
// its number.
func (s *Service) answer(ctx context.Context, seq uint64) (liquidity.Answer, error) {
	last, err := s.Latest(ctx)
	if err != nil {
		return liquidity.Answer{}, err
	}
	low, high := uint64(1), last.Seq
	for low < high && last.State.LastSeq >= seq {
		middle := low + (high-low)/2
		look, err := s.at(ctx, middle)
		if err != nil {
			return liquidity.Answer{}, err
		}
		if look.Decision.LastSeq >= seq {
			high = middle
		} else {
			low = middle + 1
		}
	}
	look, err := s.at(ctx, low)
	if err != nil {
		return liquidity.Answer{}, err
	}
	for _, a := range look.Decision.Answers {
		if a.Seq == seq {
			return a, nil
		}
	}
	return liquidity.Answer{}, fmt.Errorf("%w: command %d", ErrUnanswered, seq)
}

// at returns one look by its number.
func (s *Service) at(ctx context.Context, seq uint64) (Look, error) {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	if last.Seq == seq {
		return last, nil
	}
	for rec, err := range s.ports.Store.Journal(ctx, s.key, seq-1) {
		if err != nil {
			return Look{}, err
		}
		return lookOf(rec)
	}
	return Look{}, fmt.Errorf("%w: %s/%d", evenkeel.ErrNotFound, s.key, seq)
}
