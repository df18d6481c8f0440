package wire

import (
	"context"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/reward"
)

// How much of the past an answer shows.
const (
	shownOrders = 100
	shownRounds = 50
)

// owner returns the user whose path it is, if he may see it: on a hardened server
// nobody else can tell whether there is such a user.
func (s *Server) owner(r *http.Request) (user string, a *answer) {
	user = r.PathValue("user")
	if s.guard == nil {
		return user, s.owned(r.Context(), user, func(reward.Registration) bool { return true })
	}
	signer, a := s.sender(r, nil, r.Pattern, "", owners)
	if a != nil && a.code != http.StatusTooManyRequests {
		refused := unregistered(user)
		a = &refused
	}
	if a != nil {
		return "", a
	}
	return user, s.owned(r.Context(), user, func(k reward.Registration) bool { return k.Signer == signer })
}

// timed is yes with the server's time.
func (s *Server) timed(message any) answer {
	return answer{code: http.StatusOK, body: at{said{true, message}, s.pool.Now().Unix()}}
}

// order is a sighting on the wire.
type order struct {
	ID          uint64  `json:"id"`
	OrderID     string  `json:"order_id"`
	Exchange    string  `json:"exchange"`
	Unit        string  `json:"unit"`
	Side        string  `json:"side"`
	Rank        string  `json:"rank"` // "" fits none
	Amount      number  `json:"order_amount"`
	Price       number  `json:"order_price"`
	ServerPrice number  `json:"server_price"`
	Deviation   number  `json:"deviation"`
	Tolerance   number  `json:"tolerance"`
	Credited    int     `json:"credited"`
	Credit      *credit `json:"credit_info,omitempty"`
}

// The values of order.Credited. The ALP server knew no other reason than a
// duplicate for not being credited.
const (
	waiting     = 0
	credited    = 1
	notCredited = -1
)

// credit is how an order's share came about.
type credit struct {
	At               int64  `json:"credited_time"`
	PercentageOfRank number `json:"percentage_of_rank"`
	Amount           number `json:"credit_amount"`
	UnitTotal        number `json:"unit_total_liquidity"`
	UnitTarget       number `json:"unit_target"`
	UnitReward       number `json:"unit_reward"`
	CalculatedReward number `json:"calculated_unit_reward"`
	SideRatio        number `json:"side_ratio"`
	SideReward       number `json:"side_reward"`
	RankTotal        number `json:"rank_total_liquidity"`
	RankReward       number `json:"rank_reward"`
	RankRatio        number `json:"rank_ratio"`
}

// orders answers GET /{user}/orders, newest first.
func (s *Server) orders(r *http.Request) answer {
	user, a := s.owner(r)
	if a != nil {
		return *a
	}
	found, err := s.pool.Ledger().Orders(r.Context(), user, shownOrders)
	if err != nil {
		return s.broken("orders", err)
	}
	snapshot, rounds := s.pool.Snapshot(), rounds{ledger: s.pool.Ledger(), known: map[uint64]reward.Booked{}}
	all := make([]order, len(found))
	for i, sighting := range found {
		if all[i], err = show(r.Context(), snapshot, rounds, sighting); err != nil {
			return s.broken("orders", err)
		}
	}
	return s.timed(all)
}

// rounds reads each round once for one answer.
type rounds struct {
	ledger reward.Ledger
	known  map[uint64]reward.Booked
}

func (r rounds) get(ctx context.Context, number uint64) (reward.Booked, error) {
	if b, ok := r.known[number]; ok {
		return b, nil
	}
	b, err := r.ledger.Round(ctx, number)
	if err == nil {
		r.known[number] = b
	}
	return b, err
}

func show(ctx context.Context, snapshot *pool.Snapshot, rounds rounds, s reward.Sighting) (order, error) {
	o := s.Order
	shown := order{
		ID: o.ID, OrderID: o.OrderID, Exchange: o.Exchange, Unit: o.Unit, Side: o.Side.String(),
		Amount: number(o.Amount), Price: number(o.Price), ServerPrice: number(o.Peg), Deviation: deviation(o),
	}
	if place, ok := snapshot.Reward.Place(o); ok {
		shown.Rank, shown.Tolerance = place.Rank, number(place.Tolerance)
	}
	switch {
	case s.Round == 0:
		shown.Credited = waiting
	case s.Outcome.Verdict != reward.Credited:
		shown.Credited = notCredited
	default:
		round, err := rounds.get(ctx, s.Round)
		if err != nil {
			return order{}, err
		}
		shown.Credited = credited
		shown.Rank = s.Outcome.Rank
		shown.credit(round, s)
	}
	return shown, nil
}

// credit tells how the share of a credited order came about.
func (o *order) credit(round reward.Booked, s reward.Sighting) {
	c := &credit{
		At: round.At.Unix(), PercentageOfRank: money(s.Outcome.Share.Shift(2)), Amount: money(s.Outcome.Amount),
	}
	for _, t := range round.Decision.Markets {
		if t.Exchange != o.Exchange || t.Unit != o.Unit {
			continue
		}
		book := t.Bid
		if o.Side == "ask" {
			book = t.Ask
		}
		c.UnitTotal, c.UnitTarget, c.UnitReward, c.CalculatedReward = money(t.Total), money(t.Target), money(t.Reward), money(t.Pot)
		c.SideRatio, c.SideReward = money(book.Ratio), money(book.Pot)
		for _, r := range book.Ranks {
			if r.Name == s.Outcome.Rank {
				o.Tolerance = number(r.Tolerance)
				c.RankTotal, c.RankReward, c.RankRatio = money(r.Total), money(r.Pot), money(r.Ratio)
			}
		}
	}
	o.Credit = c
}

// deviation is that of any order, ranked or not.
func deviation(o reward.Order) number {
	near, far := decimal.Min(o.Price, o.Peg), decimal.Max(o.Price, o.Peg)
	return number(far.Sub(near).DivRound(far, 8))
}

// stats answers GET /{user}/stats.
func (s *Server) stats(r *http.Request) answer {
	user, a := s.owner(r)
	if a != nil {
		return *a
	}
	earned, err := s.pool.Ledger().Earned(r.Context(), user)
	if err != nil {
		return s.broken("earned", err)
	}
	unpaid, err := s.pool.Payouts().Unpaid(r.Context(), user)
	if err != nil {
		return s.broken("unpaid", err)
	}
	history, err := s.pool.Ledger().History(r.Context(), user, shownRounds)
	if err != nil {
		return s.broken("history", err)
	}
	rounds := make([]map[string]any, len(history))
	for i, e := range history {
		rounds[i] = map[string]any{"round_time": e.At.Unix(), "provided": money(e.Provided), "reward": money(e.Reward)}
	}
	return s.timed(map[string]any{"total_reward": money(earned), "current_reward": money(unpaid), "history": rounds})
}

// value answers GET /api/v1/pool/{user}/value: what the user's credited orders were
// worth in each of the rounds shown, oldest first, and what he has won or lost
// since the first of them,
//
//	profit = provided + rewards since the first round - provided in the first
//
// on the assumption that all of the user's funds stood in those orders: what he
// brought or took away counts as won or lost.
func (s *Server) value(r *http.Request) answer {
	user, a := s.owner(r)
	if a != nil {
		return *a
	}
	history, err := s.pool.Ledger().History(r.Context(), user, shownRounds)
	if err != nil {
		return s.broken("history", err)
	}
	rounds := make([]map[string]any, 0, len(history))
	var first, rewards decimal.Decimal
	for i := len(history) - 1; i >= 0; i-- {
		e := history[i]
		if i == len(history)-1 {
			first = e.Provided
		}
		rewards = rewards.Add(e.Reward)
		rounds = append(rounds, map[string]any{
			"round_time": e.At.Unix(), "provided": money(e.Provided), "reward": money(e.Reward),
			"rewards": money(rewards), "profit": money(e.Provided.Add(rewards).Sub(first)),
		})
	}
	return s.timed(map[string]any{
		"assumption": "all funds stand in credited orders: what was brought or taken away counts as won or lost",
		"rounds":     rounds,
	})
}
