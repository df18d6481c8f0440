package stress

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// The end of a search: all steps of standardised weights below tolerance. Newton
// doubles the digits each time, so what is left is far smaller.
const (
	tolerance     = 1e-8
	maxIterations = 100
)

// regress returns the weights that maximise
//
//	sum of ln P(breached_i | rows_i w)  -  sum of penalty_j (w_j - center_j)²/2
//
// by Newton's method; a step that overshoots is halved. Everything is summed in
// the order given, so equal input gives equal bits.
func regress(rows [][]float64, breached []bool, center, penalty []float64) ([]float64, error) {
	weights, step := slices.Clone(center), make([]float64, len(center))
	best := math.Inf(-1)
	for range maxIterations {
		h := newHill(rows, breached, weights, center, penalty)
		if h.height < best {
			for j := range step {
				step[j] /= 2
				weights[j] -= step[j]
			}
		} else {
			best = h.height
			step = h.solve()
			for j := range step {
				weights[j] += step[j]
			}
		}
		if slices.Max(step) < tolerance && slices.Min(step) > -tolerance {
			return weights, nil
		}
	}
	return nil, fmt.Errorf("%w: %d examples: no fit after %d iterations", ErrInvalid, len(rows), maxIterations)
}

// hill is the objective at one point, with its slope and curvature.
type hill struct {
	height    float64
	slope     []float64
	curvature [][]float64 // negated, so positive definite; the lower triangle
}

func newHill(rows [][]float64, breached []bool, weights, center, penalty []float64) hill {
	n := len(weights)
	h := hill{slope: make([]float64, n), curvature: make([][]float64, n)}
	for j := range h.curvature {
		h.curvature[j] = make([]float64, j+1)
	}
	for i, row := range rows {
		score := 0.0
		for j, x := range row {
			score += weights[j] * x
		}
		p, residual := logistic(score), 0.0
		if breached[i] {
			residual = 1 - p
			h.height -= softplus(-score)
		} else {
			residual = -p
			h.height -= softplus(score)
		}
		spread := p * (1 - p)
		for j, x := range row {
			h.slope[j] += residual * x
			for k := range j + 1 {
				h.curvature[j][k] += spread * x * row[k]
			}
		}
	}
	for j := range n {
		off := weights[j] - center[j]
		h.height -= penalty[j] * off * off / 2
		h.slope[j] -= penalty[j] * off
		h.curvature[j][j] += penalty[j]
	}
	return h
}

// solve returns Newton's step, by Cholesky's decomposition of the curvature.
func (h hill) solve() []float64 {
	l, step := h.curvature, slices.Clone(h.slope)
	for j := range l {
		for k := range j + 1 {
			for m := range k {
				l[j][k] -= l[j][m] * l[k][m]
			}
			if k < j {
				l[j][k] /= l[k][k]
			}
		}
		l[j][j] = math.Sqrt(max(l[j][j], math.SmallestNonzeroFloat64))
	}
	for j := range l {
		for k := range j {
			step[j] -= l[j][k] * step[k]
		}
		step[j] /= l[j][j]
	}
	for j := len(l) - 1; j >= 0; j-- {
		for k := j + 1; k < len(l); k++ {
			step[j] -= l[k][j] * step[k]
		}
		step[j] /= l[j][j]
	}
	return step
}

// logistic is the probability of log-odds, logOdds its inverse, kept finite.
func logistic(score float64) float64 { return 1 / (1 + math.Exp(-score)) }

func logOdds(p float64) float64 {
	const least = 1e-9
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

// softplus is ln(1 + exp(x)) without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// rounded keeps nine significant digits, which hides the last bits in which
// processors differ: some fuse a product and a sum.
func rounded(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 9, 64), 64)
	if err != nil {
		return x // it is infinite
	}
	return y
}
