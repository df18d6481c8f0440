package source_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

const (
	chainID   = 138
	blockTime = 12 * time.Second
)

var genesis = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a chain seen through two nodes, and a source over both.
type world struct {
	*testing.T
	*evmtest.Script
	*source.Source
	counter *evmtest.Counter
	one     *evmtest.View
	two     *evmtest.View
	clock   *clock.Mock
	cfg     source.Config
	nonce   uint64
}

func newWorld(t *testing.T, change func(*source.Config)) *world {
	t.Helper()
	mem := memchain.New(chainID, genesis, memchain.Options{History: 1024})
	w := &world{T: t, counter: evmtest.NewCounter(mem), Script: evmtest.NewScript(t, mem), clock: clock.NewMock()}
	w.one, w.two = w.View("one"), w.View("two")
	w.clock.Set(genesis)
	w.cfg = source.Config{
		URLs: []string{w.one.URL, w.two.URL}, ChainID: chainID, MaxLag: 2, MaxFork: 3, MaxAge: 3 * blockTime,
		Options: source.Options{Clock: w.clock, RoundTripper: evmtest.Wire{w.one, w.two}},
	}
	if change != nil {
		change(&w.cfg)
	}
	w.mine(10)
	var err error
	w.Source, err = source.Open(t.Context(), w.cfg)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func (w *world) mine(blocks int) {
	for range blocks {
		w.clock.Add(blockTime)
		w.Script.Mine(w.clock.Now())
	}
}

// send puts a signed transaction into the mempool.
func (w *world) send(call chain.Call) common.Hash {
	w.Helper()
	to := common.Address(call.To)
	tx, err := types.SignNewTx(evmtest.Key(w, "trader"), types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: w.nonce, To: &to, Data: call.Data, Gas: 100_000,
		GasFeeCap: big.NewInt(1e12), GasTipCap: big.NewInt(1e9),
	})
	require.NoError(w, err)
	raw, err := tx.MarshalBinary()
	require.NoError(w, err)
	_, err = w.Raw(w.Context(), "eth_sendRawTransaction", hexutil.Bytes(raw))
	require.NoError(w, err)
	w.nonce++
	return tx.Hash()
}

func (w *world) head() source.Tip {
	w.Helper()
	tip, err := w.Source.Head(w.Context())
	require.NoError(w, err)
	return tip
}

// total reads the counter.
func (w *world) total(at chain.Hash) (uint64, error) {
	var word hexutil.Bytes
	elems := []rpc.BatchElem{w.call(at, w.counter.Total(), &word)}
	if err := w.Batch(w.Context(), at, elems); err != nil {
		return 0, err
	}
	require.NoError(w, elems[0].Error)
	return new(uint256.Int).SetBytes(word).Uint64(), nil
}

func (w *world) call(at chain.Hash, call chain.Call, answer *hexutil.Bytes) rpc.BatchElem {
	return rpc.BatchElem{Method: "eth_call", Result: answer, Args: []any{
		map[string]any{"to": call.To, "input": hexutil.Bytes(call.Data)}, rpc.BlockNumberOrHashWithHash(common.Hash(at), true),
	}}
}

func TestHead(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		one, two evmtest.Faults
		behind   uint64 // the chain's newest block
		err      error
		says     []string
	}{
		"two healthy nodes agree on the newest block":           {},
		"a node a little behind sets the pace":                  {two: evmtest.Faults{Lag: 2}, behind: 2},
		"a node too far behind is no reason to believe another": {one: evmtest.Faults{Lag: 3}, err: source.ErrLagging, says: []string{"source 1", "block 7 is 3 behind source 2"}},
		"both behind is an old head":                            {one: evmtest.Faults{Lag: 4}, two: evmtest.Faults{Lag: 4}, err: source.ErrStale, says: []string{"block 6 is 48s old"}},
		"on a fork, the last block in common is the head":       {two: evmtest.Faults{Fork: 3}, behind: 3},
		"a fork too deep is a disagreement":                     {two: evmtest.Faults{Fork: 4}, err: source.ErrDisagree, says: []string{"at 7", "source 1", "source 2"}},
		"a fork below a lag counts from the common height":      {one: evmtest.Faults{Lag: 1}, two: evmtest.Faults{Fork: 3}, behind: 3},
		"a height that cannot be served, far ahead":             {two: evmtest.Faults{Ahead: 3}, err: source.ErrLagging, says: []string{"source 1"}},
		"a height that cannot be served, but need not":          {two: evmtest.Faults{Ahead: 2}},
		"a height that neither can serve":                       {one: evmtest.Faults{Ahead: 1}, two: evmtest.Faults{Ahead: 2}, err: source.ErrLying, says: []string{"source 1", "block 11"}},
		"a silent node":                                         {one: evmtest.Faults{Down: true}, err: source.ErrNoAnswer, says: []string{"source 1", "503"}},
		"a node whose line breaks":                              {two: evmtest.Faults{LoseAnswers: true}, err: source.ErrNoAnswer, says: []string{"source 2"}},
		"a busy node":                                           {two: evmtest.Faults{RetryAfter: 7}, err: source.ErrBusy, says: []string{"source 2", "429", "7s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.one.Set(row.one)
			w.two.Set(row.two)
			tip, err := w.Source.Head(t.Context())
			if row.err != nil {
				require.ErrorIs(t, err, row.err)
				for _, text := range row.says {
					require.ErrorContains(t, err, text)
				}
				_, err = w.Source.Block(t.Context(), 1)
				require.ErrorIs(t, err, chain.ErrNotFound, "no head was told of")
				return
			}
			require.NoError(t, err)
			require.Equal(t, w.Script.Head().Number-row.behind, tip.Number)
			require.Zero(t, tip.Orphaned)
			b, err := w.Source.Block(t.Context(), tip.Number)
			require.NoError(t, err)
			require.Equal(t, tip.Block, b)
		})
	}
}

func TestAHeadFromTheFutureIsStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.clock.Set(w.Script.Head().Time.Add(-3 * blockTime))
	w.head()
	w.clock.Set(w.Script.Head().Time.Add(-3*blockTime - time.Second))
	_, err := w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrStale)
}

func TestOneSourceIsEnoughOnlyWhenSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *source.Config) { c.Need = 1 })
	w.one.Set(evmtest.Faults{Down: true})
	require.Equal(t, w.Script.Head().Number, w.head().Number)
	w.one.Set(evmtest.Faults{Lag: 5})
	_, err := w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrLagging, "a node that answers wrongly is not one that is down")
	w.one.Set(evmtest.Faults{Down: true})
	w.two.Set(evmtest.Faults{Down: true})
	_, err = w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrNoAnswer)
}

func TestASingleSourceCannotNameWhatItCannotServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *source.Config) { c.URLs = c.URLs[:1] })
	w.one.Set(evmtest.Faults{Ahead: 1})
	_, err := w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrLying)
	w.one.Set(evmtest.Faults{})
	w.head()
}

func TestReorgsAreReportedAndGapsAreFilled(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{1, 2, 6, 65, 200} {
		t.Run(fmt.Sprintf("%d deep", depth), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.head()
			w.mine(205)
			require.Zero(t, w.head().Orphaned, "a gap is no reorg")
			w.Reorg(depth)
			w.mine(depth + 1)
			require.EqualValues(t, depth, w.head().Orphaned)
			require.Zero(t, w.head().Orphaned, "told once")
			requests := w.one.Requests()
			for n := w.Script.Head().Number; n > 10; n-- {
				b, err := w.Source.Block(t.Context(), n)
				require.NoError(t, err)
				parent, err := w.Source.Block(t.Context(), n-1)
				require.NoError(t, err)
				require.Equal(t, b.Parent, parent.Hash)
			}
			require.Equal(t, requests, w.one.Requests(), "the gap was filled on the way")
		})
	}
}

func TestAReorgToALowerHeadIsSeenWhenItsBlocksCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.head()
	w.mine(5)
	before := w.head()
	w.Reorg(2)
	lower := w.head()
	require.Equal(t, before.Number-2, lower.Number)
	require.Zero(t, lower.Orphaned, "the nodes may just be behind")
	_, err := w.Source.Block(t.Context(), before.Number)
	require.ErrorIs(t, err, chain.ErrNotFound)
	w.mine(1)
	require.EqualValues(t, 2, w.head().Orphaned)
}

func TestAHeadKnownToOneNodeIsNotTheHeadOfBoth(t *testing.T) {
	t.Parallel()
	for _, behind := range []int{0, 1} {
		w := newWorld(t, nil)
		before := w.head()
		w.mine(1)
		w.head()
		[]*evmtest.View{w.one, w.two}[behind].Set(evmtest.Faults{Lag: 1})
		require.Equal(t, before.Block, w.head().Block)
	}
}

func TestAHeadBelowAllThatIsKnownIsNoReorg(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.head()
	w.one.Set(evmtest.Faults{Lag: 1})
	require.Equal(t, source.Tip{Block: w.head().Block}, w.head())
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for range 260 {
		w.mine(1)
		w.head()
	}
	requests := w.one.Requests()
	_, err := w.Source.Block(t.Context(), 15)
	require.NoError(t, err)
	require.Equal(t, requests, w.one.Requests())
	_, err = w.Source.Block(t.Context(), 14)
	require.NoError(t, err)
	require.Equal(t, requests+1, w.one.Requests())
}

func TestABlockOutsideTheTrailIsAskedForFromAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.head()
	w.mine(300)
	w.head()
	old, err := w.Source.Block(t.Context(), 3)
	require.NoError(t, err)
	require.EqualValues(t, 3, old.Number)
	w.two.Set(evmtest.Faults{Fork: 308})
	_, err = w.Source.Block(t.Context(), 3)
	require.ErrorIs(t, err, source.ErrDisagree)
}

func TestFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	tip := w.head()
	w.two.Set(evmtest.Faults{Lag: 5})
	b, err := w.Source.Final(t.Context(), "finalized")
	require.NoError(t, err)
	require.Equal(t, tip.Number-5, b.Number)
}

func TestBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	before := w.head()
	w.send(w.counter.Add("a"))
	w.mine(1)
	_, err := w.total(w.Script.Head().Hash)
	require.ErrorIs(t, err, chain.ErrNotFound, "above the head that was told of")
	after := w.head()
	for at, want := range map[chain.Hash]uint64{before.Hash: 0, after.Hash: 1} {
		got, err := w.total(at)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err = w.total(chain.Hash{1})
	require.ErrorIs(t, err, chain.ErrNotFound)

	w.two.Set(evmtest.Faults{Lag: 1})
	_, err = w.total(after.Hash)
	require.ErrorIs(t, err, chain.ErrNotFound, "one of them does not know it")
	w.two.Set(evmtest.Faults{OtherState: true})
	_, err = w.total(after.Hash)
	require.ErrorIs(t, err, source.ErrDisagree)
	require.ErrorContains(t, err, "eth_call")
	w.two.Set(evmtest.Faults{})

	w.Reorg(1)
	w.mine(2)
	_, err = w.total(after.Hash)
	require.ErrorIs(t, err, chain.ErrReorged)
}

func TestARevertIsTheElementsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	at := w.head().Hash
	var good, bad hexutil.Bytes
	elems := []rpc.BatchElem{w.call(at, w.counter.Total(), &good), w.call(at, w.counter.Fail(), &bad)}
	require.NoError(t, w.Batch(t.Context(), at, elems))
	require.NoError(t, elems[0].Error)
	require.Len(t, good, 32)
	var told rpc.DataError
	require.ErrorAs(t, elems[1].Error, &told)
	require.ErrorContains(t, elems[1].Error, "source 1: execution reverted")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *source.Config) { c.LogRange = 4 })
	var want []common.Hash
	for range 9 {
		want = append(want, w.send(w.counter.Add("x")))
		w.mine(2)
	}
	first := w.head().Number - 17
	logs := func(f source.Filter) []common.Hash {
		found, err := w.Logs(t.Context(), first, w.head().Number, f)
		require.NoError(t, err)
		var hashes []common.Hash
		for _, log := range found {
			hashes = append(hashes, log.TxHash)
		}
		return hashes
	}
	require.Equal(t, want, logs(source.Filter{}))
	to := w.counter.Total().To
	require.Equal(t, want, logs(source.Filter{Addresses: []chain.Address{to}, Topics: [][]chain.Hash{{topic("add ")}}}))
	require.Empty(t, logs(source.Filter{Addresses: []chain.Address{{1}}}))
	require.Empty(t, logs(source.Filter{Topics: [][]chain.Hash{nil, {topic("add ")}}}))

	w.two.Set(evmtest.Faults{HideLogs: true})
	_, err := w.Logs(t.Context(), first, w.head().Number, source.Filter{})
	require.ErrorIs(t, err, source.ErrDisagree)
	require.ErrorContains(t, err, "source 2 lacks log 0")
	w.one.Set(evmtest.Faults{Lag: 1}) // its node answers for the blocks it has, without a word
	w.two.Set(evmtest.Faults{})
	_, err = w.Logs(t.Context(), first, w.head().Number+1, source.Filter{})
	require.ErrorIs(t, err, chain.ErrNotFound)
	_, err = w.Logs(t.Context(), 5, 4, source.Filter{})
	require.ErrorIs(t, err, source.ErrInvalid)
}

func topic(selector string) chain.Hash {
	return chain.Hash(common.BytesToHash([]byte(selector)))
}

func TestLogsOfOrphanedBlocksAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.send(w.counter.Add("x"))
	w.mine(1)
	tip := w.head()
	w.Reorg(1)
	w.mine(1)
	_, err := w.Logs(t.Context(), 1, tip.Number, source.Filter{})
	require.ErrorIs(t, err, chain.ErrReorged, "the head was another block")
	w.head()
	found, err := w.Logs(t.Context(), 1, tip.Number, source.Filter{})
	require.NoError(t, err)
	require.Len(t, found, 1)
}

func TestEachAndRaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *source.Config) { c.Need = 1 })
	w.one.Set(evmtest.Faults{Lag: 3})
	answers, err := w.Each(t.Context(), "eth_blockNumber")
	require.NoError(t, err)
	require.Len(t, answers, 2)
	require.Equal(t, []string{"source 1", `"0x7"`, "source 2", `"0xa"`},
		[]string{answers[0].Endpoint, string(answers[0].Result), answers[1].Endpoint, string(answers[1].Result)})
	w.one.Set(evmtest.Faults{Down: true})
	answers, err = w.Each(t.Context(), "eth_nothing")
	require.NoError(t, err)
	require.Len(t, answers, 1)
	var told rpc.Error
	require.ErrorAs(t, answers[0].Err, &told)
	text, err := w.Raw(t.Context(), "eth_blockNumber")
	require.NoError(t, err)
	require.Equal(t, `"0xa"`, string(text))
	w.two.Set(evmtest.Faults{Down: true})
	_, err = w.Raw(t.Context(), "eth_blockNumber")
	require.ErrorIs(t, err, source.ErrNoAnswer)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	good := newWorld(t, nil).cfg
	for name, row := range map[string]struct {
		change func(*source.Config)
		err    error
		says   string
	}{
		"no URL":                {func(c *source.Config) { c.URLs = nil }, source.ErrInvalid, "URLs 0: must be one or two"},
		"three URLs":            {func(c *source.Config) { c.URLs = append(c.URLs, c.URLs...)[:3] }, source.ErrInvalid, "URLs 3"},
		"a URL in plain text":   {func(c *source.Config) { c.URLs = []string{"http://rpc.example.org/key"} }, source.ErrInvalid, "URL of source 1: must be https"},
		"no URL at all":         {func(c *source.Config) { c.URLs = []string{"geth"} }, source.ErrInvalid, "URL of source 1"},
		"no chain":              {func(c *source.Config) { c.ChainID = 0 }, source.ErrInvalid, "ChainID 0: must be > 0"},
		"more than there are":   {func(c *source.Config) { c.Need = 3 }, source.ErrInvalid, "Need 3"},
		"no age":                {func(c *source.Config) { c.MaxAge = 0 }, source.ErrInvalid, "MaxAge 0s: must be > 0"},
		"a fork without end":    {func(c *source.Config) { c.MaxFork = 1025 }, source.ErrInvalid, "MaxFork 1025"},
		"a range without end":   {func(c *source.Config) { c.LogRange = 100_001 }, source.ErrInvalid, "LogRange 100001"},
		"negative patience":     {func(c *source.Config) { c.Patience = -1 }, source.ErrInvalid, "Patience -1ns"},
		"a negative timeout":    {func(c *source.Config) { c.Timeout = -1 }, source.ErrInvalid, "Timeout -1ns"},
		"a negative bound":      {func(c *source.Config) { c.MaxBytes = -1 }, source.ErrInvalid, "MaxBytes -1"},
		"another chain":         {func(c *source.Config) { c.ChainID = 1 }, source.ErrWrongChain, "source 1: chain id 138: must be 1"},
		"an answer that's long": {func(c *source.Config) { c.MaxBytes = 10 }, source.ErrBadAnswer, "answer too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := good
			row.change(&cfg)
			_, err := source.Open(t.Context(), cfg)
			require.ErrorIs(t, err, row.err)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), "example.org")
		})
	}
}

func TestACancelledContextIsTheError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	at := w.head()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for method, call := range map[string]func() error{
		"Head":  func() error { _, err := w.Source.Head(ctx); return err },
		"Block": func() error { _, err := w.Source.Block(ctx, at.Number); return err },
		"Final": func() error { _, err := w.Final(ctx, "safe"); return err },
		"Batch": func() error { return w.Batch(ctx, at.Hash, nil) },
		"Logs":  func() error { _, err := w.Logs(ctx, 1, 2, source.Filter{}); return err },
		"Each":  func() error { _, err := w.Each(ctx, "eth_chainId"); return err },
		"Raw":   func() error { _, err := w.Raw(ctx, "eth_chainId"); return err },
	} {
		require.ErrorIs(t, call(), context.Canceled, method)
	}
}
