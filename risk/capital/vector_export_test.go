//go:build goexperiment.simd && amd64

package capital //nolint:testpackage // export_test.go of builds with vectors

// StripInside returns the first place of strip i that is not inside for certain.
func StripInside(i int) int64 { return ziggurat[i].inside }

// Inside returns what a strip says of a draw.
func Inside(u uint64) (normal float64, certain bool) { return inside(u) }

// InsideLanes is Inside of four draws.
func InsideLanes(drawn [4]uint64) (normal [4]float64, certain [4]bool) {
	z := make([][lanes]float64, 1)
	open := newNormalLanes(newNoise(1)).shape(z, [][lanes]uint64{drawn})
	for lane := range certain {
		certain[lane] = len(open) == 0 || open[0].lanes>>lane&1 == 0
	}
	return z[0], certain
}
