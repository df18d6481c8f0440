package evm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

const chainID = 138

// counterCode is a contract in the EVM's own words. Called with the byte 1 it adds one
// to its total, with 2 it returns the total, and with anything else it reverts.
const counterCode = "60003560f81c" + // the first byte of the input
	"80600114601757" + // is it 1?
	"600214602257" + // is it 2?
	"600080fd" + // revert
	"5b60005460010160005500" + // total + 1
	"5b60005460005260206000f3" // the total

// rig is a real node, a proxy in front of it that can spoil what passes, and a client
// that knows only the proxy.
type rig struct {
	testing.TB
	node   *evmtest.Node
	url    string // of the proxy
	key    *evm.Key
	store  evenkeel.Store
	client *evm.Client

	add, total, fail chain.Call

	mu   sync.Mutex
	lag  uint64
	lose bool // answers to what is sent
	// If set, before sees each request before the node does, and after before the client
	// has its answer; an error closes the connection. edit may change the answer.
	before, after func(method string) error
	edit          func(method string, answer *response)
	sent          []hexutil.Bytes
	delay         int
	held          []held
}

// held is a transaction on its way through a slow network.
type held struct {
	raw    hexutil.Bytes
	blocks int
}

// newRig makes the owner rich, and whom else it is told.
func newRig(tb testing.TB, others ...*evm.Key) *rig {
	tb.Helper()
	owner, deployer := evmtest.Key(tb, "owner"), evmtest.Key(tb, "deployer")
	key := evm.NewKey(owner)
	r := &rig{TB: tb, key: key, store: &memory.Store{}}
	rich := []common.Address{common.Address(key.Address()), crypto.PubkeyToAddress(deployer.PublicKey)}
	for _, other := range others {
		rich = append(rich, common.Address(other.Address()))
	}
	r.node = evmtest.Start(tb, chainID, rich...)
	counter := r.deploy(counterCode)
	r.add, r.total, r.fail = chain.Call{To: counter, Data: []byte{1}}, chain.Call{To: counter, Data: []byte{2}}, chain.Call{To: counter, Data: []byte{3}}
	proxy := httptest.NewServer(r)
	tb.Cleanup(proxy.Close)
	r.url = proxy.URL
	r.client = r.open(r.config())
	return r
}

func (r *rig) config() evm.Config {
	return evm.Config{
		ChainID: chainID, URLs: []string{r.url}, MaxAge: time.Hour,
		Signer: r.key, Store: r.store, Key: "outbox/138",
		TipWei: *uint256.NewInt(10_000_000), GasLimit: 1_000_000, WithdrawGasWei: *uint256.NewInt(1e12),
	}
}

func (r *rig) open(cfg evm.Config) *evm.Client {
	r.Helper()
	c, err := evm.Open(r.Context(), cfg)
	require.NoError(r, err)
	r.Cleanup(c.Close)
	return c
}

func (r *rig) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// mine seals a block, after which what was held for it arrives.
func (r *rig) mine() {
	r.node.Commit()
	var arrived []hexutil.Bytes
	r.set(func() {
		var waiting []held
		for _, h := range r.held {
			if h.blocks--; h.blocks > 0 {
				waiting = append(waiting, h)
			} else {
				arrived = append(arrived, h.raw)
			}
		}
		r.held = waiting
	})
	r.inject(arrived)
}

// reorg takes blocks back. What they held waits again, as it would in the pool of a
// node that saw both forks.
func (r *rig) reorg(depth int) {
	head, err := r.node.Client().BlockNumber(r.Context())
	require.NoError(r, err)
	root, err := r.node.Client().HeaderByNumber(r.Context(), new(big.Int).SetUint64(head-uint64(depth)))
	require.NoError(r, err)
	r.node.Rollback() // a node forks only with an empty pool
	require.NoError(r, r.node.Fork(root.Hash()))
	r.node.Rollback() // and this waits until the pool has noticed
	r.inject(r.sent)
}

// drop empties the node's pool.
func (r *rig) drop() {
	r.node.Rollback()
	r.set(func() { r.sent = nil })
}

// inject hands transactions to the node itself, which may know better.
func (r *rig) inject(raws []hexutil.Bytes) {
	for _, raw := range raws {
		tx := new(types.Transaction)
		require.NoError(r, tx.UnmarshalBinary(raw))
		_ = r.node.Client().SendTransaction(r.Context(), tx)
	}
}

type request struct {
	Version string            `json:"jsonrpc"`
	ID      json.RawMessage   `json:"id"`
	Method  string            `json:"method"`
	Params  []json.RawMessage `json:"params"`
}

type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// ServeHTTP is the proxy.
func (r *rig) ServeHTTP(w http.ResponseWriter, q *http.Request) { serve(w, q, r.answer) }

// serve speaks JSON-RPC, one request or a batch of them.
func serve(w http.ResponseWriter, q *http.Request, answer func(request) response) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var batch []request
	single := json.Unmarshal(body, &batch) != nil
	if single {
		batch = make([]request, 1)
		if err := json.Unmarshal(body, &batch[0]); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	answers := make([]response, len(batch))
	for i, one := range batch {
		answers[i] = answer(one)
	}
	w.Header().Set("Content-Type", "application/json")
	if single {
		_ = json.NewEncoder(w).Encode(answers[0])
		return
	}
	_ = json.NewEncoder(w).Encode(answers)
}

// answer is the node's answer to one request, with the faults of the day.
func (r *rig) answer(q request) response {
	r.mu.Lock()
	lag, lose, before, after, edit := r.lag, r.lose, r.before, r.after, r.edit
	r.mu.Unlock()
	if before != nil && before(q.Method) != nil {
		panic(http.ErrAbortHandler)
	}
	out := response{Version: "2.0", ID: q.ID, Result: json.RawMessage("null")}
	switch q.Method {
	case "eth_sendRawTransaction":
		if out = r.take(q); lose {
			panic(http.ErrAbortHandler)
		}
	case "eth_getBlockByNumber":
		head := r.height() - lag
		var number hexutil.Uint64
		if string(q.Params[0]) == `"latest"` {
			q.Params[0], _ = json.Marshal(hexutil.Uint64(head))
			out = r.forward(q)
		} else if err := json.Unmarshal(q.Params[0], &number); err != nil || uint64(number) <= head {
			out = r.forward(q)
		}
	case "eth_getBlockByHash":
		var block struct {
			Number hexutil.Uint64 `json:"number"`
		}
		if got := r.forward(q); json.Unmarshal(got.Result, &block) == nil && uint64(block.Number)+lag <= r.height() {
			out = got
		}
	default:
		out = r.forward(q)
	}
	if edit != nil {
		edit(q.Method, &out)
	}
	if after != nil && after(q.Method) != nil {
		panic(http.ErrAbortHandler)
	}
	return out
}

// take takes a transaction from the client.
func (r *rig) take(q request) response {
	var raw hexutil.Bytes
	if err := json.Unmarshal(q.Params[0], &raw); err != nil {
		panic(http.ErrAbortHandler)
	}
	r.mu.Lock()
	if !slices.ContainsFunc(r.sent, func(b hexutil.Bytes) bool { return bytes.Equal(b, raw) }) {
		r.sent = append(r.sent, raw)
	}
	delay := r.delay
	if delay > 0 {
		r.held = append(r.held, held{raw, delay})
	}
	r.mu.Unlock()
	if delay > 0 {
		hash, _ := json.Marshal(crypto.Keccak256Hash(raw))
		return response{Version: "2.0", ID: q.ID, Result: hash}
	}
	return r.forward(q)
}

// forward asks the node.
func (r *rig) forward(q request) response {
	body, err := json.Marshal(q)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	answer, err := http.Post(r.node.URL, "application/json", bytes.NewReader(body)) //nolint:noctx // on loopback
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close() //nolint:errcheck // only read from
	var out response
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		panic(http.ErrAbortHandler)
	}
	if out.Result == nil && out.Error == nil {
		out.Result = json.RawMessage("null")
	}
	return out
}

func (r *rig) height() uint64 {
	out := r.forward(request{Version: "2.0", ID: json.RawMessage("1"), Method: "eth_blockNumber", Params: []json.RawMessage{}})
	var number hexutil.Uint64
	if err := json.Unmarshal(out.Result, &number); err != nil {
		panic(http.ErrAbortHandler)
	}
	return uint64(number)
}

// reaper ends a process at one of its steps, before or after that took effect.
type reaper struct {
	evenkeel.Store
	at   int
	late bool
	kill context.CancelFunc

	mu   sync.Mutex
	step int
	died string // where
}

var errKilled = errors.New("killed")

// before and after stand on either side of each step.
func (k *reaper) before(what string) error {
	k.mu.Lock()
	k.step++
	k.mu.Unlock()
	return k.strike(what, false)
}

func (k *reaper) after(what string) error { return k.strike(what, true) }

func (k *reaper) strike(what string, late bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.died == "" && k.step == k.at && late == k.late {
		k.died = what
		k.kill()
	}
	if k.died != "" {
		return errKilled
	}
	return nil
}

// Append is a step.
func (k *reaper) Append(ctx context.Context, record evenkeel.Record) error {
	if err := k.before("append"); err != nil {
		return err
	}
	if err := k.Store.Append(ctx, record); err != nil {
		return err
	}
	return k.after("append")
}
