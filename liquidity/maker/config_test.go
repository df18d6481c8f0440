package maker_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

func TestNewNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*maker.Config){
		`Name "": must have 1 to 64`:                       func(c *maker.Config) { c.Name = "" },
		`Pair: exchange: invalid: Pair.Base`:               func(c *maker.Config) { c.Pair.Base = "" },
		`Mode "fast": must be one`:                         func(c *maker.Config) { c.Mode = "fast" },
		`Bids.OffsetBps -1: must be 0 to 5000`:             func(c *maker.Config) { c.Bids.OffsetBps = dec("-1") },
		`Asks.Wall -1: must be 0 or more`:                  func(c *maker.Config) { c.Asks.Wall = dec("-1") },
		`Asks.WidthBps 4001: must be 0 to 4000`:            func(c *maker.Config) { c.Asks.WidthBps = dec("4001") },
		`Bids.DensityBps 0: must be > 0`:                   func(c *maker.Config) { c.Bids.DensityBps = decimal.Zero },
		`Bids.DensityBps 0.1: must leave at most 100`:      func(c *maker.Config) { c.Bids.DensityBps = dec("0.1") },
		`Bids.Curve "round, mid": must be a curve`:         func(c *maker.Config) { c.Bids.Curve = "round" },
		`Bids.Curve "linear, steep": must be a curve`:      func(c *maker.Config) { c.Bids.Steepness = "steep" },
		`Bids.Max -1: must be 0 or more`:                   func(c *maker.Config) { c.Bids.Max = dec("-1") },
		`Bids.Wall 0: must not be 0 with Asks.Wall`:        func(c *maker.Config) { c.Bids.Wall, c.Asks.Wall = decimal.Zero, decimal.Zero },
		`Bids.OffsetBps 0: must not be 0 with Asks.Offset`: func(c *maker.Config) { c.Bids.OffsetBps, c.Asks.OffsetBps = decimal.Zero, decimal.Zero },
		`TolerancePriceBps 1001: must be 0 to 1000`:        func(c *maker.Config) { c.TolerancePriceBps = dec("1001") },
		`ToleranceAmount 1.1: must be 0 to 1`:              func(c *maker.Config) { c.ToleranceAmount = dec("1.1") },
		`MaxFlow -1`:                                       func(c *maker.Config) { c.MaxFlow = dec("-1") },
		`KeepAside 2: must be 0 to 1`:                      func(c *maker.Config) { c.KeepAside = dec("2") },
		`MaxLoss (out of range)`:                           func(c *maker.Config) { c.MaxLoss = decimal.New(1, 30) },
		`MaxAge 0s: must be > 0`:                           func(c *maker.Config) { c.MaxAge = 0 },
		`CancelAll -1ns: must be 0`:                        func(c *maker.Config) { c.CancelAll = -1 },
		`GiveUp 1ns: must be 1 s`:                          func(c *maker.Config) { c.GiveUp = 1 },
		`MaxRetries 101: must be 0 to 100`:                 func(c *maker.Config) { c.MaxRetries = 101 },
		`Stagger.Every 1ms: must be 1 s`:                   func(c *maker.Config) { c.Stagger = maker.Stagger{Every: time.Millisecond, Slots: 2} },
		`Stagger.Slots 1: must be 2`:                       func(c *maker.Config) { c.Stagger = maker.Stagger{Every: time.Second, Slots: 1} },
		`Stagger.Every 0s: must be 1 s`:                    func(c *maker.Config) { c.Stagger = maker.Stagger{Slots: 2} },
		`Band.Peg -1: must be 0, or must be > 0`:           func(c *maker.Config) { c.Band.Peg = dec("-1") },
		`Band.Bps 0: must be > 0`:                          func(c *maker.Config) { c.Band.Peg = dec("1") },
		`Band.Outside "?": must be one`:                    func(c *maker.Config) { c.Band.Outside = "?" },
		`Band.WidenBy 0.5: must be 1 to 100`:               func(c *maker.Config) { c.Band.Outside, c.Band.WidenBy = maker.Widen, dec("0.5") },
		`Skew.By "?": must be one`:                         func(c *maker.Config) { c.Skew.By = "?" },
		`Skew.Target 2: must be 0 to 1`:                    func(c *maker.Config) { c.Skew = maker.Skew{By: maker.BySize, Target: dec("2"), Range: dec("1")} },
		`Skew.Range 0: must be > 0`:                        func(c *maker.Config) { c.Skew = maker.Skew{By: maker.BySize} },
		`Skew.MaxBps 1001: must be 0 to 1000`:              func(c *maker.Config) { c.Skew = maker.Skew{By: maker.BySpread, Range: dec("1"), MaxBps: dec("1001")} },
	} {
		cfg := usual()
		change(&cfg)
		_, err := maker.New(cfg)
		require.ErrorIs(t, err, maker.ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
	_, err := maker.New(maker.Careful("desk", pair, dec("10")))
	require.NoError(t, err)
}

func TestStepNamesWhatIsMalformedAndKeepsItsState(t *testing.T) {
	t.Parallel()
	engine, err := maker.New(usual())
	require.NoError(t, err)
	order := exchange.Order{ClientID: "a1", Pair: pair, Side: exchange.Bid, Price: dec("1"), Amount: dec("1"), Status: exchange.Open}
	for want, change := range map[string]func(*maker.Observation){
		`At 0001-01-01 00:00:00 +0000 UTC: must be from`: func(o *maker.Observation) { o.At = time.Time{} },
		`must not be before 2023-03-11`:                  func(o *maker.Observation) { o.At = start.Add(-1) },
		`must be one that can be traded`:                 func(o *maker.Observation) { o.Market.Tick = decimal.Zero },
		`Market.Pair USDT/USDC: must be USDC/USDT`:       func(o *maker.Observation) { o.Market.Pair = exchange.Pair{Base: "USDT", Quote: "USDC"} },
		`must be > 0, below 1e18`:                        func(o *maker.Observation) { o.Price = &exchange.Price{At: start} },
		`BestBid -1`:                                     func(o *maker.Observation) { o.BestBid = dec("-1") },
		`BestAsk -1`:                                     func(o *maker.Observation) { o.BestAsk = dec("-1") },
		`Base {-1 0}`:                                    func(o *maker.Observation) { o.Base.Free = dec("-1") },
		`Quote {0 -1}`:                                   func(o *maker.Observation) { o.Quote.Held = dec("-1") },
		`Open.Status filled: must be open`: func(o *maker.Observation) {
			order := order
			order.Status = exchange.Filled
			o.Open = []exchange.Order{order}
		},
		`Open.Filled 2: must be 0 to Amount`: func(o *maker.Observation) { order := order; order.Filled = dec("2"); o.Open = []exchange.Order{order} },
		`Open.Side 0: must be bid or ask`:    func(o *maker.Observation) { order := order; order.Side = 0; o.Open = []exchange.Order{order} },
		`Open.Price 0: must be > 0`: func(o *maker.Observation) {
			order := order
			order.Price = decimal.Zero
			o.Open = []exchange.Order{order}
		},
		`Open.Amount 0: must be > 0`: func(o *maker.Observation) {
			order := order
			order.Amount = decimal.Zero
			o.Open = []exchange.Order{order}
		},
		`Open.Pair USDT/USDC`: func(o *maker.Observation) {
			order := order
			order.Pair = exchange.Pair{Base: "USDT", Quote: "USDC"}
			o.Open = []exchange.Order{order}
		},
		`Open 2001: must be at most 2000`:                   func(o *maker.Observation) { o.Open = make([]exchange.Order, 2001) },
		`Commands 65: must be at most 64`:                   func(o *maker.Observation) { o.Commands = make([]maker.Command, 65) },
		`Command.Seq 0: must be higher than the one before`: func(o *maker.Observation) { o.Commands = make([]maker.Command, 1) },
	} {
		seen := maker.Observation{At: start, Market: rules()}
		change(&seen)
		before := maker.State{At: start}
		after, _, err := engine.Step(before, seen)
		require.ErrorIs(t, err, maker.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.Equal(t, before, after)
	}
}

func TestNewWorldNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	engine, err := maker.New(usual())
	require.NoError(t, err)
	for want, change := range map[string]func(*maker.WorldConfig){
		`Key "": must not be empty`:     func(c *maker.WorldConfig) { c.Key = "" },
		`Engine <nil>: must not be nil`: func(c *maker.WorldConfig) { c.Engine = nil },
		`Venue <nil>: must not be nil`:  func(c *maker.WorldConfig) { c.Venue = nil },
		`Feed <nil>: must not be nil`:   func(c *maker.WorldConfig) { c.Feed = nil },
		`Patience 1s: must be > 0 with`: func(c *maker.WorldConfig) { c.Patience = time.Second },
	} {
		cfg := maker.WorldConfig{Key: "maker", Engine: engine, Venue: r.us, Feed: r.feed}
		change(&cfg)
		_, err := maker.NewWorld(cfg)
		require.ErrorIs(t, err, maker.ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
}
