package parity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// life steps an engine through observations of two chains whose balances are
// what the books say.
type life struct {
	tb
	engine *parity.Engine
	state  parity.State
	n      uint64
	seen   parity.Observation
	last   parity.Decision
}

func newLife(t tb, change func(*parity.Config)) *life {
	c := config("50000")
	if change != nil {
		change(&c)
	}
	return &life{tb: t, engine: engine(t, c), n: 100}
}

// block describes a chain: no spread, cheap gas, a fresh oracle, room on the
// lanes.
func (l *life) block(i int, n uint64) *parity.Block {
	at := start.Add(time.Duration(n) * blockTime)
	b := &parity.Block{
		Number: n, Hash: fmt.Sprint("0x", n), Parent: fmt.Sprint("0x", n-1), Time: at,
		Pool: dec("1"), Oracle: parity.Price{Value: dec("1"), At: at}, GasGwei: dec("1"),
		Base: dec("50000"), Quote: dec("50000"),
		Lane: &parity.Holding{Base: dec("100000"), Quote: dec("100000")},
	}
	if l.state.Opened {
		b.Base, b.Quote = l.state.Books.Available[i].Base, l.state.Books.Available[i].Quote
	}
	return b
}

// apart sets the pools so far apart, in bps.
func apart(bps string) func(*parity.Observation) {
	return func(o *parity.Observation) {
		half := dec(bps).Shift(-4).Mul(dec("0.5"))
		o.Blocks[0].Pool, o.Blocks[1].Pool = dec("1").Add(half), dec("1").Sub(half)
	}
}

// step lets one block pass on both chains.
func (l *life) step(changes ...func(*parity.Observation)) string {
	l.Helper()
	l.n++
	l.seen = parity.Observation{Now: start.Add(time.Duration(l.n) * blockTime), Blocks: [2]*parity.Block{l.block(0, l.n), l.block(1, l.n)}}
	for _, change := range changes {
		change(&l.seen)
	}
	return l.look()
}

func (l *life) look() string {
	l.Helper()
	var err error
	l.state, l.last, err = l.engine.Step(l.state, l.seen)
	require.NoError(l, err)
	require.True(l, l.state.Conserved())
	return string(l.last.Action) + " " + string(l.last.Reason)
}

func (l *life) alerts() string {
	var codes []string
	for _, a := range l.last.Alerts {
		codes = append(codes, string(a.Code))
	}
	return strings.Join(codes, " ")
}

// outcome reports every unresolved leg on a chain so, and moves the balances of
// what was mined.
func (l *life) outcome(i int, what parity.Outcome) func(*parity.Observation) {
	return func(o *parity.Observation) {
		for _, leg := range l.state.Watched() {
			if leg.Chain == i && leg.Block == 0 {
				r := parity.Receipt{ID: leg.ID, Outcome: what}
				if what == parity.Mined || what == parity.Reverted {
					r.Block = o.Blocks[i].Number
				}
				if what == parity.Mined {
					r.Received = leg.MinOut.Add(dec("1"))
					b := o.Blocks[i]
					if leg.Side == parity.Sell {
						b.Base, b.Quote = b.Base.Sub(leg.AmountIn), b.Quote.Add(r.Received)
					} else {
						b.Base, b.Quote = b.Base.Add(r.Received), b.Quote.Sub(leg.AmountIn)
					}
				}
				o.Receipts = append(o.Receipts, r)
			}
		}
	}
}

// trades brings the engine to where it has just decided on an arb.
func (l *life) trades() {
	l.Helper()
	require.Equal(l, "HOLD sustaining", l.step(apart("12")))
	require.Equal(l, "TRADE spread", l.step(apart("12")))
}

func TestWhatSpeaksAgainstATrade(t *testing.T) {
	t.Parallel()
	type change = func(*parity.Observation)
	second := func(do func(*parity.Block)) change { return func(o *parity.Observation) { do(o.Blocks[1]) } }
	command := func(do parity.Verb) change {
		return func(o *parity.Observation) { o.Commands = []parity.Command{{Seq: 1, ID: "1", Do: do}} }
	}
	for name, row := range map[string]struct {
		config func(*parity.Config)
		change change
		want   string
		alerts string
	}{
		"nothing does":                                  {want: "TRADE spread"},
		"the spread is the threshold exactly":           {change: apart("8"), want: "HOLD in_band"},
		"it turned to the other side":                   {change: apart("-12"), want: "HOLD sustaining"},
		"a chain cannot be seen":                        {change: func(o *parity.Observation) { o.Blocks[1] = nil }, want: "HOLD unreachable", alerts: "apart"},
		"a chain has no new blocks":                     {change: second(func(b *parity.Block) { b.Time = b.Time.Add(-61 * time.Second) }), want: "HOLD chain_halted", alerts: "apart"},
		"two blocks of skew are none":                   {change: second(func(b *parity.Block) { b.Time = b.Time.Add(-4 * time.Second) }), want: "TRADE spread"},
		"more than two are":                             {change: second(func(b *parity.Block) { b.Time = b.Time.Add(-4*time.Second - 1) }), want: "HOLD skew"},
		"a pool has no price":                           {change: second(func(b *parity.Block) { b.Pool = decimal.Zero }), want: "HOLD price_invalid", alerts: "held"},
		"an oracle has no price":                        {change: second(func(b *parity.Block) { b.Oracle.Value = decimal.Zero }), want: "HOLD price_invalid", alerts: "held"},
		"an oracle is stale":                            {change: second(func(b *parity.Block) { b.Oracle.At = b.Oracle.At.Add(-61 * time.Second) }), want: "HOLD oracle_stale", alerts: "held"},
		"an oracle is from the future":                  {change: second(func(b *parity.Block) { b.Oracle.At = b.Oracle.At.Add(61 * time.Second) }), want: "HOLD oracle_stale", alerts: "held"},
		"the oracles speak of two rounds":               {change: second(func(b *parity.Block) { b.Oracle.At = b.Oracle.At.Add(-time.Second) }), want: "HOLD oracle_differs", alerts: "held"},
		"the oracles differ in one round":               {change: second(func(b *parity.Block) { b.Oracle.Value = dec("1.0001") }), want: "HOLD oracle_differs", alerts: "held"},
		"a feed contradicts itself":                     {change: second(func(b *parity.Block) { b.Oracle = parity.Price{Fault: parity.OracleDiffers} }), want: "HOLD oracle_differs", alerts: "held"},
		"somebody paused":                               {change: command(parity.Pause), want: "HOLD paused"},
		"an unknown command is none":                    {change: command("dance"), want: "TRADE spread"},
		"gas is dear":                                   {change: second(func(b *parity.Block) { b.GasGwei = dec("50.1") }), want: "HOLD gas", alerts: "held"},
		"a balance is below the books":                  {change: second(func(b *parity.Block) { b.Quote = b.Quote.Sub(dec("0.000001")) }), want: "HOLD shortage", alerts: "balance_short"},
		"a gift is no reason":                           {change: second(func(b *parity.Block) { b.Quote = b.Quote.Add(dec("1000")) }), want: "TRADE spread"},
		"there is nothing to sell where it is dear":     {config: func(c *parity.Config) { c.Chains[0].Floor.Base = dec("50000") }, want: "HOLD inventory", alerts: "buffer_exhausted"},
		"there is nothing to pay with where it's cheap": {config: func(c *parity.Config) { c.Chains[1].Floor.Quote = dec("50000") }, want: "HOLD inventory", alerts: "buffer_exhausted"},
		"what is bought could not be brought back":      {change: second(func(b *parity.Block) { b.Lane.Base = decimal.Zero }), want: "HOLD lane_full"},
		"what is earned could not be brought back":      {change: func(o *parity.Observation) { o.Blocks[0].Lane.Quote = decimal.Zero }, want: "HOLD lane_full"},
		"a bridge that cannot be asked is no reason":    {change: second(func(b *parity.Block) { b.Lane = nil }), want: "TRADE spread"},
		"it would be dust":                              {config: func(c *parity.Config) { c.MinTrade = dec("551") }, want: "HOLD dust"},
		"it would cost more than it may":                {config: func(c *parity.Config) { c.FeeBps, c.MinProfit = dec("7"), decimal.Zero }, want: "HOLD unprofitable"},
		"it would just pay":                             {config: func(c *parity.Config) { c.FeeBps, c.MinProfit = dec("6.5"), decimal.Zero }, want: "TRADE spread"},
		"it is a dry run":                               {config: func(c *parity.Config) { c.DryRun = true }, want: "DRY_TRADE spread"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, row.config)
			require.Equal(t, "HOLD sustaining", l.step(apart("12")))
			changes := []change{apart("12")}
			if row.change != nil {
				changes = append(changes, row.change)
			}
			require.Equal(t, row.want, l.step(changes...))
			require.Equal(t, row.alerts, l.alerts())
			require.Equal(t, strings.Contains(row.alerts, "apart"), l.last.Apart)
			require.Equal(t, strings.Contains(row.want, "TRADE"), len(l.last.Orders) == 2)
		})
	}
}

func TestSizeIsWhatClosesTheSpreadAndEachLimitShrinksIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		config func(*parity.Config)
		change func(*parity.Observation)
		size   string
		limits []parity.Reason
	}{
		"(12 - 1) / (1/100 + 1/100)":                  {size: "550"},
		"(12 - 1) / (1/100 + 1/50)":                   {config: func(c *parity.Config) { c.Chains[1].UnitsPerBps = dec("50") }, size: "366.666666"},
		"what may be sold":                            {config: func(c *parity.Config) { c.Chains[0].Floor.Base = dec("49600") }, size: "400", limits: []parity.Reason{parity.Inventory}},
		"what can be paid, at the price there 0.9994": {config: func(c *parity.Config) { c.Chains[1].Floor.Quote = dec("49500.3") }, size: "500", limits: []parity.Reason{parity.Inventory}},
		"the lane back":                               {change: func(o *parity.Observation) { o.Blocks[1].Lane.Base = dec("300") }, size: "300", limits: []parity.Reason{parity.LaneFull}},
		"the lane of what was earned":                 {change: func(o *parity.Observation) { o.Blocks[0].Lane.Quote = dec("200.12") }, size: "200", limits: []parity.Reason{parity.LaneFull}},
		"slippage of the shallower pool":              {config: func(c *parity.Config) { c.MaxSlippageBps = dec("2") }, size: "200", limits: []parity.Reason{parity.Slippage}},
		"the cap":                                     {config: func(c *parity.Config) { c.MaxTrade = dec("100") }, size: "100", limits: []parity.Reason{parity.Cap}},
		"and what is there, whatever the books say":   {change: func(o *parity.Observation) { o.Blocks[0].Base = dec("50000") }, size: "550"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, row.config)
			l.step(apart("12"))
			changes := []func(*parity.Observation){apart("12")}
			if row.change != nil {
				changes = append(changes, row.change)
			}
			require.Equal(t, "TRADE spread", l.step(changes...))
			sell, buy := l.last.Orders[0], l.last.Orders[1]
			require.Equal(t, row.size, sell.Size.String())
			require.True(t, sell.Size.Equal(buy.Size))
			require.Equal(t, [2]parity.Side{parity.Sell, parity.Buy}, [2]parity.Side{sell.Side, buy.Side})
			require.Equal(t, [2]int{0, 1}, [2]int{sell.Chain, buy.Chain}, "sold where it is dear")
			require.Equal(t, row.limits, l.last.Limits)
		})
	}
}

// Eleven bps are closed on average at half of that, so that 550 units earn
// 550 × (12 - 5.5) / 10,000.
func TestExpectedProfit(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.FeeBps, c.RebalanceBps, c.GasCost = dec("2"), dec("1"), dec("0.05") })
	l.trades()
	require.Equal(t, "0.1425", l.last.PnL.String())
}

func TestBothLegsOrARetryOfTheOneThatFailed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.trades()
	first := l.last.Orders
	require.Equal(t, "HOLD pending", l.step(apart("12"), l.outcome(0, parity.Waiting)))
	require.Equal(t, "RETRY partial", l.step(apart("3"), l.outcome(0, parity.Mined), l.outcome(1, parity.Reverted)), "the spread is gone, the position is not")
	require.Len(t, l.last.Orders, 1)
	again := l.last.Orders[0]
	require.Equal(t, 1, again.Chain)
	require.NotEqual(t, first[1].ID, again.ID)
	require.True(t, again.Size.Equal(first[1].Size))
	require.Equal(t, "50000", l.state.Books.Available[1].Quote.String(), "what reverted is not booked")
	require.Equal(t, "HOLD in_band", l.step(l.outcome(1, parity.Mined)))
	require.Zero(t, l.state.Failures)
	require.Equal(t, "49450", l.state.Books.Available[0].Base.String())
}

func TestAPartialArbIsAtLastLeftToAPerson(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.MaxRetries, c.MaxFailures = 2, 1 })
	l.trades()
	require.Equal(t, "RETRY partial", l.step(l.outcome(0, parity.Mined), l.outcome(1, parity.Expired)))
	require.Equal(t, "RETRY partial", l.step(l.outcome(1, parity.Expired)))
	require.Equal(t, "HOLD partial", l.step(l.outcome(1, parity.Expired)))
	require.Equal(t, "leg_abandoned", l.alerts())
	require.Equal(t, "HALT failures", l.step(apart("12")))
	require.Equal(t, "HALT failures", l.step(apart("12")))
	require.Equal(t, "HOLD sustaining", l.step(apart("12"), func(o *parity.Observation) {
		o.Commands = []parity.Command{{Seq: 1, ID: "1", Do: parity.Reset}}
	}))
	require.Equal(t, "TRADE spread", l.step(apart("12")))
}

func TestLegsThatNeverGotThroughAreSentAgainWhileThereIsTime(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.trades()
	first := l.last.Orders
	require.Equal(t, "RESUBMIT unsent", l.step(l.outcome(0, parity.NotSent), l.outcome(1, parity.NotSent)))
	require.Equal(t, first, l.last.Orders, "the same, under the same ID")
	require.Equal(t, "HOLD sustaining", l.step(apart("12"), l.outcome(0, parity.NotSent), l.outcome(1, parity.NotSent)), "past the deadline nothing happened")
	require.EqualValues(t, 1, l.state.Failures)
	require.Equal(t, "TRADE spread", l.step(apart("12")))
}

func TestAReorgTakesAFillOutOfTheBooks(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.trades()
	opened := l.state.Books
	l.step(l.outcome(0, parity.Mined), l.outcome(1, parity.Mined))
	require.NotEqual(t, opened.Available[0].Base.String(), l.state.Books.Available[0].Base.String())
	id := l.state.Watched()[0].ID
	require.Equal(t, "HOLD pending", l.step(func(o *parity.Observation) {
		o.Receipts = []parity.Receipt{{ID: id, Outcome: parity.Waiting}}
	}))
	require.Equal(t, opened.Available[0].Base.String(), l.state.Books.Available[0].Base.String())
	require.Equal(t, "HOLD in_band", l.step(l.outcome(0, parity.Mined)))
	for range 20 {
		l.step()
	}
	require.Empty(t, l.state.Watched(), "beyond reorg memory it is forgotten")
	before := l.state
	l.step(func(o *parity.Observation) { o.Receipts = []parity.Receipt{{ID: id, Outcome: parity.Waiting}} })
	require.Equal(t, before.Books, l.state.Books, "a foreign receipt is inert")
}

func TestOneBlockOrOneChainAloneNeverTrades(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.step()
	require.Equal(t, "HOLD sustaining", l.step(apart("500")))
	require.Equal(t, "HOLD in_band", l.step())
	for range 5 { // blocks of the first chain only
		l.n++
		seen := l.seen
		seen.Now = seen.Now.Add(time.Second)
		fresh := *l.block(0, l.n)
		fresh.Time = seen.Blocks[1].Time
		fresh.Oracle.At = seen.Blocks[1].Oracle.At
		still := *seen.Blocks[1]
		seen.Blocks = [2]*parity.Block{&fresh, &still}
		apart("12")(&seen)
		l.seen = seen
		require.Equal(t, "HOLD sustaining", l.look())
	}
	require.Equal(t, [2]uint64{5, 0}, l.last.Counts)
	require.Equal(t, "NONE nothing_new", l.look())
}

func TestAReorgStartsTheCountAnew(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	require.Equal(t, "HOLD sustaining", l.step(apart("12")))
	require.Equal(t, "HOLD sustaining", l.step(apart("12"), func(o *parity.Observation) { o.Blocks[1].Parent = "fork" }))
	require.Equal(t, "TRADE spread", l.step(apart("12"), func(o *parity.Observation) {
		o.Blocks[0].Number, o.Blocks[1].Number = o.Blocks[0].Number+3, o.Blocks[1].Number+3
	}), "blocks we were not shown are no reorg")
}

func TestACooldownAfterEachLeg(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.Chains[1].MinBlocks = 4 })
	l.trades()
	require.Equal(t, "HOLD sustaining", l.step(apart("3"), l.outcome(0, parity.Mined), l.outcome(1, parity.Mined), apart("-12")))
	require.Equal(t, "HOLD cooldown", l.step(apart("-12")))
	require.Equal(t, "HOLD cooldown", l.step(apart("-12")))
	require.Equal(t, "TRADE spread", l.step(apart("-12")), "the block after the next three")
}

func TestAGuardThatLastsIsReported(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.MinProfit = dec("1000") })
	for range 10 {
		l.step(apart("12"))
		require.Empty(t, l.alerts())
	}
	require.Equal(t, "HOLD unprofitable", l.step(apart("12")))
	require.Equal(t, "no_trade", l.alerts())
	l.step()
	l.step(apart("12"))
	require.Empty(t, l.alerts(), "it was in band")
}

func TestALegIsNotSentWhenTheOtherFailed(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.trades()
	require.Equal(t, "HOLD pending", l.step(l.outcome(0, parity.Reverted), l.outcome(1, parity.NotSent)))
	require.Empty(t, l.last.Orders)
	require.Equal(t, "HOLD in_band", l.step(l.outcome(1, parity.NotSent)))
	require.EqualValues(t, 1, l.state.Failures)
}

func TestOnlyFailuresInARowHalt(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.MaxFailures = 2 })
	for _, outcome := range []parity.Outcome{parity.Expired, parity.Mined, parity.Expired} {
		l.trades()
		l.step(l.outcome(0, outcome), l.outcome(1, outcome))
		require.Empty(t, l.state.Halted)
	}
	l.trades()
	require.Equal(t, "HALT failures", l.step(l.outcome(0, parity.Reverted), l.outcome(1, parity.Expired)))
}

func TestAReorgNeverShortensTheCooldown(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.trades()
	l.step(l.outcome(0, parity.Mined), l.outcome(1, parity.Mined))
	was := l.state.LastExec
	leg := l.state.Watched()[0]
	l.step(func(o *parity.Observation) {
		o.Receipts = []parity.Receipt{{ID: leg.ID, Outcome: parity.Mined, Block: leg.Block - 1, Received: leg.Received}}
	})
	require.Equal(t, was, l.state.LastExec)
	require.Equal(t, was[0]-1, l.state.Watched()[0].Block)
}

func TestADryRunKeepsThePaceOfARealOne(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) { c.DryRun = true; c.Chains[0].MinBlocks = 3 })
	l.step(apart("12"))
	require.Equal(t, "DRY_TRADE spread", l.step(apart("12")))
	require.Empty(t, l.state.Arbs)
	require.Equal(t, "HOLD cooldown", l.step(apart("12")))
}

// Deposits and gifts.
func TestBalancesAboveTheBooks(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.step()
	gift := func(o *parity.Observation) { o.Blocks[0].Base = o.Blocks[0].Base.Add(dec("1000")) }
	for range 300 {
		require.Equal(t, "HOLD in_band", l.step(gift))
		require.Empty(t, l.alerts())
	}
	l.step(gift)
	require.Empty(t, l.alerts(), "ten minutes exactly")
	l.step(gift)
	require.Equal(t, "balance_surplus", l.alerts())
	require.Equal(t, "100000", l.state.Books.Deposited.Base.String())
	accept := func(o *parity.Observation) {
		o.Commands = []parity.Command{{Seq: l.state.Command + 1, ID: "1", Do: parity.Accept}}
	}
	require.Equal(t, "HOLD unreachable", l.step(gift, accept, func(o *parity.Observation) { o.Blocks[1] = nil }))
	require.Equal(t, "100000", l.state.Books.Deposited.Base.String(), "not until both balances are known")
	require.Equal(t, "HOLD in_band", l.step(gift))
	require.Equal(t, "101000", l.state.Books.Deposited.Base.String())
	require.Empty(t, l.alerts())
	theft := func(o *parity.Observation) { o.Blocks[1].Quote = dec("20000") }
	require.Equal(t, "HOLD shortage", l.step(theft))
	require.Equal(t, "HOLD in_band", l.step(theft, accept))
	require.Equal(t, "20000", l.state.Books.Available[1].Quote.String())
}
