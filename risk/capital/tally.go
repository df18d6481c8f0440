package capital

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// binBits sets the width of a histogram's bin, 2^-16: what it says of a quantile
// is off by at most 2^-17.
const binBits = 16

// scaleBits sets the unit in which values are summed, 2^-40.
const scaleBits = 40

// Tally is what any number of outcomes come to. It holds integers only, so adding
// is the same in any order and on any number of workers. The zero value is empty.
// Not safe for concurrent use.
type Tally struct {
	Paths           int64 `json:"paths"`
	Liquidated      int64 `json:"liquidated"`
	Epochs          int64 `json:"epochs"` // lived by all paths
	PegEvents       int64 `json:"pegEvents"`
	FloorViolations int64 `json:"floorViolations"`
	Throttles       int64 `json:"throttles"`
	SpreadChanges   int64 `json:"spreadChanges"`
	Delevers        int64 `json:"delevers"`
	Breakers        int64 `json:"breakers"`

	ROISum        Sum `json:"roiSum"`        // of ROI 2^40, rounded
	ROISquares    Sum `json:"roiSquares"`    // of the squares of these
	PegSquares    Sum `json:"pegSquares"`    // of PegEvents^2, a path each
	PegEpochs     Sum `json:"pegEpochs"`     // of PegEvents × Epochs
	EpochsSquares Sum `json:"epochsSquares"` // of Epochs^2

	ROI      Histogram `json:"roi"`
	Drawdown Histogram `json:"drawdown"`
}

// Add counts an outcome. It allocates nothing but a bin that was never met before.
func (t *Tally) Add(o Outcome) {
	t.Paths++
	if o.Liquidated {
		t.Liquidated++
	}
	t.Epochs += int64(o.Epochs)
	t.PegEvents += int64(o.PegEvents)
	t.FloorViolations += int64(o.FloorViolations)
	t.Throttles += int64(o.Throttles)
	t.SpreadChanges += int64(o.SpreadChanges)
	t.Delevers += int64(o.Delevers)
	t.Breakers += int64(o.Breakers)

	roi := int64(math.RoundToEven(o.ROI * (1 << scaleBits)))
	t.ROISum.add(roi)
	t.ROISquares.addProduct(roi, roi)
	pegs, epochs := int64(o.PegEvents), int64(o.Epochs)
	t.PegSquares.addProduct(pegs, pegs)
	t.PegEpochs.addProduct(pegs, epochs)
	t.EpochsSquares.addProduct(epochs, epochs)

	t.ROI.add(o.ROI)
	t.Drawdown.add(o.Drawdown)
}

// Merge adds all that u counted.
func (t *Tally) Merge(u Tally) {
	t.Paths += u.Paths
	t.Liquidated += u.Liquidated
	t.Epochs += u.Epochs
	t.PegEvents += u.PegEvents
	t.FloorViolations += u.FloorViolations
	t.Throttles += u.Throttles
	t.SpreadChanges += u.SpreadChanges
	t.Delevers += u.Delevers
	t.Breakers += u.Breakers
	t.ROISum.merge(u.ROISum)
	t.ROISquares.merge(u.ROISquares)
	t.PegSquares.merge(u.PegSquares)
	t.PegEpochs.merge(u.PegEpochs)
	t.EpochsSquares.merge(u.EpochsSquares)
	t.ROI.merge(u.ROI)
	t.Drawdown.merge(u.Drawdown)
}

// validate checks what a tally from outside must be.
func (t Tally) validate() error {
	rules := []rule{{t.Paths >= 1 && t.Paths <= MaxPaths, "Tally.Paths", t.Paths, fmt.Sprintf("must be in [1, %d]", MaxPaths)}}
	for _, c := range []struct {
		field string
		count int64
		most  int64
	}{
		{"Liquidated", t.Liquidated, t.Paths},
		{"Epochs", t.Epochs, t.Paths * MaxEpochs},
		{"PegEvents", t.PegEvents, t.Epochs},
		{"FloorViolations", t.FloorViolations, t.Epochs},
		{"Throttles", t.Throttles, t.Epochs},
		{"SpreadChanges", t.SpreadChanges, t.Epochs},
		{"Delevers", t.Delevers, t.Epochs},
		{"Breakers", t.Breakers, t.Epochs},
	} {
		rules = append(rules, rule{c.count >= 0 && c.count <= c.most, "Tally." + c.field, c.count, fmt.Sprintf("must be in [0, %d]", c.most)})
	}
	counts := fmt.Sprintf("must count %d paths", t.Paths)
	return check(append(rules,
		rule{t.ROI.total() == t.Paths, "Tally.ROI", t.ROI.total(), counts},
		rule{t.Drawdown.total() == t.Paths, "Tally.Drawdown", t.Drawdown.total(), counts},
	)...)
}

// Sum is an integer of 192 bits, in two's complement: it holds 2^60 squared, 2^32
// times over. The zero value is 0.
type Sum struct{ low, middle, high uint64 }

func (s *Sum) add(x int64) {
	fill := uint64(x >> 63)
	s.merge(Sum{uint64(x), fill, fill})
}

// addProduct adds x y, both of the same sign.
func (s *Sum) addProduct(x, y int64) {
	high, low := bits.Mul64(uint64(max(x, -x)), uint64(max(y, -y)))
	s.merge(Sum{low, high, 0})
}

func (s *Sum) merge(u Sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, u.low, 0)
	s.middle, carry = bits.Add64(s.middle, u.middle, carry)
	s.high, _ = bits.Add64(s.high, u.high, carry)
}

// Big returns the sum as a number of any size.
func (s Sum) Big() *big.Int {
	b := new(big.Int).SetUint64(s.high)
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(s.middle))
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(s.low))
	if s.high>>63 == 1 {
		b.Sub(b, new(big.Int).Lsh(big.NewInt(1), 192))
	}
	return b
}

// MarshalText writes the sum in decimal.
func (s Sum) MarshalText() ([]byte, error) { return s.Big().Append(nil, 10), nil }

// UnmarshalText reads what MarshalText wrote, of less than 192 bits.
func (s *Sum) UnmarshalText(text []byte) error {
	b, ok := new(big.Int), len(text) <= 60
	if ok {
		b, ok = b.SetString(string(text), 10)
	}
	if !ok || b.BitLen() > 191 {
		return fmt.Errorf("%w: sum %.64q: must be an integer of at most 191 bits", ErrInvalid, text)
	}
	if b.Sign() < 0 {
		b.Add(b, new(big.Int).Lsh(big.NewInt(1), 192))
	}
	var words [24]byte
	b.FillBytes(words[:])
	word := func(at int) (w uint64) {
		for _, octet := range words[at : at+8] {
			w = w<<8 | uint64(octet)
		}
		return w
	}
	*s = Sum{word(16), word(8), word(0)}
	return nil
}

// Histogram counts values in bins of 2^-16: bin i holds [i, i+1) 2^-16. Exact
// zeros are counted apart, since a drawdown of none is not a small one. The zero
// value is empty.
type Histogram struct {
	Zeros int64           `json:"zeros"`
	Bins  map[int32]int64 `json:"bins,omitempty"`
}

func (h *Histogram) add(x float64) {
	if x == 0 {
		h.Zeros++
		return
	}
	h.count(int32(min(math.Floor(x*(1<<binBits)), math.MaxInt32)), 1)
}

func (h *Histogram) count(bin int32, n int64) {
	if h.Bins == nil {
		h.Bins = make(map[int32]int64)
	}
	h.Bins[bin] += n
}

func (h *Histogram) merge(u Histogram) {
	h.Zeros += u.Zeros
	for bin, n := range u.Bins {
		h.count(bin, n)
	}
}

func (h Histogram) total() int64 {
	total := h.Zeros
	for _, n := range h.Bins {
		total += n
	}
	return total
}

// sorted lists what was counted, from the lowest value up. A bin stands for its
// centre.
func (h Histogram) sorted() []counted {
	all := make([]counted, 0, len(h.Bins)+1)
	for _, bin := range slices.Sorted(maps.Keys(h.Bins)) {
		all = append(all, counted{(float64(bin) + 0.5) / (1 << binBits), h.Bins[bin]})
	}
	if h.Zeros == 0 {
		return all
	}
	at, _ := slices.BinarySearchFunc(all, 0.0, func(c counted, zero float64) int {
		if c.value < zero {
			return -1
		}
		return 1
	})
	return slices.Insert(all, at, counted{0, h.Zeros})
}

// counted is a value and how many have it.
type counted struct {
	value float64
	n     int64
}
