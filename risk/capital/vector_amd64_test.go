//go:build goexperiment.simd && amd64

package capital_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// Vectors convert a draw to a float by other means than the processor's own, and
// compare it as a float: at every edge the bits are the same, and nothing is
// called certain that is not.
func TestVectorsShapeDrawsAsScalarsDo(t *testing.T) {
	if capital.Lanes() == 1 {
		t.Skip("this processor has no AVX2")
	}
	const least, most = -1 << 52, 1<<52 - 1
	rng := rand.New(rand.NewPCG(1, 2))
	for strip := range 256 {
		edge := capital.StripInside(strip)
		places := []int64{least, least + 1, -1 << 21, -1, 0, 1, 1<<21 - 1, 1 << 21, 1 << 31, 1 << 42, most - 1, most, rng.Int64() >> 11, -rng.Int64() >> 11}
		for by := int64(-2); by <= 2; by++ {
			places = append(places, min(edge+by, most), max(-edge+by, least))
		}
		for i, place := range places {
			draw := func(k int) uint64 { return uint64(places[(i+k)%len(places)])<<11 | uint64(strip) }
			drawn := [4]uint64{uint64(place)<<11 | uint64(strip), draw(1) ^ 0x55, draw(2) ^ 0xff, draw(3) | 0x700}
			normals, certain := capital.InsideLanes(drawn)
			for lane, u := range drawn {
				want, sure := capital.Inside(u)
				require.Equal(t, math.Float64bits(want), math.Float64bits(normals[lane]), "draw %x in lane %d", u, lane)
				j := int64(u) >> 11
				atEdge := max(j, -j) == capital.StripInside(int(u&0xff))
				require.Equal(t, sure && !atEdge, certain[lane], "draw %x in lane %d: an edge may be left open, never more", u, lane)
			}
		}
	}
}
