package pmm_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// question is a pool and a sale that it accepts.
type question struct {
	pool pmm.Pool
	side pmm.Side
	pay  uint256.Int
}

// questions are the sales and queries of the golden set that do not revert,
// asked of a pool with fees. Their states are in random order, as those of a
// simulation's pools are.
func questions(tb testing.TB, keep func(pmm.RState) bool) []question {
	tb.Helper()
	var out []question
	for _, c := range loadCurve(tb) {
		if c.Kind != "sell" && c.Kind != "query" {
			continue
		}
		q := question{side: c.side(), pay: c.Pay, pool: pmm.Pool{
			Kind: pmm.DSP, Curve: c.curve(), LPFeeRate: *uint256.NewInt(3e15), MTFeeRate: *uint256.NewInt(1e15),
		}}
		if _, err := q.pool.Quote(q.side, q.pay); err == nil && keep(q.pool.Curve.R) {
			out = append(out, q)
		}
	}
	require.NotEmpty(tb, out)
	return out
}

func only(r pmm.RState) func(pmm.RState) bool { return func(s pmm.RState) bool { return s == r } }

func BenchmarkQuote(b *testing.B) {
	for _, states := range []struct {
		name string
		keep func(pmm.RState) bool
	}{
		{"mixed", func(pmm.RState) bool { return true }},
		{"one", only(pmm.One)},
		{"above", only(pmm.AboveOne)},
		{"below", only(pmm.BelowOne)},
	} {
		b.Run(states.name, func(b *testing.B) {
			all := questions(b, states.keep)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q := &all[i%len(all)]
				if _, err := q.pool.Quote(q.side, q.pay); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSwap(b *testing.B) {
	pool := balanced(b)
	pool.TWAP.Open = true
	pay := *uint256.NewInt(1e18)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var err error
		pool.Time++
		side := pmm.SellBase
		if i%2 == 0 {
			side = pmm.SellQuote
		}
		if pool, _, err = pool.Swap(side, pay); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAmountToPrice(b *testing.B) {
	pool := balanced(b)
	target := *uint256.NewInt(1_000_300_000_000_000_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := pool.AmountToPrice(target); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReplay runs the whole life of a DSP: queries, trades, shares, loans.
func BenchmarkReplay(b *testing.B) {
	l := loadLife(b, "pmm/dsp_sequence.json")
	b.ReportAllocs()
	for b.Loop() {
		r := newReplay(b, &l)
		for i := range l.Steps {
			_, _, _ = r.do(&l.Steps[i])
		}
	}
}

// balanced is a DSP of a million tokens a side at par, K = 0.01.
func balanced(tb testing.TB) pmm.Pool {
	tb.Helper()
	million := wei("1000000000000000000000000")
	pool, err := pmm.New(pmm.Params{
		Kind: pmm.DSP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e16),
		LPFeeRate: *uint256.NewInt(3e14), MTFeeRate: *uint256.NewInt(1e14), LockedShares: 1001,
		Base: million, Quote: million,
	})
	require.NoError(tb, err)
	return pool
}
