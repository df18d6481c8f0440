package market

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// CostBps says what it costs to sell size at once, in bps of its value, 0 to 1e12.
// Package cost, below this one, has models that know.
type CostBps func(size decimal.Decimal) (decimal.Decimal, error)

// Position is something that has to be sold along with others. Prices are per
// unit of face value.
type Position struct {
	Name       string          // unique
	Size       decimal.Decimal // face value, > 0
	Price      decimal.Decimal // > 0
	SigmaDaily decimal.Decimal // of returns over a day, as a fraction, 0 to 1000

	BookPerDay decimal.Decimal // face value that its own book takes in a day, >= 0
	BookCost   CostBps         // of what the book takes in a day; required if it takes any
	Maker      Share           // what it may sell to makers
	Auction    Share           // what it may sell by auction
}

// Share is what one position may take of a way out that it shares with others. The
// zero Share is nothing: the way is closed to it.
type Share struct {
	PerDay decimal.Decimal // face value, >= 0
	Bps    decimal.Decimal // cost, 0 to 10,000
	// FirstDay is the first on which the way is open, and EveryDays how many days it is
	// from one such day to the next, both up to 36,500; 0 is 1.
	FirstDay, EveryDays int
}

// OpenOn reports whether the way is open on a day, which is from 1.
func (s Share) OpenOn(day int) bool {
	since := day - max(s.FirstDay, 1)
	return since >= 0 && since%max(s.EveryDays, 1) == 0
}

func (s Share) validate(field string) error {
	days := func(n int) bool { return n >= 0 && n <= maxShareDays }
	return check(
		rule{valid.NotNegative(s.PerDay), field + ".PerDay", s.PerDay, valid.MustBeAmount},
		rule{valid.NotNegative(s.Bps) && s.Bps.LessThanOrEqual(bpsOne), field + ".Bps", s.Bps, "must be 0 to 10000"},
		rule{days(s.FirstDay), field + ".FirstDay", s.FirstDay, "must be 0 to 36500"},
		rule{days(s.EveryDays), field + ".EveryDays", s.EveryDays, "must be 0 to 36500"},
	)
}

// Capacity is what all positions together can sell in a day through what they
// share, in face value, >= 0.
type Capacity struct {
	MakerPerDay   decimal.Decimal
	AuctionPerDay decimal.Decimal
}

// Slice is a part of a position that is sold on a day. Path is empty for the
// position's own book.
type Slice struct {
	Day     int             `json:"day"` // from 1
	Name    string          `json:"name"`
	Path    Path            `json:"path"`
	Size    decimal.Decimal `json:"size"`
	CostBps decimal.Decimal `json:"cost_bps"`
	Cost    decimal.Decimal `json:"cost"` // in money, exact
}

// Plan is how a portfolio is sold. What its slices sell and what is left sum to
// the positions exactly.
type Plan struct {
	Slices []Slice         `json:"slices"` // by day, then by urgency
	Cost   decimal.Decimal `json:"cost"`   // in money
	// Days until all is sold, 0 if it is not within the horizon.
	Days int        `json:"days"`
	Done []SoldOut  `json:"done"` // the positions that are sold out, in that order
	Left []Leftover `json:"left"` // the others
}

// SoldOut is a position of which nothing is left.
type SoldOut struct {
	Name string          `json:"name"`
	Day  int             `json:"day"`
	Cost decimal.Decimal `json:"cost"`
}

// Leftover is what a horizon was too short for.
type Leftover struct {
	Name string          `json:"name"`
	Size decimal.Decimal `json:"size"`
}

const (
	maxPositions = 1_000
	maxHorizon   = 1_000 // days
	maxShareDays = 36_500
)

// JointExitIdentity names the formula of [JointExit] with its version, and changes with
// it.
const JointExitIdentity = "joint-exit@2"

// JointExit sells positions over at most so many days, 1 to 1,000. Each day each
// position sells what its own book takes, and the rest through what they share, as
// far as its own share goes, the cheaper of maker and auction first. What is shared
// goes to the position that is the most dangerous to keep, the one with the highest
//
//	price × sigma
//
// per unit of face value, as the c-mu rule serves first whose waiting costs most
// (Cox and Smith, "Queues" (1961)). It does not look ahead: a dangerous position
// takes a share even if its own book would have been enough by tomorrow. Names
// settle ties, so the order of positions does not matter. What is malformed, a
// cost included, is an [ErrInvalid]; an error of BookCost is wrapped.
func JointExit(positions []Position, shared Capacity, days int) (Plan, error) {
	if err := validatePortfolio(positions, shared, days); err != nil {
		return Plan{}, err
	}
	waiting := make([]holding, len(positions))
	for i, p := range positions {
		waiting[i] = holding{Position: p, left: p.Size}
	}
	slices.SortFunc(waiting, func(a, b holding) int {
		return cmp.Or(b.danger().Cmp(a.danger()), cmp.Compare(a.Name, b.Name))
	})
	var plan Plan
	for today := 1; today <= days && len(waiting) > 0; today++ {
		free := shared
		for i := range waiting {
			sold, err := waiting[i].sell(today, &free)
			if err != nil {
				return Plan{}, err
			}
			for _, s := range sold {
				plan.Cost = plan.Cost.Add(s.Cost)
			}
			plan.Slices = append(plan.Slices, sold...)
			if waiting[i].left.IsZero() {
				plan.Done = append(plan.Done, SoldOut{waiting[i].Name, today, waiting[i].cost})
			}
		}
		waiting = slices.DeleteFunc(waiting, func(h holding) bool { return h.left.IsZero() })
		if len(waiting) == 0 {
			plan.Days = today
		}
	}
	for _, h := range waiting {
		plan.Left = append(plan.Left, Leftover{h.Name, h.left})
	}
	return plan, nil
}

// holding is a position on its way out.
type holding struct {
	Position
	left, cost decimal.Decimal
}

// danger is what keeping a unit of face value for a day may lose.
func (h *holding) danger() decimal.Decimal { return h.Price.Mul(h.SigmaDaily) }

// sell takes a day's slices off a holding and off the free capacity.
func (h *holding) sell(today int, free *Capacity) ([]Slice, error) {
	type way struct {
		path Path
		free *decimal.Decimal
		Share
	}
	ways := []way{{ByMaker, &free.MakerPerDay, h.Maker}, {ByAuction, &free.AuctionPerDay, h.Auction}}
	slices.SortStableFunc(ways, func(a, b way) int { return a.Bps.Cmp(b.Bps) })

	var sold []Slice
	if size := decimal.Min(h.left, h.BookPerDay); size.IsPositive() {
		bps, err := h.BookCost(size)
		if err != nil {
			return nil, fmt.Errorf("cost of %s of %s: %w", size, h.Name, err)
		}
		if !spread(bps) {
			return nil, fmt.Errorf("cost of %s of %s: %w", size, h.Name, invalid("Position.BookCost", bps, mustBeSpread))
		}
		sold = append(sold, h.slice(today, "", size, bps))
	}
	for _, w := range ways {
		if !w.OpenOn(today) {
			continue
		}
		if size := decimal.Min(h.left, *w.free, w.PerDay); size.IsPositive() {
			*w.free = w.free.Sub(size)
			sold = append(sold, h.slice(today, w.path, size, w.Bps))
		}
	}
	return sold, nil
}

func (h *holding) slice(today int, path Path, size, bps decimal.Decimal) Slice {
	cost := size.Mul(h.Price).Mul(bps).Shift(-4)
	h.left, h.cost = h.left.Sub(size), h.cost.Add(cost)
	return Slice{today, h.Name, path, size, bps, cost}
}

func validatePortfolio(positions []Position, shared Capacity, days int) error {
	if err := check(
		rule{len(positions) <= maxPositions, "Positions", len(positions), "must be at most 1000"},
		rule{days >= 1 && days <= maxHorizon, "Days", days, "must be 1 to 1000"},
		rule{valid.NotNegative(shared.MakerPerDay), "Capacity.MakerPerDay", shared.MakerPerDay, valid.MustBeAmount},
		rule{valid.NotNegative(shared.AuctionPerDay), "Capacity.AuctionPerDay", shared.AuctionPerDay, valid.MustBeAmount},
	); err != nil {
		return err
	}
	known := make(map[string]bool, len(positions))
	for i, p := range positions {
		if err := cmp.Or(check(
			rule{valid.Named(p.Name), "Position.Name", p.Name, valid.MustBeNamed},
			rule{!known[p.Name], "Position.Name", p.Name, "must be unique"},
			rule{valid.Positive(p.Size), "Position.Size", p.Size, valid.MustBePositive},
			rule{valid.Positive(p.Price), "Position.Price", p.Price, valid.MustBePositive},
			rule{valid.NotNegative(p.SigmaDaily) && p.SigmaDaily.LessThanOrEqual(decimal.New(maxVol, 0)), "Position.SigmaDaily", p.SigmaDaily, "must be 0 to 1000"},
			rule{valid.NotNegative(p.BookPerDay), "Position.BookPerDay", p.BookPerDay, valid.MustBeAmount},
			rule{p.BookCost != nil || p.BookPerDay.IsZero(), "Position.BookCost", "nil", "must be set where the book takes anything"},
		), p.Maker.validate("Position.Maker"), p.Auction.validate("Position.Auction")); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
		known[p.Name] = true
	}
	return nil
}
