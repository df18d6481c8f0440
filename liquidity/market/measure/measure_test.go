package measure_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// methods are all of a series, by name.
var methods = []struct {
	name string
	of   func(measure.Series) measure.Estimate
}{
	{"volatility", measure.Series.Volatility},
	{"serial covariance", measure.Series.SerialCovariance},
	{"Roll", measure.Series.Roll},
	{"Corwin-Schultz", func(s measure.Series) measure.Estimate { return s.CorwinSchultz(measure.KeepGaps) }},
	{"Corwin-Schultz without gaps", func(s measure.Series) measure.Estimate { return s.CorwinSchultz(measure.CloseGaps) }},
	{"Abdi-Ranaldo", measure.Series.AbdiRanaldo},
	{"Abdi-Ranaldo by pairs", measure.Series.AbdiRanaldoPairs},
	{"Amihud", measure.Series.Amihud},
	{"Kyle", func(s measure.Series) measure.Estimate { return s.Kyle().Estimate }},
}

// bar is one with a range of its open and close.
func bar(open, closing, value, flow string) measure.Bar {
	o, c := d(open), d(closing)
	return measure.Bar{Open: o, Close: c, High: decimal.Max(o, c), Low: decimal.Min(o, c), Value: d(value), Flow: d(flow)}
}

// repeated strings n bars together from a few.
func repeated(n int, few ...measure.Bar) (bars []measure.Bar) {
	for i := range n {
		bars = append(bars, few[i%len(few)])
	}
	return bars
}

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		story string
		bars  []measure.Bar
		want  map[string]measure.Reason
	}{
		{
			"without bars nothing can be said", nil,
			map[string]measure.Reason{
				"volatility": measure.TooFew, "serial covariance": measure.TooFew, "Roll": measure.TooFew,
				"Corwin-Schultz": measure.TooFew, "Corwin-Schultz without gaps": measure.TooFew,
				"Abdi-Ranaldo": measure.TooFew, "Abdi-Ranaldo by pairs": measure.TooFew,
				"Amihud": measure.TooFew, "Kyle": measure.TooFew,
			},
		},
		{
			"one price all along is no sign of a narrow spread",
			repeated(40, bar("5", "5", "100", "10"), bar("5.0", "5", "100", "-10")),
			map[string]measure.Reason{
				"volatility": measure.Still, "serial covariance": measure.Still, "Roll": measure.Still,
				"Corwin-Schultz": measure.Still, "Corwin-Schultz without gaps": measure.Still,
				"Abdi-Ranaldo": measure.Still, "Abdi-Ranaldo by pairs": measure.Still,
				"Amihud": measure.Still, "Kyle": measure.Still,
			},
		},
		{
			"a bounce between bid and ask, with unknown volume, gives spreads and no impact",
			repeated(40, bar("100", "101", "0", "0"), bar("101", "100", "0", "0")),
			map[string]measure.Reason{
				"volatility": measure.Measured, "serial covariance": measure.Measured, "Roll": measure.Measured,
				"Corwin-Schultz": measure.Measured, "Corwin-Schultz without gaps": measure.Measured,
				"Abdi-Ranaldo": measure.Measured, "Abdi-Ranaldo by pairs": measure.Measured,
				"Amihud": measure.TooFew, "Kyle": measure.Still,
			},
		},
		{
			"a trend, fast and slow, contradicts every spread",
			trend(40),
			map[string]measure.Reason{
				"volatility": measure.Measured, "serial covariance": measure.Measured, "Roll": measure.WrongSign,
				"Corwin-Schultz": measure.WrongSign, "Corwin-Schultz without gaps": measure.WrongSign,
				"Abdi-Ranaldo": measure.WrongSign, "Abdi-Ranaldo by pairs": measure.WrongSign,
				"Amihud": measure.Measured, "Kyle": measure.Still,
			},
		},
		{
			"a price that doubles each time does not vary",
			doubling(20),
			map[string]measure.Reason{"volatility": measure.Still, "Roll": measure.Still},
		},
	} {
		t.Run(c.story, func(t *testing.T) {
			s := observe(t, c.bars)
			for _, m := range methods {
				e := m.of(s)
				if want, ok := c.want[m.name]; ok {
					require.Equal(t, want, e.Reason, m.name)
				}
				require.Equal(t, e.Reason == measure.Measured, e.OK())
				if !e.OK() {
					require.Zero(t, e.Value, m.name)
					require.Zero(t, e.StdErr, m.name)
				}
			}
		})
	}
}

// trend rises by 10 in each bar of the first half, by 20 in the second, and leaves
// a gap before each.
func trend(n int) (bars []measure.Bar) {
	price := decimal.NewFromInt(1000)
	for i := range n {
		step := decimal.NewFromInt(int64(10 + 10*(i/(n/2))))
		b := measure.Bar{Open: price, Low: price, Close: price.Add(step), High: price.Add(step), Value: d("7"), Flow: d("7")}
		bars, price = append(bars, b), b.Close.Add(step)
	}
	return bars
}

func doubling(n int) (bars []measure.Bar) {
	price := decimal.NewFromInt(3)
	for range n {
		bars = append(bars, measure.Bar{Open: price, High: price, Low: price, Close: price})
		price = price.Add(price)
	}
	return bars
}

func TestTermsAreCountedAndTenAreNeeded(t *testing.T) {
	bounce := []measure.Bar{bar("100", "101", "5", "5"), bar("101", "100", "5", "-5")}
	terms := map[string]func(bars int) int{
		"volatility": less(1), "serial covariance": less(2), "Roll": less(2),
		"Corwin-Schultz": less(1), "Corwin-Schultz without gaps": less(1),
		"Abdi-Ranaldo": less(1), "Abdi-Ranaldo by pairs": less(1), "Amihud": less(1), "Kyle": less(0),
	}
	for _, m := range methods {
		for n := range 20 {
			e := m.of(observe(t, repeated(n, bounce...)))
			require.Equal(t, terms[m.name](n), e.N, m.name)
			require.Equal(t, e.N >= measure.MinTerms, e.OK(), "%s of %d bars: %s", m.name, n, e.Reason)
		}
	}
}

func less(k int) func(int) int { return func(n int) int { return max(n-k, 0) } }

func TestKnownValues(t *testing.T) {
	// A close bounces by 1% of the log price, each bar at one price.
	up := math.Exp(0.01)
	point := func(price float64) measure.Bar {
		p := decimal.NewFromFloat(price)
		return measure.Bar{Open: p, High: p, Low: p, Close: p, Value: d("2000000")}
	}
	bounce := observe(t, repeated(41, point(1), point(up)))
	// 40 returns of ±1%: 39 products of -1e-4, so Roll is 2% and not 1%: it takes
	// for granted that a trade at the bid is followed by another half of the time.
	require.InDelta(t, 200, bounce.Roll().Value, 0.2)
	require.InDelta(t, 100*math.Sqrt(40.0/39), bounce.Volatility().Value, 1e-9)
	require.InDelta(t, 50, bounce.Amihud().Value, 1e-9, "1% for 2 million is 50 bps for one")
	require.InDelta(t, 0, bounce.Amihud().StdErr, 1e-12, "its terms are all alike")

	// Bars that all span the same range have no variance beside their spread.
	wide := bar("1", "1", "0", "0")
	wide.High, wide.Close = d("1.01"), d("1.01")
	same := observe(t, repeated(30, wide))
	for _, e := range []measure.Estimate{same.CorwinSchultz(measure.KeepGaps), same.AbdiRanaldo(), same.AbdiRanaldoPairs()} {
		require.True(t, e.OK())
		require.InDelta(t, math.Log(1.01)*1e4, e.Value, 0.01)
		require.Zero(t, e.Raised)
	}

	// Flow of a million moves the price by 10 bps, in both directions, on a drift of 1.
	push := func(flow string, bps float64) measure.Bar {
		b := bar("1", "1", "3000000", flow)
		b.Close = decimal.NewFromFloat(math.Exp(bps / 1e4))
		b.High, b.Low = decimal.Max(b.Open, b.Close), decimal.Min(b.Open, b.Close)
		return b
	}
	line := observe(t, repeated(30, push("1000000", 11), push("-2000000", -19), push("500000", 6))).Kyle()
	require.InDelta(t, 10, line.Value, 1e-9)
	require.InDelta(t, 1, line.InterceptBps, 1e-9)
	require.InDelta(t, 1, line.R2, 1e-12)
	require.InDelta(t, 0, line.StdErr, 1e-9)
}

// The errors were computed apart from this package, Kyle's from the sandwich of
// two matrices.
func TestStandardErrorsOfRealDays(t *testing.T) {
	crisis, after := observe(t, table(t, usdcMinutes, "2023-03-12")), observe(t, table(t, usdcMinutes, "2023-03-13"))
	require.InEpsilon(t, 0.6026288385552868, crisis.Kyle().StdErr, 1e-9)
	require.InEpsilon(t, 0.42663887418299107, crisis.Amihud().StdErr, 1e-9)
	require.InEpsilon(t, 0.3158289529159894, after.Roll().StdErr, 1e-9)
}

func TestNegativePairsAreRaisedAndCounted(t *testing.T) {
	gold := observe(t, table(t, goldDays, "2021"))
	for _, e := range []measure.Estimate{gold.CorwinSchultz(measure.KeepGaps), gold.AbdiRanaldoPairs()} {
		require.True(t, e.OK())
		require.InDelta(t, 0.4, float64(e.Raised)/float64(e.N), 0.15, "most of the estimate is the bias of raising")
	}
	require.Equal(t, measure.WrongSign, gold.AbdiRanaldo().Reason)
	require.Equal(t, measure.WrongSign, gold.Roll().Reason)
}

func TestMalformedBars(t *testing.T) {
	good := measure.Bar{Open: d("2"), High: d("3"), Low: d("1"), Close: d("2"), Value: d("5"), Flow: d("-5")}
	for field, spoil := range map[string]func(*measure.Bar){
		"Open 0":             func(b *measure.Bar) { b.Open = decimal.Zero },
		"Open (out of range": func(b *measure.Bar) { b.Open = decimal.New(1, 18) },
		"High -3":            func(b *measure.Bar) { b.High = d("-3") },
		"Low 0":              func(b *measure.Bar) { b.Low = decimal.Zero },
		"Close -1":           func(b *measure.Bar) { b.Close = d("-1") },
		"Low 2.1":            func(b *measure.Bar) { b.Low = d("2.1") },
		"Low 1.5: must be at most Open and Close":   func(b *measure.Bar) { b.Low, b.Close = d("1.5"), d("1.4") },
		"High 2.5: must be at least Open and Close": func(b *measure.Bar) { b.High, b.Open = d("2.5"), d("2.6") },
		"Value -1":  func(b *measure.Bar) { b.Value, b.Flow = d("-1"), decimal.Zero },
		"Flow 5.1":  func(b *measure.Bar) { b.Flow = d("5.1") },
		"Flow -5.1": func(b *measure.Bar) { b.Flow = d("-5.1") },
	} {
		bad := good
		spoil(&bad)
		_, err := measure.Observe([]measure.Bar{good, bad})
		require.ErrorIs(t, err, measure.ErrInvalid, field)
		require.ErrorContains(t, err, "bar 1: measure: invalid: "+field)
	}
	_, err := measure.Observe(make([]measure.Bar, measure.MaxBars+1))
	require.ErrorIs(t, err, measure.ErrInvalid)
	require.ErrorContains(t, err, "must be at most")
}

// anyBars draws from few prices and volumes, so that ties, gaps, stillness and
// bars without trade happen.
func anyBars() *rapid.Generator[[]measure.Bar] {
	price := rapid.SampledFrom([]string{"1", "1.01", "1.02", "2", "0.000000000000000001", "999999999999999999"})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) measure.Bar {
		o, c, x := d(price.Draw(t, "open")), d(price.Draw(t, "close")), d(price.Draw(t, "extreme"))
		value := d(rapid.SampledFrom([]string{"0", "1", "0.000000000000000001", "1000000"}).Draw(t, "value"))
		part := decimal.NewFromInt(rapid.Int64Range(-1, 1).Draw(t, "side"))
		return measure.Bar{
			Open: o, Close: c, High: decimal.Max(o, c, x), Low: decimal.Min(o, c, x),
			Value: value, Flow: value.Mul(part),
		}
	}), 0, 40)
}

func TestEveryEstimateIsFiniteAndSaysWhy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bars := anyBars().Draw(t, "bars")
		s, err := measure.Observe(bars)
		require.NoError(t, err)
		for _, m := range methods {
			e := m.of(s)
			_, err := json.Marshal(e) // refuses NaN and infinity
			require.NoError(t, err, m.name)
			require.LessOrEqual(t, e.Raised, e.N)
			require.LessOrEqual(t, e.N, len(bars))
			require.GreaterOrEqual(t, e.StdErr, 0.0)
			signed := m.name == "Kyle" || m.name == "serial covariance"
			require.True(t, !e.OK() || signed || e.Value > 0, "%s: %+v", m.name, e)
			require.NotEmpty(t, e.Reason)
		}
		line := s.Kyle()
		require.True(t, line.R2 >= 0 && line.R2 <= 1, "%+v", line)
		require.False(t, math.IsNaN(line.InterceptBps))
	})
}

// alike compares to the digits that sums of floats keep.
var alike = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-8*max(math.Abs(a), math.Abs(b), 1e-6) })

func TestSpreadsDoNotDependOnTheUnitOfPrice(t *testing.T) {
	bars := table(t, usdcHours, "2023")
	scaled := slices.Clone(bars)
	for i := range scaled {
		for _, p := range []*decimal.Decimal{&scaled[i].Open, &scaled[i].High, &scaled[i].Low, &scaled[i].Close} {
			*p = p.Mul(d("32.15"))
		}
	}
	a, b := observe(t, bars), observe(t, scaled)
	for _, m := range methods {
		require.Empty(t, cmp.Diff(m.of(a), m.of(b), alike), m.name)
	}
}

func TestImpactIsInverseToTheUnitOfValue(t *testing.T) {
	bars := table(t, usdcMinutes, "2023-03-13")
	scaled, turned := slices.Clone(bars), slices.Clone(bars)
	for i := range bars {
		scaled[i].Value, scaled[i].Flow = bars[i].Value.Mul(d("80")), bars[i].Flow.Mul(d("80"))
		turned[i].Flow = bars[i].Flow.Neg()
	}
	s, in80, against := observe(t, bars), observe(t, scaled), observe(t, turned)
	require.InEpsilon(t, s.Amihud().Value, 80*in80.Amihud().Value, 1e-9)
	require.InEpsilon(t, s.Amihud().StdErr, 80*in80.Amihud().StdErr, 1e-9)
	require.InEpsilon(t, s.Kyle().Value, 80*in80.Kyle().Value, 1e-9)
	require.InEpsilon(t, s.Kyle().StdErr, 80*in80.Kyle().StdErr, 1e-9)
	require.InEpsilon(t, s.Kyle().Value, -against.Kyle().Value, 1e-9)
	require.InEpsilon(t, s.Kyle().R2, against.Kyle().R2, 1e-9)
}

// Kyle's line is drawn through bars, whatever their order; Roll and Corwin-Schultz
// read pairs, whichever is first.
func TestOrderMattersOnlyToNeighbours(t *testing.T) {
	bars := table(t, usdcMinutes, "2023-03-13")
	shuffled, turned := slices.Clone(bars), slices.Clone(bars)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(bars), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	slices.Reverse(turned)
	s, mixed, back := observe(t, bars), observe(t, shuffled), observe(t, turned)
	require.InEpsilon(t, s.Kyle().Value, mixed.Kyle().Value, 1e-9)
	require.InEpsilon(t, s.Kyle().R2, mixed.Kyle().R2, 1e-9)
	require.NotEqual(t, s.Roll(), mixed.Roll())
	require.Empty(t, cmp.Diff(s.Roll(), back.Roll(), alike))
	require.Empty(t, cmp.Diff(s.CorwinSchultz(measure.KeepGaps), back.CorwinSchultz(measure.KeepGaps), alike))
}

func TestBarsWithoutTradeAreNoTermsOfAmihud(t *testing.T) {
	busy := repeated(20, bar("100", "101", "5", "0"), bar("101", "100", "5", "0"))
	idle := slices.Insert(slices.Clone(busy), 10, repeated(5, bar("100", "100", "0", "0"))...)
	require.Equal(t, observe(t, busy).Amihud(), observe(t, idle).Amihud())
}
