package reward

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Auction buys liquidity from the cheapest providers, as nupool did before the
// ALP server fixed the reward: every order asks a rate ([Order.Cost]), and those
// that ask least fill the target of their side. All that are accepted earn the
// same, the lowest rate that was turned down, so nobody gains by asking for more
// than he would do it for:
//
//	price = lowest Cost that is not wholly accepted, or Rate if there is none
//	pot   = accepted liquidity × price × Every / 24 h, rounded down
//
// Orders that ask the same at the margin share what is left of the target in
// proportion. nupool cleared at two such prices, an upper one for a part of each
// order and a lower one for the rest; a single one is what its rule comes to when
// the target is met once (trustless-liquidity-pool, server.py, credit).
type Auction struct{ Ask, Bid Tender }

// Tender is what is wanted on one side.
type Tender struct {
	Target    decimal.Decimal // liquidity in the pegged asset, > 0
	Rate      decimal.Decimal // the most that is paid for a unit of it and a day, > 0
	Tolerance decimal.Decimal // widest deviation from the peg, above 0 to 1
}

// auctionRank is the name of an auction's only rank.
const auctionRank = "auction"

func (a Auction) validate(c Config, name string) error {
	if err := a.Ask.validate(c, name+".ask"); err != nil {
		return err
	}
	return a.Bid.validate(c, name+".bid")
}

func (t Tender) validate(c Config, name string) error {
	if err := check(
		rule{valid.Positive(t.Target), name + ".Target", t.Target, valid.MustBePositive},
		rule{valid.Positive(t.Rate), name + ".Rate", t.Rate, valid.MustBePositive},
		rule{valid.Positive(t.Tolerance) && t.Tolerance.Cmp(one) <= 0, name + ".Tolerance", t.Tolerance, "must be above 0 and at most 1"},
	); err != nil {
		return err
	}
	most := c.worth(t.Target, t.Rate)
	return check(rule{valid.Positive(most), name + ": Target x Rate for a round", most, "must be at least the last unit of a credit, and below 1e18"})
}

// book is the side as orders are placed on it: one rank.
func (t Tender) book() Book {
	return Book{Ranks: []Rank{{Name: auctionRank, Ratio: one, Tolerance: t.Tolerance}}}
}

// worth is what liquidity earns in a round.
func (c Config) worth(liquidity, rate decimal.Decimal) decimal.Decimal {
	pot, _ := liquidity.Mul(rate).Mul(decimal.NewFromInt(int64(c.Every/time.Second))).QuoRem(daySeconds, c.Places)
	return pot
}

var daySeconds = decimal.NewFromInt(int64(day / time.Second))

// most is what a round costs when both targets are met at the highest rates.
func (a Auction) most(c Config) decimal.Decimal {
	return c.worth(a.Ask.Target, a.Ask.Rate).Add(c.worth(a.Bid.Target, a.Bid.Rate))
}

// share implements sharing.
func (a Auction) share(r *round, m Market, orders *ranked) Tally {
	t := Tally{Exchange: m.Exchange, Unit: m.Unit, Reward: a.most(r.cfg), Target: a.Ask.Target.Add(a.Bid.Target)}
	t.Ask = r.tender(a.Ask, &orders.ask[0])
	t.Bid = r.tender(a.Bid, &orders.bid[0])
	t.Total = t.Ask.Total.Add(t.Bid.Total)
	t.Counted = decimal.Min(t.Ask.Total, a.Ask.Target).Add(decimal.Min(t.Bid.Total, a.Bid.Target))
	t.Pot = t.Ask.Pot.Add(t.Bid.Pot)
	return t
}

// tender takes the cheapest orders of one side and pays them.
func (r *round) tender(t Tender, g *group) BookTally {
	levels := g.levels()
	price, left, whole := t.Rate, t.Target, 0
	for whole < len(levels) && levels[whole].cost.Cmp(t.Rate) <= 0 && levels[whole].total.Cmp(left) <= 0 {
		left = left.Sub(levels[whole].total)
		whole++
	}
	// What each order has taken is multiplied by the total of those at the margin,
	// so that a part of one of these needs no division.
	var taken group
	scale, turnedDown := one, whole
	if whole < len(levels) && levels[whole].cost.Cmp(t.Rate) <= 0 {
		margin := levels[whole]
		price = margin.cost
		if left.IsPositive() {
			taken.add(g, margin, left)
			scale, left = margin.total, decimal.Decimal{}
			turnedDown++
		}
	}
	for _, l := range levels[:whole] {
		taken.add(g, l, scale)
	}
	for _, l := range levels[turnedDown:] {
		for _, i := range l.orders {
			r.outcomes[g.outcomes[i]].Verdict = Outbid
		}
	}
	pot := r.cfg.worth(t.Target.Sub(left), price)
	r.credit(&taken, pot)
	return BookTally{Total: g.total, Pot: pot, Price: price, Ranks: []RankTally{{t.book().Ranks[0], g.total, pot}}}
}

// level is the orders of a group that ask the same.
type level struct {
	orders []int // index into the group
	cost   decimal.Decimal
	total  decimal.Decimal
}

// levels returns g by rising cost; within a level, in the order of g.
func (g *group) levels() []level {
	order := make([]int, len(g.costs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(g.costs[a].Cmp(g.costs[b]), cmp.Compare(a, b)) })
	var levels []level
	for _, i := range order {
		if n := len(levels); n == 0 || !levels[n-1].cost.Equal(g.costs[i]) {
			levels = append(levels, level{cost: g.costs[i]})
		}
		l := &levels[len(levels)-1]
		l.orders = append(l.orders, i)
		l.total = l.total.Add(g.amounts[i])
	}
	return levels
}

// add adds a level of another group, its amounts multiplied by scale.
func (g *group) add(from *group, l level, scale decimal.Decimal) {
	for _, i := range l.orders {
		amount := from.amounts[i].Mul(scale)
		g.outcomes = append(g.outcomes, from.outcomes[i])
		g.amounts = append(g.amounts, amount)
		g.total = g.total.Add(amount)
	}
}
