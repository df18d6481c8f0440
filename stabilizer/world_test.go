package stabilizer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

const key = "peg/cUSDT"

var (
	owner  = chain.Address{19: 1}
	keeper = chain.Address{19: 2}
	trader = chain.Address{19: 3}
)

// town is a chain with a pool in which 100 units are one bps, a stabilizer
// contract with 50,000 of each token, a trader, and a runner over them.
type town struct {
	*testing.T
	chain      *memchain.Chain
	base       *memchain.Token
	quote      *memchain.Token
	pool       *memchain.Pool
	stabilizer *memchain.Stabilizer
	client     *memchain.Client
	engine     *stabilizer.Engine
	config     stabilizer.WorldConfig
	store      evenkeel.Store
	inbox      *memory.Inbox
	world      evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	runner     *evenkeel.Runner[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	state      stabilizer.State // after the last tick
	seen       stabilizer.Observation
}

func wei(n uint64, digits uint64) uint256.Int {
	x, ten := uint256.NewInt(n), uint256.NewInt(10)
	return *x.Mul(x, ten.Exp(ten, uint256.NewInt(digits)))
}

func newTown(t *testing.T, change func(*stabilizer.Config)) *town {
	cfg := target()
	if change != nil {
		change(&cfg)
	}
	v := &town{T: t, chain: memchain.New(138, start, memchain.Options{}), store: new(memory.Store), inbox: new(memory.Inbox), engine: engine(t, cfg)}
	v.base, v.quote = memchain.NewToken(v.chain, 6), memchain.NewToken(v.chain, 18)
	var err error
	v.pool, err = memchain.NewPool(v.chain, memchain.PoolConfig{
		Base: v.base, Quote: v.quote, Owner: owner,
		Params: pmm.Params{Kind: pmm.DSP, I: wei(1, 30), K: wei(5, 17)}, // 1 for 1, in tokens of 6 and 18 digits
	})
	require.NoError(t, err)
	v.stabilizer, err = memchain.NewStabilizer(v.chain, memchain.StabilizerConfig{
		Owner: owner, Keeper: keeper, Pools: []*memchain.Pool{v.pool}, Observed: v.pool, Peg: wei(1, 30),
	})
	require.NoError(t, err)
	v.mine(memchain.Tx{From: owner, Do: func(env memchain.Env) error {
		return errors.Join(
			v.base.Mint(env, owner, wei(1_000_000, 6)), v.quote.Mint(env, owner, wei(1_000_000, 18)),
			v.base.Mint(env, trader, wei(1_000_000, 6)), v.quote.Mint(env, trader, wei(1_000_000, 18)),
			v.base.Mint(env, v.stabilizer.Address(), wei(50_000, 6)), v.quote.Mint(env, v.stabilizer.Address(), wei(50_000, 18)),
			v.pool.Deposit(env, wei(1_000_000, 6), wei(1_000_000, 18)),
		)
	}})
	v.client = v.chain.Client(keeper)
	v.config = stabilizer.WorldConfig{
		Key: key, Engine: v.engine, Chain: v.client, Stabilizer: v.stabilizer.Address(), Pool: v.pool.Address(),
		Tokens: map[string]stabilizer.Token{
			"cUSDT": {Address: v.base.Address(), Decimals: 6},
			"USDT":  {Address: v.quote.Address(), Decimals: 18},
		},
		Peg: one, Inbox: v.inbox,
	}
	v.restart()
	return v
}

// restart replaces the process: a new world and a new runner over the journal.
func (v *town) restart() {
	v.Helper()
	world, err := stabilizer.NewWorld(v.config)
	require.NoError(v, err)
	v.run(world)
}

func (v *town) run(world evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]) {
	v.Helper()
	v.world = world
	runner, err := evenkeel.NewRunner(key, v.engine, watched{world, v}, v.store, evenkeel.Options{})
	require.NoError(v, err)
	v.runner = runner
}

// watched remembers what the runner was shown.
type watched struct {
	evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	town *town
}

func (w watched) Observe(ctx context.Context, now time.Time, s stabilizer.State) (stabilizer.Observation, error) {
	seen, err := w.World.Observe(ctx, now, s)
	w.town.seen = seen
	return seen, err
}

// now is a moment after the newest block.
func (v *town) now() time.Time { return v.chain.Head().Time.Add(100 * time.Millisecond) }

func (v *town) mine(txs ...memchain.Tx) {
	v.Helper()
	mined, err := v.chain.Mine(v.chain.Head().Time.Add(2*time.Second), txs...)
	require.NoError(v, err)
	require.Empty(v, mined.Reverts)
}

// buys is the trader buying base, which makes it dear.
func (v *town) buys(units uint64) memchain.Tx {
	return memchain.Tx{From: trader, Do: func(env memchain.Env) error {
		_, err := v.pool.Swap(env, pmm.SellQuote, wei(units, 18))
		return err
	}}
}

// tick steps the runner and returns the decision in words.
func (v *town) tick() string {
	v.Helper()
	d, err := v.runner.Tick(v.Context(), v.now())
	if err != nil && !errors.Is(err, evenkeel.ErrAct) {
		return err.Error()
	}
	v.state, _, err = v.engine.Step(v.state, v.seen)
	require.NoError(v, err)
	return fmt.Sprint(d.Action, " ", d.Reason)
}

// block mines and ticks.
func (v *town) block(txs ...memchain.Tx) string {
	v.Helper()
	v.mine(txs...)
	return v.tick()
}

// distort brings the engine to the block at which it trades: 13 bps above the
// peg, about 1,300 units.
func (v *town) distort() {
	v.Helper()
	require.Equal(v, "HOLD warmup", v.block())
	require.Equal(v, "HOLD sustaining", v.block(v.buys(1300)))
	require.Equal(v, "TRADE rebalance", v.block())
}

// sold is how much base left the contract, in whole units.
func (v *town) sold() decimal.Decimal {
	left := v.base.Balance(v.stabilizer.Address())
	return dec("50000").Sub(decimal.NewFromBigInt(left.ToBig(), -6))
}

func TestAPegIsHeld(t *testing.T) {
	v := newTown(t, nil)
	v.distort()
	order := v.state.Unresolved()[0].Order
	require.Equal(t, stabilizer.Sell, order.Side)
	require.True(t, order.Size.Sub(dec("1300")).Abs().LessThan(dec("5")), order.Size)

	require.Equal(t, "HOLD in_band", v.block())
	require.True(t, order.Size.Equal(v.sold()), v.sold())
	require.Equal(t, stabilizer.Mined, v.seen.Receipts[0].Outcome)
	require.True(t, v.seen.Receipts[0].Received.GreaterThan(order.MinOut))
	require.True(t, v.seen.Block.Pool.Sub(one).Abs().LessThan(dec("0.0001")), v.seen.Block.Pool)
	require.True(t, v.seen.Block.Base.Add(order.Size).Equal(dec("50000")))
	require.True(t, v.seen.Block.Quote.Equal(dec("50000").Add(v.seen.Receipts[0].Received)))

	// and below the peg it buys
	v.mine(memchain.Tx{From: trader, Do: func(env memchain.Env) error {
		_, err := v.pool.Swap(env, pmm.SellBase, wei(2000, 6))
		return err
	}})
	for range 6 {
		v.tick()
		v.mine()
	}
	v.tick()
	require.True(t, v.sold().IsNegative(), v.sold())
	require.True(t, v.seen.Block.Pool.Sub(one).Abs().LessThan(dec("0.0002")), v.seen.Block.Pool)
}

func TestNothingNewBetweenBlocks(t *testing.T) {
	v := newTown(t, nil)
	require.Equal(t, "HOLD warmup", v.block())
	require.True(t, v.seen.Restarted)
	require.Equal(t, "NONE nothing_new", v.tick())
	require.False(t, v.seen.Restarted)
}

// killed is a process that dies before the next Act.
type killed struct {
	evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
}

func (killed) Act(context.Context, time.Time, evenkeel.Stamp, stabilizer.Decision) error {
	return errors.New("killed")
}

func TestACrashBetweenAppendAndAct(t *testing.T) {
	for name, c := range map[string]struct {
		missed int // blocks before the new process starts
		want   []string
	}{
		"is made good by the new process": {0, []string{"NONE restarted", "HOLD in_band"}},
		"is noticed when it is too late, and decided anew": {3, []string{
			"HOLD catching_up", "HOLD catching_up", "TRADE rebalance", "HOLD in_band",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := newTown(t, nil)
			v.run(killed{v.world})
			v.distort()
			require.True(t, v.sold().IsZero())

			for range c.missed {
				v.mine()
			}
			v.restart()
			var got []string
			for range c.want {
				got = append(got, v.tick())
				if v.state.History.Head() == v.chain.Head().Number {
					v.mine()
				}
			}
			require.Equal(t, c.want, got)
			require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), "one trade, not two: %v", v.sold())
		})
	}
}

func TestAnActThatWasLostIsRepeatedByTheEngine(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 5 })
	healthy := v.world
	v.run(killed{v.world})
	v.distort()
	v.run(healthy) // the same process, whose sends succeed again; Runner.load acts once more
	v.client.SetFaults(memchain.Faults{Offline: true})
	v.tick()
	v.client.SetFaults(memchain.Faults{})
	require.Equal(t, "RESUBMIT unsent", v.block())
	require.Equal(t, "HOLD in_band", v.block())
	require.True(t, v.sold().IsPositive())
}

func TestARestartWhilePendingSendsNothingNew(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 10 })
	v.client.SetFaults(memchain.Faults{DelayBlocks: 2})
	v.distort()
	v.client.SetFaults(memchain.Faults{})
	v.restart()
	require.Equal(t, "HOLD pending", v.block())
	v.restart()
	require.Equal(t, "HOLD pending", v.block())
	v.restart()
	require.Equal(t, "HOLD in_band", v.block())
	require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), v.sold())
}

func TestAReorgThatOrphansTheFill(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 10 })
	v.distort()
	id := v.state.Unresolved()[0].ID
	require.Equal(t, "HOLD in_band", v.block())
	exec := v.state.LastExec

	_, err := v.chain.Reorg(1)
	require.NoError(t, err)
	v.mine() // the fill is mined again, in another block of the same height
	require.Equal(t, "HOLD pending", v.tick())
	require.Equal(t, id, v.state.Unresolved()[0].ID)
	require.Equal(t, exec, v.state.LastExec)
	require.Equal(t, "NONE filled", v.tick())
	require.Equal(t, "HOLD in_band", v.block())
	require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), v.sold())
}

func TestADeepReorgIsFedFromTheFork(t *testing.T) {
	v := newTown(t, nil)
	for range 6 {
		v.block()
	}
	_, err := v.chain.Reorg(3)
	require.NoError(t, err)
	require.Equal(t, "NONE nothing_new", v.tick(), "a head that went back is not yet a fork")
	for range 4 {
		v.mine()
	}
	fork := v.chain.Head().Number - 3
	for n := fork; n <= v.chain.Head().Number; n++ {
		require.Equal(t, "HOLD in_band", v.tick())
		require.Equal(t, n, v.state.History.Head())
	}
	require.Equal(t, "NONE nothing_new", v.tick())
}

func TestAReorgBeyondMemoryHalts(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.ReorgBlocks = 2 })
	for range 5 {
		v.block()
	}
	_, err := v.chain.Reorg(4)
	require.NoError(t, err)
	for range 4 {
		v.mine()
	}
	require.Equal(t, "HALT reorg_too_deep", v.tick())
}

func TestAStuckTransactionIsReplaced(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 30 })
	require.Equal(t, "HOLD warmup", v.block())
	require.Equal(t, "HOLD sustaining", v.block(v.buys(1300)))
	v.chain.SetGasPrice(wei(40, 9))
	require.Equal(t, "TRADE rebalance", v.block())
	v.chain.SetGasPrice(wei(60, 9)) // beyond the first offer
	var got []string
	for range 4 {
		got = append(got, v.block())
	}
	require.Equal(t, []string{"HOLD pending", "HOLD pending", "RESUBMIT stuck", "HOLD in_band"}, got)
	require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), v.sold())
}

func TestAStuckTransactionIsAtLastCancelled(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 30 })
	v.client.SetFaults(memchain.Faults{DelayBlocks: 100})
	v.distort()
	var got []string
	for range 9 {
		got = append(got, v.block())
	}
	require.Equal(t, []string{
		"HOLD pending", "HOLD pending", "RESUBMIT stuck", "HOLD pending", "HOLD pending", "RESUBMIT stuck", "HOLD pending", "HOLD pending", "CANCEL stuck",
	}, got)
	v.client.SetFaults(memchain.Faults{})
	got = nil
	for range 5 {
		got = append(got, v.block())
	}
	require.Equal(t, []string{"HOLD pending", "HOLD pending", "CANCEL stuck", "TRADE rebalance", "HOLD in_band"}, got,
		"the cancellation was delayed as well, and is repeated")
	require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), "one trade, not two: %v", v.sold())
}

func TestAnExpiredOrderIsDecidedAnew(t *testing.T) {
	v := newTown(t, nil) // a deadline of two blocks
	v.client.SetFaults(memchain.Faults{Drop: true})
	v.distort()
	require.Equal(t, "HOLD pending", v.block())
	v.client.SetFaults(memchain.Faults{})
	require.Equal(t, "TRADE rebalance", v.block())
	require.Equal(t, "1.125", v.state.Unresolved()[0].Bump.String())
	require.Equal(t, "HOLD in_band", v.block())
}

func TestARevertIsReportedAndStartsTheCooldown(t *testing.T) {
	v := newTown(t, nil)
	v.client.SetFaults(memchain.Faults{Revert: true})
	v.distort()
	v.client.SetFaults(memchain.Faults{})
	require.Equal(t, "HOLD cooldown", v.block())
	require.EqualValues(t, 1, v.state.Reverts)
	require.Equal(t, "HOLD cooldown", v.block())
	require.Equal(t, "TRADE rebalance", v.block())
	require.Equal(t, "HOLD in_band", v.block())
	require.Zero(t, v.state.Reverts)
}

func TestThePauseGetsThrough(t *testing.T) {
	put := func(v *town, id, verb string) {
		require.NoError(t, v.inbox.Put(t.Context(), key, id, []byte(verb)))
	}
	t.Run("while nothing that is sent arrives", func(t *testing.T) {
		v := newTown(t, nil)
		v.run(killed{v.world})
		v.distort()
		put(v, "1", "pause")
		require.Equal(t, "HOLD paused", v.block())
		put(v, "2", "resume")
		v.tick()
		require.Equal(t, stabilizer.PhasePending, v.state.Phase())
	})
	t.Run("while the node is away", func(t *testing.T) {
		v := newTown(t, nil)
		v.block()
		v.client.SetFaults(memchain.Faults{Offline: true})
		require.Contains(t, v.tick(), "node offline")
		put(v, "1", "pause")
		require.Equal(t, "NONE paused", v.tick())
		require.Contains(t, v.tick(), "node offline", "and once only")
	})
	t.Run("between a decision and its act", func(t *testing.T) {
		v := newTown(t, nil)
		late := late{v.world, func() { put(v, "1", "pause") }}
		v.run(late)
		v.distort()
		v.run(late.World)
		v.block()
		require.True(t, v.sold().IsZero())
		require.Equal(t, stabilizer.PhasePaused, v.state.Phase())
	})
	t.Run("but not past a resume", func(t *testing.T) {
		v := newTown(t, nil)
		v.run(late{v.world, func() { put(v, "1", "pause"); put(v, "2", "resume") }})
		v.distort()
		v.block()
		require.True(t, v.sold().IsPositive())
	})
}

// late is a world in which something happens just before each Act.
type late struct {
	evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	before func()
}

func (l late) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d stabilizer.Decision) error {
	if d.Action == stabilizer.Trade {
		l.before()
	}
	return l.World.Act(ctx, now, stamp, d)
}

func TestAnActThatIsTooLateIsDeclined(t *testing.T) {
	v := newTown(t, nil)
	v.run(killed{v.world})
	v.distort()
	d := stabilizer.Decision{Action: stabilizer.Trade, Order: &v.state.Unresolved()[0].Order}
	world, err := stabilizer.NewWorld(v.config)
	require.NoError(t, err)
	at := v.now()
	require.NoError(t, world.Act(t.Context(), at.Add(4001*time.Millisecond), evenkeel.Stamp{Key: key, Seq: 3, At: at}, d), "by the clock")
	_, err = v.client.Receipt(t.Context(), d.Order.ID)
	require.ErrorIs(t, err, chain.ErrNotFound)

	v.mine()
	v.mine()
	require.NoError(t, world.Act(t.Context(), at, evenkeel.Stamp{Key: key, Seq: 3, At: at}, d), "by the chain")
	_, err = v.client.Receipt(t.Context(), d.Order.ID)
	require.ErrorIs(t, err, chain.ErrNotFound)

	d.Action = stabilizer.Cancel
	require.NoError(t, world.Act(t.Context(), at, evenkeel.Stamp{Key: key, Seq: 3, At: at}, d), "what was never sent needs no cancelling")
}

func TestBlocksAreCaughtUpOneByOne(t *testing.T) {
	v := newTown(t, nil)
	v.block()
	v.mine(v.buys(1300))
	for range 3 {
		v.mine()
	}
	first := v.state.History.Head()
	require.Equal(t, "HOLD sustaining", v.tick())
	require.Equal(t, first+1, v.state.History.Head())
	require.Equal(t, "HOLD catching_up", v.tick())
	require.Equal(t, "HOLD catching_up", v.tick())
	require.Equal(t, "TRADE rebalance", v.tick())
	require.Equal(t, v.chain.Head().Number, v.state.History.Head())
}

func TestALongAbsenceIsSkipped(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.ReorgBlocks = 4 })
	v.block()
	for range 5 {
		v.mine()
	}
	require.Equal(t, "HOLD warmup", v.tick())
	require.Equal(t, v.chain.Head().Number, v.state.History.Head())

	// what was skipped is no part of a reorg
	_, err := v.chain.Reorg(2)
	require.NoError(t, err)
	require.Equal(t, "NONE nothing_new", v.tick())
	v.mine()
	require.Equal(t, "NONE nothing_new", v.tick())
	v.mine()
	require.Equal(t, "HOLD warmup", v.tick())
	require.Equal(t, "HOLD in_band", v.block())
}

func TestANodeThatLagsIsNotTradedOn(t *testing.T) {
	v := newTown(t, nil)
	v.block()
	v.block(v.buys(1300))
	v.client.SetFaults(memchain.Faults{LagBlocks: 2})
	require.Equal(t, "NONE nothing_new", v.tick(), "a node behind us is no reorg")
	for range 5 {
		v.mine()
	}
	require.Equal(t, "HOLD catching_up", v.tick())
	v.client.SetFaults(memchain.Faults{LagBlocks: 4}) // its head is now older than three blocks
	require.Equal(t, "NONE nothing_new", v.tick())
	v.client.SetFaults(memchain.Faults{LagBlocks: 3})
	for v.state.History.Head() < v.chain.Head().Number-3 {
		require.Equal(t, "HOLD catching_up", v.tick())
	}
	require.Greater(t, v.seen.Block.Head, v.seen.Block.Number)
}

func TestANodeFarBehindIsNoReorg(t *testing.T) {
	v := newTown(t, nil)
	for range 10 {
		v.mine()
	}
	v.tick()
	v.client.SetFaults(memchain.Faults{LagBlocks: 5})
	require.Equal(t, "NONE nothing_new", v.tick())
}

func TestAFillIsNotTakenInBeforeItsBlock(t *testing.T) {
	v := newTown(t, func(c *stabilizer.Config) { c.DeadlineBlocks = 10 })
	v.client.SetFaults(memchain.Faults{DelayBlocks: 1})
	v.distort()
	for range 3 {
		v.mine()
	}
	require.Equal(t, "HOLD pending", v.tick())
	require.Empty(t, v.seen.Receipts)
	require.Equal(t, "HOLD in_band", v.tick())
	require.Len(t, v.seen.Receipts, 1)
}

// double is a node that can be told what to answer, and tells what was sent.
type double struct {
	chain.Client
	receipt func() (chain.Receipt, error)
	sent    chain.Tx
}

func (d *double) Receipt(context.Context, string) (chain.Receipt, error) { return d.receipt() }

func (d *double) Send(_ context.Context, _ string, tx chain.Tx) (chain.Hash, error) {
	d.sent = tx
	return chain.Hash{}, nil
}

func TestReceiptsOfAnotherChainAreLeftAlone(t *testing.T) {
	v := newTown(t, nil)
	v.distort()
	node := &double{Client: v.client}
	v.config.Chain = node
	v.restart()
	head := v.chain.Head()
	for name, c := range map[string]struct {
		receipt chain.Receipt
		err     error
		want    []stabilizer.Outcome
	}{
		"of the head":               {chain.Receipt{Status: chain.Mined, Block: head.Number, Hash: head.Hash}, nil, []stabilizer.Outcome{stabilizer.Mined}},
		"of another head":           {chain.Receipt{Status: chain.Mined, Block: head.Number, Hash: head.Parent}, nil, nil},
		"of a block to come":        {chain.Receipt{Status: chain.Reverted, Block: head.Number + 2, Hash: head.Hash}, nil, nil},
		"of an ancestor":            {chain.Receipt{Status: chain.Reverted, Block: head.Number - 1, Hash: head.Parent}, nil, []stabilizer.Outcome{stabilizer.Reverted}},
		"of a block before our own": {chain.Receipt{Status: chain.Cancelled, Block: 1}, nil, []stabilizer.Outcome{stabilizer.Cancelled}},
		"of none":                   {chain.Receipt{Status: chain.Expired}, nil, []stabilizer.Outcome{stabilizer.Expired}},
		"while it is pending":       {chain.Receipt{Status: chain.Pending}, nil, nil},
		"while the node is away":    {chain.Receipt{}, errors.New("timeout"), nil},
		"when it was never sent":    {chain.Receipt{}, chain.ErrNotFound, []stabilizer.Outcome{stabilizer.Unsent}},
	} {
		t.Run(name, func(t *testing.T) {
			node.receipt = func() (chain.Receipt, error) { return c.receipt, c.err }
			seen, err := v.world.Observe(t.Context(), v.now(), v.state)
			require.NoError(t, err)
			var got []stabilizer.Outcome
			for _, r := range seen.Receipts {
				got = append(got, r.Outcome)
			}
			require.Equal(t, c.want, got)
		})
	}
	v.mine()
	next := v.chain.Head()
	for hash, want := range map[chain.Hash]int{next.Hash: 1, next.Parent: 0} {
		node.receipt = func() (chain.Receipt, error) {
			return chain.Receipt{Status: chain.Mined, Block: next.Number, Hash: hash}, nil
		}
		seen, err := v.world.Observe(t.Context(), v.now(), v.state)
		require.NoError(t, err)
		require.Len(t, seen.Receipts, want, "of the block that is shown with it")
	}

	node.receipt = func() (chain.Receipt, error) { return chain.Receipt{}, chain.ErrNotFound }
	v.mine()
	seen, err := v.world.Observe(t.Context(), v.now(), v.state)
	require.NoError(t, err)
	require.Equal(t, stabilizer.Expired, seen.Receipts[0].Outcome, "past its deadline it can not be sent any more")
}

// What is sold is rounded down to the token's digits, the least to be bought
// up.
func TestWhatIsSent(t *testing.T) {
	v := newTown(t, nil)
	node := &double{Client: v.client}
	v.config.Chain = node
	world, err := stabilizer.NewWorld(v.config)
	require.NoError(t, err)
	order := &stabilizer.Order{
		ID: "x", Side: stabilizer.Buy, AmountIn: dec("1.0000000000000000019"), MinOut: dec("0.9970000001"),
		Route: target().Route, Deadline: 9, GasGwei: dec("22.5"), Public: true,
	}
	stamp := evenkeel.Stamp{Key: key, Seq: 1, At: v.now()}
	require.NoError(t, world.Act(t.Context(), v.now(), stamp, stabilizer.Decision{Action: stabilizer.Trade, Order: order}))
	swap, err := abi.ExecutePrivateSwap.Args(node.sent.Data)
	require.NoError(t, err)
	require.Equal(t, abi.Swap{
		Size: *uint256.NewInt(1_000_000_000_000_000_001), TokenIn: v.quote.Address(), TokenOut: v.base.Address(),
		MinOut: *uint256.NewInt(997_001), DeadlineBlock: 9,
	}, swap)
	require.Equal(t, v.stabilizer.Address(), node.sent.To)
	require.Equal(t, uint64(22_500_000_000), node.sent.MaxGasPrice.Uint64())
	require.EqualValues(t, 9, node.sent.Deadline)
	require.True(t, node.sent.Public)

	order.AmountIn = decimal.New(1, 80)
	require.ErrorIs(t, world.Act(t.Context(), v.now(), stamp, stabilizer.Decision{Action: stabilizer.Trade, Order: order}), stabilizer.ErrInvalid)
}

// feed answers with what it is given.
type feed struct {
	price exchange.Price
	err   error
}

func (f *feed) Price(context.Context, exchange.Pair, time.Time) (exchange.Price, error) {
	return f.price, f.err
}

func TestFeeds(t *testing.T) {
	v := newTown(t, nil)
	goal, market := &feed{}, &feed{}
	v.config.Target, v.config.Market, v.config.Peg = goal, market, decimal.Zero
	v.restart()
	good := exchange.Price{Value: one, At: v.now(), Spread: dec("3")}
	for _, c := range []struct {
		name         string
		goal, market feed
		want         string
	}{
		{"both well", feed{price: good}, feed{price: good}, "HOLD warmup"},
		{"a stale target", feed{err: exchange.ErrStale}, feed{price: good}, "HOLD oracle_stale"},
		{"a target out of reach", feed{err: errors.New("timeout")}, feed{price: good}, "HOLD oracle_stale"},
		{"markets that contradict each other", feed{price: good}, feed{err: exchange.ErrDivergent}, "HOLD oracle_divergence"},
		{"a pair nobody carries", feed{price: good}, feed{err: exchange.ErrNotFound}, "HOLD price_invalid"},
		{"a market that left", feed{price: good}, feed{price: exchange.Price{Value: dec("0.9"), At: good.At}}, "HOLD warmup"},
		{"for two blocks", feed{price: good}, feed{price: exchange.Price{Value: dec("0.9"), At: good.At}}, "HALT depeg"},
	} {
		*goal, *market = c.goal, c.market
		require.Equal(t, c.want, v.block(), c.name)
	}
	require.Equal(t, "3", v.seen.Block.Target.SpreadBps.String())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	*goal = feed{err: context.Canceled}
	_, err := v.world.Observe(ctx, v.now(), stabilizer.State{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestEnrichAddsWhatNobodyElseKnows(t *testing.T) {
	v := newTown(t, nil)
	fails := errors.New("no")
	v.config.Enrich = func(_ context.Context, _ time.Time, b *stabilizer.Block) error {
		b.CapUsed = dec("2000")
		return fails
	}
	v.restart()
	v.mine()
	require.Contains(t, v.tick(), "no")
	fails = nil
	require.Equal(t, "HOLD warmup", v.tick())
	v.block(v.buys(1300))
	require.Equal(t, "HOLD block_cap", v.block())
}

func TestAPoolThatDoesNotAnswerHasNoPrice(t *testing.T) {
	v := newTown(t, nil)
	v.config.Pool = v.base.Address() // a token is no pool
	v.restart()
	require.Equal(t, "HOLD price_invalid", v.block())
}

func TestAnInvertedPool(t *testing.T) {
	v := newTown(t, nil)
	cfg := stabilizer.Target(exchange.Pair{Base: "USDT", Quote: "cUSDT"}, "pool", dec("100"), 2*time.Second)
	v.engine = engine(t, cfg)
	v.config.Engine, v.config.Inverted = v.engine, true
	v.restart()
	v.distort() // what was dear is now what prices are in, so base is cheap
	require.Equal(t, stabilizer.Buy, v.state.Unresolved()[0].Side)
	require.Equal(t, "HOLD in_band", v.block())
	require.True(t, v.sold().Sub(dec("1300")).Abs().LessThan(dec("5")), v.sold())
}

func TestNewWorldRefuses(t *testing.T) {
	v := newTown(t, nil)
	for want, change := range map[string]func(*stabilizer.WorldConfig){
		`Engine <nil>: must not be nil`:        func(c *stabilizer.WorldConfig) { c.Engine = nil },
		`Key "": must not be empty`:            func(c *stabilizer.WorldConfig) { c.Key = "" },
		`Chain <nil>: must not be nil`:         func(c *stabilizer.WorldConfig) { c.Chain = nil },
		`must be a contract`:                   func(c *stabilizer.WorldConfig) { c.Pool = chain.Address{} },
		`Stabilizer 0x0000`:                    func(c *stabilizer.WorldConfig) { c.Stabilizer = chain.Address{} },
		`Peg 0: must be > 0 without Target`:    func(c *stabilizer.WorldConfig) { c.Peg = decimal.Zero },
		`Tokens "cUSDT": must have an address`: func(c *stabilizer.WorldConfig) { c.Tokens = nil },
		`Tokens "cUSDT": must have at most 36 decima`: func(c *stabilizer.WorldConfig) {
			c.Tokens = map[string]stabilizer.Token{"cUSDT": {Address: keeper, Decimals: 37}, "USDT": {Address: keeper}}
		},
	} {
		cfg := v.config
		change(&cfg)
		_, err := stabilizer.NewWorld(cfg)
		require.ErrorIs(t, err, stabilizer.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
}
