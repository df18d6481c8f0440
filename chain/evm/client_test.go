package evm_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/chaintest"
)

func TestClientKeepsThePromisesOfThePort(t *testing.T) {
	chaintest.Run(t, func(t *testing.T) chaintest.Fixture {
		r := newRig(t)
		return chaintest.Fixture{
			Client: r.client,
			Mine:   r.mine,
			Reorg:  r.reorg,
			Reopen: func() chain.Client { return r.open(r.config()) },
			Add:    r.add,
			Total:  r.total,
			Fail:   r.fail,

			LoseAnswers: func(on bool) { r.set(func() { r.lose = on }) },
			Drop:        func(string) { r.drop() },
			Lag:         func(blocks uint64) { r.set(func() { r.lag = blocks }) },
			Delay:       func(blocks uint64) { r.set(func() { r.delay = int(blocks) }) },
			PublicOnly:  func() {}, // the client has no private endpoint
		}
	})
}
