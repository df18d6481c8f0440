package cost_test

import (
	"math"
	"testing"

	"github.com/evenkeelhq/evenkeel/liquidity/market/cost"
)

func BenchmarkCost(b *testing.B) {
	for name, m := range models() {
		b.Run(name, func(b *testing.B) {
			size := d("1000")
			for b.Loop() {
				if _, err := m.Cost(size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPortfolio exits 100 correlated holdings over 100 intervals.
func BenchmarkPortfolio(b *testing.B) {
	m := exitOver(5, 1e-4)
	m.Intervals = 100
	p := cost.Portfolio{Pace: m.Pace}
	for i := range cost.MaxHoldings {
		h := cost.Holding{Position: d("1000"), Impact: m.Impact}
		h.Volatility *= 1 + float64(i%7)
		p.Holdings = append(p.Holdings, h)
		row := make([]float64, cost.MaxHoldings)
		for k := range row {
			row[k] = math.Pow(0.9, math.Abs(float64(i-k)))
		}
		p.Correlation = append(p.Correlation, row)
	}
	for b.Loop() {
		if _, err := p.Exit(); err != nil {
			b.Fatal(err)
		}
	}
}
