package measure

import (
	"fmt"
	"math"
)

// Standing is where a value stands among those of its peers.
type Standing struct {
	Percentile float64 `json:"percentile"` // 0 to 100; 0 unless OK
	N          int     `json:"n"`          // peers
	Ties       int     `json:"ties"`       // of them equal to the value
	Reason     Reason  `json:"reason"`     // Measured, or TooFew without peers
}

// OK reports whether there were peers to compare with.
func (s Standing) OK() bool { return s.Reason == Measured }

// Rank returns the percentile of x among peers: the part of them that is lower,
// ties counting half, so that a segment's ranks average 50 whatever its ties. x
// is a peer only if it is in peers. For a measure of cost 0 is the most liquid.
// What is not finite wraps [ErrInvalid]; with few peers a percentile is coarse, so
// show N beside it.
func Rank(x float64, peers []float64) (Standing, error) {
	if !finite(x) {
		return Standing{}, fmt.Errorf("%w: x %v: must be finite", ErrInvalid, x)
	}
	s, lower := Standing{N: len(peers), Reason: TooFew}, 0
	for i, p := range peers {
		switch {
		case !finite(p):
			return Standing{}, fmt.Errorf("%w: peers[%d] %v: must be finite", ErrInvalid, i, p)
		case p < x:
			lower++
		case p == x:
			s.Ties++
		}
	}
	if s.N > 0 {
		s.Percentile = 100 * (float64(lower) + float64(s.Ties)/2) / float64(s.N)
		s.Reason = Measured
	}
	return s, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
