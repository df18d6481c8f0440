package maker_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

var ticks = flag.Int("ticks", 4000, "looks at the market in the long run")

// What a maker may see, drawn from a small world: prices and amounts that repeat,
// orders of its own in every stage, and now and then nonsense.
func TestTheEngineKeepsTheLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		engine, err := maker.New(usual())
		require.NoError(t, err)
		enginetest.Laws(t, engine, seed, 400, func(rng *rand.Rand, s maker.State) maker.Observation {
			o := maker.Observation{
				At: s.At.Add(time.Duration(rng.IntN(20)) * time.Second), Market: rules(),
				Base: exchange.Balance{Free: decimal.New(rng.Int64N(500), 0)}, Quote: exchange.Balance{Free: decimal.New(rng.Int64N(500), 0)},
			}
			if s.At.IsZero() {
				o.At = start
			}
			if rng.IntN(5) > 0 {
				o.Price = &exchange.Price{Value: decimal.New(990+rng.Int64N(20), -3), At: o.At}
			}
			for i := range s.Intents {
				order := s.Intents[i].Order
				switch order.Status, order.Filled = exchange.Open, order.Amount.Mul(decimal.New(rng.Int64N(3), -1)); rng.IntN(8) {
				case 0:
				case 1:
					order.Status = exchange.Cancelled
					o.Done = with(o.Done, order)
				case 2:
					o.Unknown = append(o.Unknown, order.ClientID)
				case 3:
					o.Refused = map[string]string{order.ClientID: "would take"}
				default:
					o.Open = append(o.Open, order)
				}
			}
			if rng.IntN(9) == 0 {
				o.Commands = []maker.Command{{Seq: s.LastSeq + 1, By: "anna", Do: [...]maker.Verb{maker.Halt, maker.Resume, "?"}[rng.IntN(3)]}}
			}
			if rng.IntN(20) == 0 {
				o.Base.Free = decimal.New(-1, 0)
			}
			return o
		})
	}
}

func with(done map[string]exchange.Order, o exchange.Order) map[string]exchange.Order {
	if done == nil {
		done = map[string]exchange.Order{}
	}
	done[o.ClientID] = o
	return done
}

// In a long run over a venue that loses answers and requests, with others who take
// whatever they like, restarts, halts and prices that go missing: no order of ours
// ever takes, no bid of ours meets an ask of ours, what the engine counts is what
// traded, money is conserved, and whenever it says that all is in place, what
// stands is what a fresh start would place, within the tolerance.
func TestALongRunQuotesWhatItShouldAndNeverTakes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 0))
	market := rules()
	market.MakerFeeBps, market.TakerFeeBps = dec("5"), dec("10")
	r := newRigIn(t, market, func(c *maker.Config) {
		c.Skew = maker.Skew{By: maker.BySize, Target: dec("0.5"), Range: dec("0.4")}
		c.AddFee = true
	})
	price, inPlace := decimal.New(1, 0), 0
	for i := range *ticks {
		price = decimal.Max(dec("0.9"), decimal.Min(dec("1.1"), price.Add(decimal.New(rng.Int64N(7)-3, -4))))
		r.feed.price, r.feed.err = price, nil
		r.disturb(rng)
		d := r.tick()
		r.check(i)
		if d.Bids == maker.InPlace && d.Asks == maker.InPlace && len(d.Place)+len(d.Cancel) == 0 {
			inPlace++
			r.compare(i)
		}
	}
	require.Greater(t, inPlace, *ticks/20, "it comes to rest now and then")
	require.Greater(t, r.state().Earnings.Fills, *ticks/50)
	t.Logf("%d ticks, %d at rest, %d fills, spread %v", *ticks, inPlace, r.state().Earnings.Fills, r.state().Earnings.Spread())
}

func (r *rig) disturb(rng *rand.Rand) {
	kinds := []paper.Fault{
		{Call: paper.Place, Kind: paper.LoseAnswer},
		{Call: paper.Place, Kind: paper.LoseRequest},
		{Call: paper.Place, Kind: paper.Delay, For: 15 * time.Second},
		{Call: paper.Cancel, Kind: paper.LoseAnswer},
		{Call: paper.Cancel, Kind: paper.LoseRequest},
	}
	switch rng.IntN(40) {
	case 0, 1:
		require.NoError(r.t, r.us.Script(kinds[rng.IntN(len(kinds))]))
	case 2:
		r.restart()
	case 3:
		r.command(maker.Halt, "anna")
	case 4, 5:
		r.command(maker.Resume, "anna")
	case 6:
		r.feed.err = exchange.ErrNoQuorum
	case 7, 8, 9, 10, 11, 12:
		side := exchange.Side(1 + rng.IntN(2))
		best, err := r.us.Ticker(r.t.Context(), pair)
		require.NoError(r.t, err)
		at := best.Bid
		if side == exchange.Ask {
			at = best.Ask
		}
		if at.IsPositive() {
			r.taken++
			_, err = r.them.Place(r.t.Context(), exchange.Order{
				ClientID: fmt.Sprintf("t%d", r.taken), Pair: pair, Side: side.Opposite(), Price: at, Amount: decimal.New(10+rng.Int64N(90), 0),
			})
			if !errors.Is(err, exchange.ErrInsufficient) {
				require.NoError(r.t, err)
			}
			require.NoError(r.t, r.them.Cancel(r.t.Context(), pair, fmt.Sprintf("t%d", r.taken)))
		}
	}
}

// check holds what must be so after every tick.
func (r *rig) check(i int) {
	r.t.Helper()
	best := map[exchange.Side]decimal.Decimal{}
	open, err := r.us.OpenOrders(r.t.Context(), pair)
	require.NoError(r.t, err)
	for _, o := range open {
		if b, ok := best[o.Side]; !ok || o.Price.GreaterThan(b) == (o.Side == exchange.Bid) {
			best[o.Side] = o.Price
		}
	}
	if bid, ask := best[exchange.Bid], best[exchange.Ask]; bid.IsPositive() && ask.IsPositive() {
		require.True(r.t, bid.LessThan(ask), "tick %d: %v meets %v", i, bid, ask)
	}
	if i%100 != 0 {
		return
	}
	fills, err := r.us.Fills(r.t.Context(), pair, start)
	require.NoError(r.t, err)
	var bought, sold decimal.Decimal
	for _, f := range fills {
		require.True(r.t, f.Maker, "tick %d: took %v", i, f)
		if f.Side == exchange.Bid {
			bought = bought.Add(f.Amount)
		} else {
			sold = sold.Add(f.Amount)
		}
	}
	e := r.state().Earnings
	require.True(r.t, e.Bought.LessThanOrEqual(bought) && e.Sold.LessThanOrEqual(sold), "tick %d: counted %v and %v of %v and %v", i, e.Bought, e.Sold, bought, sold)
	fees, money := r.venue.Fees(), map[string]decimal.Decimal{}
	for _, account := range []*paper.Account{r.us, r.them} {
		balances, err := account.Balances(r.t.Context())
		require.NoError(r.t, err)
		for asset, b := range balances {
			money[asset] = money[asset].Add(b.Total())
		}
	}
	for _, asset := range []string{"USDC", "USDT"} {
		require.True(r.t, money[asset].Add(fees[asset]).Equal(dec("2000")), "tick %d: %s", i, asset)
	}
}

// compare holds what stands against what a fresh start would place.
func (r *rig) compare(i int) {
	r.t.Helper()
	s := r.state()
	seen, err := r.world.Observe(r.t.Context(), r.now, s)
	require.NoError(r.t, err)
	seen.Base = exchange.Balance{Free: seen.Base.Total()}
	seen.Quote = exchange.Balance{Free: seen.Quote.Total()}
	open := seen.Open
	seen.Open, seen.Commands, seen.BestBid, seen.BestAsk = nil, nil, decimal.Decimal{}, decimal.Decimal{}
	engine, err := maker.New(r.cfg)
	require.NoError(r.t, err)
	fresh := maker.State{Since: s.Since, LastSeq: s.LastSeq, Aside: s.Aside, Bought: s.Bought, Sold: s.Sold}
	_, d, err := engine.Step(fresh, seen)
	require.NoError(r.t, err)
	require.Len(r.t, open, len(d.Place), "tick %d", i)
	for _, want := range d.Place {
		ok := false
		for _, o := range open {
			ok = ok || o.Side == want.Side &&
				o.Price.Sub(want.Price).Abs().LessThanOrEqual(r.feed.price.Mul(r.cfg.TolerancePriceBps).Shift(-4)) &&
				o.Remaining().Sub(want.Amount).Abs().LessThanOrEqual(want.Amount.Mul(r.cfg.ToleranceAmount))
		}
		require.True(r.t, ok, "tick %d: nothing stands for %v among %v", i, want, open)
	}
}
