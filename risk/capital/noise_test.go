package capital_test

import (
	"flag"
	"math"
	"math/bits"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

var noiseDraws = flag.Uint64("noise.draws", 1<<19, "draws, 8 bytes each, that every test of the noise looks at")

// sequences are what could look random and not be: draws in order along each
// coordinate, and the differences between neighbours.
func sequences() map[string]func(i uint64) uint64 {
	draw := func(seed, path, stream, i uint64) uint64 {
		u, _ := capital.Draw(seed, path, stream, i)
		return u
	}
	return map[string]func(i uint64) uint64{
		"draw after draw":                    func(i uint64) uint64 { return draw(1, i>>10, 0, i&1023) },
		"path after path":                    func(i uint64) uint64 { return draw(1, i, 0, 0) },
		"seed after seed":                    func(i uint64) uint64 { return draw(i, 0, 0, 0) },
		"every third draw of the last paths": func(i uint64) uint64 { return draw(math.MaxUint64, 1<<32-1-i>>10, 0, 3*(i&1023)) },
		"neighbouring draws":                 func(i uint64) uint64 { return draw(1, i>>10, 0, i&1023) ^ draw(1, i>>10, 0, i&1023+1) },
		"neighbouring paths":                 func(i uint64) uint64 { return draw(1, i>>10, 0, i&1023) ^ draw(1, i>>10+1, 0, i&1023) },
		"neighbouring seeds":                 func(i uint64) uint64 { return draw(i>>10, 7, 0, i&1023) ^ draw(i>>10+1, 7, 0, i&1023) },
		"neighbouring streams":               func(i uint64) uint64 { return draw(1, i>>10, 1, i&1023) ^ draw(1, i>>10, 2, i&1023) },
	}
}

// What is tested, over sequences of -noise.draws draws: bytes at each of the 8
// places (chi-square of 256 values), ones (a count), runs of bits (Wald and
// Wolfowitz), pairs of successive nibbles at both ends (chi-square of 256), the
// correlation of successive draws, and birthday spacings (Marsaglia) of both
// halves. A z beyond 5 comes by chance once in two million tests.
func TestNoiseIsUniform(t *testing.T) {
	n := *noiseDraws
	for name, at := range sequences() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var octets, pairs [8][256]float64
			var ones, runs, products float64
			var previous uint64
			for i := range n {
				u := at(i)
				for k := range 8 {
					octets[k][u>>(8*k)&255]++
				}
				ones += float64(bits.OnesCount64(u))
				runs += float64(bits.OnesCount64(u^u>>1) - int(u>>63))
				if i > 0 {
					pairs[0][previous&15<<4|u&15]++
					pairs[1][previous>>60<<4|u>>60]++
					products += centred(previous) * centred(u)
				}
				previous = u
			}
			for k := range octets {
				require.Less(t, math.Abs(chiSquare(octets[k][:])), 5.0, "bytes at %d", k)
			}
			for k := range 2 {
				require.Less(t, math.Abs(chiSquare(pairs[k][:])), 5.0, "pairs of nibbles, end %d", k)
			}
			all := float64(n)
			require.Less(t, math.Abs(ones-32*all)/math.Sqrt(16*all), 5.0, "ones")
			require.Less(t, math.Abs(runs-31.5*all)/math.Sqrt(63.0/4*all), 5.0, "changes of bit within a draw")
			require.Less(t, math.Abs(products)*12/math.Sqrt(all), 5.0, "correlation of successive draws")
			for shift, half := range map[int]string{0: "low", 32: "high"} {
				require.Less(t, math.Abs(birthdays(at, n, shift)), 5.0, "birthday spacings, %s half", half)
			}
			t.Logf("%d bytes", 8*n)
		})
	}
}

func centred(u uint64) float64 { return float64(u>>11)/(1<<53) - 0.5 }

// chiSquare returns how far equal counts are from equal, as a standard normal
// (Wilson and Hilferty).
func chiSquare(counts []float64) float64 {
	total, sum, df := 0.0, 0.0, float64(len(counts)-1)
	for _, c := range counts {
		total += c
	}
	for _, c := range counts {
		d := c - total/float64(len(counts))
		sum += d * d * float64(len(counts)) / total
	}
	return (math.Cbrt(sum/df) - (1 - 2/(9*df))) / math.Sqrt(2/(9*df))
}

// birthdays counts equal spacings among 4,096 birthdays in a year of 2^32 days:
// Poisson, with mean 4096^3 / 2^34 = 4 a year.
func birthdays(at func(uint64) uint64, n uint64, shift int) float64 {
	const perYear = 4096
	equal, years := 0.0, 0.0
	days := make([]uint32, perYear)
	for first := uint64(0); first+perYear <= n; first += perYear {
		for i := range days {
			days[i] = uint32(at(first+uint64(i)) >> shift)
		}
		slices.Sort(days)
		for i := perYear - 1; i > 0; i-- {
			days[i] -= days[i-1]
		}
		slices.Sort(days[1:])
		for i := 2; i < perYear; i++ {
			if days[i] == days[i-1] {
				equal++
			}
		}
		years++
	}
	return (equal - 4*years) / math.Sqrt(4*years)
}

// Moments, the Kolmogorov-Smirnov distance and what lies beyond 3, 4 and 5, of
// normals along each coordinate; and no correlation with what lies next to it.
func TestNormalsAreNormal(t *testing.T) {
	n := *noiseDraws
	normal := func(seed, path, stream, i uint64) float64 {
		_, z := capital.Draw(seed, path, stream, i)
		return z
	}
	for name, at := range map[string]func(i uint64) (here, next float64){
		"draws":   func(i uint64) (float64, float64) { return normal(3, i>>10, 0, i&1023), normal(3, i>>10, 0, i&1023+1) },
		"paths":   func(i uint64) (float64, float64) { return normal(3, i, 0, 5), normal(3, i+1, 0, 5) },
		"seeds":   func(i uint64) (float64, float64) { return normal(i, 5, 0, 5), normal(i+1, 5, 0, 5) },
		"streams": func(i uint64) (float64, float64) { return normal(3, i, 0, 0), normal(3, i, 1, 0) },
		"epochs":  func(i uint64) (float64, float64) { return normal(3, i>>8, 0, i&255), normal(3, i>>8, 0, i&255+3) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := make([]float64, n)
			var powers [5]float64
			var product, squares float64
			beyond := map[float64]float64{3: 0, 4: 0, 5: 0}
			for i := range n {
				z, next := at(i)
				all[i] = z
				for k, p := 1, z; k < 5; k, p = k+1, p*z {
					powers[k] += p
				}
				product += z * next
				squares += (z*z - 1) * (next*next - 1)
				for x := range beyond {
					if math.Abs(z) > x {
						beyond[x]++
					}
				}
			}
			N := float64(n)
			for k, want := range []struct{ mean, variance float64 }{1: {0, 1}, 2: {1, 2}, 3: {0, 15}, 4: {3, 96}} {
				if k > 0 {
					require.Less(t, math.Abs(powers[k]-want.mean*N)/math.Sqrt(want.variance*N), 5.0, "moment %d", k)
				}
			}
			require.Less(t, math.Abs(product)/math.Sqrt(N), 5.0, "correlation with the next")
			require.Less(t, math.Abs(squares)/math.Sqrt(4*N), 5.0, "correlation of squares with the next")
			for x, seen := range beyond {
				want := N * math.Erfc(x/math.Sqrt2)
				require.Less(t, math.Abs(seen-want)/math.Sqrt(want+1), 5.0, "beyond %v: %v, expected %v", x, seen, want)
			}
			slices.Sort(all)
			worst := 0.0
			for i, z := range all {
				worst = max(worst, math.Abs(math.Erfc(-z/math.Sqrt2)/2-(float64(i)+0.5)/N))
			}
			require.Less(t, worst*math.Sqrt(N), 2.4, "Kolmogorov-Smirnov: 2.4 comes by chance once in 50,000 tests")
			t.Logf("%d bytes", 16*n)
		})
	}
}

// The literals are those of 256 strips of equal area under exp(-x²/2).
func TestZigguratIsThatOfTheNormal(t *testing.T) {
	const area = 0.00492867323399
	end, _, _, _ := capital.Strip(1)
	require.InDelta(t, 3.6541528853610088, end, 1e-15)
	base, _, _, _ := capital.Strip(0)
	tail := math.Sqrt(math.Pi/2) * math.Erfc(end/math.Sqrt2)
	require.InDelta(t, area, end*math.Exp(-end*end/2)+tail, 1e-13, "the lowest strip and its tail")
	require.InDelta(t, area, base*math.Exp(-end*end/2), 1e-13)
	for i := range 256 {
		x, inside, low, high := capital.Strip(i)
		next := 0.0
		if i < 255 {
			next, _, _, _ = capital.Strip(i + 1)
		}
		require.InDelta(t, next/x, inside, 1e-12, "strip %d", i)
		require.InDelta(t, math.Exp(-next*next/2), high, 1e-14, "strip %d", i)
		if i > 0 {
			require.InDelta(t, math.Exp(-x*x/2), low, 1e-14, "strip %d", i)
			require.InDelta(t, area, x*(high-low), 1e-11, "strip %d", i)
		}
	}
}

func TestLogarithm(t *testing.T) {
	for _, x := range []float64{0x1p-53, 1e-9, 0.1, 0.5, math.Nextafter(math.Sqrt2/2, 0), math.Sqrt2 / 2, 0.9, 1, 1.1, math.Sqrt2, 1.5, 2, 1e9} {
		require.InDelta(t, math.Log(x), capital.Logarithm(x), 0x1p-52*max(1, 2*math.Abs(math.Log(x))), "of %v", x)
	}
	for i := range 10_000 {
		x := (float64(i) + 0.5) / 10_000
		require.InEpsilon(t, math.Log(x), capital.Logarithm(x), 0x1p-50, "of %v", x)
	}
}
