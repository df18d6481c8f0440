package parity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

const (
	key       = "parity/cUSDC"
	blockTime = 2 * time.Second
	latency   = 2 * time.Minute // of the bridge
)

var (
	start  = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	pair   = exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}
	owner  = chain.Address{19: 1}
	keeper = chain.Address{19: 2}
	trader = chain.Address{19: 3}
	digits = [2][2]uint8{{6, 18}, {18, 6}} // of base and quote, by chain
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// config is the target profile with that much of each token lying ready.
func config(buffer string) parity.Config {
	at := func(id uint64) parity.Chain {
		return parity.Chain{
			ID: id, BlockTime: blockTime, MinBlocks: 1, UnitsPerBps: dec("100"), MaxGasGwei: dec("50"),
			Buffer: parity.Holding{Base: dec(buffer), Quote: dec(buffer)},
		}
	}
	c := parity.Target(pair, [2]parity.Chain{at(138), at(651940)}, 10*time.Minute)
	c.Tiers = []parity.Tier{{Blocks: [2]uint64{4, 4}}}
	return c
}

// tb is what a test and a property have in common.
type tb interface {
	require.TestingT
	Helper()
}

func engine(t tb, c parity.Config) *parity.Engine {
	t.Helper()
	e, err := parity.New(c)
	require.NoError(t, err)
	return e
}

// oracle says what it is told.
type oracle struct {
	price exchange.Price
	err   error
}

func (o *oracle) Price(context.Context, exchange.Pair, time.Time) (exchange.Price, error) {
	return o.price, o.err
}

// shore is one of the two chains, with a pool in which 100 units are one bps and
// a vault.
type shore struct {
	chain  *memchain.Chain
	tokens [2]*memchain.Token // base and quote
	pool   *memchain.Pool
	vault  *memchain.Stabilizer
	client *memchain.Client
	oracle *oracle
	down   bool          // no block comes
	again  []memchain.Tx // what a reorg took back, for the next block
	local  *guard        // the stabilizer that holds this shore's peg; nil for none
}

// town is two shores, a bridge, and a runner over them.
type town struct {
	*testing.T
	shores [2]*shore
	bridge *memchain.Bridge
	ferry  *memchain.BridgeClient
	inbox  *memory.Inbox
	store  evenkeel.Store
	config parity.WorldConfig
	engine *parity.Engine
	world  *parity.World
	state  parity.State
	last   parity.Decision
	now    time.Time
	sent   uint64 // commands
}

func wei(x string, digits uint8) uint256.Int {
	var u uint256.Int
	u.SetFromBig(dec(x).Shift(int32(digits)).BigInt())
	return u
}

func newTown(t *testing.T, c parity.Config) *town {
	v := &town{T: t, now: start, inbox: new(memory.Inbox), store: new(memory.Store), engine: engine(t, c)}
	for i := range v.shores {
		v.shores[i] = v.land(i, c)
	}
	var err error
	v.bridge, err = memchain.NewBridge(v.shores[0].chain, v.shores[1].chain, memchain.BridgeOptions{Latency: latency, Confirmations: 4})
	require.NoError(t, err)
	for n := range 2 {
		require.NoError(t, v.bridge.Link(memchain.Link{Tokens: [2]*memchain.Token{v.shores[0].tokens[n], v.shores[1].tokens[n]}}))
	}
	v.ferry = v.bridge.Client(keeper, [2]chain.Address{v.shores[0].vault.Address(), v.shores[1].vault.Address()})
	v.config = parity.WorldConfig{Key: key, Engine: v.engine, Bridge: v.ferry, Inbox: v.inbox}
	for i, s := range v.shores {
		v.config.Places[i] = parity.Place{
			Client: s.client, Vault: s.vault.Address(), Pool: s.pool.Address(), Oracle: s.oracle,
			Base:  parity.Token{Address: s.tokens[0].Address(), Decimals: digits[i][0]},
			Quote: parity.Token{Address: s.tokens[1].Address(), Decimals: digits[i][1]},
		}
	}
	v.restart()
	return v
}

// land makes a shore whose vault holds what its buffer should be.
func (v *town) land(i int, c parity.Config) *shore {
	s := &shore{chain: memchain.New(c.Chains[i].ID, start, memchain.Options{}), oracle: new(oracle)}
	for n := range s.tokens {
		s.tokens[n] = memchain.NewToken(s.chain, digits[i][n])
	}
	var err error
	i18 := wei("1", 18+digits[i][1]-digits[i][0])
	s.pool, err = memchain.NewPool(s.chain, memchain.PoolConfig{
		Base: s.tokens[0], Quote: s.tokens[1], Owner: owner,
		Params: pmm.Params{Kind: pmm.DSP, I: i18, K: wei("0.5", 18)},
	})
	require.NoError(v, err)
	s.vault, err = memchain.NewStabilizer(s.chain, memchain.StabilizerConfig{Owner: owner, Keeper: keeper, Pools: []*memchain.Pool{s.pool}})
	require.NoError(v, err)
	buffer := c.Chains[i].Buffer
	_, err = s.chain.Mine(start, memchain.Tx{From: owner, Do: func(env memchain.Env) error {
		for n, held := range []decimal.Decimal{buffer.Base, buffer.Quote} {
			if err := errors.Join(
				s.tokens[n].Mint(env, owner, wei("1000000", digits[i][n])),
				s.tokens[n].Mint(env, trader, wei("100000000", digits[i][n])),
				s.tokens[n].Mint(env, s.vault.Address(), wei(held.String(), digits[i][n])),
			); err != nil {
				return err
			}
		}
		return s.pool.Deposit(env, wei("1000000", digits[i][0]), wei("1000000", digits[i][1]))
	}})
	require.NoError(v, err)
	s.client = s.chain.Client(keeper)
	return s
}

// restart replaces the process.
func (v *town) restart() {
	v.Helper()
	var err error
	v.world, err = parity.NewWorld(v.config)
	require.NoError(v, err)
}

// swap is somebody trading on a shore: above zero buys so much worth of base,
// below zero sells it.
func (v *town) swap(i int, units string) memchain.Tx {
	amount, side, of := dec(units), pmm.SellQuote, digits[i][1]
	if amount.IsNegative() {
		amount, side, of = amount.Neg(), pmm.SellBase, digits[i][0]
	}
	return memchain.Tx{From: trader, Do: func(env memchain.Env) error {
		_, err := v.shores[i].pool.Swap(env, side, wei(amount.String(), of))
		return err
	}}
}

// mine lets a block's time go by on both shores.
func (v *town) mine(txs ...[]memchain.Tx) {
	v.Helper()
	v.now = v.now.Add(blockTime)
	for i, s := range v.shores {
		s.oracle.price = exchange.Price{Value: dec("1"), At: v.now.Truncate(10 * time.Second)}
		if s.down {
			continue
		}
		all := append(append([]memchain.Tx{memchain.Pending}, s.again...), v.bridge.Deliver(s.chain.ID(), v.now)...)
		s.again = nil
		if i < len(txs) {
			all = append(all, txs[i]...)
		}
		_, err := s.chain.Mine(v.now, all...)
		require.NoError(v, err)
	}
}

// tick observes, steps and acts, without the cost of a journal.
func (v *town) tick() parity.Decision {
	v.Helper()
	now := v.now.Add(100 * time.Millisecond)
	seen, err := v.world.Observe(context.Background(), now, v.state)
	require.NoError(v, err)
	v.state, v.last, err = v.engine.Step(v.state, seen)
	require.NoError(v, err)
	require.True(v, v.state.Conserved(), "%+v", v.state.Books)
	_ = v.world.Act(context.Background(), now, evenkeel.Stamp{Key: key, Seq: 1, At: now}, v.last) // truth comes from observing
	return v.last
}

// block mines and ticks.
func (v *town) block(txs ...[]memchain.Tx) string {
	v.Helper()
	v.mine(txs...)
	d := v.tick()
	return string(d.Action) + " " + string(d.Reason)
}

// reorg takes blocks of a shore back; who traded in them trades in the next one.
func (v *town) reorg(i, depth int) {
	v.Helper()
	orphaned, err := v.shores[i].chain.Reorg(depth)
	require.NoError(v, err)
	v.shores[i].again = append(orphaned, v.shores[i].again...)
}

// spread is what the pools say now, in bps.
func (v *town) spread() float64 {
	v.Helper()
	var mid [2]float64
	for i, s := range v.shores {
		state := s.pool.State()
		m, err := state.Mid()
		require.NoError(v, err)
		mid[i] = decimal.NewFromBigInt(m.ToBig(), -18-int32(digits[i][1])+int32(digits[i][0])).InexactFloat64()
	}
	return 1e4 * (mid[0] - mid[1]) / ((mid[0] + mid[1]) / 2)
}

// owned counts, independently of the engine, what the vaults hold and what the
// bridge has of theirs.
func (v *town) owned() (sum parity.Holding) {
	for i, s := range v.shores {
		base, quote := s.tokens[0].Balance(s.vault.Address()), s.tokens[1].Balance(s.vault.Address())
		sum.Base = sum.Base.Add(decimal.NewFromBigInt(base.ToBig(), -int32(digits[i][0])))
		sum.Quote = sum.Quote.Add(decimal.NewFromBigInt(quote.ToBig(), -int32(digits[i][1])))
	}
	healthy := v.bridge.Client(keeper, [2]chain.Address{})
	for _, t := range v.state.Transfers {
		p, err := healthy.Passages(context.Background(), t.ID)
		require.NoError(v, err)
		if p[0].Stage == chain.Departed {
			if t.Asset == parity.Base {
				sum.Base = sum.Base.Add(t.Amount)
			} else {
				sum.Quote = sum.Quote.Add(t.Amount)
			}
		}
	}
	return sum
}

// do puts a command into the inbox.
func (v *town) do(verb parity.Verb) {
	v.Helper()
	v.sent++
	require.NoError(v, v.inbox.Put(context.Background(), key, decimal.NewFromUint64(v.sent).String(), []byte(verb)))
}
