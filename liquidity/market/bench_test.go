package market_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func BenchmarkAssess(b *testing.B) {
	d, s := desk(b), snapshot()
	d.Record = record(b, outcomes(50, 50))
	sale := market.Sale{Size: dec("100000")}
	b.ReportAllocs()
	for b.Loop() {
		_, err := d.Assess(s, sale)
		require.NoError(b, err)
	}
}

func BenchmarkIndex(b *testing.B) {
	s := snapshot()
	for name, model := range map[string]market.IndexModel{"seed": market.SeedModel{}, "calibrated": calibrated(b)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := model.Index(s, dec("100000"))
				require.NoError(b, err)
			}
		})
	}
}
