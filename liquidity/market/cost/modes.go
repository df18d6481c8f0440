package cost

import "math"

// maxSweeps is far more than is ever needed: a sweep squares what is left off the
// diagonal.
const maxSweeps = 64

// modes returns the eigenvalues of a symmetric matrix and, as columns, their
// eigenvectors, by Jacobi's rotations (Golub and Van Loan, "Matrix Computations",
// §8.5): each zeroes one pair off the diagonal, until nothing is left of them.
func modes(symmetric [][]float64) (values []float64, vectors [][]float64) {
	n := len(symmetric)
	a, v := square(n), square(n)
	for i := range n {
		copy(a[i], symmetric[i])
		v[i][i] = 1
	}
	for range maxSweeps {
		rotated := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				if math.Abs(a[p][q]) > 1e-17*math.Sqrt(math.Abs(a[p][p]*a[q][q])) {
					rotate(a, v, p, q)
					rotated = true
				}
			}
		}
		if !rotated {
			break
		}
	}
	values = make([]float64, n)
	for i := range n {
		values[i] = a[i][i]
	}
	return values, v
}

// rotate zeroes a[p][q] by a turn in the plane of p and q, the smaller of the two
// that do, and turns v along.
func rotate(a, v [][]float64, p, q int) {
	theta := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := math.Copysign(1, theta) / (math.Abs(theta) + math.Hypot(theta, 1))
	c := 1 / math.Hypot(t, 1)
	s := t * c
	for k := range a {
		a[k][p], a[k][q] = c*a[k][p]-s*a[k][q], s*a[k][p]+c*a[k][q]
	}
	for k := range a {
		a[p][k], a[q][k] = c*a[p][k]-s*a[q][k], s*a[p][k]+c*a[q][k]
		v[k][p], v[k][q] = c*v[k][p]-s*v[k][q], s*v[k][p]+c*v[k][q]
	}
	a[p][q], a[q][p] = 0, 0
}

func square(n int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, n)
	}
	return rows
}
