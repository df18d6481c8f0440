package risk

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Inputs are all that a translation is made from, but for the sale and the
// engine's own [Track].
type Inputs struct {
	Snapshot  market.Snapshot   `json:"snapshot"`
	Facts     Facts             `json:"facts"`
	Turnovers []decimal.Decimal `json:"turnovers"` // of peers, see market.NewProfile; up to 1,000
	Sources   Sources           `json:"sources"`
}

// Sources say who the parts of a snapshot come from, as people know them.
type Sources struct {
	Book    string   `json:"book"`
	Auction string   `json:"auction"` // empty without one
	Maker   string   `json:"maker"`   // empty without one
	Bond    Evidence `json:"bond"`    // which has no time of its own
}

const maxPeers = 1_000

// Validate returns an [ErrInvalid] that names the first field that is malformed. A
// crossed book is also a market.ErrCrossed.
func (in Inputs) Validate() error {
	s := in.Snapshot
	if err := s.Validate(); err != nil {
		return fmt.Errorf("%w: Snapshot: %w", ErrInvalid, err)
	}
	if err := check(
		rule{valid.Named(in.Sources.Book), "Sources.Book", in.Sources.Book, valid.MustBeNamed},
		rule{s.Auction == nil || valid.Named(in.Sources.Auction), "Sources.Auction", in.Sources.Auction, valid.MustBeNamed},
		rule{s.Maker == nil || valid.Named(in.Sources.Maker), "Sources.Maker", in.Sources.Maker, valid.MustBeNamed},
		rule{len(in.Turnovers) <= maxPeers, "Turnovers", len(in.Turnovers), "must be at most 1000"},
	); err != nil {
		return err
	}
	if err := in.Sources.Bond.validate("Sources.Bond", s.Now); err != nil {
		return err
	}
	for i, t := range in.Turnovers {
		if !valid.NotNegative(t) {
			return valid.Error(ErrInvalid, fmt.Sprintf("Turnovers[%d]", i), t, valid.MustBeAmount)
		}
	}
	return in.Facts.Validate(s.Now)
}

// utc returns the inputs with every time in UTC, so that equal inputs are written
// in the same way. It changes nothing of in.
func (in Inputs) utc() Inputs {
	s := &in.Snapshot
	s.Now, s.Book.At, s.Bond.Maturity = s.Now.UTC(), s.Book.At.UTC(), s.Bond.Maturity.UTC()
	if s.Auction != nil {
		a := *s.Auction
		a.At, a.NextWindow = a.At.UTC(), a.NextWindow.UTC()
		s.Auction = &a
	}
	if s.Maker != nil {
		m := *s.Maker
		m.At = m.At.UTC()
		s.Maker = &m
	}
	in.Sources.Bond.At = in.Sources.Bond.At.UTC()
	f := &in.Facts
	for _, e := range []*Evidence{
		&f.Liquidity.Evidence, &f.Credit.Evidence, &f.InterestRate.Evidence, &f.Refinancing.Evidence,
		&f.Leverage.Evidence, &f.Governance.Evidence, &f.Legal.Evidence, &f.ESG.Evidence,
	} {
		e.At = e.At.UTC()
	}
	return in
}
