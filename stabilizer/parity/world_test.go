package parity_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// distort pushes the two pools about twelve bps apart, and waits for the trade.
func (v *town) distort() {
	v.Helper()
	require.Equal(v, "HOLD in_band", v.block())
	require.Equal(v, "HOLD sustaining", v.block([]memchain.Tx{v.swap(0, "600")}, []memchain.Tx{v.swap(1, "-600")}))
	require.Equal(v, "TRADE spread", v.block())
}

// quiet lets so many blocks pass without flow.
func (v *town) quiet(blocks int) {
	v.Helper()
	for range blocks {
		v.block()
	}
}

// settles waits until the books are what they were in the beginning but for what
// the trades earned, and all money is where it should lie.
func (v *town) settles() {
	v.Helper()
	v.quiet(80)
	require.Empty(v, v.state.Transfers)
	v.reconcile()
	for i, held := range v.state.Books.Available {
		want := v.engine.Config().Chains[i].Buffer
		require.InDelta(v, want.Base.InexactFloat64(), held.Base.InexactFloat64(), 251, "base on chain %d", i)
		require.InDelta(v, want.Quote.InexactFloat64(), held.Quote.InexactFloat64(), 251, "quote on chain %d", i)
	}
}

func (v *town) sees(code parity.AlertCode) bool {
	for _, a := range v.last.Alerts {
		if a.Code == code {
			return true
		}
	}
	return false
}

func TestASpreadIsTradedOnBothChainsAndTheBridgeBringsTheInventoryBack(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.distort()
	require.Equal(t, "HOLD in_band", v.block())
	require.Less(t, v.spread(), 1.5)
	require.Len(t, v.state.Transfers, 2, "base one way, quote the other")
	require.Positive(t, v.state.Books.Earned.Quote.Sign())
	v.settles()
}

func TestASourceReorgAfterTheSend(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.distort()
	v.block()
	v.block()
	require.Equal(t, parity.Sent, v.state.Transfers[0].Phase)
	require.NotZero(t, v.state.Transfers[0].Sent)
	from := v.state.Transfers[0].From
	v.reorg(from, 1)
	v.reorg(1-from, 1)
	v.tick()
	require.Equal(t, parity.Sent, v.state.Transfers[0].Phase)
	require.Zero(t, v.state.Transfers[0].Sent, "it waits again")
	v.settles()
}

func TestAReorgOfTheLegs(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.distort()
	v.mine()
	v.tick()
	before := v.state.Books
	v.reorg(0, 1)
	v.tick()
	require.NotEqual(t, before.Available[0].Base.String(), v.state.Books.Available[0].Base.String(), "the fill is out of the books")
	require.Equal(t, parity.Pending, v.last.Reason)
	v.settles()
}

func TestAMessageExecutedTwice(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"is refused by the bridge": false, "by a broken bridge is booked once, and reported": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config("5000"))
			v.distort()
			v.quiet(80)
			require.Empty(t, v.state.Transfers)
			v.distort()
			v.quiet(5)
			transfer := v.state.Transfers[0]
			tx, err := v.bridge.Replay(transfer.ID, broken)
			require.NoError(t, err)
			txs := make([][]memchain.Tx, 2)
			txs[transfer.To()] = []memchain.Tx{tx, tx}
			v.block(txs...)
			if !broken {
				v.settles()
				return
			}
			v.quiet(330)
			require.Empty(t, v.state.Transfers)
			require.True(t, v.sees(parity.BalanceSurplus))
			require.True(t, v.state.Conserved())
			v.do(parity.Accept)
			v.quiet(2)
			v.reconcile()
			require.Empty(t, v.last.Alerts)
		})
	}
}

func TestTransfersThatOvertake(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.distort()
	v.quiet(3)
	first := v.state.Transfers[0].ID
	v.bridge.SetLatency(0)
	v.distort()
	v.quiet(12)
	require.Equal(t, first, v.state.Transfers[0].ID, "what departed later is home, this is not")
	require.Len(t, v.state.Transfers, 2)
	v.settles()
}

func TestStuckForHours(t *testing.T) {
	t.Parallel()
	for name, refunded := range map[string]bool{"and then delivered": false, "and refunded after we replenished": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config("5000"))
			v.distort()
			v.quiet(2)
			id := v.state.Transfers[0].ID
			v.bridge.Hold(id, true)
			v.quiet(3600)
			require.Len(t, v.state.Stuck(), 1)
			require.Equal(t, id, v.state.Transfers[0].ID)
			require.True(t, v.sees(parity.StuckTransfer))
			v.reconcile()
			if refunded {
				v.bridge.Refund(id)
			}
			v.bridge.Hold(id, false)
			v.settles()
		})
	}
}

func TestAFullLane(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	for n := range 2 {
		full := memchain.Link{Tokens: [2]*memchain.Token{v.shores[0].tokens[n], v.shores[1].tokens[n]}}
		for i := range 2 {
			full.Capacity[i], full.PerMinute[i] = wei("300", digits[i][n]), wei("60", digits[i][n])
		}
		require.NoError(t, v.bridge.Link(full))
	}
	v.distort()
	require.Contains(t, v.last.Limits, parity.LaneFull, "no more than can be brought back")
	require.InDelta(t, 300, v.last.Orders[0].Size.InexactFloat64(), 0.5)
	v.quiet(5)
	for _, tr := range v.state.Transfers {
		require.False(t, tr.Amount.GreaterThan(dec("300")))
	}
	v.quiet(300)
	require.Less(t, v.spread(), 8.0, "the rest follows as the lane lets it")
	v.settles()
}

func TestOneNodeOmitsAnEvent(t *testing.T) {
	t.Parallel()
	for name, witnessed := range map[string]bool{"and we look through it alone": false, "and its witness does not": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config("5000"))
			blind := v.bridge.Client(keeper, [2]chain.Address{v.shores[0].vault.Address(), v.shores[1].vault.Address()})
			if witnessed {
				v.config.Witness = blind
				v.restart()
				blind.SetFaults(memchain.BridgeFaults{OmitArrivals: true})
			} else {
				v.ferry.SetFaults(memchain.BridgeFaults{OmitArrivals: true})
			}
			v.distort()
			v.quiet(305)
			require.Len(t, v.state.Stuck(), 2)
			require.True(t, v.sees(parity.MissedArrival), "the balance gives it away")
			require.True(t, v.sees(parity.StuckTransfer))
			blind.SetFaults(memchain.BridgeFaults{})
			v.ferry.SetFaults(memchain.BridgeFaults{})
			v.settles()
		})
	}
}

func TestAChainHalts(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.guards()
	v.quiet(3)
	v.shores[1].down = true
	v.block([]memchain.Tx{v.swap(0, "1500")})
	v.watch()
	for range 40 {
		d := v.block()
		v.watch()
		require.Empty(t, v.last.Orders, d)
		require.Empty(t, v.last.Transfers)
	}
	require.Equal(t, parity.ChainHalted, v.last.Reason)
	require.True(t, v.last.Apart)
	require.True(t, v.sees(parity.Apart))
	require.Less(t, v.spread(), 10.0, "the stabilizer of the living chain held its peg")
	require.NotZero(t, v.shores[0].local.trades)
	v.shores[1].down = false
	v.block()
	v.block([]memchain.Tx{v.swap(0, "1500")})
	v.block()
	require.Equal(t, parity.Trade, v.last.Action, "and then both are there again")
}

func TestOraclesThatDiffer(t *testing.T) {
	t.Parallel()
	for want, change := range map[parity.Reason]func(*oracle){
		parity.OracleDiffers: func(o *oracle) { o.err = exchange.ErrDivergent },
		parity.PriceInvalid:  func(o *oracle) { o.err = exchange.ErrNotFound },
		parity.OracleStale:   func(o *oracle) { o.err = errors.New("no answer") },
	} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config("5000"))
			v.block([]memchain.Tx{v.swap(0, "1500")})
			change(v.shores[1].oracle)
			for range 5 {
				require.Equal(t, "HOLD "+string(want), v.block())
			}
			v.shores[1].oracle.err = nil
			require.Equal(t, "HOLD sustaining", v.block())
			require.Equal(t, "TRADE spread", v.block())
		})
	}
}

func TestAPartialArbOnRealChains(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.shores[1].client.SetFaults(memchain.Faults{Revert: true})
	v.distort()
	v.shores[1].client.SetFaults(memchain.Faults{})
	require.Equal(t, "RETRY partial", v.block())
	require.Equal(t, 1, v.last.Orders[0].Chain)
	require.Equal(t, "HOLD in_band", v.block())
	v.settles()
}

func TestAFirstLegThatCannotBeSentKeepsTheSecond(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.shores[0].client.SetFaults(memchain.Faults{NoPrivateRoute: true})
	v.distort()
	_, err := v.shores[1].client.Receipt(t.Context(), v.last.Orders[1].ID)
	require.ErrorIs(t, err, chain.ErrNotFound)
	v.shores[0].client.SetFaults(memchain.Faults{})
	require.Equal(t, "RESUBMIT unsent", v.block())
	require.Equal(t, "HOLD in_band", v.block())
	v.settles()
}

func TestAnArbThatComesTooLate(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.block([]memchain.Tx{v.swap(0, "1500")})
	v.mine()
	now := v.now.Add(100 * time.Millisecond)
	seen, err := v.world.Observe(t.Context(), now, v.state)
	require.NoError(t, err)
	var d parity.Decision
	v.state, d, err = v.engine.Step(v.state, seen)
	require.NoError(t, err)
	require.Equal(t, parity.Trade, d.Action)
	late := evenkeel.Stamp{Key: key, Seq: 1, At: now.Add(-2*blockTime - 1)}
	require.NoError(t, v.world.Act(t.Context(), now, late, d))
	require.Equal(t, "RESUBMIT unsent", v.block(), "declined")
	v.quiet(1)
	v.settles()
}

func TestTheKillSwitchIsReadAgainBeforeSending(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.block([]memchain.Tx{v.swap(0, "1500")})
	v.mine()
	now := v.now.Add(100 * time.Millisecond)
	seen, err := v.world.Observe(t.Context(), now, v.state)
	require.NoError(t, err)
	var d parity.Decision
	v.state, d, err = v.engine.Step(v.state, seen)
	require.NoError(t, err)
	v.do(parity.Pause)
	require.NoError(t, v.world.Act(t.Context(), now, evenkeel.Stamp{Key: key, Seq: 1, At: now}, d))
	for _, o := range d.Orders {
		_, err := v.shores[o.Chain].client.Receipt(t.Context(), o.ID)
		require.ErrorIs(t, err, chain.ErrNotFound)
	}
	require.Equal(t, "HOLD paused", v.block())
}

func TestWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	v.block()
	offline := memchain.Faults{Offline: true}
	v.shores[1].client.SetFaults(offline)
	require.Equal(t, "HOLD unreachable", v.block())
	require.True(t, v.last.Apart)
	v.shores[0].client.SetFaults(offline)
	_, err := v.world.Observe(t.Context(), v.now, v.state)
	require.ErrorIs(t, err, memchain.ErrOffline)
	v.do(parity.Pause)
	seen, err := v.world.Observe(t.Context(), v.now, v.state)
	require.NoError(t, err, "commands get through")
	require.Len(t, seen.Commands, 1)
	v.shores[0].client.SetFaults(memchain.Faults{})
	v.shores[1].client.SetFaults(memchain.Faults{})
	v.ferry.SetFaults(memchain.BridgeFaults{Offline: true})
	v.do(parity.Resume)
	v.block([]memchain.Tx{v.swap(0, "1500")})
	require.Equal(t, "TRADE spread", v.block(), "there is inventory")
	v.block()
	require.Empty(t, v.state.Transfers, "nothing is sent where nothing is known")
	v.ferry.SetFaults(memchain.BridgeFaults{})
	v.settles()
}

// A process that dies after any step of any tick comes back and neither trades
// nor sends twice.
func TestADeathAtAnyStep(t *testing.T) {
	t.Parallel()
	for _, dies := range []string{"before the journal", "after the journal", "after the act"} {
		t.Run(dies, func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config("5000"))
			mortal := &mortal{dies: dies}
			run := func() *evenkeel.Runner[parity.State, parity.Observation, parity.Decision] {
				v.restart()
				mortal.World = v.world
				runner, err := evenkeel.NewRunner(key, v.engine, mortal, v.store, evenkeel.Options{})
				require.NoError(t, err)
				return runner
			}
			runner := run()
			for n := range 120 {
				if n == 3 {
					v.mine([]memchain.Tx{v.swap(0, "600")}, []memchain.Tx{v.swap(1, "-600")})
				} else {
					v.mine()
				}
				mortal.due = true
				_, _ = runner.Tick(t.Context(), v.now.Add(100*time.Millisecond)) // dies
				mortal.due = false
				runner = run()
				d, err := runner.Tick(t.Context(), v.now.Add(200*time.Millisecond))
				if !errors.Is(err, evenkeel.ErrAct) {
					require.NoError(t, err)
				}
				v.last = d
			}
			last, err := v.store.Last(t.Context(), key)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(last.State, &v.state))
			v.reconcile()
			require.Empty(t, v.state.Transfers)
			require.Less(t, v.spread(), 8.0)
		})
	}
}

// mortal is a world whose process dies at one point of a tick.
type mortal struct {
	evenkeel.World[parity.State, parity.Observation, parity.Decision]
	dies string
	due  bool
}

var errDead = errors.New("dead")

func (m *mortal) Observe(ctx context.Context, now time.Time, s parity.State) (parity.Observation, error) {
	if m.due && m.dies == "before the journal" {
		_, _ = m.World.Observe(ctx, now, s)
		return parity.Observation{}, errDead
	}
	return m.World.Observe(ctx, now, s)
}

func (m *mortal) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d parity.Decision) error {
	if m.due && m.dies == "after the journal" {
		return errDead
	}
	err := m.World.Act(ctx, now, stamp, d)
	if m.due && m.dies == "after the act" {
		return errDead
	}
	return err
}
