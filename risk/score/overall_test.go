package score_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

func TestWhatIsMissingWidensTheInterval(t *testing.T) {
	t.Parallel()
	factors := []score.Factor{
		{Name: "a", Weight: dec("0.5"), Score: stated(t, 40)},
		{Name: "b", Weight: dec("0.3"), Score: stated(t, 60)},
		{Name: "c", Weight: dec("0.2"), Score: score.Unknown("score")},
	}
	j, err := score.Join(factors, dec("0.8"))
	require.NoError(t, err)
	require.Equal(t, "47.5", j.Value.String(), "(20 + 18)/0.8")
	require.Equal(t, "33", j.Low.String(), "with 0 for c, less 5")
	require.Equal(t, "63", j.High.String(), "with 100 for c, and 5")
	require.Equal(t, score.Medium, j.Level)
	require.Equal(t, []string{"c"}, j.Missing)
	require.Equal(t, "0.8", j.Known.String())

	j, err = score.Join(factors, dec("0.81"))
	require.NoError(t, err)
	require.Equal(t, score.Insufficient, j.Level)
	require.True(t, j.Value.IsZero())
	require.Equal(t, "63", j.High.String(), "it is still known that far")

	j, err = score.Join([]score.Factor{{Name: "a", Weight: dec("1"), Score: score.Unknown("score")}}, decimal.Zero)
	require.NoError(t, err)
	require.Equal(t, score.Insufficient, j.Level, "of nothing there is no mean")
	require.Equal(t, "100", j.High.String())
}

func TestJoinRefusesWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	good := score.Factor{Name: "a", Weight: dec("1"), Score: stated(t, 1)}
	for want, factors := range map[string][]score.Factor{
		"score: invalid: Factors.Weight 0: must sum to 1":          nil,
		"score: invalid: Factors.Weight 2: must sum to 1":          {good, good},
		"score: invalid: Factors[0].Weight -1: must be 0 to 1":     {{Name: "a", Weight: dec("-1")}},
		`score: invalid: Factors[0].Name "": ` + valid.MustBeNamed: {{Weight: dec("1")}},
		"score: invalid: Factors[0].Score 101: must be 0 to 100":   {{Name: "a", Weight: dec("1"), Score: score.Score{Value: dec("101")}}},
	} {
		_, err := score.Join(factors, dec("0.5"))
		require.ErrorIs(t, err, score.ErrInvalid)
		require.EqualError(t, err, want)
	}
	_, err := score.Join([]score.Factor{good}, dec("1.1"))
	require.EqualError(t, err, "score: invalid: Known 1.1: must be 0 to 1")
}

// Whatever the missing scores turn out to be, the score with them lies within the
// interval.
func TestTheIntervalHoldsWhateverTurnsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		weights := rapid.SampledFrom([][]string{{"0.25", "0.25", "0.5"}, {"0.1", "0.9", "0"}, {"1", "0", "0"}}).Draw(rt, "weights")
		var partly, fully []score.Factor
		for i, w := range weights {
			s, err := score.Stated(decimal.New(rapid.Int64Range(0, 100).Draw(rt, "score"), 0))
			require.NoError(rt, err)
			f := score.Factor{Name: string(rune('a' + i)), Weight: dec(w), Score: s}
			fully = append(fully, f)
			if rapid.Bool().Draw(rt, "missing") {
				f.Score = score.Unknown("score")
			}
			partly = append(partly, f)
		}
		is, err := score.Join(partly, decimal.Zero)
		require.NoError(rt, err)
		all, err := score.Join(fully, dec("1"))
		require.NoError(rt, err)
		require.True(rt, is.Low.LessThanOrEqual(all.Value) && all.Value.LessThanOrEqual(is.High), "%s not in %s to %s", all.Value, is.Low, is.High)
		if is.Level != score.Insufficient {
			require.True(rt, is.Low.LessThanOrEqual(is.Value) && is.Value.LessThanOrEqual(is.High))
		}
	})
}

func TestStress(t *testing.T) {
	t.Parallel()
	p := score.Profile{Credit: stated(t, 80), Rate: stated(t, 60), Liquidity: stated(t, 60), Concentration: stated(t, 60), ESG: stated(t, 60), Operational: stated(t, 10)}
	s, err := score.Stressed(p, []score.Shock{
		{Name: "downgrade", Downgrade: dec("50")},
		{Name: "rates", RateShock: dec("20")},
		{Name: "crunch", LiquidityCrunch: dec("40")},
		{Name: "all", Downgrade: dec("20"), RateShock: dec("40"), LiquidityCrunch: dec("40")},
	}, dec("1"))
	require.NoError(t, err)
	require.Equal(t, "66", s.Before.Value.String())
	var after []string
	for _, j := range s.After {
		after = append(after, j.Value.String())
	}
	require.Equal(t, []string{"73", "71", "74", "91"}, after, "credit stops at 100")
	require.Equal(t, 4, s.Breaches)
	require.Equal(t, "91", s.Worst.Value.String())
	require.Equal(t, "80", p.Credit.Value.String(), "the profile stays as it was")

	calm, err := score.Stressed(p, []score.Shock{{Downgrade: dec("11.428571428571428571")}}, dec("1"))
	require.NoError(t, err)
	require.Zero(t, calm.Breaches, "70 itself is none")

	p.Liquidity = score.Unknown("spread_bps")
	s, err = score.Stressed(p, []score.Shock{{LiquidityCrunch: dec("100")}}, dec("0.5"))
	require.NoError(t, err)
	require.Equal(t, s.Before.Value.String(), s.After[0].Value.String(), "what is not known cannot get worse")
	require.Equal(t, s.Before.Value.String(), s.Worst.Value.String())

	_, err = score.Stressed(p, []score.Shock{{RateShock: dec("-1")}}, dec("0.5"))
	require.EqualError(t, err, "score: invalid: Shock.RateShock -1: must be 0 to 100")
}
