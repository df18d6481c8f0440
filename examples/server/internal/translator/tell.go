package translator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Put keeps what others tell of instruments, all or none, and has it translated
// right after. What cannot be true is market.ErrInvalid or risk.ErrInvalid, and
// what is older than what is kept sql.ErrOlder.
func (s *Service) Put(ctx context.Context, instruments []sql.Instrument) error {
	now := s.Now()
	for i, one := range instruments {
		if err := s.check(one, now); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	if err := s.ports.Instruments.Put(ctx, instruments); err != nil {
		return err
	}
	for _, one := range instruments {
		s.waiting.add(one.ISIN)
	}
	return nil
}

// Malformed reports whether an error is the fault of whoever told something.
func Malformed(err error) bool {
	return errors.Is(err, market.ErrInvalid) || errors.Is(err, risk.ErrInvalid) || errors.Is(err, evenkeel.ErrInvalid)
}

// check refuses what cannot be true of an instrument at now, or cannot be translated.
func (s *Service) check(one sql.Instrument, now time.Time) error {
	var errs []error
	if one.Book != nil {
		errs = append(errs, one.Book.Is.Validate(now))
	}
	if one.Auction != nil {
		errs = append(errs, one.Auction.Is.Validate(now))
	}
	if one.Maker != nil {
		errs = append(errs, one.Maker.Is.Validate(now))
	}
	if one.Bond != nil {
		errs = append(errs, s.engine.Accepts(one.Bond.Is), evidenceOf(one.Bond).Validate(now))
	}
	if one.Facts != nil {
		errs = append(errs, one.Facts.Is.Validate(now))
	}
	return errors.Join(errs...)
}

// Report keeps what became of sales, all or none, and has it taken into account.
// The same sale reported again does nothing; with another outcome it is
// evenkeel.ErrConflict. An instrument of which nothing is known is [ErrUnknown].
func (s *Service) Report(ctx context.Context, by string, sales []sql.Sale) error {
	for _, sale := range sales {
		if err := s.known(ctx, sale.ISIN); err != nil {
			return err
		}
	}
	if err := s.ports.Instruments.Report(ctx, by, sales); err != nil {
		return err
	}
	for _, sale := range sales {
		body, err := json.Marshal(risk.Command{By: by, Do: risk.Report, Outcome: &sale.Outcome})
		if err != nil {
			return err
		}
		if err := s.ports.Inbox.Put(ctx, risk.Key(sale.ISIN), "sale/"+sale.ID, body); err != nil && !errors.Is(err, evenkeel.ErrConflict) { // whoever told it first
			return err
		}
		s.waiting.add(sale.ISIN)
	}
	return nil
}

// Sales yields what became of all sales of an instrument, the oldest first.
func (s *Service) Sales(ctx context.Context, isin market.ISIN) iter.Seq2[risk.Outcome, error] {
	return s.ports.Instruments.Sales(ctx, isin)
}
