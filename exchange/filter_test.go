package exchange_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
)

var start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// single is a filter of one source that looks once a minute.
func single() exchange.FilterConfig {
	return exchange.FilterConfig{
		Quorum: 1, MaxAge: 90 * time.Second, MaxDivergenceBps: dec("50"), MaxJumpBps: dec("100"),
		Confirmations: 2, ConfirmWithin: 5 * time.Minute,
	}
}

// triple is a filter of three sources that looks once a minute and twice at a
// jump.
func triple() exchange.FilterConfig {
	c := single()
	c.Quorum, c.Confirmations = 2, 3
	return c
}

func newFilter(t require.TestingT, c exchange.FilterConfig) *exchange.Filter {
	f, err := exchange.NewFilter(c)
	require.NoError(t, err)
	return f
}

// look is one sighting of a life table: minute, then "source value" pairs, each
// seen ten seconds before.
type look struct {
	minute int
	prints map[string]string
	want   string // "value" or the reason for none
}

func prints(now time.Time, values map[string]string) []exchange.Print {
	var out []exchange.Print
	for source, v := range values {
		out = append(out, exchange.Print{Source: source, Value: dec(v), At: now.Add(-10 * time.Second)})
	}
	return out
}

// answer is a verdict in one word.
func answer(v exchange.Verdict) string {
	if v.Reason == exchange.Steady || v.Reason == exchange.Confirmed {
		return v.Price.Value.String()
	}
	return string(v.Reason)
}

func a(v string) map[string]string { return map[string]string{"a": v} }

func abc(va, vb, vc string) map[string]string { return map[string]string{"a": va, "b": vb, "c": vc} }

func TestLifeOfAFilter(t *testing.T) {
	known := []look{{0, a("1"), "unconfirmed"}, {1, a("1"), "unconfirmed"}, {2, a("1"), "1"}}
	for _, c := range []struct {
		story string
		cfg   exchange.FilterConfig
		life  []look
	}{
		{"a fresh start has to be confirmed", single(), known},
		{"a wick may be the first thing we see", single(), []look{
			{0, a("3.99"), "unconfirmed"},
			{1, a("1"), "unconfirmed"},
			{2, a("1"), "unconfirmed"},
			{3, a("1"), "1"},
		}},
		{"small moves come out at once", single(), append(known[:3:3],
			look{3, a("1.009"), "1.009"},
			look{4, a("1.018"), "1.018"},
			look{5, a("1.01"), "1.01"},
		)},
		{"a move of exactly the jump is small, one beyond is not", single(), append(known[:3:3],
			look{3, a("1.01"), "1.01"},
			look{4, a("1.0201"), "1.0201"},
			look{5, a("1.0303011"), "unconfirmed"},
		)},
		{"a wick of one print never comes out", single(), append(known[:3:3],
			look{3, a("3.99"), "unconfirmed"},
			look{4, a("1.001"), "1.001"},
		)},
		{"a wick of as many prints as there are confirmations never comes out", single(), append(known[:3:3],
			look{3, a("3.99"), "unconfirmed"},
			look{4, a("3.99"), "unconfirmed"},
			look{5, a("1.001"), "1.001"},
		)},
		{"wicks with a normal print between them do not add up", single(), append(known[:3:3],
			look{3, a("0.8"), "unconfirmed"},
			look{4, a("1"), "1"},
			look{5, a("0.8"), "unconfirmed"},
			look{6, a("0.8"), "unconfirmed"},
			look{7, a("1"), "1"},
		)},
		{"wicks up and down do not add up", single(), append(known[:3:3],
			look{3, a("0.8"), "unconfirmed"},
			look{4, a("1.2"), "unconfirmed"},
			look{5, a("0.8"), "unconfirmed"},
			look{6, a("1.2"), "unconfirmed"},
			look{7, a("1"), "1"},
		)},
		{"wicks do not add up beyond the window", single(), append(known[:3:3],
			look{3, a("0.9"), "unconfirmed"},
			look{4, a("0.9"), "unconfirmed"},
			look{9, a("0.9"), "unconfirmed"}, // those of minutes 3 and 4 are older than five minutes
			look{10, a("0.9"), "unconfirmed"},
			look{11, a("0.9"), "0.9"},
		)},
		{"a print as old as the window still counts", func() exchange.FilterConfig {
			c := single()
			c.ConfirmWithin += 10 * time.Second // the age of a print when it is first seen
			return c
		}(), append(known[:3:3],
			look{3, a("0.9"), "unconfirmed"},
			look{6, a("0.9"), "unconfirmed"},
			look{8, a("0.9"), "0.9"},
		)},
		{"a lasting move comes out with the second print after the first", single(), append(known[:3:3],
			look{3, a("0.9"), "unconfirmed"},
			look{4, a("0.901"), "unconfirmed"},
			look{5, a("0.899"), "0.899"},
			look{6, a("0.898"), "0.898"},
		)},
		{"a move is believed only as far as all its prints go", single(), append(known[:3:3],
			look{3, a("0.95"), "unconfirmed"},
			look{4, a("0.93"), "unconfirmed"},
			look{5, a("0.9"), "unconfirmed"}, // 0.95 is believed
			look{6, a("0.9"), "unconfirmed"}, // 0.93 is believed
			look{7, a("0.9"), "0.9"},
		)},
		{"a wild move is believed as far as its mildest print", single(), append(known[:3:3],
			look{3, a("0.9"), "unconfirmed"},
			look{4, a("0.7"), "unconfirmed"},
			look{5, a("0.91"), "0.91"}, // all three are at most 0.91
			look{6, a("0.5"), "unconfirmed"},
			look{7, a("0.905"), "0.905"},
		)},
		{"a slide that slows down comes out when it is near what is believed", single(), append(known[:3:3],
			look{3, a("0.95"), "unconfirmed"},
			look{4, a("0.945"), "unconfirmed"},
			look{5, a("0.942"), "0.942"}, // 84 bps below 0.95
		)},
		{"zero confirmations let every jump through", func() exchange.FilterConfig {
			c := single()
			c.Confirmations, c.ConfirmWithin = 0, 0
			return c
		}(), []look{{0, a("1"), "1"}, {1, a("3.99"), "3.99"}}},

		{"three sources confirm each other when they look again", triple(), []look{
			{0, abc("1", "1.001", "0.999"), "unconfirmed"},
			{1, abc("1", "1.001", "0.999"), "1"},
			{2, abc("0.9", "0.901", "0.899"), "unconfirmed"},
			{3, abc("0.9", "0.902", "0.899"), "0.9"},
		}},
		{"one source gone wild is outvoted", triple(), []look{
			{0, abc("1", "1.001", "3.99"), "unconfirmed"},
			{1, abc("1", "1.001", "3.99"), "1.0005"}, // the middle of the two that agree
			{2, abc("1", "1.002", "0.01"), "1.001"},
		}},
		{"two halves that contradict each other make no price", triple(), []look{
			{0, map[string]string{"a": "1", "b": "1.02"}, "divergent"},
			{1, map[string]string{"a": "1", "b": "1", "c": "1.02", "d": "1.02"}, "divergent"},
		}},
		{"one source is no quorum of two", triple(), []look{{0, a("1"), "no_quorum"}}},
		{"a quorum that is no majority makes no price", triple(), []look{
			{0, map[string]string{"a": "1", "b": "1", "c": "1.5", "d": "0.5"}, "divergent"},
		}},
	} {
		t.Run(c.story, func(t *testing.T) {
			f := newFilter(t, c.cfg)
			var state exchange.FilterState
			for _, l := range c.life {
				now := start.Add(time.Duration(l.minute) * time.Minute)
				next, verdict, err := f.Step(state, exchange.Sighting{Now: now, Prints: prints(now, l.prints)})
				require.NoError(t, err)
				require.Equal(t, l.want, answer(verdict), "minute %d: %s", l.minute, verdict.Note)
				require.NotEmpty(t, verdict.Note)
				state = next
			}
		})
	}
}

func TestAPriceSaysWhoSawItWhen(t *testing.T) {
	c := triple()
	c.Confirmations = 0
	verdict := step(t, newFilter(t, c), exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{
		{Source: "c", Value: dec("1.002"), At: start.Add(-3 * time.Second)},
		{Source: "a", Value: dec("1"), At: start.Add(-50 * time.Second)},
		{Source: "b", Value: dec("1.001"), At: start.Add(-20 * time.Second).In(time.FixedZone("", 3600))},
		{Source: "d", Value: dec("2"), At: start.Add(-70 * time.Second)},
	}})
	require.Empty(t, cmp.Diff(exchange.Price{
		Value:   dec("1.001"),
		At:      start.Add(-50 * time.Second),
		Sources: []string{"a", "b", "c"},
		Spread:  dec("19.98"), // 0.002 / 1.001
	}, verdict.Price))
}

func step(t *testing.T, f *exchange.Filter, state exchange.FilterState, seen exchange.Sighting) exchange.Verdict {
	t.Helper()
	_, verdict, err := f.Step(state, seen)
	require.NoError(t, err)
	return verdict
}

func TestOldAndFuturePrintsDoNotCount(t *testing.T) {
	c := single()
	c.Confirmations = 0
	f := newFilter(t, c)
	for _, row := range []struct {
		story string
		age   time.Duration
		want  string
	}{
		{"seen just now", 0, "1"},
		{"as old as it may be", 90 * time.Second, "1"},
		{"too old", 90*time.Second + 1, "stale"},
		{"from the future", -1, "stale"},
	} {
		t.Run(row.story, func(t *testing.T) {
			verdict := step(t, f, exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{
				{Source: "a", Value: dec("1"), At: start.Add(-row.age)},
			}})
			require.Equal(t, row.want, answer(verdict))
		})
	}
}

func TestLookingAgainConfirmsNothing(t *testing.T) {
	f := newFilter(t, single())
	frozen := []exchange.Print{{Source: "a", Value: dec("1"), At: start}}
	var state exchange.FilterState
	for i := range 91 { // until it is as old as it may be
		next, verdict, err := f.Step(state, exchange.Sighting{Now: start.Add(time.Duration(i) * time.Second), Prints: frozen})
		require.NoError(t, err)
		require.Equal(t, exchange.Unconfirmed, verdict.Reason, "one print seen %d times is one print", i+1)
		require.Len(t, next.Recent, 1)
		state = next
	}
}

// The highs of a real minute of May 2022: 1.20, then 3.99, then normal again.
func TestTheWickOfMay2022NeverComesOut(t *testing.T) {
	file, err := os.ReadFile("testdata/usdc_usdt_1m_wick_2022-05-11.csv")
	require.NoError(t, err)
	r := csv.NewReader(bytes.NewReader(file))
	r.Comment = '#'
	rows, err := r.ReadAll()
	require.NoError(t, err)
	rows = rows[1:]
	require.Len(t, rows, 31)

	f := newFilter(t, single())
	var state exchange.FilterState
	var out []string
	for _, row := range rows {
		at, err := time.Parse("2006-01-02T15:04Z", row[0])
		require.NoError(t, err)
		high := dec(row[2])
		next, verdict, err := f.Step(state, exchange.Sighting{Now: at, Prints: []exchange.Print{{Source: "binance", Value: high, At: at}}})
		require.NoError(t, err)
		if state.Reference.IsPositive() {
			out = append(out, at.Format("15:04 ")+answer(verdict))
		}
		if answer(verdict) == high.String() {
			require.True(t, high.LessThan(dec("1.02")), "%v came out at %v", high, at)
		}
		state = next
	}
	require.Equal(t, []string{
		"20:18 1.0046", "20:19 1.0056", "20:20 1.0049", "20:21 1.005", "20:22 1.0051", "20:23 1.0051",
		"20:24 1.005", "20:25 1.0052", "20:26 1.005", "20:27 1.0081",
		"20:28 unconfirmed", // 1.2
		"20:29 unconfirmed", // 3.99
		"20:30 1.0132",
		"20:31 unconfirmed", // 1.0312
		"20:32 1.0188",
		"20:33 unconfirmed", // 1.008: 106 bps down
		"20:34 unconfirmed", // 1.0796
		"20:35 unconfirmed", // 1.041
		"20:36 1.0099",
		"20:37 1.0115", "20:38 1.0106", "20:39 1.0087", "20:40 1.0087", "20:41 1.0088", "20:42 1.0084",
		"20:43 1.0079", "20:44 1.0073", "20:45 1.0075",
	}, out)
}

// The volume-weighted prices of the hours from 2023-03-10 21:00 UTC in which
// USDC lost its peg: Kraken public trades of USDC/USD.
func TestTheDepegOfMarch2023ComesOut(t *testing.T) {
	c := single()
	c.MaxAge, c.ConfirmWithin, c.MaxJumpBps = time.Hour, 4*time.Hour, dec("200")
	f := newFilter(t, c)
	first := time.Date(2023, 3, 10, 18, 0, 0, 0, time.UTC)
	var state exchange.FilterState
	for i, hour := range []struct{ vwap, want string }{
		{"0.999955", "unconfirmed"}, // a fresh start
		{"0.999885", "unconfirmed"},
		{"0.999871", "0.999871"},
		{"0.999469", "0.999469"},
		{"0.994418", "0.994418"},
		{"0.994027", "0.994027"},
		{"0.995162", "0.995162"},
		{"0.993482", "0.993482"},
		{"0.991446", "0.991446"},
		{"0.966171", "unconfirmed"}, // 03:00 UTC: 255 bps in an hour
		{"0.940739", "unconfirmed"},
		{"0.947630", "0.94763"}, // 05:00 UTC: all three prints are at most 0.966171, and this one is near it
		{"0.918984", "unconfirmed"},
		{"0.892860", "unconfirmed"},
		{"0.906837", "0.906837"}, // 08:00 UTC: all three are at most 0.918984
		{"0.913385", "0.913385"},
		{"0.911384", "0.911384"},
		{"0.915124", "0.915124"},
	} {
		at := first.Add(time.Duration(i) * time.Hour)
		next, verdict, err := f.Step(state, exchange.Sighting{Now: at, Prints: []exchange.Print{{Source: "kraken", Value: dec(hour.vwap), At: at}}})
		require.NoError(t, err)
		require.Equal(t, hour.want, answer(verdict), "%v: %s", at, verdict.Note)
		state = next
	}
}

// draw makes a sighting out of few sources, values and ages, good and bad.
func draw(r *rand.Rand, now time.Time) exchange.Sighting {
	values := []string{"1", "1", "1", "1.002", "0.999", "0.95", "0.951", "3.99", "0", "-1", "1e40"}
	seen := exchange.Sighting{Now: now}
	for _, source := range []string{"a", "b", "c", "a", ""}[:1+r.IntN(3)+r.IntN(2)*r.IntN(3)] {
		seen.Prints = append(seen.Prints, exchange.Print{
			Source: source,
			Value:  dec(values[r.IntN(len(values)-3*r.IntN(2))]),
			At:     now.Add(time.Duration(-r.IntN(120)) * time.Second),
		})
	}
	return seen
}

func TestFilterKeepsTheLawsOfAnEngine(t *testing.T) {
	for seed := range uint64(20) {
		now := start
		state := enginetest.Laws(t, newFilter(t, triple()), seed, 400, func(r *rand.Rand, _ exchange.FilterState) exchange.Sighting {
			now = now.Add(time.Duration(r.IntN(60)) * time.Second)
			return draw(r, now)
		})
		require.LessOrEqual(t, len(state.Recent), 4, "a state does not grow")
		require.LessOrEqual(t, len(state.Seen), 3)
	}
}

// However many sources there are and whatever they say: a wick of at most
// Confirmations prints never comes out, and a move that lasts comes out exactly
// Confirmations prints after the first.
func TestAWickNeverComesOutAndAMoveAlwaysDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := single()
		c.Confirmations = rapid.IntRange(0, 4).Draw(t, "confirmations")
		c.ConfirmWithin = time.Duration(c.Confirmations+2) * time.Minute
		f := newFilter(t, c)
		near := func(level int64) decimal.Decimal { // within 50 bps of the next one
			return decimal.New(level*10_000+rapid.Int64Range(0, 49).Draw(t, "noise")*level, -4)
		}
		var state exchange.FilterState
		minute := 0
		look := func(v decimal.Decimal) string {
			now := start.Add(time.Duration(minute) * time.Minute)
			minute++
			next, verdict, err := f.Step(state, exchange.Sighting{Now: now, Prints: []exchange.Print{{Source: "a", Value: v, At: now}}})
			require.NoError(t, err)
			state = next
			return answer(verdict)
		}
		for range c.Confirmations + 1 {
			look(near(10))
		}
		require.True(t, state.Reference.IsPositive(), "the level is known")
		for range rapid.IntRange(1, 3).Draw(t, "wicks") {
			for range rapid.IntRange(0, c.Confirmations).Draw(t, "length") {
				wild := near(rapid.SampledFrom([]int64{1, 7, 9, 11, 40}).Draw(t, "wild"))
				require.Equal(t, "unconfirmed", look(wild))
			}
			calm := near(10)
			require.Equal(t, calm.String(), look(calm), "a normal print comes out at once")
		}
		level := rapid.SampledFrom([]int64{1, 9, 11, 40}).Draw(t, "level")
		for range c.Confirmations {
			require.Equal(t, "unconfirmed", look(near(level)))
		}
		moved := near(level)
		require.Equal(t, moved.String(), look(moved), "the move comes out after %d further prints", c.Confirmations)
	})
}

func TestARestartConfirmsNothingTwice(t *testing.T) {
	f := newFilter(t, single())
	lives := func(restart bool) []string {
		var state exchange.FilterState
		var out []string
		for i, v := range []string{"1", "1", "1", "0.9", "0.9", "0.9", "0.9", "1.3", "0.9"} {
			now := start.Add(time.Duration(i) * time.Minute)
			next, verdict, err := f.Step(state, exchange.Sighting{Now: now, Prints: prints(now, a(v))})
			require.NoError(t, err)
			out = append(out, answer(verdict))
			state = next
			if restart {
				b, err := json.Marshal(next)
				require.NoError(t, err)
				state = exchange.FilterState{}
				require.NoError(t, json.Unmarshal(b, &state))
			}
		}
		return out
	}
	require.Equal(t, lives(false), lives(true))
}

func TestFilterRefusesWhatIsMalformed(t *testing.T) {
	f := newFilter(t, single())
	good := exchange.Print{Source: "a", Value: dec("1"), At: start}
	many := make([]exchange.Print, 65)
	for i := range many {
		many[i] = good
		many[i].Source = fmt.Sprint(i)
	}
	for _, c := range []struct {
		story string
		state exchange.FilterState
		seen  exchange.Sighting
		field string
	}{
		{"no time", exchange.FilterState{}, exchange.Sighting{Prints: []exchange.Print{good}}, "Sighting.Now"},
		{"a price of zero", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{{Source: "a", At: start}}}, "Print.Value of a 0: must be > 0"},
		{"a price that takes gigabytes", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{{Source: "a", Value: dec("1e9999"), At: start}}}, "Print.Value of a (out of range)"},
		{"a print without a source", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{{Value: dec("1"), At: start}}}, `Print.Source ""`},
		{"a print without a time", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{{Source: "a", Value: dec("1")}}}, "Print.At"},
		{"a source that speaks twice", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: []exchange.Print{good, good}}, "Print.Source a: must be unique"},
		{"more sources than anybody has", exchange.FilterState{}, exchange.Sighting{Now: start, Prints: many}, "Sighting.Prints 65"},
		{"a negative reference", exchange.FilterState{Reference: dec("-1")}, exchange.Sighting{Now: start, Prints: []exchange.Print{good}}, "FilterState.Reference -1"},
		{"a recent value of zero", exchange.FilterState{Recent: []exchange.Candidate{{At: start, Prints: 1}}}, exchange.Sighting{Now: start, Prints: []exchange.Print{good}}, "FilterState.Recent[0].Value 0"},
	} {
		t.Run(c.story, func(t *testing.T) {
			state, verdict, err := f.Step(c.state, c.seen)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.field)
			require.Empty(t, cmp.Diff(c.state, state))
			require.Zero(t, verdict.Reason)
		})
	}
}

func TestFilterConfigHasBounds(t *testing.T) {
	for _, c := range []struct {
		field string
		spoil func(*exchange.FilterConfig)
	}{
		{"Quorum 0", func(c *exchange.FilterConfig) { c.Quorum = 0 }},
		{"Quorum 65", func(c *exchange.FilterConfig) { c.Quorum = 65 }},
		{"MaxAge 0s", func(c *exchange.FilterConfig) { c.MaxAge = 0 }},
		{"MaxDivergenceBps 0", func(c *exchange.FilterConfig) { c.MaxDivergenceBps = decimal.Zero }},
		{"MaxDivergenceBps 10001", func(c *exchange.FilterConfig) { c.MaxDivergenceBps = dec("10001") }},
		{"MaxJumpBps 0", func(c *exchange.FilterConfig) { c.MaxJumpBps = decimal.Zero }},
		{"MaxJumpBps 10000.1", func(c *exchange.FilterConfig) { c.MaxJumpBps = dec("10000.1") }},
		{"Confirmations -1", func(c *exchange.FilterConfig) { c.Confirmations = -1 }},
		{"Confirmations 101", func(c *exchange.FilterConfig) { c.Confirmations = 101 }},
		{"ConfirmWithin 1m29s", func(c *exchange.FilterConfig) { c.ConfirmWithin = 89 * time.Second }},
	} {
		t.Run(c.field, func(t *testing.T) {
			cfg := single()
			c.spoil(&cfg)
			_, err := exchange.NewFilter(cfg)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, "FilterConfig."+c.field+":")
		})
	}
}

func TestTheBoundsThemselvesAreAllowed(t *testing.T) {
	widest := exchange.FilterConfig{
		Quorum: 64, MaxAge: time.Second, MaxDivergenceBps: dec("10000"), MaxJumpBps: dec("10000"),
		Confirmations: 100, ConfirmWithin: time.Second,
	}
	seen := exchange.Sighting{Now: start}
	for i := range 64 {
		seen.Prints = append(seen.Prints, exchange.Print{Source: fmt.Sprintf("%064d", i), Value: dec("1"), At: start})
	}
	verdict := step(t, newFilter(t, widest), exchange.FilterState{}, seen)
	require.Equal(t, exchange.Unconfirmed, verdict.Reason)
	widest.Confirmations = 63
	verdict = step(t, newFilter(t, widest), exchange.FilterState{}, seen)
	require.Equal(t, exchange.Confirmed, verdict.Reason)
}

func TestIdentityNamesTheConfiguration(t *testing.T) {
	name, one := newFilter(t, single()).Identity()
	_, same := newFilter(t, single()).Identity()
	_, other := newFilter(t, triple()).Identity()
	require.Equal(t, "filter@1", name)
	require.Equal(t, one, same)
	require.NotEqual(t, one, other)
}
