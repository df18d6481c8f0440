package targets

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// goal is a row to be filled in: the runs it needs, and what makes of their
// outcomes its figures.
type goal struct {
	row   Row
	runs  []trial
	judge func(*Row, []outcome)
}

// trial is a run of one or of two chains.
type trial interface {
	run(ctx context.Context) (outcome, error)
}

// setting is what the goals of one profile in one mode have in common.
type setting struct {
	profile string
	mode    stabilizer.Mode
}

func goalsOf(profile string, mode stabilizer.Mode) []goal {
	s := setting{profile, mode}
	goals := []goal{
		s.smoothPeak(1, usualBlock), s.smoothPeak(5, usualBlock),
		s.lumpyShare(5, 100, lumpSeeds), s.lumpyShare(1, 100, fewSeeds), s.lumpyShare(5, 250, fewSeeds), s.lumpyShare(5, 500, fewSeeds),
		s.latency(),
		s.drain("unwound in the same block", 0), s.drain("unwound after one block", 1), s.drain("never unwound", forGood),
	}
	for _, times := range []int64{1, 5} {
		for _, blockTime := range []time.Duration{500 * time.Millisecond, time.Second, 4 * time.Second, 6 * time.Second, 12 * time.Second} {
			goals = append(goals, s.smoothPeak(times, blockTime))
		}
	}
	return goals
}

func (s setting) goal(name, want, unit string, judge func(*Row, []outcome), plans ...plan) goal {
	runs := make([]trial, len(plans))
	for i, p := range plans {
		runs[i] = p
	}
	return goal{
		row:  Row{Profile: s.profile, Mode: string(s.mode), Case: name, Goal: want, Unit: unit},
		runs: runs, judge: judge,
	}
}

// under is a run of this setting under one-way flow.
func (s setting) under(f flow, blockTime time.Duration) plan {
	return plan{cfg: config(s.profile, s.mode, blockTime), blocks: int(span / blockTime), flow: f}
}

func (s setting) smoothPeak(times int64, blockTime time.Duration) goal {
	flow := func() flow { return &smooth{perHour: times * flowPerHour, blockTime: blockTime} }
	p := s.under(flow(), blockTime)
	fixed := fixedPeak(flow(), time.Hour, blockTime, p.cfg.MinBlocks)
	return s.goal(
		fmt.Sprintf("smooth flow %dx, %v blocks", times, blockTime), "peak <= 10 bps", "bps",
		func(r *Row, o []outcome) {
			r.Measured, r.Met = round(o[0].peakBps, 2), o[0].peakBps <= goalBps
			r.Fixed = ptr(round(fixed, 1))
			r.Beside = costs(o)
			if o[0].halted > 0 { // from there on nothing stands against the flow
				r.Beside = append([]Figure{{HaltedAfter, round(o[0].halted.Minutes(), 1)}}, r.Beside...)
			}
		}, p)
}

func (s setting) lumpyShare(times, lump int64, seeds int) goal {
	plans := make([]plan, seeds)
	fixed := 0.0
	for seed := range plans {
		flow := func() flow { return newLumpy(times*flowPerHour, lump*micro, usualBlock, uint64(seed)) }
		plans[seed] = s.under(flow(), usualBlock)
		fixed += fixedShare(flow(), time.Hour, usualBlock, plans[seed].cfg.MinBlocks) / float64(seeds)
	}
	return s.goal(
		fmt.Sprintf("lumps of %d, %dx, %v blocks, %d seeds", lump, times, usualBlock, seeds), ">= 98 % within 10 bps", "%",
		func(r *Row, outcomes []outcome) {
			inside, blocks, worst := 0, 0, 0.0
			for _, o := range outcomes {
				inside, blocks, worst = inside+o.inside, blocks+o.blocks, max(worst, o.peakBps)
			}
			share := 100 * float64(inside) / float64(blocks)
			r.Measured, r.Met = round(share, 3), share >= goalShare
			r.Fixed = ptr(round(fixed, 1))
			r.Beside = append([]Figure{{WorstPeak, round(worst, 2)}}, costs(outcomes)...)
		}, plans...)
}

// latency is how many blocks pass from the one that first ends off the peg
// until the first trade executes, for the step at which that takes longest. A
// step just beyond the threshold has to fill the TWAP before it is noticed.
func (s setting) latency() goal {
	smallest := config(s.profile, s.mode, usualBlock).ThetaEnterBps.IntPart() + 1
	var plans []plan
	for _, bps := range []int64{smallest, 20, 100} {
		plans = append(plans, s.shaken(bps, forGood))
	}
	return s.goal(
		fmt.Sprintf("steps of %d, 20 and 100 bps, %v blocks", smallest, usualBlock), "traded in < 5 blocks", "blocks",
		func(r *Row, outcomes []outcome) {
			slowest := 0
			for _, o := range outcomes {
				took := o.firstFill - quiet
				if o.firstFill == 0 {
					took = patience
				}
				slowest = max(slowest, took)
			}
			r.Measured, r.Met = float64(slowest), slowest < goalLatency
		}, plans...)
}

// drain is how many blocks end outside the goal when somebody sells one per
// cent of the pool and unwinds it held blocks later.
func (s setting) drain(name string, held int) goal {
	p := s.shaken(drainBps, held)
	want := "< 3 blocks, no trade"
	if held == forGood {
		want = "< 3 blocks"
	}
	return s.goal(
		fmt.Sprintf("flash drain, %d bps, %s", drainBps, name), want, "blocks",
		func(r *Row, o []outcome) {
			took := max(o[0].recovered-p.shock.at, 0)
			r.Measured = float64(took)
			r.Met = took < goalRecovery && (o[0].trades == 0 || held == forGood)
			r.Beside = []Figure{{Trades, float64(o[0].trades)}}
		}, p)
}

func (s setting) shaken(bps int64, held int) plan {
	return plan{
		cfg: config(s.profile, s.mode, usualBlock), blocks: quiet + patience, flow: none{},
		shock: shock{at: quiet, until: quiet + held, size: bps * microPerBps},
	}
}

// costs are those of an average day, in tokens: what the pool and the miners
// take, and what the trades lose against the peg beside it. A stabilizer buys
// below the peg and sells above it, so that the loss is usually a gain.
func costs(outcomes []outcome) []Figure {
	var trades, volume, gain float64
	for _, o := range outcomes {
		trades += float64(o.trades)
		volume += float64(o.volume) / micro
		gain += o.gain.InexactFloat64()
	}
	days := float64(len(outcomes)) * (span.Hours() / 24)
	fees, gas := volume*poolFeeBps/10_000, trades*gasPerTrade
	return []Figure{
		{TradesPerDay, round(trades/days, 0)},
		{FeesPerDay, round(fees/days, 0)},
		{GasPerDay, round(gas/days, 0)},
		{LossPerDay, round((fees+gas-gain)/days, 0)},
	}
}

func round(x float64, places int) float64 {
	scale := math.Pow10(places)
	return math.Round(x*scale) / scale
}

func ptr(x float64) *float64 { return &x }
