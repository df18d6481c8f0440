package stress_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

var update = flag.Bool("update", false, "rewrite the golden model")

func TestPredictRefusesWhatIsMalformedAndNamesIt(t *testing.T) {
	m := fit(t, stress.Config{}, newSample(t, drawPanel(1, 6, 2000)))
	good := steady(1.2)
	fine := good.Seen[0]
	last := stress.Memory - 1
	rows := []struct {
		name    string
		history stress.History
		horizon time.Duration
		want    string
	}{
		{"a floor of zero", stress.History{Every: time.Hour, Seen: good.Seen}, horizon, "Floor 0: must be finite and > 0"},
		{"no interval", stress.History{Floor: 1, Seen: good.Seen}, horizon, "Every 0s: must be > 0"},
		{"one observation too few", stress.History{Floor: 1, Every: time.Hour, Seen: good.Seen[1:]}, horizon, "Seen of 199 observations: must have at least 200"},
		{"a ratio of zero", with(good, last, stress.Observation{SRI: 40, FXVol: 8}), horizon, "Seen[199].Ratio 0: must be finite and > 0"},
		{"an infinite ratio", with(good, 0, stress.Observation{Ratio: math.Inf(1), FXVol: 8}), horizon, "Seen[0].Ratio +Inf: must be finite and > 0"},
		{"a ratio that is no number", with(good, 0, stress.Observation{Ratio: math.NaN(), FXVol: 8}), horizon, "Seen[0].Ratio NaN: must be finite and > 0"},
		{"a risk level above the scale", with(good, 7, stress.Observation{Ratio: 1, SRI: 101, FXVol: 8}), horizon, "Seen[7].SRI 101: must be in [0, 100]"},
		{"a risk level below the scale", with(good, 7, stress.Observation{Ratio: 1, SRI: -1, FXVol: 8}), horizon, "Seen[7].SRI -1: must be in [0, 100]"},
		{"a volatility of zero", with(good, 7, stress.Observation{Ratio: 1}), horizon, "Seen[7].FXVol 0: must be finite and > 0"},
		{"an endless flow", with(good, 7, stress.Observation{Ratio: 1, FXVol: 8, Flow: math.Inf(-1)}), horizon, "Seen[7].Flow -Inf: must be finite"},
		{"another horizon", good, 24 * time.Hour, "horizon 24h0m0s every 1h0m0s: must be 12h0m0s every 1h0m0s, what the model was fitted on"},
		{"another interval", stress.History{Floor: 1, Every: time.Minute, Seen: good.Seen}, horizon, "horizon 12h0m0s every 1m0s: must be 12h0m0s every 1h0m0s, what the model was fitted on"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := m.Predict(row.history, row.horizon)
			require.ErrorIs(t, err, stress.ErrInvalid)
			require.EqualError(t, err, "stress: invalid: "+row.want)
			require.Empty(t, got)
		})
	}
	_, err := m.Predict(with(good, 0, fine), horizon)
	require.NoError(t, err)
	_, err = stress.Model{}.Predict(good, horizon)
	require.ErrorIs(t, err, stress.ErrInvalid, "the zero model predicts nothing")
}

func TestPredict(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	for name, cfg := range methods {
		t.Run(name, func(t *testing.T) {
			m := fit(t, cfg, s)
			predict := func(h stress.History) stress.Forecast {
				f, err := m.Predict(h, horizon)
				require.NoError(t, err)
				return f
			}
			safe, near := predict(steady(1.4)), predict(steady(1.003))
			require.Less(t, safe.P, 0.02, "far from the floor")
			require.Greater(t, near.P, 5*safe.P, "next to it")
			require.Less(t, near.TimeToBreach.P50, safe.TimeToBreach.P50, "what is likely comes early")
			require.Less(t, safe.N+safe.CalibratedOn, s.Len(), "a horizon lies between what taught and what calibrated")
			require.InDelta(t, stress.FitShare, float64(safe.N)/float64(s.Len()), 0.03)

			at := predict(with(steady(1), stress.Memory-1, stress.Observation{Ratio: 1, SRI: 40, FXVol: 8}))
			require.Less(t, at.P, 1.0, "at the floor is no breach")
			below := predict(with(steady(1.2), stress.Memory-1, stress.Observation{Ratio: 0.99, SRI: 40, FXVol: 8}))
			require.Equal(t, stress.Forecast{P: 1, N: safe.N, CalibratedOn: safe.CalibratedOn}, below, "a breach is certain once it is there")
		})
	}
}

func TestOlderObservationsChangeNothing(t *testing.T) {
	m := fit(t, stress.Config{}, newSample(t, drawPanel(1, 6, 2000)))
	long := drawPanel(2, 1, stress.Memory+50)[0]
	short := long
	short.Seen = long.Seen[50:]
	want, err := m.Predict(short, horizon)
	require.NoError(t, err)
	for _, old := range []stress.Observation{{Ratio: 9, SRI: 100, FXVol: 1e6, Flow: -5}, {Ratio: math.NaN()}} {
		got, err := m.Predict(with(long, 49, old), horizon)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := m.Predict(with(long, 50, stress.Observation{Ratio: 9, FXVol: 8}), horizon)
	require.NoError(t, err)
	require.NotEqual(t, want, got, "the oldest that is read counts")
}

func TestEachSignalDrivesTheForecastItsOwnWay(t *testing.T) {
	m := fit(t, stress.Config{}, newSample(t, drawPanel(1, 10, 3000)))
	calm, err := m.Predict(steady(1.1), horizon)
	require.NoError(t, err)
	for name, worse := range map[string]func(*stress.Observation){
		stress.SRI:   func(o *stress.Observation) { o.SRI = 60 },
		stress.FXVol: func(o *stress.Observation) { o.FXVol = 11 },
		stress.Flow:  func(o *stress.Observation) { o.Flow = -0.003 },
	} {
		h := steady(1.1)
		for i := range h.Seen {
			worse(&h.Seen[i])
		}
		got, err := m.Predict(h, horizon)
		require.NoError(t, err)
		require.Greater(t, got.P, calm.P, name)
		for _, d := range got.Drivers {
			was := driver(calm, d.Name)
			if d.Name == name {
				require.Greater(t, d.Contribution, was, name)
			} else {
				require.InDelta(t, was, d.Contribution, 0, "only %s moved, not %s", name, d.Name)
			}
		}
	}
}

// A shock that nobody has seen is a shock, and no reason to lose all measure.
func TestASignalBeyondAllThatWasSeenCountsAsTheWorstOfIt(t *testing.T) {
	m := fit(t, stress.Config{}, newSample(t, drawPanel(1, 10, 3000)))
	at := func(fxVol float64) float64 {
		h := steady(1.1)
		for i := range h.Seen {
			h.Seen[i].FXVol = fxVol
		}
		f, err := m.Predict(h, horizon)
		require.NoError(t, err)
		return f.P
	}
	require.Greater(t, at(20), at(8))
	require.InDelta(t, at(20), at(1e9), 0)
	require.Less(t, at(1e9), 0.5)
}

func driver(f stress.Forecast, name string) float64 {
	for _, d := range f.Drivers {
		if d.Name == name {
			return d.Contribution
		}
	}
	return math.NaN()
}

func TestAFallThatWasSeenElsewhereIsNeverRuledOut(t *testing.T) {
	m := fit(t, stress.Config{Method: stress.Passage, Calibration: stress.Uncalibrated}, newSample(t, drawPanel(1, 6, 2000)))
	still := steady(1.06) // a ripple of a thousandth: a diffusion would need 17 deviations
	f, err := m.Predict(still, horizon)
	require.NoError(t, err)
	require.Greater(t, f.P, 0.005, "one fall in 250 hours, a third of them this large")
	require.Less(t, f.P, 0.05)
	require.Equal(t, stress.Jumps, f.Drivers[1].Name, "what speaks against is stronger than what speaks for")
	require.Positive(t, f.Drivers[1].Contribution)
	require.Zero(t, f.CalibratedOn)
}

func TestNoFiniteNumberIsTooMuch(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	worst := []stress.Observation{
		{Ratio: math.MaxFloat64, SRI: 100, FXVol: math.MaxFloat64, Flow: math.MaxFloat64},
		{Ratio: math.SmallestNonzeroFloat64, FXVol: math.SmallestNonzeroFloat64, Flow: -math.MaxFloat64},
	}
	for name, cfg := range methods {
		m := fit(t, cfg, s)
		for _, floor := range []float64{math.SmallestNonzeroFloat64, 1, math.MaxFloat64} {
			for _, last := range worst {
				h := steady(1.2)
				for i := range h.Seen {
					h.Seen[i] = worst[i%2]
				}
				h = with(h, stress.Memory-1, last)
				h.Floor = floor
				f, err := m.Predict(h, horizon)
				require.NoError(t, err)
				require.True(t, f.P >= 0 && f.P <= 1, "%s: floor %v, last %v: %v", name, floor, last.Ratio, f.P)
				require.True(t, f.TimeToBreach.P50 >= 0 && f.TimeToBreach.P90 <= horizon)
			}
		}
	}
}

func TestAFeedThatStandsStillIsNoProofOfSafety(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	still := steady(1.0002)
	for i := range still.Seen {
		still.Seen[i].Ratio = 1.0002
	}
	f, err := fit(t, stress.Config{Method: stress.Passage, Calibration: stress.Uncalibrated}, s).Predict(still, horizon)
	require.NoError(t, err)
	require.Greater(t, f.P, stress.FirstPassage(math.Log(1.0002), 0, 1e-4, 12)-1e-9, "as if it moved by a hundredth of a per cent")
	for name, cfg := range methods {
		f, err := fit(t, cfg, s).Predict(still, horizon)
		require.NoError(t, err)
		require.Greater(t, f.P, 0.0, name)
		require.Less(t, f.P, 1.0, name)
	}
	require.Equal(t, []string{stress.Distance, stress.Jumps, stress.Volatility}, names(f), "ties go by name")
}

func names(f stress.Forecast) (names []string) {
	for _, d := range f.Drivers {
		names = append(names, d.Name)
	}
	return names
}

func TestForecastsAreLawful(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	for name, cfg := range methods {
		m := fit(t, cfg, s)
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			h := drawPanel(rapid.Uint64Range(1, 50).Draw(t, "seed"), 1, stress.Memory)[0]
			near, err := m.Predict(h, horizon)
			require.NoError(t, err)
			require.GreaterOrEqual(t, near.P, 0.0)
			require.LessOrEqual(t, near.P, 1.0)
			require.LessOrEqual(t, near.TimeToBreach.P50, near.TimeToBreach.P90)
			require.LessOrEqual(t, near.TimeToBreach.P90, horizon)
			sum := 0.0
			for i, d := range near.Drivers {
				sum += d.Contribution
				if i > 0 {
					require.GreaterOrEqual(t, math.Abs(near.Drivers[i-1].Contribution), math.Abs(d.Contribution), "the strongest first")
				}
			}
			if near.P < 1 {
				require.InDelta(t, near.P, calibrated(t, m, sum), 1e-12, "drivers are all there is")
			}

			h.Floor /= rapid.SampledFrom([]float64{1, 1.001, 1.02, 1.3, 5}).Draw(t, "further away")
			far, err := m.Predict(h, horizon)
			require.NoError(t, err)
			require.LessOrEqual(t, far.P, near.P, "more distance is never more risk")
		}))
	}
}

// calibrated is what a model makes of its drivers' sum, from what it stores.
func calibrated(t require.TestingT, m stress.Model, sum float64) float64 {
	stored, err := json.Marshal(m)
	require.NoError(t, err)
	var parts struct {
		Logit       struct{ Intercept float64 }
		Calibration stress.Calibration
	}
	require.NoError(t, json.Unmarshal(stored, &parts))
	return parts.Calibration.P(parts.Logit.Intercept + sum)
}

func TestAModelGoesThroughJSONUnchanged(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	hashes := map[[32]byte]string{}
	for name, cfg := range methods {
		m := fit(t, cfg, s)
		stored, err := json.Marshal(m)
		require.NoError(t, err)
		var loaded stress.Model
		require.NoError(t, json.Unmarshal(stored, &loaded))
		again, err := json.Marshal(loaded)
		require.NoError(t, err)
		require.Equal(t, string(stored), string(again))

		engine, hash := m.Identity()
		_, loadedHash := loaded.Identity()
		require.Equal(t, "stress@1", engine)
		require.Equal(t, hash, loadedHash)
		require.NotContains(t, hashes, hash, name)
		hashes[hash] = name

		want, err := m.Predict(steady(1.05), horizon)
		require.NoError(t, err)
		got, err := loaded.Predict(steady(1.05), horizon)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAStoredModelThatCannotHaveBeenFittedIsRefused(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	stored := map[string]string{}
	for name, cfg := range methods {
		bytes, err := json.Marshal(fit(t, cfg, s))
		require.NoError(t, err)
		stored[name] = string(bytes)
	}
	rows := []struct{ name, of, old, new, want string }{
		{"no JSON", "logistic", "{", "", "model: "},
		{"another method", "logistic", `"method":"logistic"`, `"method":"oracle"`, `Method "oracle": must be one whose fit is stored`},
		{"a method whose fit is missing", "logistic", `"method":"logistic"`, `"method":"first_passage"`, `Method "first_passage": must be one whose fit is stored`},
		{"no interval", "logistic", `"every_ns":3600000000000`, `"every_ns":0`, "Every 0s: must be > 0"},
		{"a horizon that is no multiple", "logistic", `"horizon_ns":43200000000000`, `"horizon_ns":43200000000001`, "horizon 12h0m0.000000001s: must be"},
		{"terms in another order", "logistic", `"name":"distance"`, `"name":"sri"`, "logit term 0: "},
		{"a calibration that falls", "logistic", `"slope":`, `"slope":-`, "Calibration.Slope -"},
		{"a falling point", "residual", `"points":[`, `"points":[{"score":0,"p":1.5},`, "Calibration.Points[0]: P 1.5 at 0: must be in [0, 1] and not fall"},
		{"residuals of nothing", "residual", `"residuals":{"n":`, `"residuals":{"n":-`, "residuals: -"},
		{"knots that fall", "residual", `"knots":[`, `"knots":[{"at":9,"share":1},`, "residuals: knot 1: "},
		{"a negative rate", "first passage", `"rate":`, `"rate":-`, "falls {"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			require.Contains(t, stored[row.of], row.old)
			m := fit(t, stress.Config{}, s)
			_, before := m.Identity()
			err := m.UnmarshalJSON([]byte(strings.Replace(stored[row.of], row.old, row.new, 1)))
			require.ErrorIs(t, err, stress.ErrInvalid)
			require.ErrorContains(t, err, "stress: invalid: "+row.want)
			_, after := m.Identity()
			require.Equal(t, before, after, "the model stays as it was")
		})
	}
}

// The same data give the same bytes wherever they are fitted.
func TestTheGoldenModels(t *testing.T) {
	s := newSample(t, drawPanel(1, 6, 2000))
	for name, cfg := range methods {
		got, err := json.MarshalIndent(fit(t, cfg, s), "", "  ")
		require.NoError(t, err)
		file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".json")
		if *update {
			require.NoError(t, os.WriteFile(file, append(got, '\n'), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecimalsBecomeFloatsInOnePlace(t *testing.T) {
	d := decimal.RequireFromString
	require.Equal(t, stress.Observation{Ratio: 1.25, SRI: 40, FXVol: 8.5, Flow: -0.002},
		stress.Observed(d("1.25"), d("40"), d("8.5"), d("-0.002")))
}
