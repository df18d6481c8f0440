package capital

import (
	"fmt"
	"math/rand/v2"
)

// MaxCandidates bounds a search.
const MaxCandidates = 100_000

// Axes are the values to try of each choice. An empty one keeps what the base
// stance has.
type Axes struct {
	Leverage   []float64 `json:"leverage,omitempty"`
	Allocation []float64 `json:"allocation,omitempty"`
	Spread     []float64 `json:"spread,omitempty"`
	SigmaCrit  []float64 `json:"sigmaCrit,omitempty"`
}

// Grid returns every combination, the last axis turning fastest. More than
// MaxCandidates are [ErrInvalid].
func (a Axes) Grid(base Stance) ([]Stance, error) {
	all := []Stance{base}
	for i, values := range [][]float64{a.Leverage, a.Allocation, a.Spread, a.SigmaCrit} {
		if len(values) == 0 {
			continue
		}
		if len(all) > MaxCandidates/len(values) {
			return nil, fmt.Errorf("%w: grid of more than %d candidates", ErrInvalid, MaxCandidates)
		}
		next := make([]Stance, 0, len(all)*len(values))
		for _, s := range all {
			for _, v := range values {
				*s.choices()[i] = v
				next = append(next, s)
			}
		}
		all = next
	}
	return all, nil
}

// LatinHypercube returns n stances between from and to, such that the n equal
// slices of each choice hold one each (McKay, Beckman and Conover, "A comparison
// of three methods for selecting values of input variables" (1979)). n lies in
// [1, MaxCandidates].
func LatinHypercube(from, to Stance, n int, rng *rand.Rand) ([]Stance, error) {
	if n < 1 || n > MaxCandidates {
		return nil, fmt.Errorf("%w: %d candidates: must be in [1, %d]", ErrInvalid, n, MaxCandidates)
	}
	all := make([]Stance, n)
	low, high := from.choices(), to.choices()
	for k := range low {
		for i, slice := range rng.Perm(n) {
			share := (float64(slice) + rng.Float64()) / float64(n)
			*all[i].choices()[k] = *low[k] + float64(share*(*high[k]-*low[k]))
		}
	}
	return all, nil
}

// choices are the numbers of a stance, in the order of Axes.
func (s *Stance) choices() [4]*float64 {
	return [4]*float64{&s.Leverage, &s.Allocation, &s.Spread, &s.SigmaCrit}
}
