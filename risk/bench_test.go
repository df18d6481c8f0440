package risk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

func BenchmarkStep(b *testing.B) {
	e, in := engineOf(b, config()), inputs()
	seen := risk.Observation{At: now, ISIN: isin, Inputs: &in}
	b.ReportAllocs()
	for b.Loop() {
		_, _, err := e.Step(risk.State{}, seen)
		require.NoError(b, err)
	}
}

func BenchmarkView(b *testing.B) {
	t := translated(b, engineOf(b, config()), inputs())
	b.ReportAllocs()
	for b.Loop() {
		_, err := risk.View(t, risk.RiskManager, risk.Audit)
		require.NoError(b, err)
	}
}

// BenchmarkLeave leaves a hundred instruments of which each takes the whole horizon.
func BenchmarkLeave(b *testing.B) {
	e := engineOf(b, config())
	l := risk.Leaving{Days: risk.MaxLeavingDays}
	for i := range risk.MaxHoldings {
		l.Holdings = append(l.Holdings, holding(named(market.ISIN(fmt.Sprintf("INE%08d0", i)), nil), "900000000000"))
	}
	for b.Loop() {
		_, err := e.Leave(l)
		require.NoError(b, err)
	}
}
