package parity_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

var hours = flag.Int("hours", 1, "how long the tests of flow last, in simulated hours")

// settling is what a transfer takes at most until it counts: to be included, the
// bridge's latency, and to be final.
const settling = latency + 6*blockTime

// flow is one-way: sold on the first chain, bought on the second, at times the
// plan's projected 50,000 an hour.
func flow(times int64) (perMinute decimal.Decimal) {
	return decimal.New(50_000*times, 0).DivRound(decimal.New(60, 0), 6)
}

// day is what a run of flow measured.
type day struct {
	blocks, within int // blocks, and those that ended with a spread below 15 bps
	worst          float64
	arbs, retries  int
	faults         map[string]int
}

func (d day) share() float64 { return 100 * float64(d.within) / float64(d.blocks) }

// run plays that many blocks of flow, with faults between them.
func (v *town) run(blocks int, perMinute decimal.Decimal, disturb func(n int)) day {
	v.Helper()
	d := day{blocks: blocks, faults: map[string]int{}}
	perBlock := perMinute.DivRound(decimal.New(int64(time.Minute/blockTime), 0), 6).String()
	for n := range blocks {
		if disturb != nil {
			disturb(n)
		}
		v.mine([]memchain.Tx{v.swap(0, "-"+perBlock)}, []memchain.Tx{v.swap(1, perBlock)})
		v.tick()
		if v.shores[0].local != nil {
			v.watch()
		}
		switch v.last.Action {
		case parity.Trade:
			d.arbs++
		case parity.Retry:
			d.retries++
		default:
		}
		if n%10 == 0 {
			v.reconcile()
		}
		off := math.Abs(v.spread())
		if d.worst = max(d.worst, off); off < 15 {
			d.within++
		}
	}
	return d
}

// reconcile counts all money from outside: what the vaults hold and what is on
// its way is what was deposited, and what was earned, to the last unit.
func (v *town) reconcile() {
	v.Helper()
	if v.last.Reason == parity.Unreachable || v.last.Reason == parity.Pending {
		return // the engine has not seen all that happened
	}
	want := parity.Holding{
		Base:  v.state.Books.Deposited.Base.Add(v.state.Books.Earned.Base),
		Quote: v.state.Books.Deposited.Quote.Add(v.state.Books.Earned.Quote),
	}
	got := v.owned()
	require.True(v, got.Base.Equal(want.Base) && got.Quote.Equal(want.Quote), "owned %v, books say %v", got, want)
}

// trouble is a script of everything that goes wrong with bridges, nodes and
// chains, drawn from a seed.
type trouble struct {
	*town
	rng    *rand.Rand
	counts map[string]int
	due    map[int][]func() // what ends at a block
}

func (x *trouble) disturb(n int) {
	for _, end := range x.due[n] {
		end()
	}
	delete(x.due, n)
	// What departs now takes between half and all of the latency: it overtakes.
	x.bridge.SetLatency(latency/2 + time.Duration(x.rng.Int64N(int64(latency/2))))
	i := x.rng.IntN(2)
	s := x.shores[i]
	switch odds := x.rng.IntN(7200); {
	case odds < 8 && !s.down:
		x.count("reorg")
		x.reorg(i, 1+x.rng.IntN(3))
	case odds < 16:
		x.stick(n)
	case odds < 24:
		x.twice()
	case odds < 28:
		x.count("omitted events")
		x.ferry.SetFaults(memchain.BridgeFaults{OmitArrivals: true})
		x.at(n+30, func() { x.ferry.SetFaults(memchain.BridgeFaults{}) })
	case odds < 30:
		x.count("node down")
		s.client.SetFaults(memchain.Faults{Offline: true})
		x.at(n+3, func() { s.client.SetFaults(memchain.Faults{}) })
	case odds < 32:
		x.count("lost answers")
		s.client.SetFaults(memchain.Faults{LoseAnswers: true})
		x.at(n+30, func() { s.client.SetFaults(memchain.Faults{}) })
	case odds < 34:
		x.count("reverts")
		s.client.SetFaults(memchain.Faults{Revert: true})
		x.at(n+4, func() { s.client.SetFaults(memchain.Faults{}) })
	case odds < 36:
		x.count("oracles differ")
		own := *s.oracle
		s.oracle.err = exchange.ErrDivergent
		x.at(n+3, func() { s.oracle.err = own.err })
	case odds < 37 && !x.shores[1-i].down:
		x.count("chain halts")
		s.down = true
		x.at(n+150, func() { s.down = false })
	case odds < 45:
		x.count("restart")
		x.restart()
	}
}

func (x *trouble) count(what string) { x.counts[what]++ }

func (x *trouble) at(n int, do func()) { x.due[n] = append(x.due[n], do) }

// stick holds one transfer up for up to two hours, and then lets it go, or has it
// refunded when the buffers have long been refilled without it.
func (x *trouble) stick(n int) {
	ids := x.bridge.InFlight(x.shores[x.rng.IntN(2)].chain.ID())
	if len(ids) == 0 {
		return
	}
	id := ids[x.rng.IntN(len(ids))]
	x.bridge.Hold(id, true)
	refund := x.rng.IntN(2) == 0
	x.count("stuck")
	x.at(n+300+x.rng.IntN(3300), func() {
		if refund {
			x.count("refund")
			x.bridge.Refund(id)
		}
		x.bridge.Hold(id, false)
	})
}

// twice executes a message again: the bridge refuses, now or when its turn comes.
func (x *trouble) twice() {
	i := x.rng.IntN(2)
	ids := x.bridge.InFlight(x.shores[i].chain.ID())
	if len(ids) == 0 {
		return
	}
	tx, err := x.bridge.Replay(ids[0], false)
	require.NoError(x, err)
	x.count("executed twice")
	x.shores[1-i].again = append(x.shores[1-i].again, tx, tx)
}

func TestFlowWithFaults(t *testing.T) {
	for _, times := range []int64{1, 5} {
		t.Run(fmt.Sprintf("%dx", times), func(t *testing.T) {
			t.Parallel()
			buffer, err := reserve.BridgeBuffer(flow(times), settling, blockTime)
			require.NoError(t, err)
			cfg := config("0")
			// Beside the buffer, what may be stuck for hours at a time.
			buffer = buffer.Add(cfg.MaxTransfer.Mul(dec("4"))).Truncate(6)
			v := newTown(t, config(buffer.String()))
			v.guards()
			x := &trouble{town: v, rng: rand.New(rand.NewPCG(uint64(times), 7)), counts: map[string]int{}, due: map[int][]func(){}}
			d := v.run(*hours*1800, flow(times), x.disturb)
			t.Logf("%d of %d blocks below 15 bps (%.2f %%), worst %.2f bps; %d arbs, %d retries, %d transfers open, %d stuck; the stabilizers traded %d and %d times; faults %v",
				d.within, d.blocks, d.share(), d.worst, d.arbs, d.retries, len(v.state.Transfers), len(v.state.Stuck()), v.shores[0].local.trades, v.shores[1].local.trades, x.counts)
			require.GreaterOrEqual(t, d.share(), 99.0)
			require.Empty(t, v.state.Halted)
		})
	}
}

func TestABufferBelowTheFlowInFlightLosesParity(t *testing.T) {
	bridged := flow(5).Mul(decimal.New(int64(settling/time.Second), 0)).DivRound(dec("60"), 6)
	for factor, holds := range map[string]bool{"1.1": true, "0.9": false} {
		t.Run(factor, func(t *testing.T) {
			t.Parallel()
			v := newTown(t, config(bridged.Mul(dec(factor)).Truncate(6).String()))
			d := v.run(1800, flow(5), nil)
			t.Logf("%s times the outflow in flight: %.2f %% below 15 bps, worst %.1f bps", factor, d.share(), d.worst)
			require.Equal(t, holds, d.share() == 100)
			require.Equal(t, holds, d.worst < 100)
		})
	}
}
