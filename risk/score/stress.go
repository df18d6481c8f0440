package score

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Shock is points that an event adds to scores.
type Shock struct {
	Name            string          `json:"name"`
	Downgrade       decimal.Decimal `json:"downgrade"`        // to credit, 0 to 100
	RateShock       decimal.Decimal `json:"rate_shock"`       // to rate, 0 to 100
	LiquidityCrunch decimal.Decimal `json:"liquidity_crunch"` // to liquidity, 0 to 100
}

// Stress is what becomes of a profile under shocks.
type Stress struct {
	Before Joint   `json:"before"`
	After  []Joint `json:"after"` // one for each shock
	// Breaches is how many of them end above 70, where the translator draws its
	// line.
	Breaches int   `json:"breaches"`
	Worst    Joint `json:"worst"` // the highest of all, Before included
}

// maxShocks bounds the work.
const maxShocks = 1_000

// Stressed adds each shock to a profile, by itself, up to 100 a score, and joins
// the scores anew. A score that is Insufficient stays so. known is that of
// [Join]. Malformed input is [ErrInvalid].
func Stressed(p Profile, shocks []Shock, known decimal.Decimal) (Stress, error) {
	if err := check(rule{len(shocks) <= maxShocks, "Shocks", len(shocks), "must be at most 1000"}); err != nil {
		return Stress{}, err
	}
	before, err := Join(p.Factors(), known)
	if err != nil {
		return Stress{}, err
	}
	s := Stress{Before: before, Worst: before}
	limit := decimal.New(70, 0)
	for _, shock := range shocks {
		if err := check(
			rule{upTo(shock.Downgrade, 100), "Shock.Downgrade", shock.Downgrade, "must be 0 to 100"},
			rule{upTo(shock.RateShock, 100), "Shock.RateShock", shock.RateShock, "must be 0 to 100"},
			rule{upTo(shock.LiquidityCrunch, 100), "Shock.LiquidityCrunch", shock.LiquidityCrunch, "must be 0 to 100"},
		); err != nil {
			return Stress{}, err
		}
		hit := p
		hit.Credit, hit.Rate, hit.Liquidity = p.Credit.plus(shock.Downgrade), p.Rate.plus(shock.RateShock), p.Liquidity.plus(shock.LiquidityCrunch)
		after, err := Join(hit.Factors(), known)
		if err != nil {
			return Stress{}, err
		}
		s.After = append(s.After, after)
		if after.Level == Insufficient {
			continue
		}
		if after.Value.GreaterThan(limit) {
			s.Breaches++
		}
		if after.Value.GreaterThan(s.Worst.Value) {
			s.Worst = after
		}
	}
	return s, nil
}

// plus adds the points of a shock.
func (s Score) plus(points decimal.Decimal) Score {
	if s.Level == Insufficient {
		return s
	}
	s.Parts = append(slices.Clone(s.Parts), Part{"shock", points})
	s.Value = decimal.Min(hundred, s.Value.Add(points))
	s.Level = LevelOf(s.Value)
	return s
}
