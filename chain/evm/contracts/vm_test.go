package contracts_test

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// machine is go-ethereum's virtual machine without a chain around it: each call is a
// transaction of its own, in the block and at the time that the test sets.
type machine struct {
	require.TestingT
	state *state.StateDB
	block uint64
	time  uint64
	gas   uint64 // that the last transaction was charged
}

func newMachine(t require.TestingT) *machine {
	db, err := state.New(types.EmptyRootHash, state.NewDatabaseForTesting())
	require.NoError(t, err)
	return &machine{TestingT: t, state: db, block: 1, time: 1_700_000_000}
}

func (m *machine) config(from common.Address) *runtime.Config {
	return &runtime.Config{
		Origin: from, State: m.state, BlockNumber: new(big.Int).SetUint64(m.block), Time: m.time,
		GasLimit: 30_000_000, BaseFee: new(big.Int),
	}
}

// end charges a transaction and makes what it changed the state that the next one finds.
func (m *machine) end(tx *runtime.Config, to *common.Address, data []byte, left uint64) {
	rules := tx.ChainConfig.Rules(tx.BlockNumber, true, tx.Time)
	base, err := core.IntrinsicGas(data, nil, nil, tx.Origin, to, new(uint256.Int), rules)
	require.NoError(m, err)
	m.gas = base + tx.GasLimit - left
	m.gas -= min(m.state.GetRefund(), m.gas/params.RefundQuotientEIP3529)
	m.state.Finalise(rules)
}

// undo returns a function that takes back whatever was done since.
func (m *machine) undo() func() {
	before := m.state.Copy()
	return func() { m.state = before }
}

// deployed is a contract on a machine.
type deployed struct {
	*machine
	*contracts.Artifact
	at common.Address
}

// tryDeploy returns why the constructor reverted.
func (m *machine) tryDeploy(from common.Address, name contracts.Name, args ...any) (*deployed, error) {
	a := load(m, string(name))
	creation, err := a.Creation(args...)
	require.NoError(m, err)
	tx := m.config(from)
	answer, at, left, err := runtime.Create(creation, tx)
	m.end(tx, nil, creation, left)
	if err != nil {
		return nil, reason(answer, err)
	}
	return &deployed{m, a, at}, nil
}

func (m *machine) deploy(from common.Address, name contracts.Name, args ...any) *deployed {
	d, err := m.tryDeploy(from, name, args...)
	require.NoError(m, err)
	return d
}

func reason(answer []byte, err error) error {
	if errors.Is(err, vm.ErrExecutionReverted) {
		return errors.New(contracts.Reason(answer))
	}
	return err
}

// opened is the contract at the address that a factory answered with.
func (m *machine) opened(name contracts.Name, answer []any) *deployed {
	require.Len(m, answer, 1)
	at, ok := answer[0].(common.Address)
	require.True(m, ok)
	return &deployed{m, load(m, string(name)), at}
}

// try calls a method in a transaction and returns its results, or why it reverted.
func (d *deployed) try(from common.Address, method string, args ...any) ([]any, error) {
	data, err := d.ABI.Pack(method, args...)
	require.NoError(d, err)
	tx := d.config(from)
	answer, left, err := runtime.Call(d.at, data, tx)
	d.end(tx, &d.at, data, left)
	if err != nil {
		return nil, reason(answer, err)
	}
	results, err := d.ABI.Unpack(method, answer)
	require.NoError(d, err)
	return results, nil
}

// do is a try that succeeds.
func (d *deployed) do(from common.Address, method string, args ...any) []any {
	results, err := d.try(from, method, args...)
	require.NoError(d, err, "%s%v", method, args)
	return results
}

// tryAsk calls a method and forgets what it changed.
func (d *deployed) tryAsk(method string, args ...any) ([]any, error) {
	data, err := d.ABI.Pack(method, args...)
	require.NoError(d, err)
	before := d.state.Snapshot()
	answer, _, err := runtime.Call(d.at, data, d.config(common.Address{}))
	d.state.RevertToSnapshot(before)
	if err != nil {
		return nil, reason(answer, err)
	}
	results, err := d.ABI.Unpack(method, answer)
	require.NoError(d, err)
	return results, nil
}

// ask returns the only result of a view, written out.
func (d *deployed) ask(method string, args ...any) string {
	results, err := d.tryAsk(method, args...)
	require.NoError(d, err, "%s%v", method, args)
	require.Len(d, results, 1)
	return fmt.Sprint(results[0])
}

// wei reads a number; the empty string is 0.
func wei(s string) *big.Int {
	if s == "" {
		return new(big.Int)
	}
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(fmt.Sprintf("%q is not a number", s))
	}
	return n
}

// account is an address that is nobody's but the test's.
func account(n byte) common.Address { return common.Address{0: 0xac, 19: n} }

var (
	trader     = account(1)
	owner      = account(2)
	maintainer = account(3)
	stranger   = account(4)
)
