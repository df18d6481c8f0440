package reward

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// State is what a round knows of those before it. The zero State is a fresh
// start, with nothing to pay from. Funded = Balance + Credited, always.
type State struct {
	At       time.Time       // of the last observation
	Round    uint64          // number of the last round, see [Engine.Round]; each is used once
	LastID   uint64          // highest sighting that was taken up: none counts twice
	LastSeq  uint64          // of the last grant that was booked
	Approval string          // of that grant
	Funded   decimal.Decimal // sum of all grants
	Balance  decimal.Decimal // of the grant account, >= 0
	Credited decimal.Decimal // sum of all credits
}

// Observation is what the pool saw since the last one.
type Observation struct {
	At     time.Time // UTC, not before the last; its round is [Engine.Round]
	Orders []Order   `json:",omitempty"` // up to Config.MaxOrders sightings, IDs rising
	Grants []Grant   `json:",omitempty"` // up to 64, Seqs rising; those booked already do no harm
}

// Grant funds the pool.
type Grant struct {
	Seq      uint64          // its number among the commands, from 1
	Amount   decimal.Decimal // > 0, a multiple of a credit's last unit
	Approval string          // who or what approved it, up to 256 bytes
}

// validate checks o against the engine and the state that it meets.
func (e *Engine) validate(s State, o Observation) error {
	if err := check(
		rule{o.At.Unix() >= 0 && e.Round(o.At) > 0, "At", o.At, "must be after the first round of 1970"},
		rule{!o.At.Before(s.At), "At", o.At, "must not be before " + s.At.String()},
		rule{len(o.Orders) <= e.cfg.MaxOrders, "Orders", len(o.Orders), fmt.Sprintf("must be at most %d", e.cfg.MaxOrders)},
		rule{len(o.Grants) <= maxGrants, "Grants", len(o.Grants), "must be at most 64"},
	); err != nil {
		return err
	}
	var last uint64
	for i, order := range o.Orders {
		if err := order.Validate(); err != nil {
			return fmt.Errorf("order %d: %w", i, err)
		}
		if err := check(rule{order.ID > last, "Order.ID", order.ID, "must be higher than the one before"}); err != nil {
			return fmt.Errorf("order %d: %w", i, err)
		}
		last = order.ID
	}
	last = 0
	for i, g := range o.Grants {
		if err := check(rule{g.Seq > last, "Grant.Seq", g.Seq, "must be higher than the one before"}); err != nil {
			return fmt.Errorf("grant %d: %w", i, err)
		}
		if err := e.CheckGrant(s, g); err != nil {
			return fmt.Errorf("grant %d: %w", i, err)
		}
		last = g.Seq
		s.fund(o.Grants[i : i+1])
	}
	return nil
}

// CheckGrant returns [ErrInvalid], naming the field, its value and the rule,
// unless g can be booked on s. Ask before a grant is put where the engine will
// find it.
func (e *Engine) CheckGrant(s State, g Grant) error {
	return check(
		rule{g.Seq > 0, "Grant.Seq", g.Seq, "must be > 0"},
		rule{valid.Positive(g.Amount) && g.Amount.Equal(g.Amount.Truncate(e.cfg.Places)), "Grant.Amount", g.Amount, fmt.Sprintf("must be > 0, below 1e18, with at most %d decimals", e.cfg.Places)},
		rule{named(g.Approval, maxText), "Grant.Approval", g.Approval, "must have 1 to 256 bytes"},
		rule{g.Seq <= s.LastSeq || valid.InRange(s.Funded.Add(g.Amount)), "Grant.Amount", g.Amount, "must keep all grants together below 1e18"},
	)
}

// fund books the grants that were not booked before.
func (s *State) fund(grants []Grant) {
	for _, g := range grants {
		if g.Seq > s.LastSeq {
			s.LastSeq, s.Approval = g.Seq, g.Approval
			s.Funded, s.Balance = s.Funded.Add(g.Amount), s.Balance.Add(g.Amount)
		}
	}
}
