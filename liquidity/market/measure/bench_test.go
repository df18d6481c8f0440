package measure_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// BenchmarkMeasure computes each measure of 1,000 minutes.
func BenchmarkMeasure(b *testing.B) {
	bars := table(b, usdcMinutes, "2023-03-13")[:1000]
	b.Run("Observe", func(b *testing.B) {
		for b.Loop() {
			if _, err := measure.Observe(bars); err != nil {
				b.Fatal(err)
			}
		}
	})
	s := observe(b, bars)
	for _, m := range methods {
		b.Run(m.name, func(b *testing.B) {
			for b.Loop() {
				m.of(s)
			}
		})
	}
}
