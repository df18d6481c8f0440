package watch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// chainless is a keeper's world whose blocks a test makes up.
type chainless struct {
	seen stabilizer.Observation
	err  error
}

func (c *chainless) Observe(context.Context, time.Time, stabilizer.State) (stabilizer.Observation, error) {
	return c.seen, c.err
}

func (c *chainless) Act(context.Context, time.Time, evenkeel.Stamp, stabilizer.Decision) error {
	return c.err
}

// post is an engine in such a world.
type post struct {
	*testing.T
	*chainless
	engine *stabilizer.Engine
	world  evenkeel.World[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	state  stabilizer.State
	told   []watch.Peg
	taken  int // how often what is pending was taken back
	blocks uint64
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, chainless: &chainless{}}
	var err error
	p.engine, err = stabilizer.New(stabilizer.Target(exchange.Pair{Base: "cUSDT", Quote: "USDT"}, "pool", decimal.NewFromInt(100), 2*time.Second))
	require.NoError(t, err)
	p.world = watch.Keeper(p.engine, p.chainless, 10*time.Second, func(context.Context, stabilizer.State) error { p.taken++; return nil }, func(l watch.Peg) { p.told = append(p.told, l) })
	return p
}

// block shows the engine a block at that price and returns what was told.
func (p *post) block(price string, change func(*stabilizer.Observation)) watch.Peg {
	p.Helper()
	p.blocks++
	at := start.Add(time.Duration(p.blocks) * 2 * time.Second)
	p.seen = stabilizer.Observation{Block: &stabilizer.Block{
		Number: p.blocks, Hash: fmt.Sprint("0x", p.blocks), Time: at, Pool: decimal.RequireFromString(price),
		Target: stabilizer.Quote{Value: decimal.NewFromInt(1), At: at.Add(-time.Second)}, Base: decimal.NewFromInt(50_000), Quote: decimal.NewFromInt(50_000), GasGwei: decimal.NewFromInt(20),
	}}
	if change != nil {
		change(&p.seen)
	}
	seen, err := p.world.Observe(p.Context(), at, p.state)
	require.NoError(p, err)
	next, d, err := p.engine.Step(p.state, seen)
	require.NoError(p, err)
	require.NoError(p, p.world.Act(p.Context(), at, evenkeel.Stamp{Key: "k", Seq: p.blocks, At: at}, d))
	p.state = next
	return p.told[len(p.told)-1]
}

func TestAPegIsToldAsItIsAfterTheLook(t *testing.T) {
	p := newPost(t)
	p.block("1", nil)
	p.block("1", nil)
	require.EqualValues(t, 1, p.block("1.0013", nil).Untraded)
	traded := p.block("1.0013", nil)
	require.Equal(t, []any{stabilizer.Trade, stabilizer.Rebalance, uint64(0), uint64(0)}, []any{traded.Action, traded.Reason, traded.Untraded, traded.Pending})
	require.NotNil(t, traded.Order)
	require.Equal(t, time.Second, traded.PriceAge)
	waits := p.block("1.0013", func(o *stabilizer.Observation) { o.Block.Head = o.Block.Number + 3 })
	require.Equal(t, []uint64{1, 3}, []uint64{waits.Pending, waits.Behind})
	require.EqualValues(t, 4, func() (l watch.Peg) {
		for range 3 {
			l = p.block("1.0013", nil)
		}
		return l
	}().Pending, "since it was decided, whatever was sent again")
	done := p.block("1", func(o *stabilizer.Observation) {
		in := p.state.Unresolved()[0]
		o.Receipts = []stabilizer.Receipt{{ID: in.TxID(), Outcome: stabilizer.Mined, Block: o.Block.Number, Filled: in.Size}}
		o.Commands = []stabilizer.Command{{Seq: 1, ID: "anna (tea)", Do: stabilizer.Pause}}
	})
	require.Zero(t, done.Pending)
	require.Equal(t, []string{"pause by anna (tea)"}, done.Obeyed)
	require.Equal(t, stabilizer.Mined, done.Settled[0].Outcome)
	require.Equal(t, stabilizer.PhasePaused, done.Phase)
}

func TestAHaltIsToldAtTheLookThatHalts(t *testing.T) {
	p := newPost(t)
	for range 3 {
		p.block("1", func(o *stabilizer.Observation) {
			o.Block.Market = &stabilizer.Quote{Value: decimal.RequireFromString("0.9"), At: o.Block.Time}
		})
	}
	require.Equal(t, stabilizer.Depeg, p.told[len(p.told)-1].Halted)
	stale := p.block("1", func(o *stabilizer.Observation) { o.Block.Market = &stabilizer.Quote{Fault: stabilizer.OracleStale} })
	require.Equal(t, stabilizer.OracleStale, stale.Oracle)
	require.Equal(t, stabilizer.Depeg, stale.Halted)
	reset := p.block("1", func(o *stabilizer.Observation) {
		o.Commands = []stabilizer.Command{{Seq: 1, ID: "anna", Do: stabilizer.Reset}}
	})
	require.Empty(t, reset.Halted)
}

func TestAKeeperThatSeesNothingTakesBackWhatIsPending(t *testing.T) {
	p := newPost(t)
	p.block("1", nil)
	p.err = errors.New("unplugged")
	for i := range 7 {
		_, err := p.world.Observe(t.Context(), start.Add(time.Duration(2+2*i)*time.Second), p.state)
		require.ErrorIs(t, err, p.err)
	}
	require.Equal(t, 2, p.taken, "after ten seconds, and at each look from then on")
	require.Equal(t, "unplugged", p.told[1].Fault)
	require.False(t, p.told[1].Cleared)
	require.True(t, p.told[len(p.told)-1].Cleared)
}

// calm is a reserve's world that is always the same.
type calm struct{ seen monitor.Observation }

func (c calm) Observe(_ context.Context, now time.Time, _ monitor.State) (monitor.Observation, error) {
	c.seen.At = now
	return c.seen, nil
}

func (calm) Act(context.Context, time.Time, evenkeel.Stamp, monitor.Decision) error { return nil }

func TestARefillIsToldAsARequestToPeople(t *testing.T) {
	var told []watch.Reserve
	w := watch.Reserves(calm{monitor.Observation{Available: decimal.NewFromInt(70)}}, func(r watch.Reserve) { told = append(told, r) })
	_, err := w.Observe(t.Context(), start, monitor.State{})
	require.NoError(t, err)
	require.NoError(t, w.Act(t.Context(), start, evenkeel.Stamp{Key: "k", Seq: 1, At: start}, monitor.Decision{
		Level: reserve.High, Coverage: decimal.RequireFromString("0.7"), Refills: []monitor.Refill{
			{ID: 3, Amount: decimal.NewFromInt(80), NeedsApproval: true, Reason: monitor.Requested}, {Reason: monitor.Outstanding},
		},
	}))
	require.Len(t, told[0].Refills, 1)
	require.Equal(t, "REFILL 3: send 80 from the vault to the contract (two people)", told[0].Refills[0].Text)
	require.Equal(t, "70", told[0].Available.String())
}
