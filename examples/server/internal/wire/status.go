package wire

import (
	"context"
	"errors"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward"
)

// showStatus answers GET /status: the newest round. Its envelope has another key
// than all others.
func (s *Server) showStatus(r *http.Request) answer {
	now := s.pool.Now()
	message, err := s.status.get(now, func() (any, error) { return s.summary(r.Context()) })
	switch {
	case errors.Is(err, reward.ErrUnknownRound):
		return answer{code: http.StatusOK, body: map[string]any{"status": false, "message": "no statistics exist yet."}}
	case err != nil:
		return s.broken("status", err)
	}
	return answer{code: http.StatusOK, body: map[string]any{
		"status": true, "message": message,
		"server_time": now.Unix(), "server_up_time": int64(now.Sub(s.pool.Started()).Seconds()),
	}}
}

func (s *Server) summary(ctx context.Context) (any, error) {
	round, err := s.pool.Ledger().Round(ctx, 0)
	if err != nil {
		return nil, err
	}
	users, err := s.pool.Ledger().Registered(ctx)
	if err != nil {
		return nil, err
	}
	totals, rewards := map[string]map[string]any{}, map[string]map[string]any{}
	for _, t := range round.Decision.Markets {
		if totals[t.Exchange] == nil {
			totals[t.Exchange], rewards[t.Exchange] = map[string]any{}, map[string]any{}
		}
		totals[t.Exchange][t.Unit] = map[string]any{
			"total": money(t.Total),
			"ask":   ranks(t.Ask, "total", func(r reward.RankTally) decimal.Decimal { return r.Total }),
			"bid":   ranks(t.Bid, "total", func(r reward.RankTally) decimal.Decimal { return r.Total }),
		}
		rewards[t.Exchange][t.Unit] = map[string]any{
			"ask": ranks(t.Ask, "", func(r reward.RankTally) decimal.Decimal { return r.Pot }),
			"bid": ranks(t.Bid, "", func(r reward.RankTally) decimal.Decimal { return r.Pot }),
		}
	}
	return map[string]any{
		"meta": map[string]int64{
			"last-credit-time":       round.At.Unix(),
			"next-payout-time":       s.pool.NextPayout().Unix(),
			"number-of-users":        int64(users),
			"number-of-users-active": int64(round.Accounts),
			"number-of-orders":       int64(round.Orders),
		},
		"totals": totals, "rewards": rewards, "prices": s.prices(),
	}, nil
}

// ranks shows something of each rank of a side, and its total under that name.
func ranks(b reward.BookTally, total string, of func(reward.RankTally) decimal.Decimal) map[string]number {
	shown := map[string]number{}
	for _, r := range b.Ranks {
		shown[r.Name] = money(of(r))
	}
	if total != "" {
		shown[total] = money(b.Total)
	}
	return shown
}

// prices shows each unit's, both ways; a unit without one is left out.
func (s *Server) prices() map[string][]number {
	now, board := s.pool.Now(), s.pool.Snapshot().Prices
	shown := map[string][]number{}
	for _, unit := range board.Units() {
		if p, err := board.Price(unit, now); err == nil {
			shown[unit] = []number{money(p.Value), inverse(p.Value)}
		}
	}
	return shown
}
