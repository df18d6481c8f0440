package evm_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var (
	chains      = flag.Int("chains", 24, "scripted chains to live through; 300 take a minute of two cores")
	chainBlocks = flag.Int("chain-blocks", 60, "blocks of each")
	chainSeed   = flag.Uint64("chain-seed", 1, "seed of the first")
)

const (
	shipKey    = "peg/cUSDT"
	outboxKey  = "chain/138"
	shipTime   = 2 * time.Second
	shipLag    = 2
	shipFork   = 6
	harbour    = 15 // blocks before the first trouble, so that what lies far behind is old
	deepReorg  = 65 // one more than the stabilizer's memory
	calmBlocks = 24 // to settle what the faults left open
)

// ship is a stabilizer that keeps a peg on a scripted chain, through two nodes and a
// private relay.
type ship struct {
	*testing.T
	rng    *rand.Rand
	clock  *clock.Mock
	script *evmtest.Script
	nodes  [2]*evmtest.View
	relay  *evmtest.View

	base, quote *memchain.Token
	pool        *memchain.Pool
	contract    *memchain.Stabilizer
	counter     *evmtest.Counter
	trader      chain.Address

	engine *stabilizer.Engine
	store  *memory.Store
	key    *evm.Key
	client *evm.Client // nil while the process is down
	runner *keeperRunner
	ghost  *keeperRunner   // of the process before, which does not know that it was replaced
	sent   map[string]bool // ids that it handed to the client

	errands map[string]chain.Tx // of the same account, by another part of the process
	open    []string            // those without an outcome yet

	follower *source.Source
	followed map[uint64][]chain.Hash // transactions by block, as told by logs
	upTo     uint64

	trouble     trouble
	troubleEnds int
	becalmed    bool // nobody trades
	counts      map[string]int
}

type keeperRunner = evenkeel.Runner[stabilizer.State, stabilizer.Observation, stabilizer.Decision]

// trouble is what may befall the nodes.
type trouble struct {
	name  string
	nodes [2]evmtest.Faults
	relay evmtest.Faults
	doubt doubt
}

// doubt is how far the nodes may be believed.
type doubt int

const (
	none  doubt = iota
	facts       // nothing new may be decided on their word; what was decided before may be sent again
	heads       // there is no head to act on, so nothing at all is sent
)

func wei(n, digits uint64) uint256.Int {
	x, ten := uint256.NewInt(n), uint256.NewInt(10)
	return *x.Mul(x, ten.Exp(ten, uint256.NewInt(digits)))
}

func launch(t *testing.T, seed uint64) *ship {
	s := &ship{
		T: t, rng: rand.New(rand.NewPCG(seed, 138)), clock: clock.NewMock(), store: new(memory.Store),
		key: evm.NewKey(evmtest.Key(t, "keeper")), trader: chain.Address{19: 3},
		sent: map[string]bool{}, errands: map[string]chain.Tx{}, followed: map[uint64][]chain.Hash{}, counts: map[string]int{},
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.clock.Set(start)
	mem := memchain.New(chainID, start, memchain.Options{History: 4096})
	s.build(mem)
	s.script = evmtest.NewScript(t, mem)
	s.nodes = [2]*evmtest.View{s.script.View("one"), s.script.View("two")}
	s.relay = s.script.View("relay")
	cfg := stabilizer.Target(exchange.Pair{Base: "cUSDT", Quote: "USDT"}, "pool", decimal.New(100, 0), shipTime)
	var err error
	s.engine, err = stabilizer.New(cfg)
	require.NoError(t, err)
	s.follower, err = source.Open(t.Context(), source.Config{
		URLs: s.urls(), ChainID: chainID, MaxLag: shipLag, MaxFork: shipFork, MaxAge: 3 * shipTime,
		Options: source.Options{Clock: s.clock, RoundTripper: s.wire()},
	})
	require.NoError(t, err)
	t.Cleanup(s.follower.Close)
	return s
}

// build deploys a pool in which 100 units are one bps, and a stabilizer with 50,000 of
// each token.
func (s *ship) build(mem *memchain.Chain) {
	owner := chain.Address{19: 1}
	s.counter = evmtest.NewCounter(mem)
	s.base, s.quote = memchain.NewToken(mem, 6), memchain.NewToken(mem, 18)
	var err error
	s.pool, err = memchain.NewPool(mem, memchain.PoolConfig{
		Base: s.base, Quote: s.quote, Owner: owner,
		Params: pmm.Params{Kind: pmm.DSP, I: wei(1, 30), K: wei(5, 17)},
	})
	require.NoError(s, err)
	s.contract, err = memchain.NewStabilizer(mem, memchain.StabilizerConfig{
		Owner: owner, Keeper: s.key.Address(), Pools: []*memchain.Pool{s.pool}, Observed: s.pool, Peg: wei(1, 30),
	})
	require.NoError(s, err)
	mined, err := mem.Mine(s.clock.Now(), memchain.Tx{From: owner, Do: func(env memchain.Env) error {
		return errors.Join(
			s.base.Mint(env, owner, wei(1_000_000, 6)), s.quote.Mint(env, owner, wei(1_000_000, 18)),
			s.base.Mint(env, s.trader, wei(10_000_000, 6)), s.quote.Mint(env, s.trader, wei(10_000_000, 18)),
			s.base.Mint(env, s.contract.Address(), wei(50_000, 6)), s.quote.Mint(env, s.contract.Address(), wei(50_000, 18)),
			s.pool.Deposit(env, wei(1_000_000, 6), wei(1_000_000, 18)),
		)
	}})
	require.NoError(s, err)
	require.Empty(s, mined.Reverts)
}

func (s *ship) urls() []string { return []string{s.nodes[0].URL, s.nodes[1].URL} }

func (s *ship) wire() evmtest.Wire { return evmtest.Wire{s.nodes[0], s.nodes[1], s.relay} }

// crew starts the process, or restarts it; while nodes do not answer it stays down.
func (s *ship) crew() {
	s.client, s.ghost = nil, s.runner
	client, err := evm.Open(s.Context(), evm.Config{
		ChainID: chainID, URLs: s.urls(), MaxLag: shipLag, MaxFork: shipFork, MaxAge: 3 * shipTime,
		Signer: s.key, Store: s.store, Key: outboxKey, PrivateURLs: []string{s.relay.URL},
		TipWei: *uint256.NewInt(1e9), WithdrawGasWei: *uint256.NewInt(500e9),
		Clock: s.clock, RoundTripper: s.wire(),
	})
	if err != nil {
		s.counts["starts put off"]++
		return
	}
	s.Cleanup(client.Close)
	world, err := stabilizer.NewWorld(stabilizer.WorldConfig{
		Key: shipKey, Engine: s.engine, Chain: witness{client, s}, Stabilizer: s.contract.Address(), Pool: s.pool.Address(),
		Tokens: map[string]stabilizer.Token{
			"cUSDT": {Address: s.base.Address(), Decimals: 6},
			"USDT":  {Address: s.quote.Address(), Decimals: 18},
		},
		Peg: decimal.New(1, 0),
	})
	require.NoError(s, err)
	s.runner, err = evenkeel.NewRunner(shipKey, s.engine, world, s.store, evenkeel.Options{})
	require.NoError(s, err)
	s.client = client
}

// witness remembers which ids were handed to the client.
type witness struct {
	*evm.Client
	ship *ship
}

func (w witness) Send(ctx context.Context, id string, tx chain.Tx) (chain.Hash, error) {
	w.ship.sent[id] = true
	return w.Client.Send(ctx, id, tx)
}

// state is the engine's, as the journal has it.
func (s *ship) state() stabilizer.State {
	s.Helper()
	var state stabilizer.State
	last, err := s.store.Last(s.Context(), shipKey)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return state
	}
	require.NoError(s, err)
	require.NoError(s, json.Unmarshal(last.State, &state))
	return state
}

// sail lives through one block: something happens to the chain, it is mined, and the
// process looks twice.
func (s *ship) sail(block int, stormy bool) {
	s.Helper()
	if stormy {
		s.befall(block)
	} else {
		s.suffer(trouble{name: "none"})
	}
	s.clock.Add(shipTime)
	s.script.Mine(s.clock.Now(), s.flow()...)
	for range 2 {
		s.look()
	}
	s.send()
	s.follow()
}

// flow is a trade of somebody else in most blocks, which pushes the peg.
func (s *ship) flow() []memchain.Tx {
	if s.becalmed || s.rng.IntN(3) == 0 {
		return nil
	}
	units, side := uint64(s.rng.IntN(900)), s.rng.IntN(2)
	return []memchain.Tx{{From: s.trader, Do: func(env memchain.Env) error {
		if side == 0 {
			_, err := s.pool.Swap(env, pmm.SellQuote, wei(units, 18))
			return err
		}
		_, err := s.pool.Swap(env, pmm.SellBase, wei(units, 6))
		return err
	}}}
}

// befall lets things happen, about one in three blocks.
func (s *ship) befall(block int) {
	if block >= s.troubleEnds {
		s.suffer(trouble{name: "none"})
		if s.rng.IntN(3) == 0 {
			s.suffer(s.pick())
			s.troubleEnds = block + 1 + s.rng.IntN(4)
		}
	}
	switch s.rng.IntN(24) {
	case 0:
		depth := min(1+s.rng.IntN(6), int(s.script.Head().Number)-1) //nolint:gosec // small; the first block is not ours to lose
		s.script.Reorg(depth)
		for range depth { // the other branch is as long, with nobody else's trades, or other ones
			s.script.Mine(s.clock.Now(), s.flow()...)
		}
		s.counts["reorg of 1 to 6"]++
	case 1:
		s.script.Drop()
		s.counts["mempool forgotten"]++
	case 2:
		s.script.SetBaseFee(300e9)
		s.counts["base fee of 300 gwei"]++
	case 3, 4, 5:
		s.script.SetBaseFee(1e9)
	case 6:
		s.crew()
		s.counts["process restarted"]++
	case 7:
		if s.ghost != nil {
			_ = s.tick(s.ghost) // it may go on, or stand by
			s.counts["old process woke up"]++
		}
	}
}

func (s *ship) suffer(now trouble) {
	s.trouble = now
	if now.name != "none" {
		s.counts[now.name]++
	}
	s.nodes[0].Set(now.nodes[0])
	s.nodes[1].Set(now.nodes[1])
	s.relay.Set(now.relay)
}

// pick draws one trouble, of either node or both.
func (s *ship) pick() trouble {
	some := func(from, to int) uint64 { return uint64(from + s.rng.IntN(to-from+1)) }
	kinds := []trouble{
		{name: "node behind, within bounds", nodes: one(evmtest.Faults{Lag: some(1, shipLag)})},
		{name: "node far behind", nodes: one(evmtest.Faults{Lag: some(shipLag+1, 20)}), doubt: heads},
		// Only its age tells; and six blocks may be of one time, after a reorg.
		{name: "both nodes far behind", nodes: both(evmtest.Faults{Lag: some(13, 30)}), doubt: heads},
		{name: "node on a fork, within bounds", nodes: one(evmtest.Faults{Fork: some(1, 2)})},
		{name: "nodes disagree", nodes: one(evmtest.Faults{Fork: some(shipFork+1, 20)}), doubt: heads},
		{name: "node lies about its head", nodes: one(evmtest.Faults{Ahead: some(shipLag+1, 30)}), doubt: heads},
		{name: "both lie about their head", nodes: both(evmtest.Faults{Ahead: some(1, 30)}), doubt: heads},
		{name: "node lies about state", nodes: one(evmtest.Faults{OtherState: true}), doubt: facts},
		{name: "node leaves out logs", nodes: one(evmtest.Faults{HideLogs: true})},
		{name: "node too busy", nodes: one(evmtest.Faults{RetryAfter: some(1, 9)}), doubt: heads},
		{name: "node down", nodes: one(evmtest.Faults{Down: true}), doubt: heads},
		{name: "node's answers lost", nodes: one(evmtest.Faults{LoseAnswers: true}), doubt: heads},
		{name: "relay's answers lost", relay: evmtest.Faults{LoseAnswers: true}},
		{name: "relay forgets", relay: evmtest.Faults{Drop: true}},
		{name: "relay down", relay: evmtest.Faults{Down: true}},
		{name: "relay too busy", relay: evmtest.Faults{RetryAfter: some(1, 9)}},
	}
	t := kinds[s.rng.IntN(len(kinds))]
	if s.rng.IntN(2) == 0 {
		t.nodes[0], t.nodes[1] = t.nodes[1], t.nodes[0]
	}
	return t
}

func one(f evmtest.Faults) [2]evmtest.Faults { return [2]evmtest.Faults{f} }

func both(f evmtest.Faults) [2]evmtest.Faults { return [2]evmtest.Faults{f, f} }

// look is one tick of the process, if it runs.
func (s *ship) look() {
	s.Helper()
	if s.client == nil {
		s.crew()
	}
	if s.client == nil {
		return
	}
	err := s.tick(s.runner)
	switch {
	case err == nil:
	case errors.Is(err, evenkeel.ErrAct):
		s.counts["ticks that could not act"]++
	default:
		s.counts["ticks without a decision"]++
	}
}

// tick lets a process look and act, and nothing is sent on the word of nodes that are
// not to be trusted.
func (s *ship) tick(process *keeperRunner) error {
	s.Helper()
	offers, sent := s.script.Offers(), len(s.sent)
	s.clock.Add(100 * time.Millisecond) // blocks are seen a little late
	_, err := process.Tick(s.Context(), s.clock.Now())
	s.clock.Add(-100 * time.Millisecond)
	if s.trouble.doubt >= facts {
		require.Len(s, s.sent, sent, "no id is sent on the word of %s", s.trouble.name)
	}
	if s.trouble.doubt >= heads {
		require.Equal(s, offers, s.script.Offers(), "no node is offered anything on the word of %s", s.trouble.name)
	}
	return err
}

// send runs errands: transactions that are under way beside those of the stabilizer,
// are offered more for, and are sometimes thought better of.
func (s *ship) send() {
	s.Helper()
	if s.client == nil {
		return
	}
	offers := s.script.Offers()
	if head := s.script.Head().Number; !s.becalmed && s.rng.IntN(3) == 0 {
		id := fmt.Sprintf("errand/%d", len(s.errands))
		s.errands[id] = chain.Tx{
			Call: s.counter.Add(id), MaxGasPrice: *uint256.NewInt(uint64(2+s.rng.IntN(4)) * 1e9), //nolint:gosec // small
			Deadline: head + 2 + s.rng.Uint64N(6), Public: s.rng.IntN(2) == 0,
		}
		s.open = append(s.open, id)
	}
	s.open = slices.DeleteFunc(s.open, func(id string) bool {
		tx := s.errands[id]
		r, err := s.client.Receipt(s.Context(), id)
		switch {
		case err == nil && r.Status != chain.Pending:
			return true
		case err != nil && !errors.Is(err, chain.ErrNotFound):
		case err == nil && s.rng.IntN(8) == 0:
			s.counts["errands called off"]++
			_ = s.client.Cancel(s.Context(), id, chain.MinReplacement(tx.MaxGasPrice)) // as below
		default:
			if _, err := s.client.Send(s.Context(), id, tx); errors.Is(err, chain.ErrTooLate) {
				return true
			}
			tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
			s.errands[id] = tx
		}
		return false // what became of it is for its receipt to say
	})
	if s.trouble.doubt >= heads {
		require.Equal(s, offers, s.script.Offers(), "no node is offered anything on the word of %s", s.trouble.name)
	}
}

// follow keeps a history of our transactions from logs alone.
func (s *ship) follow() {
	s.Helper()
	tip, err := s.follower.Head(s.Context())
	if err != nil {
		return
	}
	from := s.upTo + 1
	if tip.Orphaned > 0 {
		from -= min(from-1, tip.Orphaned+shipLag)
	}
	for n := range s.followed {
		if n >= from {
			delete(s.followed, n)
		}
	}
	s.upTo = min(s.upTo, from-1)
	if from > tip.Number {
		return
	}
	logs, err := s.follower.Logs(s.Context(), from, tip.Number, source.Filter{Addresses: []chain.Address{s.contract.Address(), s.counter.Total().To}})
	if err != nil {
		require.Equal(s, "node leaves out logs", s.trouble.name, err)
		require.ErrorIs(s, err, source.ErrDisagree)
		return
	}
	for _, log := range logs {
		s.followed[log.BlockNumber] = append(s.followed[log.BlockNumber], chain.Hash(log.TxHash))
	}
	s.upTo = tip.Number
}

// settle waits, in calm water, for what is under way.
func (s *ship) settle() {
	s.Helper()
	s.script.SetBaseFee(1e9)
	for i := range calmBlocks {
		s.becalmed = i >= calmBlocks/2
		s.sail(i, false)
	}
	s.becalmed = false
}

// inspect holds the voyage to its laws.
func (s *ship) inspect() {
	s.Helper()
	require.Empty(s, s.state().Unresolved(), "every intent settles")
	require.Zero(s, s.script.Waiting(), "no nonce waits for another")
	fills := s.script.Fills(s.key.Address())
	mined := map[chain.Hash]string{}
	for _, id := range slices.Concat(slices.Sorted(maps.Keys(s.sent)), slices.Sorted(maps.Keys(s.errands))) {
		r, err := s.client.Receipt(s.Context(), id)
		if errors.Is(err, chain.ErrNotFound) {
			s.counts["= ids never sent after all"]++
			continue
		}
		require.NoError(s, err, id)
		require.NotEqual(s, chain.Pending.String(), r.Status.String(), id)
		s.counts["= ids "+r.Status.String()]++
		if r.Status == chain.Mined {
			mined[r.Tx] = id
		}
	}
	for _, in := range s.state().Intents {
		require.Equal(s, in.Outcome == stabilizer.Mined, slices.Contains(slices.Collect(maps.Values(mined)), in.ID), "the engine knows what became of %s: %s", in.ID, in.Outcome)
	}
	for _, f := range fills {
		require.Contains(s, mined, f.Tx, "block %d nonce %d: executed, and no id's", f.Block, f.Nonce)
		delete(mined, f.Tx)
	}
	require.Empty(s, mined, "told of as mined, and not executed")

	var followed []chain.Hash
	for _, n := range slices.Sorted(maps.Keys(s.followed)) {
		followed = append(followed, s.followed[n]...)
	}
	var executed []chain.Hash
	for _, f := range fills {
		executed = append(executed, f.Tx)
	}
	require.Equal(s, executed, followed, "the logs tell of each execution once")
}

// founder takes back more blocks than the engine remembers: it must stop, not trade.
func (s *ship) founder() {
	s.Helper()
	halt := cmp.Or(s.state().Halted, stabilizer.ReorgTooDeep) // the first reason stands
	s.script.Reorg(deepReorg)
	s.counts["reorg of 65"]++
	for range deepReorg + 1 {
		s.script.Mine(s.clock.Now(), s.flow()...)
	}
	sent := len(s.sent)
	for i := range 10 {
		s.sail(i, false)
	}
	require.Equal(s, halt, s.state().Halted)
	require.Len(s, s.sent, sent)
}

// TestScriptedChains lives through many chains with everything that nodes do, and
// counts on the history that remains:
//
//   - every execution is the one of an id that was sent, and every id has at most one,
//     which its receipt and the engine know of, and which logs told of once
//   - nothing is sent on the word of nodes that lag, disagree, lie or are silent
//   - in the end no id is pending and no nonce missing
//   - beyond the engine's memory of blocks it halts and sends nothing
//
// A failure names its seed: -run TestScriptedChains -chains 1 -chain-seed N.
func TestScriptedChains(t *testing.T) {
	var mu sync.Mutex
	counts := map[string]int{}
	t.Run("chains", func(t *testing.T) {
		for i := range *chains {
			seed := *chainSeed + uint64(i)
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				s := launch(t, seed)
				deep := seed%10 == 0
				calm, blocks := harbour, *chainBlocks
				if deep { // long enough to be taken back, and not so stormy that the engine halts before
					calm, blocks = deepReorg-10, max(blocks, deepReorg+5)
				}
				for n := range blocks {
					s.sail(n, n > calm)
				}
				s.settle()
				s.inspect()
				if deep {
					s.founder()
				}
				mu.Lock()
				defer mu.Unlock()
				for name, n := range s.counts {
					counts[name] += n
				}
				counts["= chains"]++
				counts["= blocks"] += int(s.script.Head().Number) //nolint:gosec // small
				counts["= fills"] += len(s.script.Fills(s.key.Address()))
			})
		}
	})
	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&table, "%8d  %s\n", counts[name], name)
	}
	t.Logf("scripted chains, from seed %d:\n%s", *chainSeed, &table)
}
