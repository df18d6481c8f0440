package capital_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm/mesh"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// stressed returns a scenario's parameters, at another leverage unless it is 0.
func stressed(tb testing.TB, profile capital.Profile, scenario string, leverage float64) capital.Params {
	tb.Helper()
	base, err := profile.Params()
	require.NoError(tb, err)
	s, err := capital.FindScenario(scenario)
	require.NoError(tb, err)
	p := s.Apply(base)
	if leverage != 0 {
		p.Stance.Leverage = leverage
	}
	return p
}

func scored(tb testing.TB, p capital.Params, paths int64) capital.Scorecard {
	tb.Helper()
	part, err := capital.Run(tb.Context(), capital.Job{Params: p, Seed: 1, Paths: paths}, capital.Options{})
	require.NoError(tb, err)
	s, err := part.Scorecard()
	require.NoError(tb, err)
	return s
}

const (
	base    = "chain138_deployed_capital_efficiency"
	crash   = "crash_40pct_external_asset"
	highVol = "high_vol_sigma_spike"
	bankRun = "bank_run_redemption_spike"
	sweep   = "leverage_sweep_1x_to_4x"
)

// An independent implementation of the same model with another generator gave
// these figures for 20,000 paths of 365 days; both have that noise. Those of the
// seed document are its own, of formulas that it does not publish.
func TestSeedProfileAgainstTheReference(t *testing.T) {
	unknown := math.NaN()
	for _, row := range []struct {
		story                            string
		scenario                         string
		leverage                         float64
		roi, p05, p95                    float64
		drawdown, liquidation, frequency float64
		seedROI, seedDrawdown, roiWithin float64
	}{
		{"the deployed graph survives", base, 0, 0.0545, 0.0544, 0.0547, 0, 0, 0, 0.0542, 0, 0.01},
		{"a crash costs the conservative leverage little", crash, 0, 0.0659, 0.0645, 0.0667, 0.0009, 0, 0.0011, 0.0577, 0, 0.01},
		{"high volatility throttles", highVol, 0, 0.0497, 0.0445, 0.0547, 0.0001, 0, 0.0075, 0.0409, 0.0002, 0.01},
		{"a bank run stays below the gate of 25 %", bankRun, 0, -0.1597, -0.1709, -0.1492, 0.2197, 0, 0.0012, -0.1762, 0.2186, 0.02},
		{"the top deployable leverage, unstressed", sweep, 0, 0.0682, unknown, unknown, 0, 0, unknown, 0.0679, 0, 0.01},
		{"a crash at 1.75x liquidates a third", crash, 1.75, 0.0354, unknown, unknown, 0.045, 0.294, unknown, unknown, unknown, 0},
		{"a crash at 2x liquidates nearly all", crash, 2, -0.0389, unknown, unknown, 0.060, 0.973, unknown, unknown, unknown, 0},
		{"a crash at 2.5x liquidates all", crash, 2.5, -0.0697, unknown, unknown, 0.090, 1, unknown, unknown, unknown, 0},
		{"2x, unstressed", sweep, 2, 0.0816, unknown, unknown, 0, 0, unknown, unknown, unknown, 0},
		{"3x deleverages at once", sweep, 3, 0.0702, unknown, unknown, 0.025, 0, unknown, unknown, unknown, 0},
		{"4x is a coin's toss", sweep, 4, -0.0525, unknown, unknown, 0.180, 0.497, unknown, unknown, unknown, 0},
	} {
		t.Run(row.story, func(t *testing.T) {
			s := scored(t, stressed(t, capital.Seed, row.scenario, row.leverage), 20_000)
			for _, c := range []struct {
				what               string
				got, want, noise   float64
				reference, allowed float64 // of the seed document
			}{
				{"roi_mean", s.ROIMean, row.roi, s.ROIMeanError, row.seedROI, row.roiWithin},
				{"roi_p05", s.ROIP05, row.p05, s.ROIP05Error, unknown, 0},
				{"roi_p95", s.ROIP95, row.p95, s.ROIP95Error, unknown, 0},
				{"max_drawdown_p95", s.MaxDrawdownP95, row.drawdown, s.MaxDrawdownP95Error, row.seedDrawdown, 0.002},
				{"liquidation_probability", s.LiquidationProbability, row.liquidation, s.LiquidationProbabilityError, unknown, 0},
				{"peg_deviation_frequency", s.PegDeviationFrequency, row.frequency, s.PegDeviationFrequencyError, unknown, 0},
			} {
				if !math.IsNaN(c.want) {
					// Either side has a standard error, and the reference 4 decimals, or 3.
					require.InDelta(t, c.want, c.got, 3*c.noise+0.0002+rounding(c.want), c.what)
				}
				if !math.IsNaN(c.reference) {
					require.InDelta(t, c.reference, c.got, c.allowed, "%s of the seed document", c.what)
				}
			}
		})
	}
}

// rounding is what a figure of three decimals may hide beyond one of four.
func rounding(x float64) float64 {
	if thousandth := x * 1000; x != 0 && math.Abs(thousandth-math.Round(thousandth)) < 1e-9 {
		return 0.0005
	}
	return 0
}

// What a committee would ask of any model, in both profiles.
func TestTheOrderOfThings(t *testing.T) {
	for _, profile := range capital.Profiles() {
		t.Run(string(profile), func(t *testing.T) {
			score := func(scenario string, leverage float64) capital.Scorecard {
				return scored(t, stressed(t, profile, scenario, leverage), 10_000)
			}
			calm, levered, crashed := score(base, 1), score(sweep, 1.5), score(crash, 1.5)
			require.Less(t, crashed.ROIMean, levered.ROIMean, "a crash costs")
			require.Greater(t, levered.ROIMean, calm.ROIMean, "leverage earns while all is calm")
			run := score(bankRun, 1.5)
			require.Less(t, run.ROIMean, -0.1)
			require.Less(t, run.MaxDrawdownUpper, 0.25, "a bank run stays below the gate")
			double := score(crash, 2)
			require.Greater(t, double.LiquidationProbability, 0.9)
			require.Negative(t, double.ROIMean, "liquidation is not cheap")
			require.Less(t, score(crash, 2.5).ROIMean, double.ROIMean)

			if profile == capital.Institutional {
				require.Less(t, crashed.ROIMean, calm.ROIMean, "a crash costs more than leverage ever earned")
				for name, s := range map[string]capital.Scorecard{"calm": calm, "levered": levered, "crashed": crashed} {
					require.Zero(t, s.MaxDrawdownZero, name)
					require.Greater(t, s.MaxDrawdownP95, 0.01, name)
					require.Greater(t, s.PegDeviationFrequency, 0.001, name)
				}
				require.Greater(t, levered.MaxDrawdownP95, calm.MaxDrawdownP95, "leverage risks")
			}
		})
	}
}

// Pools that earn 0.45 bps of their value a day turn over the 3 % that the seed
// profile assumes.
func TestTheMeshSaysWhatIsTurnedOver(t *testing.T) {
	p := stressed(t, capital.Seed, base, 0)
	measured, err := p.Measured(mesh.Summary{Epochs: 8760, EpochMinutes: 60, MarketMakingIncome: 0.000045 / 24})
	require.NoError(t, err)
	require.InDelta(t, p.Income.Turnover, measured.Income.Turnover, 1e-15, "0.45 bps a day is half of 30 bps on 3 %")
	measured, err = p.Measured(mesh.Summary{Epochs: 1, EpochMinutes: 60, MarketMakingIncome: -1})
	require.NoError(t, err)
	require.Zero(t, measured.Income.Turnover)
	_, err = p.Measured(mesh.Summary{EpochMinutes: 60})
	require.EqualError(t, err, "capital: invalid: Summary.Epochs 0: must be >= 1")
	_, err = p.Measured(mesh.Summary{Epochs: 1, EpochMinutes: 1, MarketMakingIncome: math.Inf(1)})
	require.EqualError(t, err, "capital: invalid: Income.Turnover +Inf: must be in [0, 10]")
}
