package translator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Look is one look at an instrument, as the journal has it.
type Look struct {
	evenkeel.Stamp
	Engine     string
	Config     [32]byte
	Prev, Hash [32]byte
	State      risk.State
	Seen       risk.Observation
	Decision   risk.Decision
}

func lookOf(rec evenkeel.Record) (Look, error) {
	l := Look{Stamp: rec.Stamp, Engine: rec.Engine, Config: rec.Config, Prev: rec.Prev, Hash: rec.Hash}
	err := errors.Join(json.Unmarshal(rec.State, &l.State), json.Unmarshal(rec.Seen, &l.Seen), json.Unmarshal(rec.Decision, &l.Decision))
	if err != nil {
		return Look{}, fmt.Errorf("read %s: %w", rec.ID(), err)
	}
	return l, nil
}

// latest returns the newest look at an instrument, by whichever process; false if
// there is none.
func (s *Service) latest(ctx context.Context, isin market.ISIN) (Look, bool, error) {
	rec, err := s.ports.Store.Last(ctx, risk.Key(isin))
	if errors.Is(err, evenkeel.ErrNotFound) {
		return Look{}, false, nil
	}
	if err != nil {
		return Look{}, false, err
	}
	l, err := lookOf(rec)
	return l, err == nil, err
}

// At returns the look that held at t: the newest of then. It returns [ErrUnknown]
// for an instrument of which nothing is known, and [ErrTooEarly] for a time before
// its first look.
func (s *Service) At(ctx context.Context, isin market.ISIN, t time.Time) (Look, error) {
	rec, err := s.ports.Store.At(ctx, risk.Key(isin), t)
	if errors.Is(err, evenkeel.ErrNotFound) {
		if err := s.known(ctx, isin); err != nil {
			return Look{}, err
		}
		return Look{}, fmt.Errorf("%w: %s at %s", ErrTooEarly, isin, t.UTC().Format(time.RFC3339Nano))
	}
	if err != nil {
		return Look{}, err
	}
	return lookOf(rec)
}

// History yields the looks at an instrument whose number is above after, the
// oldest first.
func (s *Service) History(ctx context.Context, isin market.ISIN, after uint64) iter.Seq2[Look, error] {
	return func(yield func(Look, error) bool) {
		for rec, err := range s.ports.Store.Journal(ctx, risk.Key(isin), after) {
			var l Look
			if err == nil {
				l, err = lookOf(rec)
			}
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// For returns what a look says of a sale. One of the usual size is in the journal;
// any other is made of the same inputs, so that an auditor can make it again. It
// returns [ErrNoInputs] where the look had none, and [ErrOtherEngine] where the
// engine or its configuration was another than now.
func (s *Service) For(l Look, sale market.Sale) (risk.Translation, error) {
	if t := l.Decision.Translation; t != nil && sale.Size.Equal(t.Sale.Size) && sale.Reserve.Equal(t.Sale.Reserve) {
		return *t, nil
	}
	if err := s.ours(l); err != nil {
		return risk.Translation{}, err
	}
	return s.engine.Translate(*l.Seen.Inputs, sale, l.State.Track)
}

// Canonical returns what the hash of [Service.For]'s translation is made of. The
// errors are the same.
func (s *Service) Canonical(l Look, sale market.Sale) (string, error) {
	if err := s.ours(l); err != nil {
		return "", err
	}
	text, err := s.engine.Canonical(*l.Seen.Inputs, sale, l.State.Track)
	return string(text), err
}

// ours refuses a look that cannot be made again.
func (s *Service) ours(l Look) error {
	if l.Seen.Inputs == nil || l.Decision.Translation == nil {
		return fmt.Errorf("%w: %s: %s", ErrNoInputs, l.ID(), l.Decision.Fault)
	}
	if engine, config := s.engine.Identity(); engine != l.Engine || config != l.Config {
		return fmt.Errorf("%w: %s was made by %s with configuration %x", ErrOtherEngine, l.ID(), l.Engine, l.Config[:8])
	}
	return nil
}

// Sale returns the sale of a size, or for 0 the usual one.
func (s *Service) Sale(size decimal.Decimal) market.Sale {
	sale := s.engine.Config().Sale
	if !size.IsZero() {
		sale.Size = size
	}
	return sale
}
