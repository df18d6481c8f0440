package memchain

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
)

// Contract is the code of one address: plain Go over [Cell] values.
type Contract interface {
	// Call answers ABI-encoded data. An error reverts the whole transaction.
	Call(env Env, data []byte) ([]byte, error)
}

// Env is what code sees while it runs: who called it and in which block. It is
// of no use after the call that it came with.
type Env struct {
	Caller chain.Address
	chain  *Chain
}

// Block returns the block at work. Its Hash is zero while it is being mined.
func (e Env) Block() chain.Block { return e.chain.working }

// As returns the Env of a call made by another address, such as a contract's
// own when it calls on.
func (e Env) As(caller chain.Address) Env { return Env{caller, e.chain} }

// Call calls a contract through its ABI. No contract here takes coins, so a call
// that carries some reverts.
func (e Env) Call(call chain.Call) ([]byte, error) {
	contract, ok := e.chain.contracts[call.To]
	switch {
	case !ok:
		return nil, fmt.Errorf("no contract at %s", call.To)
	case !call.Value.IsZero():
		return nil, fmt.Errorf("contract %s takes no coins: value %s", call.To, call.Value.Dec())
	}
	return contract.Call(e, call.Data)
}

// Try runs do as Solidity's try runs a call: an error takes back what do wrote,
// and only that. Code that swallows an error without Try keeps what was written
// before it, such as tokens that were sent to a pool which then refused to trade.
func (e Env) Try(do func(Env) error) error { return e.chain.journal.try(e, do) }

// answer plays one method of a contract: it decodes the arguments, asks play and
// encodes what that returns.
func answer[A, R any](m abi.Method[A, R], data []byte, play func(A) (R, error)) ([]byte, error) {
	args, err := m.Args(data)
	if err != nil {
		return nil, err
	}
	r, err := play(args)
	if err != nil {
		return nil, err
	}
	return m.EncodeResult(r), nil
}
