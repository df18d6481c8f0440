package contracts_test

import (
	"math/big"
	"os"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

const baseDigits, quoteDigits = 6, 18

// units is a whole number of tokens in the smallest unit.
func units(n int64, digits int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil))
}

// ground is a machine whose blocks hold any number of transactions, all sent by the
// owner. machine.block is the newest block that is sealed.
type ground struct {
	*machine
	waiting []sent // for the next block
}

// load returns a contract, which may be one that is only for tests.
func load(t require.TestingT, name string) *contracts.Artifact {
	if a, err := contracts.Load(contracts.Name(name)); err == nil {
		return a
	}
	text, err := os.ReadFile("artifacts/test/" + name + ".json")
	require.NoError(t, err)
	a, err := contracts.Parse(text)
	require.NoError(t, err)
	return a
}

// sent is a call that waits for the next block.
type sent struct {
	to   common.Address
	data []byte
}

func newGround(t require.TestingT) *ground { return &ground{machine: newMachine(t)} }

// mine seals the next block with what was sent, none of which may revert. It returns the
// receipts, in order.
func (g *ground) mine() []*types.Receipt {
	g.block++
	g.time += 2
	receipts := make([]*types.Receipt, len(g.waiting))
	for i, tx := range g.waiting {
		logs := len(g.state.Logs())
		config := g.config(owner)
		answer, left, err := runtime.Call(tx.to, tx.data, config)
		require.NoError(g, reason(answer, err), "transaction %d", i)
		g.end(config, &tx.to, tx.data, left)
		receipts[i] = &types.Receipt{
			BlockNumber: new(big.Int).SetUint64(g.block), GasUsed: g.gas, Logs: g.state.Logs()[logs:],
		}
	}
	g.waiting = nil
	return receipts
}

// pass seals so many blocks, the first of them with what was sent.
func (g *ground) pass(blocks int) {
	for range blocks {
		g.mine()
	}
}

// actor is a contract on the ground.
type actor struct {
	*ground
	common.Address
	abi abi.ABI
}

// found deploys a contract, at once.
func (g *ground) found(contract string, args ...any) actor {
	d := g.deploy(owner, contracts.Name(contract), args...)
	return actor{g, d.at, d.ABI}
}

func (a actor) pack(method string, args ...any) []byte {
	data, err := a.abi.Pack(method, args...)
	require.NoError(a, err, method)
	return data
}

// do puts a call by the owner into the next block.
func (a actor) do(method string, args ...any) {
	a.waiting = append(a.waiting, sent{a.Address, a.pack(method, args...)})
}

// ask calls a view that has one result.
func (a actor) ask(method string, args ...any) any {
	out, refusal := a.try(attempt{method: method, args: args})
	require.Empty(a, refusal, method)
	require.Len(a, out, 1)
	return out[0]
}

func (a actor) number(method string, args ...any) *big.Int {
	return as[*big.Int](a, a.ask(method, args...))
}

// attempt is a call as if it were the first of the next block.
type attempt struct {
	from     common.Address
	gasPrice *big.Int // nil is free
	method   string
	args     []any
}

// try returns what came out of an attempt, or the name of the custom error that refused
// it.
func (a actor) try(at attempt) (out []any, refusal string) {
	answer, err := a.call(at)
	if err != nil {
		require.ErrorIs(a, err, vm.ErrExecutionReverted)
		return nil, a.refusal(answer)
	}
	out, err = a.abi.Unpack(at.method, answer)
	require.NoError(a, err)
	return out, ""
}

// call makes an attempt, and forgets what it changed.
func (a actor) call(at attempt) ([]byte, error) {
	config := a.config(at.from)
	config.BlockNumber.Add(config.BlockNumber, big.NewInt(1))
	config.GasPrice = at.gasPrice
	before := a.state.Snapshot()
	answer, _, err := runtime.Call(a.Address, a.pack(at.method, at.args...), config)
	a.state.RevertToSnapshot(before)
	return answer, err
}

// refusal names the custom error of some revert data.
func (a actor) refusal(data []byte) string {
	if len(data) >= 4 {
		if e, err := a.abi.ErrorByID([4]byte(data)); err == nil {
			return e.Name
		}
	}
	return "unknown " + hexutil.Encode(data)
}

// refused names the custom error in an Attacker's report of a call; "" for one that
// succeeded.
func (a actor) refused(tried map[string]any) string {
	if as[bool](a, tried["ok"]) {
		return ""
	}
	return a.refusal(as[[]byte](a, tried["answer"]))
}

// as is what accounts/abi decoded, as the type that the contract declares.
func as[T any](t require.TestingT, decoded any) T {
	value, ok := decoded.(T)
	require.True(t, ok, "%T", decoded)
	return value
}

// logs returns the events of that name that the contract emitted, decoded.
func (a actor) logs(event string, receipts ...*types.Receipt) []map[string]any {
	var all []map[string]any
	for _, r := range receipts {
		for _, l := range r.Logs {
			if e, err := a.abi.EventByID(l.Topics[0]); l.Address == a.Address && err == nil && e.Name == event {
				fields := map[string]any{}
				require.NoError(a, a.abi.UnpackIntoMap(fields, event, l.Data))
				all = append(all, fields)
			}
		}
	}
	return all
}
