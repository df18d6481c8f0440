package evmtest_test

import (
	"crypto/ecdsa"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

// stage is a script seen by go-ethereum's own client.
type stage struct {
	*testing.T
	*evmtest.Script
	view    *evmtest.View
	counter *evmtest.Counter
	key     *ecdsa.PrivateKey
	client  *ethclient.Client
}

func newStage(t *testing.T) *stage {
	t.Helper()
	mem := memchain.New(138, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), memchain.Options{})
	s := &stage{T: t, counter: evmtest.NewCounter(mem), Script: evmtest.NewScript(t, mem), key: evmtest.Key(t, "actor")}
	s.view = s.View("one")
	var err error
	s.client, err = ethclient.DialContext(t.Context(), s.view.Listen())
	require.NoError(t, err)
	t.Cleanup(s.client.Close)
	return s
}

func (s *stage) account() common.Address { return crypto.PubkeyToAddress(s.key.PublicKey) }

func (s *stage) mine() chain.Block {
	s.Helper()
	return s.Mine(s.Head().Time.Add(2 * time.Second))
}

func (s *stage) sign(nonce uint64, call chain.Call, gwei int64) *types.Transaction {
	s.Helper()
	to := common.Address(call.To)
	tx, err := types.SignNewTx(s.key, types.LatestSignerForChainID(big.NewInt(138)), &types.DynamicFeeTx{
		ChainID: big.NewInt(138), Nonce: nonce, To: &to, Data: call.Data, Gas: 100_000,
		GasFeeCap: big.NewInt(gwei * 1e9), GasTipCap: big.NewInt(gwei * 1e8),
	})
	require.NoError(s, err)
	return tx
}

func (s *stage) send(tx *types.Transaction) error { return s.client.SendTransaction(s.Context(), tx) }

func (s *stage) total() uint64 {
	s.Helper()
	call := s.counter.Total()
	to := common.Address(call.To)
	word, err := s.client.CallContract(s.Context(), ethereum.CallMsg{To: &to, Data: call.Data}, nil)
	require.NoError(s, err)
	return new(uint256.Int).SetBytes(word).Uint64()
}

func TestATransactionsLife(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	tx := s.sign(0, s.counter.Add("a"), 2)
	require.NoError(t, s.send(tx))
	_, pending, err := s.client.TransactionByHash(t.Context(), tx.Hash())
	require.NoError(t, err)
	require.True(t, pending)
	nonce, err := s.client.PendingNonceAt(t.Context(), s.account())
	require.NoError(t, err)
	require.EqualValues(t, 1, nonce)
	require.Zero(t, s.total())

	block := s.mine()
	require.EqualValues(t, 1, s.total())
	receipt, err := s.client.TransactionReceipt(t.Context(), tx.Hash())
	require.NoError(t, err)
	require.Equal(t, types.ReceiptStatusSuccessful, receipt.Status)
	require.Equal(t, common.Hash(block.Hash), receipt.BlockHash)
	require.Len(t, receipt.Logs, 1)
	logs, err := s.client.FilterLogs(t.Context(), ethereum.FilterQuery{FromBlock: big.NewInt(0), ToBlock: big.NewInt(9), Addresses: []common.Address{*tx.To()}})
	require.NoError(t, err)
	require.Len(t, logs, 1)
	require.Equal(t, *receipt.Logs[0], logs[0])
	require.Len(t, s.Fills(chain.Address(s.account())), 1)

	s.Reorg(1)
	require.Zero(t, s.total())
	_, err = s.client.TransactionReceipt(t.Context(), tx.Hash())
	require.ErrorIs(t, err, ethereum.NotFound)
	require.Equal(t, 1, s.Waiting(), "it waits again")
	s.mine()
	require.EqualValues(t, 1, s.total())
}

func TestTheMempoolFollowsTheRulesOfGeth(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.sign(0, s.counter.Add("a"), 10)
	require.NoError(t, s.send(first))
	require.ErrorContains(t, s.send(first), "already known")
	require.ErrorContains(t, s.send(s.sign(0, s.counter.Add("b"), 10)), "replacement transaction underpriced")
	second := s.sign(0, s.counter.Add("b"), 11)
	require.NoError(t, s.send(second))
	gap := s.sign(2, s.counter.Add("c"), 10)
	require.NoError(t, s.send(gap))
	s.mine()
	fills := s.Fills(chain.Address(s.account()))
	require.Len(t, fills, 1)
	require.Equal(t, chain.Hash(second.Hash()), fills[0].Tx)
	require.Equal(t, 1, s.Waiting(), "a gap in the nonces waits")
	require.ErrorContains(t, s.send(first), "nonce too low")
	require.NoError(t, s.send(s.sign(1, s.counter.Fail(), 10)))
	s.mine()
	require.Len(t, s.Fills(chain.Address(s.account())), 2, "what failed has no effect")
	require.Zero(t, s.Waiting())

	s.SetBaseFee(20e9)
	require.NoError(t, s.send(s.sign(3, s.counter.Add("d"), 10)))
	s.mine()
	require.Equal(t, 1, s.Waiting(), "it cannot pay")
	s.Drop()
	s.SetBaseFee(1e9)
	s.mine()
	require.EqualValues(t, 2, s.total())
	require.Equal(t, 8, s.Offers())
}

func TestWhatRevertsIsRefusedWithItsReason(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	call := s.counter.Fail()
	to := common.Address(call.To)
	_, err := s.client.EstimateGas(t.Context(), ethereum.CallMsg{To: &to, Data: call.Data})
	require.ErrorContains(t, err, "execution reverted")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for range 5 {
		s.mine()
	}
	honest := s.View("two")
	other, err := ethclient.DialContext(t.Context(), honest.Listen())
	require.NoError(t, err)
	defer other.Close()
	hash := func(c *ethclient.Client, n int64) common.Hash {
		var head struct {
			Hash common.Hash `json:"hash"`
		}
		require.NoError(t, c.Client().CallContext(t.Context(), &head, "eth_getBlockByNumber", "0x"+big.NewInt(n).Text(16), false))
		return head.Hash
	}
	height := func() uint64 {
		n, err := s.client.BlockNumber(t.Context())
		require.NoError(t, err)
		return n
	}
	require.EqualValues(t, 5, height())
	s.view.Set(evmtest.Faults{Lag: 2})
	require.EqualValues(t, 3, height())
	require.Zero(t, hash(s.client, 4))
	s.view.Set(evmtest.Faults{Ahead: 2})
	require.EqualValues(t, 7, height())
	require.Zero(t, hash(s.client, 7))
	s.view.Set(evmtest.Faults{Fork: 2})
	require.Equal(t, hash(other, 3), hash(s.client, 3))
	require.NotEqual(t, hash(other, 4), hash(s.client, 4))
	s.view.Set(evmtest.Faults{OtherState: true})
	require.EqualValues(t, 1, s.total())
	s.view.Set(evmtest.Faults{Drop: true})
	require.NoError(t, s.send(s.sign(0, s.counter.Add("a"), 2)))
	require.Zero(t, s.Waiting())
	s.view.Set(evmtest.Faults{LoseAnswers: true})
	require.Error(t, s.send(s.sign(0, s.counter.Add("a"), 2)))
	require.Equal(t, 1, s.Waiting())
	s.mine()
	s.view.Set(evmtest.Faults{HideLogs: true})
	logs, err := s.client.FilterLogs(t.Context(), ethereum.FilterQuery{})
	require.NoError(t, err)
	require.Empty(t, logs)
	before := s.view.Requests()
	for fault, says := range map[evmtest.Faults]string{{RetryAfter: 3}: "429", {Down: true}: "503"} {
		s.view.Set(fault)
		_, err := s.client.BlockNumber(t.Context())
		require.ErrorContains(t, err, says)
	}
	require.Equal(t, before+2, s.view.Requests())
}
