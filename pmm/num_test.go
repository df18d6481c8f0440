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
			require.Equal(t, *want.Div(&x, &y), pmm.Over(x, y), "%s / %s", x.Dec(), y.Dec())
		}
	})
}

// Words drawn from a small set meet the rare branches of long division and of
// the root: a digit that is too large by one or two, a remainder that carries.
func TestTheArithmeticAgreesWithUint256OnAwkwardWords(t *testing.T) {
	words := []uint64{0, 1, 2, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<63 + 1, 1<<64 - 2, 1<<64 - 1}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) (z uint256.Int) {
			for i := range z {
				z[i] = rapid.SampledFrom(words).Draw(t, name)
			}
			return z
		}
		x, y := draw("x"), draw("y")
		y[3] = 0
		if rapid.Bool().Draw(t, "two words") {
			y[2] = 0
		}
		var want uint256.Int
		require.Equal(t, *want.Sqrt(&x), pmm.Root(x), "root of %s", x.Dec())
		want.Mul(&y, &y)
		require.Equal(t, *new(uint256.Int).Sqrt(&want), pmm.Root(want), "root of a square")
		if !y.IsZero() {
			require.Equal(t, *want.Div(&x, &y), pmm.Over(x, y), "%s / %s", x.Dec(), y.Dec())
		}
	})
}

func TestTheRootOfTwoIsTwo(t *testing.T) {
	for x, want := range map[uint64]uint64{0: 0, 1: 1, 2: 2, 3: 1, 4: 2, 8: 2, 9: 3} {
		require.Equal(t, *uint256.NewInt(want), pmm.Sqrt(*uint256.NewInt(x)), "x = %d", x)
	}
}
