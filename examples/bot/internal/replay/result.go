package replay

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// Result is what a replay came to. Amounts are in Quote where nothing else is
// said; worth is Base at the market's price, and Quote.
type Result struct {
	From      time.Time           `json:"from"`
	To        time.Time           `json:"to"`
	Looks     int                 `json:"looks"`
	Placed    int                 `json:"placed"`    // orders
	Cancelled int                 `json:"cancelled"` // orders, each once
	Fills     int                 `json:"fills"`     // trades at the venue
	Alerts    map[maker.Alarm]int `json:"alerts"`

	Bought    decimal.Decimal `json:"bought"`    // Base
	Sold      decimal.Decimal `json:"sold"`      // Base
	Spread    decimal.Decimal `json:"spread"`    // what the Base that came and went again earned, before fees
	Fees      decimal.Decimal `json:"fees"`      // those in Base at the price of their trade
	Inventory decimal.Decimal `json:"inventory"` // Base more (less) than at the beginning
	Uptime    decimal.Decimal `json:"uptime"`    // part of the time with a wall on both sides

	First   decimal.Decimal `json:"first"`   // worth at the beginning
	Last    decimal.Decimal `json:"last"`    // worth at the end
	Lowest  decimal.Decimal `json:"lowest"`  // worth
	Highest decimal.Decimal `json:"highest"` // worth
	Held    decimal.Decimal `json:"held"`    // worth at the end of an account that had done nothing

	Digest string `json:"digest"` // hash of the journal's last record: of every look, decision and state

	FirstPrice decimal.Decimal `json:"first_price"`
	LastPrice  decimal.Decimal `json:"last_price"`
	Halted     maker.Reason    `json:"halted"` // why nothing was quoted at the end; "" if it was
}

// Made returns what quoting made over doing nothing.
func (r Result) Made() decimal.Decimal { return r.Last.Sub(r.Held) }

// note counts one look.
func (s *stage) note(ctx context.Context, now time.Time, price decimal.Decimal, d *maker.Decision) error {
	t := &s.tally
	worth, err := s.worth(ctx, price)
	if err != nil {
		return err
	}
	if t.Looks == 0 {
		t.From, t.First, t.FirstPrice = now, worth, price
		t.Lowest, t.Highest, t.Alerts = worth, worth, map[maker.Alarm]int{}
	}
	t.Looks++
	t.Lowest, t.Highest = decimal.Min(t.Lowest, worth), decimal.Max(t.Highest, worth)
	for _, a := range d.Alerts {
		t.Alerts[a.What]++
	}
	asked := make(map[string]bool, len(d.Cancel))
	for _, id := range d.Cancel {
		asked[id] = true
		if !s.asked[id] { // a cancel is repeated until it is seen to have worked
			t.Cancelled++
		}
	}
	s.asked = asked
	return nil
}

func (s *stage) worth(ctx context.Context, price decimal.Decimal) (decimal.Decimal, error) {
	balances, err := s.us.Balances(ctx)
	pair := s.cfg.Maker.Pair
	return balances[pair.Base].Total().Mul(price).Add(balances[pair.Quote].Total()), err
}

// result adds up what is known at the end.
func (s *stage) result(ctx context.Context) (Result, error) {
	r, pair := s.tally, s.cfg.Maker.Pair
	end := s.cfg.Minutes[len(s.cfg.Minutes)-1]
	r.To, r.LastPrice = end.Start.Add(time.Minute), end.Close
	r.Held = s.cfg.Base.Mul(end.Close).Add(s.cfg.Quote)
	var err error
	if r.Last, err = s.worth(ctx, end.Close); err != nil {
		return Result{}, err
	}
	r.Lowest, r.Highest = decimal.Min(r.Lowest, r.Last), decimal.Max(r.Highest, r.Last)
	fills, err := s.us.Fills(ctx, pair, r.From)
	if err != nil {
		return Result{}, err
	}
	var earned maker.Earnings // from the venue's own list: the maker has not looked since the last leg
	for _, f := range fills {
		r.Fills++
		fee, value := f.Fee, f.Amount.Mul(f.Price)
		if f.FeeAsset == pair.Base {
			fee = fee.Mul(f.Price)
		}
		r.Fees = r.Fees.Add(fee)
		if f.Side == exchange.Bid {
			earned.Bought, earned.BoughtFor = earned.Bought.Add(f.Amount), earned.BoughtFor.Add(value)
		} else {
			earned.Sold, earned.SoldFor = earned.Sold.Add(f.Amount), earned.SoldFor.Add(value)
		}
	}
	r.Bought, r.Sold, r.Spread = earned.Bought, earned.Sold, earned.Spread()
	balances, err := s.us.Balances(ctx)
	if err != nil {
		return Result{}, err
	}
	r.Inventory = balances[pair.Base].Total().Sub(s.cfg.Base)
	return r, s.remembered(ctx, &r)
}

// remembered adds what the maker's own state says.
func (s *stage) remembered(ctx context.Context, r *Result) error {
	last, err := s.cfg.Journal.Last(ctx, s.cfg.Key)
	if err != nil {
		return err
	}
	var state maker.State
	if err := json.Unmarshal(last.State, &state); err != nil {
		return err
	}
	r.Digest = hex.EncodeToString(last.Hash[:])
	r.Placed, r.Uptime, r.Halted = int(state.Placed), state.Earnings.Uptime(), state.Halted
	return nil
}
