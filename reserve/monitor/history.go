package monitor

import (
	"math"
	"slices"

	"github.com/shopspring/decimal"
)

// How the past is kept: seven generations of five days, the oldest dropped when
// an eighth begins, so that there are always 30 to 35 days of minutes once
// there ever were. Each counts its minutes in buckets of equal width, 16 to an
// octave, from 1/256 to 16 times the configured peak.
const (
	generations       = 7
	generationMinutes = 5 * 24 * 60
	octaves           = 12
	steps             = 16
	below             = 0                  // bucket of all that is smaller, inflow included
	above             = octaves*steps + 1  // bucket of all that is larger
	unitShare         = 1 << (octaves - 4) // 1/256 of the peak is where the buckets start
)

// estimateEvery is how many minutes pass from one estimate of the peak to the
// next. A month of minutes hardly moves in six hours; a sudden outflow is what
// the projection is for.
const estimateEvery = 6 * 60

// History counts minute net outflows by size. A minute that matters is known to
// 1/16, the largest one exactly.
type History struct {
	Unit        float64       // lower end of the first bucket, units per minute; fixed by the first minute
	Generations []*Generation `json:",omitempty"` // oldest first, at most 7; never changed once in a state
}

// Generation is five days of minutes.
type Generation struct {
	Minutes int
	Counts  [above + 1]uint32
	Largest decimal.Decimal // net outflow of one minute, >= 0
	Rolling decimal.Decimal // net outflow of T minutes on end, >= 0: the largest
}

// add returns the history with the minutes of done. h stays as it is.
func (h History) add(done closed, peak decimal.Decimal) History {
	if h.Unit == 0 {
		h.Unit = peak.InexactFloat64() / unitShare
	}
	bucket := h.bucket(done.rate.InexactFloat64())
	h.Generations = slices.Clone(h.Generations)
	for minutes := min(done.minutes, generations*generationMinutes); minutes > 0; {
		newest := h.newest()
		n := min(minutes, generationMinutes-newest.Minutes)
		newest.Minutes += n
		newest.Counts[bucket] += uint32(n)
		newest.Largest = decimal.Max(newest.Largest, done.rate)
		newest.Rolling = decimal.Max(newest.Rolling, done.rolling)
		minutes -= n
	}
	return h
}

// newest puts a generation that may be changed at the end of h's own slice: a
// copy of the last one, or a new one if that is full.
func (h *History) newest() *Generation {
	g := &Generation{}
	if n := len(h.Generations); n > 0 && h.Generations[n-1].Minutes < generationMinutes {
		*g = *h.Generations[n-1]
		h.Generations[n-1] = g
	} else {
		h.Generations = append(h.Generations[max(0, n+1-generations):], g)
	}
	return g
}

// bucket finds the bucket of x by its exponent and the leading bits of its
// fraction, which is exact on every machine.
func (h History) bucket(x float64) int {
	ratio := x / h.Unit
	if !(ratio >= 1) {
		return below
	}
	fraction, exponent := math.Frexp(ratio) // fraction in [0.5, 1)
	return min(above, (exponent-1)*steps+int((2*fraction-1)*steps)+1)
}

// lower is the lower end of bucket i, which is the upper end of the one before.
func (h History) lower(i int) float64 {
	octave, step := (i-1)/steps, (i-1)%steps
	return math.Ldexp(h.Unit*(1+float64(step)/steps), octave)
}

// values returns one figure for each minute, ascending: 0 for what is too small
// to matter, the largest minute for what is beyond all buckets, and else spread
// evenly over its bucket, since ties would bend the tail.
func (h History) values() []float64 {
	n, largest := 0, 0.0
	for _, g := range h.Generations {
		n += g.Minutes
		largest = max(largest, g.Largest.InexactFloat64())
	}
	values := make([]float64, 0, n)
	for bucket := below; bucket <= above; bucket++ {
		count := 0
		for _, g := range h.Generations {
			count += int(g.Counts[bucket])
		}
		low, high := largest, largest
		switch bucket {
		case below:
			low, high = 0, 0
		case above:
		default:
			low, high = h.lower(bucket), min(h.lower(bucket+1), largest)
		}
		for i := range count {
			values = append(values, low+(high-low)*float64(i+1)/float64(count))
		}
	}
	return values
}

// rollingPeak is the largest net outflow of T minutes on record, at least 0.
func (h History) rollingPeak() decimal.Decimal {
	peak := decimal.Zero
	for _, g := range h.Generations {
		peak = decimal.Max(peak, g.Rolling)
	}
	return peak
}
