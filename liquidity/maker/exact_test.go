package maker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// down rounds x down to a multiple of step.
func down(x, step decimal.Decimal) decimal.Decimal {
	n, _ := x.QuoRem(step, 0)
	return n.Mul(step)
}

func up(x, step decimal.Decimal) decimal.Decimal {
	if y := down(x, step); !y.LessThan(x) {
		return y
	}
	return down(x, step).Add(step)
}

// ladder works out in decimals what a side should be, as long as its funds last: an
// order at each price, "amount @ price".
func ladder(l maker.Ladder, side exchange.Side, m exchange.Market, ref, funds decimal.Decimal) []string {
	var prices, amounts []decimal.Decimal
	for _, rung := range l.Rungs() {
		price, amount := down(ref.Mul(dec("1").Sub(rung.DistanceBps.Shift(-4))), m.Tick), down(rung.Amount, m.Lot)
		cost := amount.Mul(price)
		if side == exchange.Ask {
			price, cost = up(ref.Mul(dec("1").Add(rung.DistanceBps.Shift(-4))), m.Tick), amount
		}
		if cost.GreaterThan(funds) || price.IsZero() {
			break
		}
		funds = funds.Sub(cost)
		if n := len(prices); n > 0 && prices[n-1].Equal(price) {
			amounts[n-1] = amounts[n-1].Add(amount)
		} else {
			prices, amounts = append(prices, price), append(amounts, amount)
		}
	}
	orders := make([]string, 0, len(prices))
	for i := range prices {
		orders = append(orders, amounts[i].String()+" @ "+prices[i].String())
	}
	return orders
}

// Whatever the digits of the price, the tick and the lot: to the last of them.
func TestWhatIsPlacedIsTheLadderExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, from, to int64, exps ...int32) decimal.Decimal {
			return decimal.New(rapid.Int64Range(from, to).Draw(t, name), rapid.SampledFrom(exps).Draw(t, name+" exponent"))
		}
		m := rules()
		m.Tick, m.Lot = number("tick", 1, 30, -3, -6, -18), number("lot", 1, 30, -2, -8, -18)
		m.MinAmount, m.MinNotional = decimal.Decimal{}, decimal.Decimal{}
		cfg := usual()
		cfg.Bids = maker.Ladder{
			OffsetBps: number("offset", 1, 50_000, -1, -4), Wall: number("wall", 1e6, 1e9, -1, -6),
			WidthBps: number("width", 10, 200, 0), DensityBps: dec("7.3"), Curve: maker.Exponential, Steepness: maker.Mid,
		}
		if cfg.Bids.OffsetBps.GreaterThan(dec("5000")) {
			cfg.Bids.OffsetBps = dec("5000")
		}
		cfg.Asks = cfg.Bids
		engine, err := maker.New(cfg)
		require.NoError(t, err)

		ref := number("price", 1e14, 1e17, -17, -10, -15)
		base, quote := number("base", 1e6, 1e12, -3), number("quote", 1e6, 1e12, -3, 0)
		_, d, err := engine.Step(maker.State{}, maker.Observation{
			At: start, Market: m, Price: &exchange.Price{Value: ref, At: start},
			Base: exchange.Balance{Free: base}, Quote: exchange.Balance{Free: quote},
		})
		require.NoError(t, err)
		got := map[exchange.Side][]string{}
		for _, o := range d.Place {
			got[o.Side] = append(got[o.Side], o.Amount.String()+" @ "+o.Price.String())
		}
		for side, funds := range map[exchange.Side]decimal.Decimal{exchange.Bid: quote, exchange.Ask: base} {
			want := ladder(cfg.Bids, side, m, ref, funds)
			if len(want) == 0 {
				continue // not even the wall: it shrinks, which has its own test
			}
			if diff := cmp.Diff(want, got[side]); diff != "" {
				t.Fatalf("%v (-decimals +engine):\n%s", side, diff)
			}
		}
	})
}
