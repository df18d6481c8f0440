package reward

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// round is one round in the making.
type round struct {
	*Engine
	outcomes []Outcome
	ranked   []ranked // by market
}

// ranked holds the orders of one market by rank, ready to be split.
type ranked struct{ ask, bid [maxRanks]group }

// group is the orders of one rank.
type group struct {
	outcomes []int // index into round.outcomes
	amounts  []decimal.Decimal
	costs    []decimal.Decimal // in an auction only
	total    decimal.Decimal
}

func (r *ranked) groups(side exchange.Side) *[maxRanks]group {
	if side == exchange.Ask {
		return &r.ask
	}
	return &r.bid
}

// judge gives every sighting its verdict and groups by rank what has a share.
func (r *round) judge(lastID uint64, seen Observation) {
	markets, duplicate := r.sort(seen.Orders)
	for i, o := range seen.Orders {
		out := &r.outcomes[i]
		out.ID, out.Account = o.ID, o.Account
		switch m := markets[i]; {
		case o.ID <= lastID:
			out.Verdict = Replayed
		case m < 0:
			out.Verdict = NoMarket
		case duplicate[i]:
			out.Verdict = Duplicate
		case o.SeenAt.After(seen.At) || seen.At.Sub(o.SeenAt) > r.cfg.MaxAge:
			out.Verdict = Stale
		case o.SeenAt.Sub(o.Since) < r.cfg.MinAge:
			out.Verdict = Young
		default:
			r.place(i, o, m)
		}
	}
}

// sort returns the market of each sighting, -1 for none of ours, and whether the
// same order was seen again later: the last sighting stands for it. An order is
// the same by exchange, unit, side and name; it may have been filled in part.
func (r *round) sort(orders []Order) (markets []int, duplicate []bool) {
	type order struct {
		market int
		side   exchange.Side
		name   string
	}
	markets, duplicate = make([]int, len(orders)), make([]bool, len(orders))
	later := make(map[order]struct{}, len(orders))
	for i, o := range slices.Backward(orders) {
		m, known := r.markets[marketID{o.Exchange, o.Unit}]
		if !known {
			markets[i] = -1
			continue
		}
		before := len(later)
		later[order{m, o.Side, o.OrderID}] = struct{}{}
		markets[i], duplicate[i] = m, len(later) == before
	}
	return markets, duplicate
}

// place puts the ith sighting into the group of its rank in market m.
func (r *round) place(i int, o Order, m int) {
	out, ranks := &r.outcomes[i], r.cfg.Markets[m].book(o.Side).Ranks
	rank := rankOf(o, ranks)
	if rank < 0 {
		out.Verdict = Unranked
		return
	}
	out.Verdict, out.Rank = Credited, ranks[rank].Name
	g := &r.ranked[m].groups(o.Side)[rank]
	g.outcomes = append(g.outcomes, i)
	g.amounts = append(g.amounts, o.Amount)
	g.total = g.total.Add(o.Amount)
	if r.cfg.Markets[m].Auction != nil {
		g.costs = append(g.costs, o.Cost)
	}
}
