package stabilizer

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// CheckChange refuses, wrapping [ErrInvalid], to replace c by next when that is
// too soon or too much for a single error or a single stolen key: less than a
// day after c took effect, another pair, pool or route, a number that more than
// doubles or halves, or a limit that is lifted (set to 0) or imposed. What needs
// more is a new engine under a new journal.
//
// Source: the stewards of Aave's GHO (gho-core 605e15a): bounded steps, a day
// apart.
func (c Config) CheckChange(next Config, after time.Duration) error {
	if err := next.validate(); err != nil {
		return err
	}
	if err := check(
		rule{after >= 24*time.Hour, "change after", after, "must be at least 24h0m0s"},
		rule{next.Pair == c.Pair && next.Anchor == c.Anchor, "Pair, Anchor", next.Pair.String() + ", " + next.Anchor, "must stay"},
		rule{next.Observed == c.Observed && next.Traded == c.Traded, "Observed, Traded", next.Observed + ", " + next.Traded, "must stay"},
		rule{slices.Equal(next.Route, c.Route), "Route", next.Route, "must stay"},
	); err != nil {
		return err
	}
	now := append(c.amounts(), c.counts()...)
	for i, then := range append(next.amounts(), next.counts()...) {
		from, to := now[i].value, then.value
		small := from.IsZero() == to.IsZero() && to.Cmp(from.Mul(two)) <= 0 && from.Cmp(to.Mul(two)) <= 0
		if !small {
			return fmt.Errorf("%w: %s %v: may only go from %v to twice or half of it", ErrInvalid, then.field, to, from)
		}
	}
	return nil
}

// counts lists the other numbers, as amounts.
func (c Config) counts() []amount {
	n := func(field string, v uint64) amount { return amount{field, decimal.NewFromUint64(v)} }
	return []amount{
		n("SustainBlocks", c.SustainBlocks), n("TWAPBlocks", uint64(c.TWAPBlocks)), n("MaxGapBlocks", c.MaxGapBlocks),
		n("MinBlocks", c.MinBlocks), n("BlockTime", uint64(c.BlockTime)), n("WindowBlocks", c.WindowBlocks),
		n("MaxPriceAge", uint64(c.MaxPriceAge)), n("MaxReverts", c.MaxReverts), n("AlarmBlocks", c.AlarmBlocks),
		n("DeadlineBlocks", c.DeadlineBlocks), n("StuckBlocks", c.StuckBlocks), n("MaxResubmits", c.MaxResubmits),
		n("ReorgBlocks", c.ReorgBlocks),
	}
}
