package contracts_test

import (
	"context"
	"math/big"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

const (
	baseDigits, quoteDigits = 6, 18

	gas    = 12_000_000 // of any transaction
	feeCap = 10 * params.GWei
)

// units is a whole number of tokens in the smallest unit.
func units(n int64, digits int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil))
}

// ground is a chain, and the one account from which everything on it is sent: what it
// sends is executed in that order.
type ground struct {
	backend *simulated.Backend
	client  simulated.Client
	owner   common.Address
	sign    func(*types.DynamicFeeTx) *types.Transaction
	nonce   uint64
	sent    []*types.Transaction           // not mined yet
	loaded  map[string]*contracts.Artifact // those deployed before
}

func newGround(t *testing.T) *ground {
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte("owner")))
	require.NoError(t, err)
	g := &ground{owner: crypto.PubkeyToAddress(key.PublicKey), loaded: map[string]*contracts.Artifact{}}
	g.backend = simulated.NewBackend(types.GenesisAlloc{g.owner: {Balance: units(1_000_000, 18)}})
	t.Cleanup(func() { require.NoError(t, g.backend.Close()) })
	g.client = g.backend.Client()
	id, err := g.client.ChainID(t.Context())
	require.NoError(t, err)
	signer := types.LatestSignerForChainID(id)
	g.sign = func(tx *types.DynamicFeeTx) *types.Transaction { return types.MustSignNewTx(key, signer, tx) }
	return g
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

// send puts a transaction into the next block. No address is a deployment.
func (g *ground) send(t require.TestingT, to *common.Address, data []byte) {
	tx := g.sign(&types.DynamicFeeTx{
		Nonce: g.nonce, To: to, Data: data, Gas: gas, GasFeeCap: big.NewInt(feeCap), GasTipCap: big.NewInt(params.GWei),
	})
	require.NoError(t, g.client.SendTransaction(context.Background(), tx))
	g.nonce++
	g.sent = append(g.sent, tx)
}

// deploy puts a deployment into the next block and returns where it will be.
func (g *ground) deploy(t require.TestingT, contract string, args ...any) actor {
	a := g.loaded[contract]
	if a == nil {
		a = load(t, contract)
		g.loaded[contract] = a
	}
	data, err := a.Creation(args...)
	require.NoError(t, err)
	at := crypto.CreateAddress(g.owner, g.nonce)
	g.send(t, nil, data)
	return actor{g, at, a.ABI}
}

// mine seals the next block and returns its receipts, in order. The node takes up what
// was sent in its own time, so we see to it that it has.
func (g *ground) mine(t require.TestingT) []*types.Receipt {
	for taken := uint64(0); taken < g.nonce; {
		var err error
		taken, err = g.client.PendingNonceAt(context.Background(), g.owner)
		require.NoError(t, err)
	}
	g.backend.Commit()
	receipts := make([]*types.Receipt, len(g.sent))
	for i, tx := range g.sent {
		var err error
		receipts[i], err = g.client.TransactionReceipt(context.Background(), tx.Hash())
		require.NoError(t, err)
	}
	g.sent = nil
	return receipts
}

// succeed seals the next block, in which nothing may revert.
func (g *ground) succeed(t require.TestingT) []*types.Receipt {
	receipts := g.mine(t)
	for i, r := range receipts {
		require.Equal(t, types.ReceiptStatusSuccessful, r.Status, "transaction %d", i)
	}
	return receipts
}

func (g *ground) head(t require.TestingT) uint64 {
	n, err := g.client.BlockNumber(context.Background())
	require.NoError(t, err)
	return n
}

// actor is a contract on the ground.
type actor struct {
	*ground
	common.Address
	abi abi.ABI
}

func (a actor) pack(t require.TestingT, method string, args ...any) []byte {
	data, err := a.abi.Pack(method, args...)
	require.NoError(t, err)
	return data
}

// do puts a call by the owner into the next block.
func (a actor) do(t require.TestingT, method string, args ...any) {
	a.send(t, &a.Address, a.pack(t, method, args...))
}

// ask reads from the newest block.
func (a actor) ask(t require.TestingT, method string, args ...any) []any {
	answer, err := a.client.CallContract(context.Background(), ethereum.CallMsg{To: &a.Address, Data: a.pack(t, method, args...)}, nil)
	require.NoError(t, err, method)
	out, err := a.abi.Unpack(method, answer)
	require.NoError(t, err)
	return out
}

func (a actor) number(t require.TestingT, method string, args ...any) *big.Int {
	return as[*big.Int](t, a.ask(t, method, args...)[0])
}

// attempt is a call as if it were executed in the next block.
type attempt struct {
	from     common.Address
	gasPrice *big.Int // nil is free
	method   string
	args     []any
}

// call makes an attempt.
func (a actor) call(t require.TestingT, at attempt) ([]byte, error) {
	return a.client.PendingCallContract(context.Background(), ethereum.CallMsg{
		From: at.from, To: &a.Address, GasPrice: at.gasPrice, Data: a.pack(t, at.method, at.args...),
	})
}

// try returns what came out of an attempt, or the name of the custom error that refused
// it.
func (a actor) try(t require.TestingT, at attempt) (out []any, refusal string) {
	answer, err := a.call(t, at)
	if err != nil {
		return nil, a.refusal(revertData(t, err))
	}
	out, err = a.abi.Unpack(at.method, answer)
	require.NoError(t, err)
	return out, ""
}

// revertData is what a call reverted with.
func revertData(t require.TestingT, err error) []byte {
	var with rpc.DataError
	require.ErrorAs(t, err, &with)
	text, _ := with.ErrorData().(string)
	data, err := hexutil.Decode(text)
	require.NoError(t, err)
	return data
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
func (a actor) refused(t require.TestingT, tried map[string]any) string {
	if as[bool](t, tried["ok"]) {
		return ""
	}
	return a.refusal(as[[]byte](t, tried["answer"]))
}

// as is what accounts/abi decoded, as the type that the contract declares.
func as[T any](t require.TestingT, decoded any) T {
	value, ok := decoded.(T)
	require.True(t, ok, "%T", decoded)
	return value
}

// logs returns the events of that name that the contract emitted, decoded.
func (a actor) logs(t require.TestingT, event string, receipts ...*types.Receipt) []map[string]any {
	var all []map[string]any
	for _, r := range receipts {
		for _, l := range r.Logs {
			if e, fields := a.event(t, l); e == event {
				all = append(all, fields)
			}
		}
	}
	return all
}

// event decodes a log; one that is not the contract's has no name.
func (a actor) event(t require.TestingT, l *types.Log) (string, map[string]any) {
	if l.Address != a.Address {
		return "", nil
	}
	e, err := a.abi.EventByID(l.Topics[0])
	require.NoError(t, err)
	fields := map[string]any{}
	require.NoError(t, a.abi.UnpackIntoMap(fields, e.Name, l.Data))
	return e.Name, fields
}
