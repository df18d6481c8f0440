package risk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// life steps an engine minute by minute.
type life struct {
	t      *testing.T
	engine *risk.Engine
	state  risk.State
	at     time.Time
	seq    uint64
}

func born(t *testing.T, change func(*risk.Config)) *life {
	t.Helper()
	c := config()
	if change != nil {
		change(&c)
	}
	return &life{t: t, engine: engineOf(t, c), at: now}
}

// look steps on inputs that are as usual but for what change does; nil is none.
func (l *life) look(change func(*risk.Inputs), commands ...risk.Command) risk.Decision {
	l.t.Helper()
	seen := risk.Observation{At: l.at, ISIN: isin}
	if change != nil {
		in := at(l.at)
		change(&in)
		seen.Inputs = &in
	} else {
		seen.Fault = "the feed is away"
	}
	for _, c := range commands {
		l.seq++
		c.Seq = l.seq
		seen.Commands = append(seen.Commands, c)
	}
	next, d, err := l.engine.Step(l.state, seen)
	require.NoError(l.t, err)
	l.state = next
	l.at = l.at.Add(time.Minute)
	return d
}

func usual(*risk.Inputs) {}

// told is what events say, in short.
func told(d risk.Decision) []string {
	all := []string{}
	for _, e := range d.Events {
		if e.Alert == nil {
			all = append(all, string(e.Kind))
			continue
		}
		all = append(all, string(e.Alert.Severity)+" "+string(e.Alert.Type)+": "+e.Alert.Message)
	}
	return all
}

func TestAFirstLookTellsEverythingAndASecondNothing(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	d := l.look(usual)
	require.Equal(t, risk.Changed, d.Reason)
	require.Equal(t, []string{"risk_update", "liquidity_update", "exit_path_update"}, told(d))
	require.Equal(t, risk.Numbers{}, d.Before)
	require.Equal(t, risk.Numbers{Risk: 1, Liquidity: 2, Exits: 3}, l.state.Numbers)
	require.NotNil(t, d.Translation)

	first := *d.Translation
	for range 3 { // the auction comes closer, which nobody has to hear of
		d = l.look(usual)
		require.Equal(t, risk.Same, d.Reason)
		require.Empty(t, d.Events)
		require.NotEqual(t, first.Hash, d.Translation.Hash, "it is another look all the same")
	}
}

// scaled are prices a tenth lower: every ratio of them stays, and so does the index.
func scaled(in *risk.Inputs) {
	s := &in.Snapshot
	for _, price := range []*decimal.Decimal{&s.Book.Bid, &s.Book.Ask, &s.Book.VWAP, &s.Auction.Clearing} {
		*price = price.Mul(dec("0.9"))
	}
	for i := range s.Auction.Demand {
		s.Auction.Demand[i].Price = s.Auction.Demand[i].Price.Mul(dec("0.9"))
	}
}

// Ages move, and windows come closer: that is no news.
func TestTheSameInputsALittleLaterAreNoNews(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]risk.Config{"careful": config(), "as seed": risk.AsSeed(dec("100000"))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, in := engineOf(t, c), inputs()
			state, _, err := e.Step(risk.State{}, risk.Observation{At: now, ISIN: isin, Inputs: &in})
			require.NoError(t, err)
			for _, later := range []time.Duration{time.Second, 59 * time.Second} {
				in := inputs()
				in.Snapshot.Now = now.Add(later)
				next, d, err := e.Step(state, risk.Observation{At: now.Add(later), ISIN: isin, Inputs: &in})
				require.NoError(t, err)
				require.Equal(t, risk.Same, d.Reason)
				require.Empty(t, d.Events)
				state = next
			}
		})
	}
}

func TestOnlyWhatChangedIsTold(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*risk.Inputs)
		want   []string
	}{
		"a score":                    {func(in *risk.Inputs) { in.Facts.ESG.Stated = known("36") }, []string{"risk_update"}},
		"a score by a hundredth":     {func(in *risk.Inputs) { in.Facts.ESG.Stated = known("35.01") }, []string{"risk_update"}},
		"less than anybody is shown": {func(in *risk.Inputs) { in.Facts.ESG.Stated = known("35.0000001") }, []string{}},
		"where a score is known from": {
			func(in *risk.Inputs) { in.Facts.ESG.Citations = []string{"annual report 2026"} },
			[]string{"risk_update"},
		},
		"when facts were checked": {func(in *risk.Inputs) { in.Facts.ESG.At = in.Facts.ESG.At.Add(-time.Hour) }, []string{}},
		"the spread": {
			func(in *risk.Inputs) { in.Snapshot.Book.Ask = dec("100.80") },
			[]string{"liquidity_update", "exit_path_update"},
		},
		"all prices, and no ratio of them": {scaled, []string{"liquidity_update", "exit_path_update"}},
		"what an auction may clear at":     {func(in *risk.Inputs) { in.Snapshot.Auction.Clearing = dec("100.26") }, []string{"exit_path_update"}},
		"when an auction is": {
			func(in *risk.Inputs) {
				in.Snapshot.Auction.NextWindow = in.Snapshot.Auction.NextWindow.Add(time.Hour)
			},
			[]string{"exit_path_update"},
		},
		"one quote more in a day": {func(in *risk.Inputs) { in.Snapshot.Maker.Quotes24h++ }, []string{"liquidity_update"}},
		"the maker's quotes": {
			func(in *risk.Inputs) { in.Snapshot.Maker.LastQuoteSpreadBps = dec("30") },
			[]string{"liquidity_update", "exit_path_update"},
		},
		"the maker's inventory":  {func(in *risk.Inputs) { in.Snapshot.Maker.Inventory.High = dec("3000000") }, []string{"liquidity_update"}},
		"the age of the data":    {func(in *risk.Inputs) { in.Snapshot.Book.At = in.Snapshot.Book.At.Add(-2 * time.Minute) }, []string{"liquidity_update"}},
		"the coupon":             {func(in *risk.Inputs) { in.Snapshot.Bond.CouponPct = dec("7.6") }, []string{"risk_update"}},
		"who knows of the bond":  {func(in *risk.Inputs) { in.Sources.Bond.Source = "registrar" }, []string{"risk_update"}},
		"when that was":          {func(in *risk.Inputs) { in.Sources.Bond.At = now }, []string{}},
		"the bond's paying back": {func(in *risk.Inputs) { in.Snapshot.Bond.Maturity = now.Add(-25 * time.Hour) }, []string{"risk_update", "liquidity_update"}},
		"a warning": {
			func(in *risk.Inputs) { in.Snapshot.Bond.Rating = "BB" },
			[]string{"risk_update", "exit_path_update"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := born(t, nil)
			l.look(usual)
			require.Equal(t, row.want, told(l.look(row.change)))
		})
	}
}

func TestAMakerThatLeavesAndComesBack(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	l.look(usual)
	gone := func(in *risk.Inputs) { in.Snapshot.Maker.Online = false }
	d := l.look(gone)
	require.Equal(t, []string{"liquidity_update", "exit_path_update", "warning liquidity_warning: Market maker offline - limited exit options"}, told(d))
	require.Equal(t, isin, d.Events[2].Alert.ISIN)
	require.Equal(t, l.at.Add(-time.Minute), d.Events[2].Alert.At)
	require.Equal(t, uint64(6), d.Events[2].Number)
	require.Empty(t, told(l.look(gone)), "once")
	require.Equal(t, []string{"liquidity_update", "exit_path_update"}, told(l.look(usual)))
	require.Len(t, told(l.look(gone)), 3, "and again when it leaves again")
}

func TestWaysOutThatClose(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	l.look(usual)
	d := l.look(func(in *risk.Inputs) { in.Snapshot.Auction = nil })
	require.Equal(t, []string{"exit_path_update", "warning exit_path_failure: Fractional Auction is no longer available - no auction is announced"}, told(d))

	barred := func(in *risk.Inputs) { in.Snapshot.Bond.Rating, in.Snapshot.Auction = "D", nil }
	d = l.look(barred)
	require.Equal(t, []string{
		"risk_update", "liquidity_update", "exit_path_update", // there is no time to exit any more
		"warning exit_path_failure: Market Maker Quote is no longer available - it is closed to this rating",
		"warning exit_path_failure: RFQ Batch Window is no longer available - it is closed to this rating",
		"warning exit_path_failure: Tokenized P2P is no longer available - it is closed to this rating",
		"critical no_exit_path: No viable exit paths available",
	}, told(d))
	require.Equal(t, []risk.AlertType{risk.NoExit}, l.state.Holds)
	require.Empty(t, told(l.look(barred)))
	d = l.look(usual)
	require.Equal(t, []string{"risk_update", "liquidity_update", "exit_path_update", "info no_exit_path: There is a viable exit path again"}, told(d))
	require.Empty(t, l.state.Holds)
}

func TestAnIndexThatFalls(t *testing.T) {
	t.Parallel()
	l := born(t, func(c *risk.Config) { c.Drop, c.DropOver = dec("10"), 10*time.Minute })
	thin := func(depth string) func(*risk.Inputs) {
		return func(in *risk.Inputs) { in.Snapshot.Book.Depth, in.Snapshot.Book.BidSize = dec(depth), dec("1000") }
	}
	alerts := func(d risk.Decision) (all []string) {
		for _, e := range d.Events {
			if e.Alert != nil {
				all = append(all, e.Alert.Message)
			}
		}
		return all
	}
	require.Empty(t, alerts(l.look(usual)))
	require.Equal(t, "88.7", l.state.Peaks[0].Index.StringFixed(1))
	require.Empty(t, alerts(l.look(thin("400000"))), "less than ten points")
	require.Equal(t, "88.7", l.state.Peaks[0].Index.StringFixed(1), "it is still compared with the best of the last ten minutes")
	d := l.look(thin("20000"))
	require.Equal(t, []string{"Liquidity index fell from 88.7 to 48.0"}, alerts(d))
	require.Equal(t, "-40.7", d.Metrics.Drift.Decimal.StringFixed(1))
	require.Equal(t, "48.0", l.state.Peaks[0].Index.StringFixed(1))
	require.Empty(t, alerts(l.look(thin("20000"))), "once")
	require.Empty(t, alerts(l.look(usual)), "a rise is fine")
	require.Equal(t, "88.7", l.state.Peaks[0].Index.StringFixed(1))

	for range 10 { // slowly: what was ten minutes ago is forgotten
		l.look(thin("400000"))
	}
	require.Equal(t, "78.9", l.state.Peaks[0].Index.StringFixed(1))
	require.Empty(t, alerts(l.look(thin("200000"))))
}

func TestAWindowThatClosesAsEveryDayIsNoFailure(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	closed, was := 0, true
	for range 3 * 24 {
		d := l.look(usual)
		for _, e := range d.Events {
			require.Nil(t, e.Alert, "%v", e.Alert)
		}
		r, _ := d.Translation.Exits.Route(market.ByRFQ)
		if was && !r.Available {
			closed++
		}
		was = r.Available
		l.at = l.at.Add(59 * time.Minute)
	}
	require.GreaterOrEqual(t, closed, 2)
}

func TestAFallIsSeenWheneverItBegan(t *testing.T) {
	t.Parallel()
	thin := func(depth string) func(*risk.Inputs) {
		return func(in *risk.Inputs) { in.Snapshot.Book.Depth, in.Snapshot.Book.BidSize = dec(depth), dec("1000") }
	}
	fallen := func(l *life, change func(*risk.Inputs)) bool {
		return slices.ContainsFunc(l.look(change).Events, func(e risk.Event) bool { return e.Alert != nil && e.Alert.Type == risk.Deterioration })
	}
	l := born(t, func(c *risk.Config) { c.Drop, c.DropOver = dec("10"), 10*time.Minute })
	for range 9 {
		require.False(t, fallen(l, usual))
	}
	for range 2 { // while the first look gets old
		require.False(t, fallen(l, thin("400000")))
	}
	require.True(t, fallen(l, thin("350000")), "within ten minutes it was as high as at first")

	l = born(t, func(c *risk.Config) { c.Drop, c.DropOver = dec("10"), 10*time.Minute })
	require.False(t, fallen(l, usual))
	l.at = l.at.Add(24 * time.Hour)
	require.False(t, fallen(l, thin("20000")), "a day is not ten minutes")
	for range 200 {
		l.at = l.at.Add(-59 * time.Second) // a look a second
		fallen(l, thin("20000"))
	}
	require.LessOrEqual(t, len(l.state.Peaks), 25)
}

func TestExactlyTheDropAlerts(t *testing.T) {
	t.Parallel()
	l := born(t, func(c *risk.Config) { c.Index, c.Policy = risk.Seed, market.NewPolicy(market.SeedCompatible) })
	bare := func(volume string) func(*risk.Inputs) { // 4 points for each 1,000,000 below five
		return func(in *risk.Inputs) {
			in.Snapshot.Auction, in.Snapshot.Maker = nil, nil
			in.Snapshot.Book.Volume = dec(volume)
		}
	}
	l.look(bare("4000000"))
	require.Empty(t, told(l.look(bare("1500001")))[1:], "9.999996 points")
	d := l.look(bare("1500000"))
	require.Equal(t, "-10", d.Metrics.Drift.Decimal.String())
	require.Equal(t, []string{"liquidity_update", "warning liquidity_warning: Liquidity index fell from 81.1 to 71.1"}, told(d))
}

func TestHighRiskIsToldWhenItBeginsAndWhenItEnds(t *testing.T) {
	t.Parallel()
	worst := func(in *risk.Inputs) {
		f := &in.Facts
		for _, s := range []*decimal.NullDecimal{&f.Liquidity.Stated, &f.Credit.Stated, &f.InterestRate.Stated, &f.Refinancing.Stated, &f.Leverage.Stated, &f.Governance.Stated, &f.Legal.Stated, &f.ESG.Stated} {
			*s = known("75.1")
		}
	}
	l := born(t, nil)
	l.look(usual)
	require.Equal(t, []string{"risk_update", "critical high_risk: Critical risk level (75.1/100)"}, told(l.look(worst)))
	require.Empty(t, told(l.look(worst)))
	require.Equal(t, []string{"risk_update", "info high_risk: The risk level is no longer critical"}, told(l.look(usual)))
}

func TestWithoutDataPeopleAreTold(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	d := l.look(nil)
	require.Equal(t, risk.NoInputs, d.Reason)
	require.Equal(t, "the feed is away", d.Fault)
	require.Nil(t, d.Translation)
	require.Equal(t, []string{"warning data_quality: No data can be had"}, told(d))
	require.Equal(t, isin, d.Events[0].Alert.ISIN)
	require.Empty(t, told(l.look(nil)))
	d = l.look(usual)
	require.Equal(t, "info data_quality: Data are there and fresh again", told(d)[3])
	require.Equal(t, "0.666666666667", d.Metrics.StaleRate.Decimal.String())

	for name, change := range map[string]func(*risk.Inputs){
		"Data are stale":                                func(in *risk.Inputs) { in.Snapshot.Book.At = in.Snapshot.Book.At.Add(-15 * time.Minute) },
		"Data are outdated":                             func(in *risk.Inputs) { in.Facts.ESG.At = in.Facts.ESG.At.Add(-25 * time.Hour) },
		"Too little data for a liquidity index":         func(in *risk.Inputs) { in.Snapshot.Book.Ask = in.Snapshot.Book.Bid },
		"Too little is known for an overall risk score": func(in *risk.Inputs) { in.Facts = risk.Facts{} },
	} {
		l := born(t, nil)
		d := l.look(change)
		require.Contains(t, told(d), "warning data_quality: "+name)
		require.Empty(t, told(l.look(change)))
	}
}

func TestOutcomesAreLearntFrom(t *testing.T) {
	t.Parallel()
	l := born(t, nil)
	report := func(o risk.Outcome) risk.Command { return risk.Command{By: "desk", Do: risk.Report, Outcome: &o} }
	missed := outcome("b", market.ByRFQ)
	missed.Filled = false
	unadvised := outcome("c", market.ByAuction)
	unadvised.Advised = ""
	d := l.look(usual, report(outcome("a", market.ByMaker)), report(missed), report(unadvised), report(outcome("a", market.ByMaker)))
	require.Equal(t, []risk.Answer{{Seq: 1, Reply: risk.Done}, {Seq: 2, Reply: risk.Done}, {Seq: 3, Reply: risk.Done}, {Seq: 4, Reply: risk.Known}}, d.Answers)
	require.Equal(t, uint64(4), d.LastSeq)
	m := d.Metrics
	require.Equal(t, 3, m.Outcomes)
	require.Equal(t, "0.5", m.Adoption.Decimal.String(), "of two that were advised, one followed")
	require.Equal(t, "0.24", m.Accuracy.Brier.String(), "(0.04 + 0.64 + 0.04)/3")
	require.Equal(t, "0.25", m.Accuracy.MAPE.Decimal.String())
	require.Equal(t, m, d.Translation.Metrics)
	maker, _ := d.Translation.Exits.Route(market.ByMaker)
	require.Equal(t, 1, maker.FillProbability.N, "and the next probability has heard of it")

	for range 70 {
		l.look(usual, report(outcome(l.at.String(), market.ByMaker)))
	}
	require.Len(t, l.state.Track.Outcomes, 64)
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	good := outcome("a", market.ByMaker)
	bad := outcome("b", market.ByMaker)
	bad.Size = dec("-1")
	undated := outcome("c", market.ByMaker)
	undated.At = lateInYear9999 // once in the state, it could never be written down again
	l := born(t, nil)
	d := l.look(usual,
		risk.Command{By: "desk"}, risk.Command{By: "desk", Do: risk.Report}, risk.Command{Do: risk.Report, Outcome: &good},
		risk.Command{By: "desk", Do: risk.Report, Outcome: &bad}, risk.Command{By: "desk", Do: "dance"},
		risk.Command{By: "desk", Do: risk.Report, Outcome: &undated},
	)
	require.Len(t, d.Answers, 6)
	for _, a := range d.Answers {
		require.Equal(t, risk.Malformed, a.Reply, a.Seq)
	}
	require.Empty(t, l.state.Track.Outcomes)

	d = l.look(usual, risk.Command{By: "desk", Do: risk.Retell})
	require.Equal(t, []string{"risk_update", "liquidity_update", "exit_path_update"}, told(d))

	l.seq = 3 // they come again after a restart
	d = l.look(usual, risk.Command{By: "desk", Do: risk.Retell})
	require.Empty(t, d.Answers)
	require.Empty(t, d.Events)
	require.Equal(t, uint64(7), d.LastSeq)
}

func TestMalformedObservationsLeaveTheStateAsItWas(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*risk.Observation){
		"At 2026-03-02 08:59:59 +0000 UTC: must not be before": func(o *risk.Observation) { o.At = now.Add(-time.Second) },
		"At 0001-01-01":                      func(o *risk.Observation) { o.At = time.Time{} },
		"At 2200-12-31 23:00:00 -0500":       func(o *risk.Observation) { o.At = time.Date(2200, 12, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600)) },
		`ISIN "XX": must be one`:             func(o *risk.Observation) { o.ISIN = "XX" },
		`ISIN "INE094A08184": must be INE`:   func(o *risk.Observation) { o.ISIN = "INE094A08184" },
		`Inputs.Snapshot.Now`:                func(o *risk.Observation) { o.Inputs.Snapshot.Now = o.At.Add(time.Second) },
		`Inputs.Snapshot.Book.ISIN "INE09`:   func(o *risk.Observation) { o.Inputs.Snapshot.Book.ISIN = "INE094A08184" },
		"Commands 65: must be at most 64":    func(o *risk.Observation) { o.Commands = make([]risk.Command, 65) },
		"Command.Seq 2: must be higher than": func(o *risk.Observation) { o.Commands = []risk.Command{{Seq: 2}, {Seq: 2}} },
		"market: invalid: crossed book":      func(o *risk.Observation) { o.Inputs.Snapshot.Book.Bid = dec("200") },
		"must have at most 256 bytes":        func(o *risk.Observation) { o.Fault = strings.Repeat("x", 257) },
	} {
		l := born(t, nil)
		l.look(usual)
		in := at(now.Add(time.Minute))
		seen := risk.Observation{At: now.Add(time.Minute), ISIN: isin, Inputs: &in}
		spoil(&seen)
		state, d, err := l.engine.Step(l.state, seen)
		require.ErrorIs(t, err, risk.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.Equal(t, l.state, state)
		require.Equal(t, risk.Decision{}, d)
	}
}
