//go:build !(goexperiment.simd && amd64)

package capital

// Lanes is how many paths a core lives at a time. Results do not depend on it.
func Lanes() int { return 1 }

// vector is the kernel of machines with vectors, of which this build knows none.
type vector struct{}

func newVector(*kernel) *vector { return nil }

func (*vector) run(uint64, [][]Outcome) int { return 0 }
