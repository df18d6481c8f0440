package abi

import (
	"fmt"
	"math"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

const wordLen = 32

// codec says how a T lies in a fixed number of words.
type codec[T any] struct {
	words int
	write func(*writer, T)
	read  func(*reader) T
}

func encode[T any](dst []byte, c codec[T], v T) []byte {
	w := writer{dst}
	c.write(&w, v)
	return w.data
}

func decode[T any](data []byte, c codec[T]) (T, error) {
	var zero T
	if len(data) != c.words*wordLen {
		return zero, fmt.Errorf("%w: %d bytes: must be %d", ErrInvalid, len(data), c.words*wordLen)
	}
	r := reader{data: data}
	v := c.read(&r)
	if r.err != nil {
		return zero, r.err
	}
	return v, nil
}

// writer appends words.
type writer struct{ data []byte }

func (w *writer) uint(v uint256.Int) {
	word := v.Bytes32()
	w.data = append(w.data, word[:]...)
}

func (w *writer) uint64(v uint64) { w.uint(*uint256.NewInt(v)) }

func (w *writer) int64(v int64) {
	word := uint256.NewInt(uint64(v)) // two's complement; the sign is extended next
	if v < 0 {
		word[1], word[2], word[3] = math.MaxUint64, math.MaxUint64, math.MaxUint64
	}
	w.uint(*word)
}

func (w *writer) bool(v bool) {
	if v {
		w.uint64(1)
	} else {
		w.uint64(0)
	}
}

func (w *writer) address(v chain.Address) {
	w.data = append(append(w.data, make([]byte, wordLen-len(v))...), v[:]...)
}

// reader takes words one by one and carries the first failure, so that a
// method's fields read like its signature. The length was checked before.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) uint() uint256.Int {
	var v uint256.Int
	v.SetBytes32(r.data[r.at*wordLen:])
	r.at++
	return v
}

// upTo reads a word that must not exceed limit.
func (r *reader) upTo(limit uint64, kind string) uint64 {
	v := r.uint()
	if !v.IsUint64() || v.Uint64() > limit {
		r.fail(kind, v)
		return 0
	}
	return v.Uint64()
}

func (r *reader) int64() int64 {
	v := r.uint()
	n := int64(v[0]) // two's complement; the words above must repeat the sign
	if sign := uint64(n >> 63); v[1] != sign || v[2] != sign || v[3] != sign {
		r.fail("a 64-bit signed number", v)
		return 0
	}
	return n
}

func (r *reader) bool() bool { return r.upTo(1, "a bool") == 1 }

func (r *reader) address() chain.Address {
	v := r.uint()
	if v[3] != 0 || v[2]>>32 != 0 {
		r.fail("an address", v)
		return chain.Address{}
	}
	return chain.Address(v.Bytes20())
}

func (r *reader) fail(kind string, v uint256.Int) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: word %d is %s: not %s", ErrInvalid, r.at-1, v.Hex(), kind)
	}
}

// The codecs of methods with no or one value.
var (
	none    = codec[None]{0, func(*writer, None) {}, func(*reader) None { return None{} }}
	amount  = codec[uint256.Int]{1, (*writer).uint, (*reader).uint}
	boolean = codec[bool]{1, (*writer).bool, (*reader).bool}
	account = codec[chain.Address]{1, (*writer).address, (*reader).address}
)
