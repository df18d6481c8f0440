package maker_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

func TestAWallAndATailStandOnEachSide(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	d := r.tick()
	require.Equal(t, maker.Quoting, d.Reason)
	require.Equal(t, []string{"100 @ 0.998", "120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid))
	require.Equal(t, []string{"100 @ 1.002", "120 @ 1.003", "140 @ 1.004"}, r.book(exchange.Ask))
	d = r.tick()
	require.Empty(t, d.Place)
	require.Equal(t, [2]maker.Reason{maker.InPlace, maker.InPlace}, [2]maker.Reason{d.Bids, d.Asks})
}

func TestPricesAreRoundedAwayFromTheReference(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.at("1.00007")
	require.Equal(t, []string{"100 @ 0.998", "120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid), "0.99806.., 0.99706.., 0.99606..")
	require.Equal(t, []string{"100 @ 1.0021", "120 @ 1.0031", "140 @ 1.0041"}, r.book(exchange.Ask), "1.00207.., 1.00307.., 1.00407..")
}

func TestTheFeeIsQuotedAway(t *testing.T) {
	t.Parallel()
	market := rules()
	market.MakerFeeBps, market.TakerFeeBps = dec("10"), dec("20")
	r := newRigIn(t, market, func(c *maker.Config) { c.AddFee = true })
	r.tick()
	require.Equal(t, "100 @ 0.997", r.book(exchange.Bid)[0])
	require.Equal(t, "100 @ 1.003", r.book(exchange.Ask)[0])
}

func TestOnlyWhatChangedIsMoved(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tick()
	before := r.state().Placed
	for range 10 {
		d := r.at("1.0001") // within the 2 bps of tolerance
		require.Empty(t, d.Cancel)
	}
	r.take(exchange.Ask, "1.0021", "5") // and within the tenth of the wall
	d := r.tick()
	require.Empty(t, d.Cancel)
	require.Equal(t, before, r.state().Placed)

	r.take(exchange.Ask, "1.0021", "6") // no more
	r.settle()
	require.Equal(t, []string{"100 @ 1.0022", "120 @ 1.003", "140 @ 1.004"}, r.book(exchange.Ask), "the wall alone is new")
	require.Equal(t, before+1, r.state().Placed)
}

func TestTheDangerousSideMovesFirstAndTheOtherStaysUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tick()
	r.tick()
	d := r.at("1.0100")
	require.Len(t, d.Cancel, 3, "asks that are too cheap now")
	require.Equal(t, maker.WaitOther, d.Bids)
	require.Len(t, r.book(exchange.Bid), 3, "while bids that are too low harm nobody")
	require.Empty(t, r.book(exchange.Ask))
	r.tick()
	require.Len(t, r.book(exchange.Ask), 3)
	require.Len(t, r.book(exchange.Bid), 3)
	r.settle()
	require.Equal(t, "100 @ 1.0079", r.book(exchange.Bid)[0])
	require.Equal(t, "100 @ 1.0121", r.book(exchange.Ask)[0])

	d = r.at("0.99")
	require.Len(t, d.Cancel, 3)
	require.Equal(t, maker.WaitOther, d.Asks)
	require.Empty(t, r.book(exchange.Bid))
}

func TestWithoutAPriceTheWallsGoAndThenAll(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*rig){
		"the feed has none":   func(r *rig) { r.feed.err = exchange.ErrNoQuorum },
		"the feed's is stale": func(r *rig) { r.cfg.MaxAge = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *maker.Config) { c.CancelAll = time.Minute })
			r.tick()
			r.tick()
			old := r.feed.at
			lose(r)
			look := func() maker.Decision {
				r.now = r.now.Add(10 * time.Second)
				require.NoError(t, r.venue.Advance(r.now))
				if r.cfg.MaxAge == 0 {
					r.feed.at = old.Add(-time.Hour)
				}
				d, err := r.run.Tick(t.Context(), r.now)
				require.NoError(t, err)
				return d
			}
			d := look()
			require.Equal(t, maker.NoPrice, d.Reason)
			require.Equal(t, []string{"120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid))
			for range 5 {
				d = look()
			}
			require.Contains(t, d.Alerts, maker.Alert{What: maker.NoMarket, Note: fault(r)})
			require.Empty(t, r.book(exchange.Bid))
			require.Empty(t, r.book(exchange.Ask))
			r.feed.err = nil
			r.settle()
			require.Len(t, r.book(exchange.Bid), 3)
		})
	}
}

func fault(r *rig) string {
	if r.feed.err != nil {
		return r.feed.err.Error()
	}
	return ""
}

func TestOutsideOfTheBand(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		outside    maker.Outside
		price      string
		bids, asks string // the walls
		reason     maker.Reason
	}{
		"inside, both are quoted":               {maker.Stop, "1.0100", "100 @ 1.0079", "100 @ 1.0121", maker.Quoting},
		"outside, nothing is":                   {maker.Stop, "1.0101", "", "", maker.OutOfBand},
		"above, only asks push it back":         {maker.OneSide, "1.02", "", "100 @ 1.0221", maker.Quoting},
		"below, only bids push it back":         {maker.OneSide, "0.98", "100 @ 0.978", "", maker.Quoting},
		"or both stand three times as far away": {maker.Widen, "0.98", "100 @ 0.9741", "100 @ 0.9859", maker.Quoting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *maker.Config) {
				c.Band = maker.Band{Peg: dec("1"), Bps: dec("100"), Outside: row.outside}
				if row.outside == maker.Widen {
					c.Band.WidenBy = dec("3")
				}
			})
			d := r.at(row.price)
			require.Equal(t, row.reason, d.Reason)
			require.Equal(t, row.bids, first(r.book(exchange.Bid)))
			require.Equal(t, row.asks, first(r.book(exchange.Ask)))
		})
	}
}

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

func TestAOneSidedInventoryIsLeantAgainst(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		skew       maker.Skew
		base       string // beside 1000 USDT
		bids, asks string
	}{
		"even money leans nowhere":                 {maker.Skew{By: maker.BySize, Target: dec("0.5"), Range: dec("0.5")}, "1000", "100 @ 0.998", "100 @ 1.002"},
		"with three quarters in Base, half is bid": {maker.Skew{By: maker.BySize, Target: dec("0.5"), Range: dec("0.5")}, "3000", "50 @ 0.998", "100 @ 1.002"},
		"beyond the range, nothing is":             {maker.Skew{By: maker.BySize, Target: dec("0.5"), Range: dec("0.2")}, "3000", "", "100 @ 1.002"},
		"or it is bid further away":                {maker.Skew{By: maker.BySpread, Target: dec("0.5"), Range: dec("0.5"), MaxBps: dec("40")}, "3000", "100 @ 0.996", "100 @ 1.002"},
		"with a quarter, asks are further away":    {maker.Skew{By: maker.BySpread, Target: dec("0.75"), Range: dec("0.5"), MaxBps: dec("40")}, "1000", "100 @ 0.998", "100 @ 1.004"},
		"and it is off by default":                 {maker.Skew{}, "3000", "100 @ 0.998", "100 @ 1.002"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *maker.Config) { c.Skew = row.skew })
			if more := dec(row.base).Sub(dec("1000")); more.IsPositive() {
				require.NoError(t, r.us.Deposit("USDC", more))
			}
			r.tick()
			require.Equal(t, row.bids, first(r.book(exchange.Bid)))
			require.Equal(t, row.asks, first(r.book(exchange.Ask)))
		})
	}
}

// Orders placed by hand with the same account are inventory, and not ours to use
// or to cancel.
func TestForeignOrdersCountAsInventoryAndAreLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.Skew = maker.Skew{By: maker.BySize, Target: dec("0.5"), Range: dec("0.5")} })
	_, err := r.us.Place(t.Context(), exchange.Order{ClientID: "hand", Pair: pair, Side: exchange.Ask, Price: dec("2"), Amount: dec("950")})
	require.NoError(t, err)
	r.tick()
	require.Equal(t, []string{"50 @ 1.002", "950 @ 2"}, r.book(exchange.Ask), "50 are free")
	require.Equal(t, "100 @ 0.998", r.book(exchange.Bid)[0], "and the inventory is even")
	r.command(maker.Halt, "anna")
	r.tick()
	require.Equal(t, []string{"950 @ 2"}, r.book(exchange.Ask))
}

func TestTheRulesOfTheMarketAreKept(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		market func(*exchange.Market)
		cfg    func(*maker.Config)
		bids   []string
	}{
		"amounts are cut off to the lot": {func(m *exchange.Market) { m.Lot = dec("25") }, nil, []string{"100 @ 0.998", "100 @ 0.997", "125 @ 0.996"}},
		"what is too small is left out":  {func(m *exchange.Market) { m.MinAmount = dec("110") }, nil, []string{"120 @ 0.997", "140 @ 0.996"}},
		"what is worth too little too":   {func(m *exchange.Market) { m.MinNotional = dec("130") }, nil, []string{"140 @ 0.996"}},
		"orders that share a tick are one": {
			func(m *exchange.Market) { m.Tick = dec("0.005") }, nil, []string{"360 @ 0.995"},
		},
		"no more than the side's limit": {nil, func(c *maker.Config) { c.Bids.Max = dec("150") }, []string{"100 @ 0.998", "50 @ 0.997"}},
		"nor than the funds: a tail that they do not cover is left out": {
			nil, func(c *maker.Config) { c.Bids.Wall = dec("400") }, []string{"400 @ 0.998", "480 @ 0.997"},
		},
		"and a wall shrinks to them": {nil, func(c *maker.Config) { c.Bids.Wall = dec("2000") }, []string{"1002 @ 0.998"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			market := rules()
			if row.market != nil {
				row.market(&market)
			}
			r := newRigIn(t, market, row.cfg)
			r.tick()
			require.Equal(t, row.bids, r.book(exchange.Bid))
		})
	}
}

func TestAPriceThatWouldTradeIsSetBackBehindTheBest(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	_, err := r.them.Place(t.Context(), exchange.Order{ClientID: "cheap", Pair: pair, Side: exchange.Ask, Price: dec("0.9975"), Amount: dec("10")})
	require.NoError(t, err)
	r.tick()
	require.Equal(t, []string{"100 @ 0.9974", "120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid))
	require.Zero(t, r.state().Earnings.Fills)
}

func TestNoMoreTradesInADayThanMay(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.MaxFlow = dec("130") })
	r.tick()
	require.Equal(t, []string{"100 @ 0.998", "30 @ 0.997"}, r.book(exchange.Bid))
	r.take(exchange.Bid, "0.997", "130")
	d := r.settle()
	require.Equal(t, maker.FlowSpent, d.Bids)
	require.Len(t, r.book(exchange.Ask), 2, "the other side goes on")
	r.now = r.now.Add(24 * time.Hour)
	require.Equal(t, maker.FlowSpent, r.settle().Bids, "it counts for up to ten minutes longer than a day")
	r.now = r.now.Add(10 * time.Minute)
	r.settle()
	require.Len(t, r.book(exchange.Bid), 2)
}

func TestAPartOfTheProceedsNeverBuysAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) {
		c.KeepAside, c.ToleranceAmount = dec("0.5"), decimal.Zero
		c.Bids.Wall, c.Bids.WidthBps = dec("2000"), decimal.Zero
	})
	r.tick()
	r.take(exchange.Ask, "1.002", "100")
	r.settle()
	require.Equal(t, "50.1", r.state().Aside.String())
	require.Equal(t, []string{"1052.2 @ 0.998"}, r.book(exchange.Bid), "(1000 + 100.2 - 50.1) / 0.998, cut off to the lot")
}

func TestALossStopsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.MaxLoss = dec("10") })
	r.tick()
	r.at("0.9905")
	require.Len(t, r.book(exchange.Ask), 3, "1000 x 0.0095 is not too much")
	d := r.at("0.99")
	require.Equal(t, maker.Quoting, d.Reason, "nor is 10 itself")
	d = r.at("0.9899")
	require.Equal(t, maker.Lost, d.Reason)
	require.Len(t, d.Alerts, 1)
	r.tick()
	require.Empty(t, r.book(exchange.Bid))
	r.at("1")
	require.Empty(t, r.book(exchange.Bid), "until a person has looked")
	r.command(maker.Resume, "anna")
	r.settle()
	require.Len(t, r.book(exchange.Bid), 3)
}

func TestAPersonStopsAndResumesIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tick()
	r.command(maker.Halt, "anna")
	d := r.tick()
	require.Equal(t, maker.Stopped, d.Reason)
	require.Equal(t, []maker.Answer{{Seq: 1, Reply: maker.Done}}, d.Answers)
	require.Empty(t, r.book(exchange.Bid))
	r.restart()
	require.Equal(t, maker.Stopped, r.tick().Reason, "a restart does not make it forget")
	r.command("dance", "anna")
	r.command(maker.Resume, "")
	d = r.tick()
	require.Equal(t, []maker.Answer{{Seq: 2, Reply: maker.Malformed}, {Seq: 3, Reply: maker.Malformed}}, d.Answers)
	require.Equal(t, maker.Stopped, d.Reason)
	r.command(maker.Resume, "anna")
	r.settle()
	require.Len(t, r.book(exchange.Bid), 3)
}

func TestAHaltBetweenDecisionAndActIsObeyed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	engine, err := maker.New(r.cfg)
	require.NoError(t, err)
	seen, err := r.world.Observe(t.Context(), start, maker.State{})
	require.NoError(t, err)
	_, d, err := engine.Step(maker.State{}, seen)
	require.NoError(t, err)
	require.NotEmpty(t, d.Place)
	for range 100 { // more than a look has room for
		r.command(maker.Resume, "bob")
	}
	r.command(maker.Halt, "anna")
	require.NoError(t, r.world.Act(t.Context(), start, stamp(start), d))
	require.Empty(t, r.book(exchange.Bid))
}

func TestWhatIsTooLateIsNotPlaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	engine, err := maker.New(r.cfg)
	require.NoError(t, err)
	seen, err := r.world.Observe(t.Context(), start, maker.State{})
	require.NoError(t, err)
	_, d, err := engine.Step(maker.State{}, seen)
	require.NoError(t, err)
	require.NoError(t, r.world.Act(t.Context(), start.Add(31*time.Second), stamp(start), d))
	require.Empty(t, r.book(exchange.Bid))
}

func TestADryRunSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.Mode = maker.DryRun })
	for range 3 {
		d := r.tick()
		require.Len(t, d.Place, 6, "it says what it would do")
	}
	require.Empty(t, r.book(exchange.Bid))
	require.Empty(t, r.state().Intents)
}

func TestARestartAdoptsItsOrders(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tick()
	r.restart()
	d := r.tick()
	require.Empty(t, d.Cancel)
	require.Len(t, r.book(exchange.Bid), 3)
	require.Equal(t, uint64(6), r.state().Placed)
}

func TestOrdersOfALostLifeAreCancelled(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tick()
	other := newRig(t, nil) // the same name, and a journal that knows nothing
	other.venue, other.us, other.now = r.venue, r.us, r.now
	other.restart()
	d := other.tick()
	require.Len(t, d.Cancel, 6)
	require.Equal(t, []maker.Alert{{What: maker.Strays, Note: "6"}}, d.Alerts)
	other.settle()
	require.Len(t, other.book(exchange.Bid), 3, "and replaced by its own")
}

func TestAnOrderIsPlacedOnceWhateverBecomesOfTheAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]paper.Fault{
		"the answer is lost":           {Call: paper.Place, Kind: paper.LoseAnswer},
		"the request is lost":          {Call: paper.Place, Kind: paper.LoseRequest},
		"the request comes much later": {Call: paper.Place, Kind: paper.Delay, For: 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			require.NoError(t, r.us.Script(fault, fault))
			r.tick()
			r.settle()
			for range 5 {
				r.tick()
			}
			require.Equal(t, []string{"100 @ 0.998", "120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid))
			require.Equal(t, []string{"100 @ 1.002", "120 @ 1.003", "140 @ 1.004"}, r.book(exchange.Ask))
		})
	}
}

func TestAnOrderThatIsNeverSeenIsGivenUpAndReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.MaxRetries = 1 })
	lost := paper.Fault{Call: paper.Place, Kind: paper.LoseRequest}
	require.NoError(t, r.us.Script(lost)) // the wall's
	r.tick()
	require.NoError(t, r.us.Script(lost)) // and that of its repetition
	require.Equal(t, maker.WaitAnswer, r.tick().Bids)
	d := r.tick()
	require.Equal(t, maker.GivenUp, d.Alerts[0].What)
	require.Len(t, d.Cancel, 1, "it may still come")
	for range 7 {
		r.tick()
	}
	require.Equal(t, []string{"100 @ 0.998", "120 @ 0.997", "140 @ 0.996"}, r.book(exchange.Bid))
}

func TestARefusedOrderIsForgottenAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	engine, err := maker.New(r.cfg)
	require.NoError(t, err)
	seen, err := r.world.Observe(t.Context(), start, maker.State{})
	require.NoError(t, err)
	s, d, err := engine.Step(maker.State{}, seen)
	require.NoError(t, err)
	_, err = r.them.Place(t.Context(), exchange.Order{ClientID: "x", Pair: pair, Side: exchange.Ask, Price: dec("0.9975"), Amount: dec("10")})
	require.NoError(t, err) // between look and act
	require.ErrorIs(t, r.world.Act(t.Context(), start, stamp(start), d), exchange.ErrWouldCross)
	seen, err = r.world.Observe(t.Context(), start, s)
	require.NoError(t, err)
	require.Len(t, seen.Refused, 1)
	r.feed.at = start
	_, d, err = engine.Step(s, seen)
	require.NoError(t, err)
	require.Len(t, d.Place, 1, "behind the best, at once")
	require.Equal(t, "0.9974", d.Place[0].Price.String())
}

func TestMakersTakeTurns(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *maker.Config) { c.Stagger = maker.Stagger{Every: 10 * time.Second, Slots: 4} })
	r.settle()
	moved := map[int64]bool{}
	price := dec("1")
	for i := range 60 {
		if i%9 == 0 { // at each place in the round
			price = price.Add(dec("0.0005"))
			r.feed.price = price
		}
		d := r.tick()
		for _, o := range d.Place {
			if o.Side == exchange.Bid {
				moved[r.now.Unix()/10%4] = true
			}
		}
	}
	require.NotEmpty(t, moved)
	require.LessOrEqual(t, len(moved), 2, "bids that are too low move in our own turn, and come back in the next look")
}

func TestEarningsAreThoseOfTheFills(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.settle()
	r.take(exchange.Ask, "1.002", "50")
	r.take(exchange.Bid, "0.998", "30")
	r.settle()
	e := r.state().Earnings
	require.Equal(t, 2, e.Fills)
	require.Equal(t, "0.12", e.Spread().String(), "30 x (1.002 - 0.998)")
	require.Equal(t, "-20", e.Inventory().String())
	balances, err := r.us.Balances(t.Context())
	require.NoError(t, err)
	require.Equal(t, "980", balances["USDC"].Total().String())
	require.Equal(t, "1020.16", balances["USDT"].Total().String())
	require.True(t, e.Uptime().IsPositive())
	report := r.reportOf(exchange.Bid)
	require.Len(t, report, 3)
	require.Equal(t, "20", report[0].DistanceBps.String())
}

func (r *rig) reportOf(side exchange.Side) []maker.Rung {
	s := r.state()
	return s.Report(side)
}

func TestAShutdownLeavesNothingStanding(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	_, err := r.us.Place(t.Context(), exchange.Order{ClientID: "hand", Pair: pair, Side: exchange.Ask, Price: dec("2"), Amount: dec("9")})
	require.NoError(t, err)
	r.settle()
	require.NoError(t, r.world.Clear(t.Context()))
	require.Empty(t, r.book(exchange.Bid))
	require.Equal(t, []string{"9 @ 2"}, r.book(exchange.Ask), "but what is not ours")
}
