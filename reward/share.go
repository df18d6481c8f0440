package reward

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// sharing is a rule by which a market's reward is shared among its orders.
type sharing interface {
	share(r *round, m Market, orders *ranked) Tally
}

// share pays the orders of each market by its rule.
func (r *round) share() []Tally {
	tallies := make([]Tally, len(r.cfg.Markets))
	for i, m := range r.cfg.Markets {
		var rule sharing = byRank{}
		if m.Auction != nil {
			rule = m.Auction
		}
		tallies[i] = rule.share(r, m, &r.ranked[i])
	}
	return tallies
}

// byRank splits a market's pot to the sides, to the ranks, to the orders.
type byRank struct{}

func (byRank) share(r *round, m Market, orders *ranked) Tally {
	t := Tally{Exchange: m.Exchange, Unit: m.Unit, Reward: m.Reward, Target: m.Target, Pot: m.Reward}
	for _, side := range []exchange.Side{exchange.Ask, exchange.Bid} {
		for n, rank := range m.book(side).Ranks {
			total := orders.groups(side)[n].total
			t.Total = t.Total.Add(total)
			if r.counts(rank) {
				t.Counted = t.Counted.Add(total)
			}
		}
	}
	if t.Counted.LessThan(m.Target) {
		t.Pot, _ = m.Reward.Mul(t.Counted).QuoRem(m.Target, r.cfg.Places)
	}
	pots := split(t.Pot, []decimal.Decimal{m.Ask.Ratio, m.Bid.Ratio}, r.cfg.Places)
	t.Ask = r.shareBook(m.Ask, pots[0], &orders.ask)
	t.Bid = r.shareBook(m.Bid, pots[1], &orders.bid)
	return t
}

// counts reports whether the orders of a rank fill the target.
func (r *round) counts(rank Rank) bool {
	widest := r.cfg.MaxTargetTolerance
	return widest.IsZero() || rank.Ratio.IsPositive() && rank.Tolerance.Cmp(widest) <= 0
}

// shareBook splits one side's pot. What the rank ratios leave over takes part in
// the split as if it were a last rank, and is nobody's.
func (r *round) shareBook(b Book, pot decimal.Decimal, groups *[maxRanks]group) BookTally {
	ratios, unclaimed := make([]decimal.Decimal, 0, len(b.Ranks)+1), one
	for _, rank := range b.Ranks {
		ratios, unclaimed = append(ratios, rank.Ratio), unclaimed.Sub(rank.Ratio)
	}
	pots := split(pot, append(ratios, unclaimed), r.cfg.Places)
	t := BookTally{Ratio: b.Ratio, Pot: pot, Ranks: make([]RankTally, len(b.Ranks))}
	for i, rank := range b.Ranks {
		g := &groups[i]
		t.Total = t.Total.Add(g.total)
		t.Ranks[i] = RankTally{rank, g.total, pots[i]}
		r.credit(g, pots[i])
	}
	return t
}

// credit splits one rank's pot among its orders, if they offer anything.
func (r *round) credit(g *group, pot decimal.Decimal) {
	if g.total.IsZero() {
		return
	}
	for i, amount := range split(pot, g.amounts, r.cfg.Places) {
		out := &r.outcomes[g.outcomes[i]]
		out.Share, out.Amount = g.amounts[i].DivRound(g.total, 10), amount
	}
}
