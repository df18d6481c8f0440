package risk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
