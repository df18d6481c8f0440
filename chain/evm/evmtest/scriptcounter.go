package evmtest

import (
	"errors"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

// Counter is the smallest contract in which a transaction that is executed twice, or
// not at all, can be told.
type Counter struct {
	address chain.Address
	total   memchain.Cell[uint64]
}

var errFail = errors.New("as asked")

// NewCounter deploys a counter, which stands at 0.
func NewCounter(c *memchain.Chain) *Counter {
	counter := new(Counter)
	counter.address = c.Deploy(counter)
	return counter
}

// Add is a call that adds one. Its note makes it unlike other calls.
func (c *Counter) Add(note string) chain.Call {
	return chain.Call{To: c.address, Data: append([]byte("add "), note...)}
}

// Total is a call that returns how many were added, as one word.
func (c *Counter) Total() chain.Call { return chain.Call{To: c.address, Data: []byte("total")} }

// Fail is a call that reverts.
func (c *Counter) Fail() chain.Call { return chain.Call{To: c.address, Data: []byte("fail")} }

// Call implements memchain.Contract.
func (c *Counter) Call(env memchain.Env, data []byte) ([]byte, error) {
	if string(data) == "fail" {
		return nil, errFail
	}
	if string(data) != "total" {
		c.total.Store(env, c.total.Load()+1)
	}
	word := uint256.NewInt(c.total.Load()).Bytes32()
	return word[:], nil
}
