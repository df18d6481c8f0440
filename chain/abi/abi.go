package abi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/evenkeelhq/evenkeel/chain"
)

// ErrInvalid is wrapped by every rejection of encoded bytes.
var ErrInvalid = errors.New("abi: invalid")

// Selector is the start of a call's data; it says which method is called.
type Selector [4]byte

// SelectorOf returns the selector of a call's data, for a contract that has to
// tell its methods apart.
func SelectorOf(data []byte) (Selector, error) {
	if len(data) < 4 {
		return Selector{}, fmt.Errorf("%w: call data of %d bytes: must begin with a 4-byte selector", ErrInvalid, len(data))
	}
	return Selector(data), nil
}

// None is the argument of a method without any.
type None struct{}

// Method is one contract function with arguments A and results R. It is
// immutable and safe for concurrent use.
type Method[A, R any] struct {
	signature string
	selector  Selector
	args      codec[A]
	results   codec[R]
}

// Signature returns the text that the selector is a hash of.
func (m Method[A, R]) Signature() string { return m.signature }

// Selector returns the first four bytes of the signature's Keccak-256 hash.
func (m Method[A, R]) Selector() Selector { return m.selector }

// Call returns a call of the method of contract to, with no coins.
func (m Method[A, R]) Call(to chain.Address, args A) chain.Call {
	return chain.Call{To: to, Data: m.Encode(args)}
}

// Encode returns the data of a call.
func (m Method[A, R]) Encode(args A) []byte {
	data := make([]byte, 4, 4+m.args.words*wordLen)
	copy(data, m.selector[:])
	return encode(data, m.args, args)
}

// Args is the inverse of Encode.
func (m Method[A, R]) Args(data []byte) (A, error) {
	selector, err := SelectorOf(data)
	if err == nil && selector != m.selector {
		err = fmt.Errorf("%w: selector %x: must be %x", ErrInvalid, selector, m.selector)
	}
	var args A
	if err == nil {
		args, err = decode(data[4:], m.args)
	}
	if err != nil {
		return args, fmt.Errorf("arguments of %s: %w", m.name(), err)
	}
	return args, nil
}

// EncodeResult returns what a contract answers.
func (m Method[A, R]) EncodeResult(r R) []byte {
	return encode(make([]byte, 0, m.results.words*wordLen), m.results, r)
}

// Result is the inverse of EncodeResult.
func (m Method[A, R]) Result(data []byte) (R, error) {
	r, err := decode(data, m.results)
	if err != nil {
		return r, fmt.Errorf("result of %s: %w", m.name(), err)
	}
	return r, nil
}

func (m Method[A, R]) name() string { return m.signature[:strings.IndexByte(m.signature, '(')] }
