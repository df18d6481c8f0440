package targets

import (
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// What is assumed of a bridge.
const (
	bridgeLatency = 10 * time.Minute // at most, unless a transfer is stuck
	finalBlocks   = 32               // on either chain, for any amount
	lossSpan      = 3 * time.Hour    // of the runs that ask how large a buffer must be
	stuckAtOnce   = 4                // transfers for which the buffer has room while they are stuck
)

// settling is what a transfer takes at most until it counts: gathered, included,
// bridged and final.
const (
	gathering = 15 * time.Second
	settling  = gathering + bridgeLatency + (finalBlocks+2)*usualBlock
)

// spreadGoals are those of two chains that drift apart: what is sold on the one
// is bought on the other.
func spreadGoals() []goal {
	var goals []goal
	for _, times := range []int64{1, 5} {
		goals = append(goals, goal{
			row:  spreadRow(fmt.Sprintf("flow %dx between chains, bridge faults", times), ">= 99 % below 15 bps", "%"),
			runs: []trial{newCrossing(times, withFaults(times), span, true)},
			judge: func(r *Row, o []outcome) {
				share := 100 * float64(o[0].inside) / float64(o[0].blocks)
				r.Measured, r.Met = round(share, 3), share >= goalInSpread
				r.Beside = []Figure{{WorstPeak, round(o[0].peakBps, 2)}, {TradesPerDay, float64(o[0].trades)}}
			},
		})
	}
	for _, factor := range []string{"1.1", "1", "0.9"} {
		buffer := inFlight(5).Mul(decimal.RequireFromString(factor))
		goals = append(goals, goal{
			row:  spreadRow(fmt.Sprintf("flow 5x, buffer %s x outflow x latency", factor), "peak < 15 bps in 3 h", "bps"),
			runs: []trial{newCrossing(5, buffer, lossSpan, false)},
			judge: func(r *Row, o []outcome) {
				r.Measured, r.Met = round(o[0].peakBps, 2), o[0].peakBps < goalSpread
			},
		})
	}
	return goals
}

func spreadRow(name, want, unit string) Row {
	return Row{Profile: "target", Mode: "parity", Case: name, Goal: want, Unit: unit}
}

func perMinute(times int64) decimal.Decimal { return decimal.New(times*flowPerHour/60, -6) }

// inFlight is what leaves in the time that a transfer takes.
func inFlight(times int64) decimal.Decimal {
	held, err := reserve.BridgeReserve(perMinute(times), settling)
	if err != nil {
		panic(err) // the constants above
	}
	return held
}

// withFaults is the buffer that reserve advises, and room for what is stuck.
func withFaults(times int64) decimal.Decimal {
	buffer, err := reserve.BridgeBuffer(perMinute(times), settling, usualBlock)
	if err != nil {
		panic(err) // the constants above
	}
	return buffer.Add(largest(times).Mul(decimal.New(stuckAtOnce, 0)))
}

// largest is a minute of flow: what one stuck transfer holds up.
func largest(times int64) decimal.Decimal { return perMinute(times).Round(0) }

// parityConfig is the target profile for a flow and a buffer.
func parityConfig(times int64, buffer decimal.Decimal) parity.Config {
	buffer = buffer.Truncate(6)
	at := func(id uint64) parity.Chain {
		return parity.Chain{
			ID: id, BlockTime: usualBlock, MinBlocks: 1, UnitsPerBps: decimal.New(unitsPerBps, 0),
			Buffer: parity.Holding{Base: buffer, Quote: buffer},
		}
	}
	pair := exchange.Pair{Base: "cUSDC", Quote: "cUSDT"}
	c := parity.Target(pair, [2]parity.Chain{at(138), at(651940)}, 2*settling)
	c.MaxTransfer = largest(times)
	c.MinTransfer = perMinute(times).Mul(decimal.New(int64(gathering/time.Second), 0)).DivRound(decimal.New(60, 0), 0)
	c.Tiers = []parity.Tier{{Blocks: [2]uint64{finalBlocks, finalBlocks}}}
	return c
}

// guardConfig is the stabilizer of one chain, which leaves to parity what parity
// can do.
func guardConfig() stabilizer.Config {
	c := config("target", stabilizer.Direct, usualBlock)
	c.ThetaEnterBps, c.ThetaExitBps = decimal.New(8, 0), decimal.New(4, 0)
	return c
}

// name tells blocks of the same number on two chains apart.
func name(n int) string { return "0x" + strconv.Itoa(n) }
