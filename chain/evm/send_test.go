package evm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
)

func (r *rig) head() chain.Block {
	r.Helper()
	head, err := r.client.Head(r.Context())
	require.NoError(r, err)
	return head
}

// tx offers what the next blocks accept.
func (r *rig) tx(call chain.Call) chain.Tx {
	r.Helper()
	head := r.head()
	return chain.Tx{Call: call, MaxGasPrice: times(head.GasPrice, 4), Deadline: head.Number + 100, Public: true}
}

// cheap offers what they refuse.
func (r *rig) cheap(call chain.Call) chain.Tx {
	r.Helper()
	tx := r.tx(call)
	tx.MaxGasPrice.Rsh(&tx.MaxGasPrice, 4)
	return tx
}

func (r *rig) send(id string, tx chain.Tx) chain.Hash {
	r.Helper()
	hash, err := r.client.Send(r.Context(), id, tx)
	require.NoError(r, err)
	return hash
}

func (r *rig) receipt(id string, want chain.Status) chain.Receipt {
	r.Helper()
	got, err := r.client.Receipt(r.Context(), id)
	require.NoError(r, err)
	require.Equal(r, want.String(), got.Status.String())
	return got
}

// count is how often add was executed.
func (r *rig) count() uint64 {
	r.Helper()
	answers, err := r.client.Read(r.Context(), r.head().Hash, r.total)
	require.NoError(r, err)
	return new(uint256.Int).SetBytes(answers[0]).Uint64()
}

func (r *rig) nonce() uint64 {
	r.Helper()
	n, err := r.node.Client().NonceAt(r.Context(), common.Address(r.key.Address()), nil)
	require.NoError(r, err)
	return n
}

func times(v uint256.Int, n uint64) uint256.Int {
	v.Mul(&v, uint256.NewInt(n))
	return v
}

// relay is an endpoint that keeps what it takes to itself.
type relay struct {
	*httptest.Server
	mu     sync.Mutex
	refuse bool
	taken  []hexutil.Bytes
}

func newRelay(tb testing.TB) *relay {
	p := &relay{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		var one request
		var raw hexutil.Bytes
		if json.NewDecoder(q.Body).Decode(&one) != nil || one.Method != "eth_sendRawTransaction" || json.Unmarshal(one.Params[0], &raw) != nil || p.refuse {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		p.taken = append(p.taken, raw)
		_ = json.NewEncoder(w).Encode(response{Version: "2.0", ID: one.ID, Result: json.RawMessage(`"0x01"`)})
	}))
	tb.Cleanup(p.Close)
	return p
}

func TestWhoSeesWhatIsSent(t *testing.T) {
	start := func(t *testing.T) (*rig, *relay) {
		r, p := newRig(t), newRelay(t)
		cfg := r.config()
		cfg.PrivateURLs = []string{p.URL}
		r.client = r.open(cfg)
		return r, p
	}
	t.Run("what is not public reaches the private endpoint alone, however often it is sent", func(t *testing.T) {
		r, p := start(t)
		tx := r.tx(r.add)
		tx.Public = false
		hash := r.send("a", tx)
		require.Equal(t, hash, r.send("a", tx))
		require.Len(t, p.taken, 2)
		require.Empty(t, r.sent)
		r.inject(p.taken)
		r.mine()
		require.Equal(t, hash, r.receipt("a", chain.Mined).Tx)
		require.EqualValues(t, 1, r.count())
	})
	t.Run("a private endpoint that refuses is an error, and nothing becomes public", func(t *testing.T) {
		r, p := start(t)
		p.refuse = true
		tx := r.tx(r.add)
		tx.Public = false
		_, err := r.client.Send(t.Context(), "a", tx)
		require.ErrorIs(t, err, evm.ErrBadAnswer)
		require.ErrorContains(t, err, "send a: submit: source: bad answer: PrivateURLs[0]: status 403")
		require.Empty(t, r.sent)
		waiting := r.receipt("a", chain.Pending)
		p.refuse = false
		require.Equal(t, waiting.Tx, r.send("a", tx), "what was signed is sent, nothing else")
		require.Len(t, p.taken, 1)
	})
	t.Run("what is public goes to the private endpoint first, and to all when sent again", func(t *testing.T) {
		r, p := start(t)
		tx := r.tx(r.add)
		r.send("a", tx)
		require.Len(t, p.taken, 1)
		require.Empty(t, r.sent)
		r.send("a", tx)
		require.Len(t, p.taken, 2)
		require.Len(t, r.sent, 1)
	})
	t.Run("what is public goes to all at once when the private endpoint refuses", func(t *testing.T) {
		r, p := start(t)
		p.refuse = true
		r.send("a", r.tx(r.add))
		require.Len(t, r.sent, 1)
	})
	t.Run("a cancellation has nothing to hide", func(t *testing.T) {
		r, p := start(t)
		tx := r.cheap(r.add)
		tx.Public = false
		r.send("a", tx)
		require.NoError(t, r.client.Cancel(t.Context(), "a", r.tx(r.add).MaxGasPrice))
		require.Len(t, p.taken, 2)
		require.Len(t, r.sent, 1)
		require.NotContains(t, r.sent, p.taken[0])
		r.mine()
		r.receipt("a", chain.Cancelled)
	})
}

// punctual reverts but in the block whose number it is called with.
const punctual = "6000354314600c57" + "600080fd" + "5b00"

func TestGasIsEstimatedForTheBlockToCome(t *testing.T) {
	r := newRig(t)
	cfg := r.config()
	cfg.GasLimit = 0
	r.client = r.open(cfg)
	to := r.deploy(punctual)
	at := func(number uint64) chain.Tx {
		word := uint256.NewInt(number).Bytes32()
		return r.tx(chain.Call{To: to, Data: word[:]})
	}
	head := r.height()
	_, err := r.client.Send(t.Context(), "late", at(head))
	require.ErrorIs(t, err, chain.ErrReverted)
	_, err = r.client.Send(t.Context(), "in time", at(head+1))
	require.NoError(t, err)
	r.mine()
	r.receipt("in time", chain.Mined)
}

func TestWhatIsRefusedIsNotSent(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*rig, *evm.Config)
		tx     func(*rig) chain.Tx
		is     error
		says   string
	}{
		"a call that would revert": {
			func(_ *rig, cfg *evm.Config) { cfg.GasLimit = 0 },
			func(r *rig) chain.Tx { return r.tx(r.fail) },
			chain.ErrReverted, "send a: estimate gas: chain: reverted: source 1: execution reverted",
		},
		"an account without coins": {
			func(r *rig, cfg *evm.Config) { cfg.Signer, cfg.Key = evm.NewKey(evmtest.Key(r, "poor")), "poor" },
			func(r *rig) chain.Tx { return r.tx(r.add) },
			evm.ErrUnfunded, "evm: account cannot pay: balance of " + evm.NewKey(evmtest.Key(t, "poor")).Address().String() + " 0 wei: must be >=",
		},
		"a price that overflows": {
			func(*rig, *evm.Config) {},
			func(r *rig) chain.Tx {
				tx := r.tx(r.add)
				tx.MaxGasPrice.Lsh(uint256.NewInt(1), 250) // a million times that is nothing, in 256 bits
				return tx
			},
			evm.ErrUnfunded, "must be >= 115792089237316195423570985008687907853269984665640564039457584007913129639935",
		},
		"an id that cannot be written down": {
			func(*rig, *evm.Config) {},
			func(r *rig) chain.Tx { return r.tx(r.add) },
			chain.ErrInvalid, `id "a\x00": must have 1 to 256 bytes of UTF-8 without NUL`,
		},
		"a client without a signer": {
			func(_ *rig, cfg *evm.Config) { cfg.Signer = nil },
			func(r *rig) chain.Tx { return r.tx(r.add) },
			chain.ErrInvalid, "send a: chain: invalid: Signer nil: must be given to send",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			cfg := r.config()
			row.change(r, &cfg)
			tx := row.tx(r)
			r.client = r.open(cfg)
			id := "a"
			if name == "an id that cannot be written down" {
				id = "a\x00"
			}
			_, err := r.client.Send(t.Context(), id, tx)
			require.ErrorIs(t, err, row.is)
			require.ErrorContains(t, err, row.says)
			require.Empty(t, r.sent)
			_, err = r.client.Receipt(t.Context(), id)
			require.ErrorIs(t, err, chain.ErrNotFound)
		})
	}
}

func TestAnEstimateIsEnough(t *testing.T) {
	r := newRig(t)
	cfg := r.config()
	cfg.GasLimit = 0
	r.client = r.open(cfg)
	counter := common.Address(r.add.To)
	needed, err := r.node.Client().EstimateGas(t.Context(), ethereum.CallMsg{From: common.Address(r.key.Address()), To: &counter, Data: r.add.Data})
	require.NoError(t, err)
	r.send("a", r.tx(r.add))
	require.Equal(t, needed+needed/4, decode(t, r.sent[0]).Gas(), "and a quarter, for what changes until it is mined")
	r.mine()
	r.receipt("a", chain.Mined)
	require.EqualValues(t, 1, r.count())
}

// impostor signs with another key than it says.
type impostor struct{ *evm.Key }

func (impostor) Address() chain.Address { return chain.Address{1} }

func TestASignatureIsChecked(t *testing.T) {
	r := newRig(t)
	cfg := r.config()
	cfg.Signer, cfg.Key = impostor{r.key}, "impostor"
	cfg.GasLimit = 21_000
	r.client = r.open(cfg)
	tx := r.tx(r.add)
	require.NoError(t, r.node.Client().SendTransaction(t.Context(), r.transfer(common.Address{1}, 1e18)))
	r.mine()
	_, err := r.client.Send(t.Context(), "a", tx)
	require.ErrorIs(t, err, chain.ErrInvalid)
	require.ErrorContains(t, err, "signature by "+r.key.Address().String()+": must be by 0x01")
	require.Empty(t, r.sent)
	_, err = r.client.Receipt(t.Context(), "a")
	require.ErrorIs(t, err, chain.ErrNotFound)
}

// transfer is coins from the deployer.
func (r *rig) transfer(to common.Address, wei int64) *types.Transaction {
	r.Helper()
	deployer := evmtest.Key(r, "deployer")
	nonce, err := r.node.Client().NonceAt(r.Context(), crypto.PubkeyToAddress(deployer.PublicKey), nil)
	require.NoError(r, err)
	tx, err := types.SignNewTx(deployer, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, Gas: 1_000_000, GasFeeCap: big.NewInt(1e11), GasTipCap: big.NewInt(1e9), To: &to, Value: big.NewInt(wei),
	})
	require.NoError(r, err)
	return tx
}

func TestATipGoesAsFarAsThePriceAllows(t *testing.T) {
	r := newRig(t)
	cfg := r.config()
	cfg.TipWei = *uint256.NewInt(100e9)
	r.client = r.open(cfg)
	tx := r.tx(r.add)
	tx.MaxGasPrice = *uint256.NewInt(50e9)
	r.send("a", tx)
	require.EqualValues(t, 50_000_000_000, decode(t, r.sent[0]).GasTipCap().Uint64())
	tx.MaxGasPrice = *uint256.NewInt(120e9)
	r.send("a", tx)
	require.EqualValues(t, 100_000_000_000, decode(t, r.sent[1]).GasTipCap().Uint64())
	r.mine()
	r.receipt("a", chain.Mined)
}

func TestBacklogIsBounded(t *testing.T) {
	r := newRig(t)
	tx := r.cheap(r.add)
	for i := range 16 {
		r.send(fmt.Sprint(i), tx)
	}
	_, err := r.client.Send(t.Context(), "16", tx)
	require.ErrorIs(t, err, evm.ErrBacklog)
	require.ErrorContains(t, err, "nonces 0 to 15: must be fewer than 16")
	_, err = r.client.Receipt(t.Context(), "16")
	require.ErrorIs(t, err, chain.ErrNotFound)
}

func TestExpiry(t *testing.T) {
	soon := func(r *rig, tx chain.Tx) chain.Tx {
		tx.Deadline = r.head().Number + 1
		return tx
	}
	t.Run("what has expired does not hold up what comes after it", func(t *testing.T) {
		r := newRig(t)
		r.send("a", soon(r, r.cheap(r.add)))
		r.mine()
		r.send("b", r.tx(r.add))
		r.mine()
		r.receipt("a", chain.Expired)
		r.receipt("b", chain.Mined)
		require.EqualValues(t, 1, r.count())
		require.EqualValues(t, 2, r.nonce(), "one taken, one used, no gap")
	})
	t.Run("a look at it is enough to take it out of the way", func(t *testing.T) {
		r := newRig(t)
		hash := r.send("a", soon(r, r.cheap(r.add)))
		r.mine()
		require.Equal(t, hash, r.receipt("a", chain.Expired).Tx)
		r.mine()
		require.EqualValues(t, 1, r.nonce())
		require.EqualValues(t, 0, r.count())
		require.Equal(t, hash, r.receipt("a", chain.Expired).Tx)
		require.Equal(t, chain.Receipt{Tx: hash, Status: chain.Expired}, r.receipt("a", chain.Expired), "its cost is not that id's")
	})
	t.Run("withdrawing costs no more than allowed", func(t *testing.T) {
		r := newRig(t)
		cfg := r.config()
		cfg.WithdrawGasWei = *uint256.NewInt(1)
		r.client = r.open(cfg)
		tx := soon(r, r.cheap(r.add))
		r.send("a", tx)
		r.mine()
		r.receipt("a", chain.Expired)
		require.Len(t, r.sent, 2)
		least := chain.MinReplacement(tx.MaxGasPrice)
		require.Equal(t, least.ToBig(), decode(t, r.sent[1]).GasFeeCap(), "nothing is allowed but what replacing needs")
		cfg.WithdrawGasWei = times(r.head().GasPrice, 100)
		r.client = r.open(cfg)
		r.receipt("a", chain.Expired)
		require.Len(t, r.sent, 3)
		twice := times(r.head().GasPrice, 2)
		require.Equal(t, twice.ToBig(), decode(t, r.sent[2]).GasFeeCap())
		r.receipt("a", chain.Expired)
		require.Len(t, r.sent, 3, "an offer that is good enough is not raised")
	})
	t.Run("what is mined too late all the same is told as it is", func(t *testing.T) {
		r := newRig(t)
		r.set(func() { r.delay = 1 })
		r.send("a", soon(r, r.tx(r.add)))
		r.mine()
		r.receipt("a", chain.Expired)
		r.mine()
		r.receipt("a", chain.Mined)
		require.EqualValues(t, 1, r.count())
	})
	t.Run("a cancellation in the deadline's own block has cancelled", func(t *testing.T) {
		r := newRig(t)
		r.send("a", soon(r, r.cheap(r.add)))
		require.NoError(t, r.client.Cancel(t.Context(), "a", r.tx(r.add).MaxGasPrice))
		r.mine()
		r.receipt("a", chain.Cancelled)
	})
	t.Run("a cancellation that is mined too late has not cancelled", func(t *testing.T) {
		r := newRig(t)
		r.send("a", soon(r, r.cheap(r.add)))
		r.set(func() { r.delay = 1 })
		require.NoError(t, r.client.Cancel(t.Context(), "a", r.tx(r.add).MaxGasPrice))
		r.mine()
		r.mine()
		require.EqualValues(t, 1, r.nonce())
		r.receipt("a", chain.Expired)
	})
}

func decode(t *testing.T, raw []byte) *types.Transaction {
	t.Helper()
	tx := new(types.Transaction)
	require.NoError(t, tx.UnmarshalBinary(raw))
	return tx
}

func TestReplacementStopsBeforeThereIsNoRoomToEnd(t *testing.T) {
	r := newRig(t)
	tx := r.tx(r.add)
	r.set(func() { r.delay = 1000 }) // the node would take the first
	tx.MaxGasPrice = *uint256.NewInt(1_000_000_000)
	hash := r.send("a", tx)
	for range 31 {
		tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
		last := hash
		hash = r.send("a", tx)
		require.NotEqual(t, last, hash)
	}
	tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
	require.Equal(t, hash, r.send("a", tx), "stays as it is")
	r.set(func() { r.delay = 0 })
	require.NoError(t, r.client.Cancel(t.Context(), "a", tx.MaxGasPrice))
	r.mine()
	r.receipt("a", chain.Cancelled)
}

func TestTwoProcessesOfOneAccount(t *testing.T) {
	t.Run("never sign the same nonce for different ids", func(t *testing.T) {
		r := newRig(t)
		clients := []*evm.Client{r.client, r.open(r.config()), r.open(r.config())}
		tx := r.tx(r.add)
		var all sync.WaitGroup
		for i, c := range clients {
			all.Go(func() {
				for j := range 3 {
					if _, err := c.Send(t.Context(), fmt.Sprint(i, "/", j), tx); err != nil {
						t.Errorf("client %d, send %d: %v", i, j, err)
					}
				}
			})
		}
		all.Wait()
		r.mine()
		require.EqualValues(t, 9, r.count())
		for i := range clients {
			for j := range 3 {
				r.receipt(fmt.Sprint(i, "/", j), chain.Mined)
			}
		}
	})
	t.Run("know of each other's ids", func(t *testing.T) {
		r := newRig(t)
		other := r.open(r.config())
		tx := r.tx(r.add)
		hash := r.send("a", tx)
		got, err := other.Receipt(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, chain.Receipt{Tx: hash, Status: chain.Pending}, got)
		again, err := other.Send(t.Context(), "a", tx)
		require.NoError(t, err)
		require.Equal(t, hash, again)
	})
	t.Run("cannot share a journal across accounts", func(t *testing.T) {
		r := newRig(t)
		r.send("a", r.tx(r.add))
		cfg := r.config()
		cfg.Signer = evm.NewKey(evmtest.Key(t, "deployer"))
		_, err := evm.Open(t.Context(), cfg)
		require.ErrorContains(t, err, "record 1 is of another chain or account: each has a Key of its own")
	})
}

func TestAKeyThatIsUsedElsewhere(t *testing.T) {
	r := newRig(t)
	abroad := func(nonce uint64) {
		tx, err := types.SignNewTx(evmtest.Key(t, "owner"), types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
			ChainID: big.NewInt(chainID), Nonce: nonce, Gas: 21_000, GasFeeCap: big.NewInt(1e12), GasTipCap: big.NewInt(1e11), To: &common.Address{1},
		})
		require.NoError(t, err)
		require.NoError(t, r.node.Client().SendTransaction(t.Context(), tx))
	}
	abroad(0)
	r.mine()
	tx := r.cheap(r.add)
	r.send("a", tx)
	require.EqualValues(t, 1, decode(t, r.sent[0]).Nonce(), "a nonce that is gone is not tried")
	abroad(1)
	r.mine()
	_, err := r.client.Receipt(t.Context(), "a")
	require.ErrorIs(t, err, evm.ErrForeign)
	require.ErrorContains(t, err, "nonce 1 at or below block")
	_, err = r.client.Send(t.Context(), "a", tx)
	require.ErrorIs(t, err, evm.ErrForeign)
	require.Len(t, r.sent, 1, "nothing is sent under a nonce that is gone")
	r.send("b", r.tx(r.add))
	r.mine()
	r.receipt("b", chain.Mined)
}

// TestKilledAnywhere lets a process die at each request to the node and at each append
// to the store, before and after that took effect; the next one sends again.
func TestKilledAnywhere(t *testing.T) {
	const most = 40 // requests and appends of a life
	mortals := make([]*evm.Key, 2*most)
	for i := range mortals {
		mortals[i] = evm.NewKey(evmtest.Key(t, fmt.Sprint("mortal ", i)))
	}
	r := newRig(t, mortals...)
	for lives, late := range []bool{false, true} {
		for at, died := 1, "open"; died != ""; at++ {
			require.LessOrEqual(t, at, most)
			r.key = mortals[lives*most+at-1]
			died = r.liveAndDie(at, late)
			t.Logf("step %d, late %v: died at %s", at, late, died)
		}
	}
}

// liveAndDie returns at what it died: "" if life was shorter than that.
func (r *rig) liveAndDie(at int, late bool) string {
	r.Helper()
	healthy := r.config()
	healthy.Key = fmt.Sprint(at, late)
	r.client = r.open(healthy)
	before, tx := r.count(), r.tx(r.add)

	life, kill := context.WithCancel(r.Context())
	defer kill()
	k := &reaper{Store: r.store, at: at, late: late, kill: kill}
	cfg := healthy
	cfg.Store = k
	mortal := r.open(cfg)
	r.set(func() { r.before, r.after = k.before, k.after })
	_, _ = mortal.Send(life, "a", tx)
	dearer := tx
	dearer.MaxGasPrice = times(tx.MaxGasPrice, 2)
	_, _ = mortal.Send(life, "a", dearer)
	r.mine()
	_, _ = mortal.Send(life, "a", dearer)
	r.set(func() { r.before, r.after = nil, nil })

	r.client = r.open(healthy)
	r.send("a", tx)
	r.mine()
	r.receipt("a", chain.Mined)
	r.mine()
	require.Equal(r, before+1, r.count())
	require.EqualValues(r, 1, r.nonce())
	return k.died
}
