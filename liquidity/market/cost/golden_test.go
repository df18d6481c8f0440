package cost_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity/market/cost"
)

// The paper's example: a million shares at 50, in five days.
type paper struct {
	Params struct{ X, T, Sigma, Epsilon, Gamma, Eta float64 }
	By     map[string]struct {
		Kappa    float64
		HalfLife *float64 `json:"half_life_days"`
		Holdings []float64
		E, SD    float64
	} `json:"by_lambda"`
}

func TestGoldenSchedules(t *testing.T) {
	const name, tolerance = "market/measures.json", 1e-9
	raw, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file struct {
		Paper paper `json:"almgren_chriss"`
	}
	require.NoError(t, json.Unmarshal(raw, &file))
	in := file.Paper.Params

	passed, failed := 0, 0
	same := func(what string, want, got float64) {
		if math.Abs(got-want) > tolerance*math.Abs(want) {
			failed++
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
		passed++
	}
	for lambda, want := range file.Paper.By {
		aversion, err := strconv.ParseFloat(lambda, 64)
		require.NoError(t, err)
		m := cost.AlmgrenChriss{
			Impact: cost.Impact{
				Price: d("50"), HalfSpread: decimal.NewFromFloat(in.Epsilon),
				Volatility: in.Sigma, Permanent: in.Gamma, Temporary: in.Eta,
			},
			Pace: cost.Pace{Days: in.T, Intervals: len(want.Holdings) - 1, RiskAversion: aversion, Decimals: 8},
		}
		kappa, err := m.Urgency()
		require.NoError(t, err)
		same(lambda+" kappa", want.Kappa, kappa)
		if want.HalfLife != nil {
			same(lambda+" half-life", *want.HalfLife, 1/kappa)
		}
		exit, err := m.Exit(decimal.NewFromFloat(in.X))
		require.NoError(t, err)
		for j, held := range want.Holdings {
			same(lambda+" holdings", held, exit.Legs[0].Held[j].InexactFloat64())
		}
		same(lambda+" E", want.E, exit.Cost.InexactFloat64())
		same(lambda+" sd", want.SD, exit.StdDev.InexactFloat64())
		c, err := m.Cost(decimal.NewFromFloat(in.X))
		require.NoError(t, err)
		same(lambda+" cost", want.E, c.Amount.InexactFloat64())
		same(lambda+" cost's sd", want.SD, c.StdDev.InexactFloat64())
	}
	vectors.Report(t, name, passed, failed)
}

// A spread of 1/8, 5 million shares a day and 1.9% of daily volatility make the
// paper's parameters.
func TestTypicalImpactIsThePapers(t *testing.T) {
	i, err := cost.TypicalImpact(d("50"), d("0.125"), d("5000000"), 190)
	require.NoError(t, err)
	require.True(t, i.HalfSpread.Equal(d("0.0625")))
	require.InEpsilon(t, 0.95, i.Volatility, 1e-12)
	require.InEpsilon(t, 2.5e-7, i.Permanent, 1e-12)
	require.InEpsilon(t, 2.5e-6, i.Temporary, 1e-12)
}
