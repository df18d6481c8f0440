package parity_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// BenchmarkStep is a step with a spread to judge and forty transfers on their
// way.
func BenchmarkStep(b *testing.B) {
	l := newLife(b, func(c *parity.Config) { c.MinTransfer, c.MaxTransfer = dec("50"), dec("50") })
	l.lopsided()
	for len(l.state.Transfers) < 40 {
		l.step()
	}
	b.ReportAllocs()
	for b.Loop() {
		l.step(apart("3"))
	}
}
