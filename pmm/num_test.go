package pmm_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

func TestTheArithmeticAgreesWithUint256(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := edge(t, "x"), edge(t, "y")
		if rapid.Bool().Draw(t, "x a multiple of y, or one less") {
			x.Mul(&x, &y)
			if rapid.Bool().Draw(t, "one less") {
				x.SubUint64(&x, 1)
			}
		}
		var want uint256.Int
		_, wantOver := want.MulOverflow(&x, &y)
		got, over := pmm.Times(x, y)
		require.Equal(t, want, got, "%s * %s", x.Dec(), y.Dec())
		require.Equal(t, wantOver, over, "%s * %s", x.Dec(), y.Dec())

		_, wantOver = want.AddOverflow(&x, &y)
		got, over = pmm.Plus(x, y)
		require.Equal(t, want, got)
		require.Equal(t, wantOver, over)

		_, wantOver = want.SubOverflow(&x, &y)
		got, over = pmm.Minus(x, y)
		require.Equal(t, want, got)
		require.Equal(t, wantOver, over)

		n := rapid.UintRange(0, 255).Draw(t, "n")
		require.Equal(t, *want.Lsh(&x, n), pmm.Left(x, n))
		require.Equal(t, *want.Rsh(&x, n), pmm.Right(x, n))
		require.Equal(t, *want.Sqrt(&x), pmm.Root(x), "root of %s", x.Dec())
		if !y.IsZero() {
			require.Equal(t, *want.Div(&x, &y), pmm.Quo(x, y), "%s / %s", x.Dec(), y.Dec())
		}
	})
}

// These words meet the rare branches of long division, multiplication and the
// root: a digit that is too large by one or two, a remainder or a product that
// carries.
func TestTheArithmeticAgreesWithUint256OnAwkwardWords(t *testing.T) {
	words := []uint64{0, 1, 3, 0x5555555555555555, 1<<63 - 1, 1 << 63, 1<<64 - 2, 1<<64 - 1}
	var all []uint256.Int
	for _, w0 := range words {
		for _, w1 := range words {
			for _, w2 := range words {
				for _, w3 := range words {
					all = append(all, uint256.Int{w0, w1, w2, w3})
				}
			}
		}
	}
	for _, x := range all {
		var want uint256.Int
		if got := pmm.Root(x); got != *want.Sqrt(&x) {
			t.Fatalf("root of %s: %s", x.Dec(), got.Dec())
		}
		for _, y0 := range words {
			for _, y1 := range words {
				y := uint256.Int{y0, y1}
				_, wantOver := want.MulOverflow(&x, &y)
				if got, over := pmm.Times(x, y); got != want || over != wantOver {
					t.Fatalf("%s * %s: %s, %v", x.Dec(), y.Dec(), got.Dec(), over)
				}
				if y.IsZero() {
					continue
				}
				if got := pmm.Quo(x, y); got != *want.Div(&x, &y) {
					t.Fatalf("%s / %s: %s", x.Dec(), y.Dec(), got.Dec())
				}
			}
		}
	}
}

func TestTheRootOfTwoIsTwo(t *testing.T) {
	for x, want := range map[uint64]uint64{0: 0, 1: 1, 2: 2, 3: 1, 4: 2, 8: 2, 9: 3} {
		require.Equal(t, *uint256.NewInt(want), pmm.Sqrt(*uint256.NewInt(x)), "x = %d", x)
	}
}
