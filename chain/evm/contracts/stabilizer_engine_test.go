package contracts_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// The contract's profiles bound the engine's, and never stand in their way: under a
// flow that pushes the pool one way without pause, at once and at five times the
// projected 50,000 an hour, it accepts each order that the engine gives.
func TestTheContractAcceptsWhatTheEngineDecides(t *testing.T) {
	pair := exchange.Pair{Base: "cUSDT", Quote: "cUSDC"}
	perBps, slot := decimal.New(100, 0), 2*time.Second
	for _, c := range []struct {
		profile string
		engine  stabilizer.Config
		limits  contracts.StabilizerConfig
		flow    int64 // tokens per block; above 0 buys base
		peakBps int64
	}{
		{"target", stabilizer.Target(pair, "pool", perBps, slot), contracts.TargetLimits(depth), 28, 10},
		{"target", stabilizer.Target(pair, "pool", perBps, slot), contracts.TargetLimits(depth), -28, 10},
		{"target", stabilizer.Target(pair, "pool", perBps, slot), contracts.TargetLimits(depth), 139, 10},
		{"target", stabilizer.Target(pair, "pool", perBps, slot), contracts.TargetLimits(depth), -139, 10},
		{"conservative", stabilizer.Conservative(pair, "pool", perBps, slot), contracts.ConservativeLimits(depth), 28, 10},
		{"conservative", stabilizer.Conservative(pair, "pool", perBps, slot), contracts.ConservativeLimits(depth), -28, 10},
	} {
		v := settle(t, func(p *plan) { p.limits = c.limits })
		e, err := stabilizer.New(c.engine)
		require.NoError(t, err)
		orders, peak := v.hold(e, c.flow, 60)
		t.Logf("%s, %+d tokens per block for 60 blocks: %d orders, each accepted, peak %d bps", c.profile, c.flow, orders, peak)
		require.Greater(t, orders, 5)
		require.LessOrEqual(t, peak, c.peakBps)
	}
}

// hold keeps the peg by an engine against a flow. It returns how many orders it took, of
// which none may be refused, and how far the price went at most.
func (v *village) hold(e *stabilizer.Engine, flow int64, blocks int) (orders int, peak int64) {
	var s stabilizer.State
	var receipts []stabilizer.Receipt
	sellBase, digits, amount := false, int64(quoteDigits), flow
	if flow < 0 {
		sellBase, digits, amount = true, baseDigits, -flow
	}
	for range blocks {
		flowing := []act{v.push(v.trader, sellBase, units(amount, digits))}
		last := orders%2 == 1 // the keeper comes before the traders, or behind them
		if last {
			v.trader.do("run", flowing)
		}
		next, d, err := e.Step(s, stabilizer.Observation{Block: v.seen(), Receipts: receipts})
		require.NoError(v, err)
		s, receipts = next, nil
		if d.Action == stabilizer.Trade {
			orders++
			v.keeper.do("run", []act{v.execute(v.orderOf(d.Order))})
			receipts = []stabilizer.Receipt{{ID: d.Order.ID, Outcome: stabilizer.Mined, Block: v.block + 1, Filled: d.Order.Size}}
		}
		if !last {
			v.trader.do("run", flowing)
		}
		for _, tried := range v.keeper.logs("Tried", v.mine()...) {
			require.Equal(v, true, tried["ok"], "order %d: %s", orders, v.stabilizer.refused(tried))
		}
		peak = max(peak, v.deviation(), -v.deviation())
	}
	return orders, peak
}

// seen is the newest block as the engine sees it.
func (v *village) seen() *stabilizer.Block {
	at := time.Unix(int64(v.time), 0).UTC()
	tokens := func(a actor, digits int32) decimal.Decimal { return decimal.NewFromBigInt(v.holds(a), -digits) }
	return &stabilizer.Block{
		Number: v.block, Hash: fmt.Sprint("block ", v.block), Parent: fmt.Sprint("block ", v.block-1), Time: at,
		Pool:   decimal.NewFromBigInt(v.pool.number("getMidPrice"), -18-quoteDigits+baseDigits),
		Target: stabilizer.Quote{Value: decimal.New(1, 0), At: at},
		Base:   tokens(v.base, baseDigits), Quote: tokens(v.quote, quoteDigits),
		GasGwei: decimal.New(1, 0),
	}
}

// orderOf is an order of the engine in the tokens' smallest units.
func (v *village) orderOf(o *stabilizer.Order) order {
	in, out, inDigits, outDigits := v.base, v.quote, int32(baseDigits), int32(quoteDigits)
	if o.Side == stabilizer.Buy {
		in, out, inDigits, outDigits = out, in, outDigits, inDigits
	}
	small := func(d decimal.Decimal, digits int32) *big.Int { return d.Shift(digits).BigInt() }
	return order{small(o.AmountIn, inDigits), in.Address, out.Address, small(o.MinOut, outDigits), o.Deadline}
}
