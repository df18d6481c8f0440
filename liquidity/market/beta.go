package market

import "math"

// betaQuantile returns the x at which the distribution Beta(a, b) reaches q, with
// a, b > 0 and q in (0, 1), by bisection to 15 decimals, which has no start to
// go wrong from.
func betaQuantile(a, b, q float64) float64 {
	low, high := 0.0, 1.0
	for range 48 {
		mid := (low + high) / 2
		if betaCDF(a, b, mid) < q {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// betaCDF is the regularized incomplete beta function I_x(a, b), from its
// continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22),
// on whichever side of the mean it converges.
func betaCDF(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - betaCDF(b, a, 1-x)
	}
	whole, _ := math.Lgamma(a + b)
	left, _ := math.Lgamma(a)
	right, _ := math.Lgamma(b)
	front := math.Exp(whole-left-right+a*math.Log(x)+b*math.Log1p(-x)) / a
	return front / betaFraction(a, b, x)
}

// betaFraction evaluates 1 + d1/(1 + d2/(1 + ...)) by Lentz's method, as modified
// by Thompson and Barnett (1986).
func betaFraction(a, b, x float64) float64 {
	const (
		tiny   = 1e-300
		enough = 1e-15
		most   = 10_000 // terms; it takes about sqrt(max(a, b))
	)
	f, c, d := 1.0, 1.0, 0.0
	for n := 1; n <= most; n++ {
		m := float64(n / 2)
		term := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		if n%2 == 1 {
			term = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / away(1+term*d, tiny)
		c = away(1+term/c, tiny)
		f *= c * d
		if math.Abs(c*d-1) < enough {
			break
		}
	}
	return f
}

// away keeps a divisor off zero.
func away(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
