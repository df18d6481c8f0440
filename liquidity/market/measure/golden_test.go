package measure_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// source returns the bars that a case of the golden file was computed from. The
// case of Almgren and Chriss is package cost's.
func source(tb testing.TB, name string) []measure.Bar {
	tb.Helper()
	if day, ok := strings.CutPrefix(name, "binance_usdcusdt_1m_"); ok {
		return table(tb, usdcMinutes, day)
	}
	switch name {
	case "kraken_usdc_1h":
		return table(tb, usdcHours, "2023")
	case "xauusd_daily_2021":
		return table(tb, goldDays, "2021")
	}
	return nil
}

// figures flattens a case: "kyle": {"r2": 1} becomes "kyle.r2": 1.
func figures(tb testing.TB, raw json.RawMessage) map[string]float64 {
	tb.Helper()
	var fields map[string]json.RawMessage
	require.NoError(tb, json.Unmarshal(raw, &fields))
	flat := make(map[string]float64)
	for name, field := range fields {
		var figure float64
		if json.Unmarshal(field, &figure) == nil {
			flat[name] = figure
			continue
		}
		for inner, figure := range figures(tb, field) {
			flat[name+"."+inner] = figure
		}
	}
	return flat
}

// answer computes a figure of the golden file, in its unit. There, a spread that
// cannot be estimated is 0.
func answer(name string, bars []measure.Bar, s measure.Series) (float64, error) {
	e, unit, zeroIf := measure.Estimate{Reason: measure.Measured}, 1.0, measure.Measured
	switch name {
	case "n":
		e.Value = float64(s.Len())
	case "quote_volume":
		sum := decimal.Decimal{}
		for _, b := range bars {
			sum = sum.Add(b.Value)
		}
		e.Value = sum.InexactFloat64()
	case "amihud_per_1m":
		e, unit = s.Amihud(), 1e-4
	case "roll.cov":
		e = s.SerialCovariance()
	case "roll.spread_bps":
		e, zeroIf = s.Roll(), measure.WrongSign
	case "corwin_schultz_bps":
		e = s.CorwinSchultz(measure.KeepGaps)
	case "corwin_schultz_overnight_adj_bps":
		e = s.CorwinSchultz(measure.CloseGaps)
	case "abdi_ranaldo.two_period_corrected_bps":
		e = s.AbdiRanaldoPairs()
	case "abdi_ranaldo.pooled_bps":
		e, zeroIf = s.AbdiRanaldo(), measure.WrongSign
	case "kyle.lambda_bps_per_1m":
		e = s.Kyle().Estimate
	case "kyle.intercept_bps":
		e.Value = s.Kyle().InterceptBps
	case "kyle.r2":
		e.Value = s.Kyle().R2
	case "sigma_daily_pct":
		e, unit = s.Volatility(), 0.01
	default:
		return 0, fmt.Errorf("no such figure")
	}
	if !e.OK() && e.Reason != zeroIf {
		return 0, fmt.Errorf("no value: %s", e.Reason)
	}
	return e.Value * unit, nil
}

func TestGoldenMeasures(t *testing.T) {
	const name, tolerance = "market/measures.json", 1e-9
	raw, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var cases map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &cases))

	passed, failed := 0, 0
	for of, c := range cases {
		bars := source(t, of)
		if bars == nil {
			continue
		}
		s := observe(t, bars)
		for figure, want := range figures(t, c) {
			got, err := answer(figure, bars, s)
			if err != nil || math.Abs(got-want) > tolerance*math.Abs(want) {
				failed++
				t.Errorf("%s %s: %v, %v, want %v", of, figure, got, err, want)
				continue
			}
			passed++
		}
	}
	vectors.Report(t, name, passed, failed)
}
