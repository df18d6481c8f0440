package issuer

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// first is the day on which a replay begins: so many are needed to know what to
// expect.
const first = memoryDays + 1

// Replay lets the issuer live through its supply without a pool and, for each
// size, under both rules. It fails if any books differ in any hour.
func Replay(ctx context.Context, supply tape.Supply, s Setup) (Result, error) {
	s.Asset, s.Source = supply.Asset, supply.Source
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	if len(supply.Days) < first+horizonDays {
		return Result{}, fmt.Errorf("%w: supply of %d days: must be at least %d", ErrInvalid, len(supply.Days), first+horizonDays)
	}
	for _, day := range supply.Days {
		if !day.Supply.IsPositive() {
			return Result{}, fmt.Errorf("%w: supply on %s %s: must be > 0", ErrInvalid, day.Start.Format(time.DateOnly), day.Supply)
		}
	}
	rules := []rule{{name: NoPool}}
	for _, size := range s.Pools {
		rules = append(rules, rule{SeedRule, size, s.seedRule}, rule{Engine, size, s.engine})
	}
	r := Result{
		Setup: s, Assumptions: s.Assumptions(supply), Floor: floor(), Ceiling: band().Ceiling,
		Worst: worst(supply.Days, first), Cases: make([]Case, len(rules)),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, rule := range rules {
		group.Go(func() (err error) {
			r.Cases[i], err = play(ctx, supply.Days, s, rule)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	r.tell(supply.Days)
	return r, nil
}

// rule is who lends how much by what.
type rule struct {
	name   string
	size   decimal.Decimal
	config func(size decimal.Decimal) liquidity.Config // nil for nobody
}

// play lives through all days under one rule.
func play(ctx context.Context, days []tape.Day, s Setup, r rule) (Case, error) {
	c := Case{Rule: r.name, Pool: r.size}
	b := newBooks(s, days[first-1])
	var p *pool
	var err error
	if r.config != nil {
		if p, err = newPool(r.config(r.size), r.size, b.system); err != nil {
			return c, err
		}
	}
	for i := first; i < len(days); i++ {
		if err := ctx.Err(); err != nil {
			return c, err
		}
		if err := c.day(ctx, days, i, b, p); err != nil {
			return c, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	c.close(b, p)
	if p != nil {
		journal, err := p.prove(ctx)
		if err != nil {
			return c, err
		}
		c.Journal = &journal
	}
	return c, nil
}

// day lives through a day, hour by hour.
func (c *Case) day(ctx context.Context, days []tape.Day, i int, b *books, p *pool) error {
	var err error
	if b.expected, err = expect(days, i); err != nil {
		return err
	}
	const none = 1_000_000 // no ratio is that high
	c.days = append(c.days, daily{expected: b.expected, lowest: decimal.New(none, 0)})
	sold, left, below := b.order(days[i].Start, borrowed(p)), redeemed(days, i), c.HoursBelow
	for hour := range hours {
		b.pass(part(sold, hour), part(left, hour))
		now := days[i].Start.Add(time.Duration(hour+1) * time.Hour)
		c.hour(now, b)
		if p != nil {
			suggested, err := p.tick(ctx, now, b.liquid())
			if err != nil {
				return err
			}
			c.decided(now, p, suggested)
		}
		if err := b.compare(p); err != nil {
			return fmt.Errorf("%s: %w", now, err)
		}
		c.HoursCompared++
	}
	if c.HoursBelow > below {
		c.DaysBelow++
	}
	c.days[len(c.days)-1].lent = borrowed(p)
	return nil
}

func borrowed(p *pool) decimal.Decimal {
	if p == nil {
		return decimal.Decimal{}
	}
	return p.lent
}

// compare reports a cent that was created or lost: what the issuer has, what it
// cost and what it owes are kept in different places.
func (b *books) compare(p *pool) error {
	has, owes := decimal.Sum(b.liquid(), b.securities, b.costs), b.supply.Add(b.waiting).Add(borrowed(p))
	if p != nil {
		has = has.Add(p.interest)
	}
	if !has.Equal(owes) {
		return fmt.Errorf("value is not conserved: the issuer has %s and owes %s", has, owes)
	}
	return nil
}

// tell puts the days of the first size beside each other.
func (r *Result) tell(days []tape.Day) {
	without, seed, with := r.Cases[0].days, r.Cases[1].days, r.Cases[2].days
	for n := range without {
		day := days[first+n]
		r.Days = append(r.Days, Day{
			Start: day.Start, Price: day.Low, Supply: day.Supply, Redeemed: redeemed(days, first+n), Expected: with[n].expected,
			Without: without[n].lowest, Seed: seed[n].lowest, With: with[n].lowest, Lent: with[n].lent,
		})
	}
}
