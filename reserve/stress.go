package reserve

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// StressMultiple is how many times the projected flow a reserve must withstand
// (Vault plan §15, phase 5).
const StressMultiple = 5

// stressHour is the second horizon of the gate, beside the window.
const stressHour = time.Hour

// maxStressBlocks bounds the blocks of one horizon: an hour of 4 ms blocks.
const maxStressBlocks = 1_000_000

// Stress describes one-way flow against a reserve.
type Stress struct {
	Available     decimal.Decimal // units at the start, >= 0
	FlowPerMinute decimal.Decimal // projected net outflow, units per minute, > 0
	Multiple      decimal.Decimal // of the flow, >= 1; the plan's is StressMultiple
	Window        time.Duration   // T, > 0
	Block         time.Duration   // time between blocks, > 0; flow leaves block by block
	Refills       []Arrival       // what arrives meanwhile; a reserve only buys time, so name it
}

// Arrival is a refill on its way.
type Arrival struct {
	After  time.Duration   // since the start, >= 0; it is there from the first block at or after it
	Amount decimal.Decimal // units, > 0
}

// StressResult is a reserve under stress for the window and for an hour.
type StressResult struct {
	Window, Hour StressRun
}

// Passed reports whether the reserve never ran below zero, on either horizon.
func (r StressResult) Passed() bool { return r.Window.Survived && r.Hour.Survived }

// StressRun is one horizon.
type StressRun struct {
	Horizon  time.Duration
	Lowest   decimal.Decimal // smallest balance at the end of a block; negative is the shortfall
	Survived bool            // Lowest >= 0
	FailedAt time.Duration   // end of the first block that could not be paid in full; 0 when Survived
}

// StressGate runs s for its window and for one hour, block by block, and says
// whether the reserve lasts. That is one half of the gate; the other is the peg,
// which a simulation of the pool judges. A horizon's last block is cut off at
// its end, so that the flow of a horizon never depends on the block time.
func StressGate(s Stress) (StressResult, error) {
	if err := s.validate(); err != nil {
		return StressResult{}, err
	}
	return StressResult{Window: s.run(s.Window), Hour: s.run(stressHour)}, nil
}

func (s Stress) validate() error {
	if err := checkNotNegative("Available", s.Available); err != nil {
		return err
	}
	if err := checkPositive("FlowPerMinute", s.FlowPerMinute); err != nil {
		return err
	}
	if err := checkPositive("Multiple", s.Multiple); err != nil {
		return err
	}
	if s.Multiple.LessThan(decimal.NewFromInt(1)) {
		return fmt.Errorf("%w: Multiple %s: must be >= 1", ErrInvalid, s.Multiple)
	}
	if err := checkDuration("Window", s.Window); err != nil {
		return err
	}
	if err := checkDuration("Block", s.Block); err != nil {
		return err
	}
	if longest := max(s.Window, stressHour); longest/s.Block >= maxStressBlocks {
		return fmt.Errorf("%w: Block %v: must divide %v into fewer than %d blocks", ErrInvalid, s.Block, longest, maxStressBlocks)
	}
	for i, refill := range s.Refills {
		if refill.After < 0 {
			return fmt.Errorf("%w: Refills[%d].After %v: must be >= 0", ErrInvalid, i, refill.After)
		}
		if err := checkPositive(fmt.Sprintf("Refills[%d].Amount", i), refill.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (s Stress) run(horizon time.Duration) StressRun {
	run := StressRun{Horizon: horizon, Lowest: s.Available, Survived: true}
	flow := s.FlowPerMinute.Mul(s.Multiple)
	for end := time.Duration(0); end < horizon; {
		end = min(end+s.Block, horizon)
		balance := s.funded(end).Sub(over(flow, end))
		run.Lowest = decimal.Min(run.Lowest, balance)
		if balance.Sign() < 0 && run.Survived {
			run.Survived, run.FailedAt = false, end
		}
	}
	return run
}

// funded is what was there at the start plus what has arrived by then.
func (s Stress) funded(by time.Duration) decimal.Decimal {
	sum := s.Available
	for _, refill := range s.Refills {
		if refill.After <= by {
			sum = sum.Add(refill.Amount)
		}
	}
	return sum
}
