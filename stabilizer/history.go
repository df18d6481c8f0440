package stabilizer

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Slot is what is remembered of one block. A Price of 0 is a void slot: the
// block counts as seen, its price does not.
type Slot struct {
	Number uint64
	Hash   string
	Price  decimal.Decimal
	Time   int64 `json:",omitempty"` // microseconds since 1970, kept for a time-weighted TWAP
}

// History is the newest part of the chain, oldest block first: Old, then New.
// It is a value. Old is shared by many states and never written; New is short
// and copied whenever it grows.
type History struct {
	Old []Slot `json:",omitempty"`
	New []Slot `json:",omitempty"`
}

// maxNew balances copying New at every block with copying Old when it is full.
const maxNew = 16

// Len returns the number of blocks.
func (h History) Len() int { return len(h.Old) + len(h.New) }

// At returns block i, 0 being the oldest.
func (h History) At(i int) Slot {
	if i < len(h.Old) {
		return h.Old[i]
	}
	return h.New[i-len(h.Old)]
}

// Head returns the number of the newest block, 0 when there is none.
func (h History) Head() uint64 {
	if n := h.Len(); n > 0 {
		return h.At(n - 1).Number
	}
	return 0
}

// find returns where the block of that number is, or would be.
func (h History) find(number uint64) (at int, found bool) {
	if n := h.Len(); number > h.Head() {
		return n, false
	}
	by := func(s Slot, n uint64) int { return compare(s.Number, n) }
	if len(h.New) > 0 && number >= h.New[0].Number {
		at, found = slices.BinarySearchFunc(h.New, number, by)
		return len(h.Old) + at, found
	}
	return slices.BinarySearchFunc(h.Old, number, by)
}

// add returns a history of the first n blocks and one more, of which at least
// keep remain.
func (h History) add(n int, s Slot, keep int) History {
	if n < len(h.Old) {
		h.Old, h.New = h.Old[:n], nil
	} else {
		h.New = h.New[:n-len(h.Old)]
	}
	if len(h.New) >= maxNew {
		h.Old, h.New = slices.Concat(h.Old[min(len(h.Old), max(0, h.Len()-keep)):], h.New), nil
	}
	grown := make([]Slot, len(h.New)+1)
	copy(grown, h.New)
	grown[len(h.New)] = s
	h.New = grown
	return h
}

func compare(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
