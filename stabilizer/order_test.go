package stabilizer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

func TestAnOrderSaysAllThatIsSent(t *testing.T) {
	sell := stabilizer.Order{
		ID: "cUSDT/USDT:3:a3:1", Side: stabilizer.Sell, Size: dec("1300"),
		AmountIn: dec("1300"), MinOut: dec("1297.784930"), MinOutBps: dec("9970"),
		Route: target().Route, Deadline: 5, GasGwei: dec("22.5"), Bump: one,
	}
	buy := sell
	buy.Side, buy.AmountIn, buy.MinOut = stabilizer.Buy, dec("1298.31"), dec("1296.1")
	for name, c := range map[string]struct {
		price string
		want  stabilizer.Order
	}{
		"a sale gives base and gets at least 99.7% of its worth in quote":     {"1.0013", sell},
		"a purchase gives its worth in quote and gets at least 99.7% in base": {"0.9987", buy},
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, engine: engine(t, target())}
			for _, price := range []string{"1", c.price, c.price} {
				l.step(price)
			}
			require.Equal(t, stabilizer.Trade, l.last.Action)
			if diff := cmp.Diff(c.want, *l.last.Order); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAReplacementIsTheSameOrderAtAHigherPrice(t *testing.T) {
	cfg := target()
	cfg.EmergencyGasGwei = dec("52")
	l := &life{t: t, engine: engine(t, cfg)}
	for _, line := range []string{"1", "1.0013", "1.0013 gas=40"} {
		l.step(line)
	}
	first := *l.last.Order
	require.Equal(t, "45", first.GasGwei.String())

	var prices []string
	for _, line := range []string{"1.0013", "1.0013", "1.0013 gas=44", "1.0013", "1.0013", "1.0013", "1.0013", "1.0013", "1.0013"} {
		l.step(line)
		if o := l.last.Order; o != nil {
			prices = append(prices, string(l.last.Action)+" "+o.GasGwei.String())
			same := *o
			same.GasGwei, same.Bump = first.GasGwei, first.Bump
			if diff := cmp.Diff(first, same); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
	// an eighth more each time, at most what an emergency allows, but for the
	// cancellation, which has to get through
	require.Equal(t, []string{"RESUBMIT 50.625", "RESUBMIT 52", "CANCEL 58.5"}, prices)
}

func TestACancellationIsRepeatedAtABoundedPrice(t *testing.T) {
	for limit, want := range map[string]string{"60": "67.5", "0": "148.123128871"} { // 60 x 1.125, 20 x 1.125^17
		cfg := target()
		cfg.MaxResubmits = 0
		cfg.MaxGasGwei, cfg.EmergencyGasGwei = decimal.Min(dec(limit), dec("50")), dec(limit)
		l := &life{t: t, engine: engine(t, cfg)}
		cancels := 0
		for range 100 {
			l.step("1.0013")
			if l.last.Action == stabilizer.Cancel {
				cancels++
			}
		}
		require.Equal(t, 32, cancels)
		require.Equal(t, want, l.state.Unresolved()[0].GasGwei.String())
	}
}

func TestAReplacementOffersAtLeastWhatGasCostsNow(t *testing.T) {
	l := &life{t: t, engine: engine(t, target())}
	for _, line := range []string{"1", "1.0013", "1.0013", "1.0013", "1.0013", "1.0013 gas=100"} {
		l.step(line)
	}
	require.Equal(t, stabilizer.Resubmit, l.last.Action)
	require.Equal(t, "112.5", l.last.Order.GasGwei.String())
}

func TestAnOfferStaysBelowTheGuard(t *testing.T) {
	l := &life{t: t, engine: engine(t, target())}
	for _, line := range []string{"1", "1.0013", "1.0013 gas=49"} {
		l.step(line)
	}
	require.Equal(t, "50", l.last.Order.GasGwei.String())
}

func TestAnOrderGoesPublicOnlyWhereItMust(t *testing.T) {
	cfg := target()
	cfg.AllowPublic = true
	for line, public := range map[string]bool{"1.0013": false, "1.0013 public": true} {
		l := &life{t: t, engine: engine(t, cfg)}
		for _, line := range []string{"1", "1.0013", line} {
			l.step(line)
		}
		require.Equal(t, public, l.last.Order.Public, line)
	}
}

// Of two legs the second one can fail alone. Then we hold the anchor, and only
// what is missing is sent again.
func TestTheSecondLegIsRetriedAndNeverTheFirst(t *testing.T) {
	for name, c := range map[string]struct{ price, side, leg string }{
		"after a sale":     {"1.0013", "SELL", "XAU>USDT@private"},
		"after a purchase": {"0.9987", "BUY", "cUSDT>XAU@private"},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.price
			l := replay(t, mesh(), `
				1                       | HOLD warmup WARMUP 0
				`+p+`                   | HOLD sustaining WATCH 1
				`+p+`                   | TRADE rebalance PENDING 2: `+c.side+` 1300
				partial n=4 held=0.65   | NONE leg_pending PENDING 2 !leg_unfinished
				`+p+`                   | RETRY leg_pending PENDING 3: `+c.side+` 1300 !leg_unfinished`)
			want := *l.last.Order
			require.Equal(t, "cUSDT/USDT:3:a3:1:leg2:1", want.ID)
			require.Equal(t, "0.65", want.AmountIn.String())
			require.Equal(t, c.leg, want.Route[0].String())
			require.Len(t, want.Route, 1)
			require.EqualValues(t, 6, want.Deadline)

			require.Equal(t, "NONE reverted PENDING 3", l.step("reverted n=5"))
			require.Equal(t, "RETRY leg_pending PENDING 4: "+c.side+" 1300 !leg_unfinished", l.step(p))
			require.Equal(t, "cUSDT/USDT:3:a3:1:leg2:2", l.last.Order.ID)
			require.Equal(t, want.MinOut, l.last.Order.MinOut)
			require.Equal(t, "NONE unknown_tx PENDING 4", l.step("mined id="+want.ID), "the first attempt is over")
			require.Equal(t, "NONE filled ENGAGED 4", l.step("mined n=6"))
		})
	}
}

func TestAnOrphanedFirstLegIsTheWholeTradeAgain(t *testing.T) {
	l := replay(t, mesh(), `
		1                       | HOLD warmup WARMUP 0
		1.0013                  | HOLD sustaining WATCH 1
		1.0013                  | TRADE rebalance PENDING 2: SELL 1300
		partial n=4 held=0.65   | NONE leg_pending PENDING 2 !leg_unfinished
		1.0013                  | RETRY leg_pending PENDING 3: SELL 1300 !leg_unfinished
		1.0013                  | HOLD pending PENDING 4 !leg_unfinished
		1.0013 n=5 h=b5         | HOLD pending PENDING 1 !leg_unfinished
		1.0013 n=4 h=c4         | HOLD pending PENDING 1`)
	require.Equal(t, "cUSDT/USDT:3:a3:1", l.state.Unresolved()[0].TxID())
	require.Equal(t, "NONE filled WATCH 1", l.step("mined n=5"))
}

func TestMalformedInputLeavesTheState(t *testing.T) {
	pending := &life{t: t, engine: engine(t, target())}
	for _, line := range []string{"1", "1.0013", "1.0013"} {
		pending.step(line)
	}
	id := pending.state.Intents[0].ID
	bad := func(change func(*stabilizer.Block)) stabilizer.Observation {
		b := block(4)
		change(b)
		return stabilizer.Observation{Block: b}
	}
	receipt := func(r stabilizer.Receipt) stabilizer.Observation {
		return stabilizer.Observation{Receipts: []stabilizer.Receipt{r}}
	}
	for want, seen := range map[string]stabilizer.Observation{
		`stabilizer: invalid: Block 0 "x": must have a number, 1 to 2^62, and a hash`:                                      {Block: &stabilizer.Block{Hash: "x"}},
		`stabilizer: invalid: Block 4 "": must have a number, 1 to 2^62, and a hash`:                                       bad(func(b *stabilizer.Block) { b.Hash = "" }),
		`stabilizer: invalid: Block.GasGwei -1: must be >= 0`:                                                              bad(func(b *stabilizer.Block) { b.GasGwei = dec("-1") }),
		`stabilizer: invalid: Block.Base -1: must be >= 0`:                                                                 bad(func(b *stabilizer.Block) { b.Base = dec("-1") }),
		`stabilizer: invalid: Block.Quote -1: must be >= 0`:                                                                bad(func(b *stabilizer.Block) { b.Quote = dec("-1") }),
		`stabilizer: invalid: Block.CapUsed -1: must be >= 0`:                                                              bad(func(b *stabilizer.Block) { b.CapUsed = dec("-1") }),
		`stabilizer: invalid: Block.FlowPerMin: must have at most 72 digits, between 1e-36 and 1e36`:                       bad(func(b *stabilizer.Block) { b.FlowPerMin = decimal.New(1, 999_999_999) }),
		`stabilizer: invalid: Block.Pool, AnchorBps: must have at most 72 digits, between 1e-36 and 1e36`:                  bad(func(b *stabilizer.Block) { b.Pool = decimal.New(1, -999_999_999) }),
		`stabilizer: invalid: Block.Target.SpreadBps -1: must be >= 0`:                                                     bad(func(b *stabilizer.Block) { b.Target.SpreadBps = dec("-1") }),
		`stabilizer: invalid: Block.Market.Fault "dust": must be a fault of a price`:                                       bad(func(b *stabilizer.Block) { b.Market = &stabilizer.Quote{Fault: stabilizer.Dust} }),
		`stabilizer: invalid: Commands: Seq 2 after 2: must rise`:                                                          {Commands: []stabilizer.Command{{Seq: 2}, {Seq: 2}}},
		`stabilizer: invalid: Commands: Seq 0 after 0: must rise`:                                                          {Commands: []stabilizer.Command{{Do: stabilizer.Pause}}},
		`stabilizer: invalid: Receipt.Outcome "lost": must be one of mined, reverted, cancelled, expired, partial, unsent`: receipt(stabilizer.Receipt{ID: id, Outcome: "lost"}),
		`stabilizer: invalid: Receipt.Block 0: must be > 0 for mined`:                                                      receipt(stabilizer.Receipt{ID: id, Outcome: stabilizer.Mined}),
		`stabilizer: invalid: Receipt.Filled 0: must be above 0 and at most the size 1300 of ` + id:                        receipt(stabilizer.Receipt{ID: id, Outcome: stabilizer.Mined, Block: 4}),
		`stabilizer: invalid: Receipt.Filled 1300.01: must be above 0 and at most the size 1300 of ` + id:                  receipt(stabilizer.Receipt{ID: id, Outcome: stabilizer.Mined, Block: 4, Filled: dec("1300.01")}),
		`stabilizer: invalid: Receipt.Held 1: must be > 0, for an order of two legs; ` + id + ` has 1`:                     receipt(stabilizer.Receipt{ID: id, Outcome: stabilizer.Partial, Block: 4, Held: one}),
	} {
		state, _, err := pending.engine.Step(pending.state, seen)
		require.ErrorIs(t, err, stabilizer.ErrInvalid)
		require.EqualError(t, err, want)
		require.Equal(t, pending.state, state)
	}
}

func TestCommandsAreObeyedOnce(t *testing.T) {
	e := engine(t, target())
	pause := stabilizer.Command{Seq: 1, ID: "p", Do: stabilizer.Pause}
	resume := stabilizer.Command{Seq: 2, ID: "r", Do: stabilizer.Resume}
	s, d, err := e.Step(stabilizer.State{}, stabilizer.Observation{Commands: []stabilizer.Command{pause, resume}})
	require.NoError(t, err)
	require.Equal(t, stabilizer.Resumed, d.Reason)
	require.EqualValues(t, 2, d.Command)

	s, d, err = e.Step(s, stabilizer.Observation{Commands: []stabilizer.Command{pause}})
	require.NoError(t, err)
	require.Equal(t, stabilizer.NothingNew, d.Reason)
	require.False(t, s.Paused)
}

// One observation can hold everything at once; the block's verdict is the
// decision.
func TestOneStepTakesItAllIn(t *testing.T) {
	l := &life{t: t, engine: engine(t, target())}
	for _, line := range []string{"1", "1.0013", "1.0013"} {
		l.step(line)
	}
	b := block(4)
	b.Pool = dec("1.0013")
	order := l.last.Order
	s, d, err := l.engine.Step(l.state, stabilizer.Observation{
		Restarted: true,
		Commands:  []stabilizer.Command{{Seq: 7, ID: "x", Do: stabilizer.Pause}},
		Receipts:  []stabilizer.Receipt{{ID: order.ID, Outcome: stabilizer.Mined, Block: 4, Filled: order.Size}},
		Block:     b,
	})
	require.NoError(t, err)
	require.Equal(t, stabilizer.Paused, d.Reason)
	require.EqualValues(t, 7, d.Command)
	require.Empty(t, s.Unresolved())
	require.EqualValues(t, 4, s.LastExec)
}

// With time weights a price weighs what its block took; equal blocks weigh as
// if they were counted.
func TestATimeWeightedMean(t *testing.T) {
	cfg := target()
	cfg.TimeWeighted, cfg.TWAPBlocks, cfg.MaxPriceAge = true, 3, 1<<62
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"equal intervals":                         {[]string{"1", "1", "1", "1.0012"}, "4"},
		"a block that took three times as long":   {[]string{"1", "1", "1", "1.0012 took=4"}, "7.2"},
		"a block that took no time at all":        {[]string{"1", "1 took=2", "1.0012", "1"}, "0"},
		"the first of all blocks weighs as usual": {[]string{"1", "1", "1.0012"}, "4"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, engine: engine(t, cfg)}
			for _, line := range c.lines {
				l.step(line)
			}
			require.Equal(t, c.want, l.last.TWAPBps.Round(3).String())
		})
	}
}
