package weekend

import (
	"context"
	"errors"
	"fmt"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// Progress is told how much of a stage of the work is done.
type Progress func(stage string, done, total int)

// play mines the whole scenario on a stage. after, if not nil, is called at the
// end of every block with its index; progress after every candle.
func (sc *scenario) play(ctx context.Context, st *stage, t *traders, seen *trace, after func(i int) error, progress func(candle int)) error {
	for i, market := range sc.prices {
		st.worth[cUSDC] = market
		t.block = i
		mined, err := st.chain.Mine(sc.time(i), t.txs...)
		if err := errors.Join(append(mined.Reverts, err)...); err != nil {
			return fmt.Errorf("block %d of the tape: %w", i, err)
		}
		mid, err := t.look()
		if err != nil {
			return fmt.Errorf("block %d of the tape: %w", i, err)
		}
		seen.add(rounded(mid))
		if after != nil {
			if err := after(i); err != nil {
				return err
			}
		}
		if (i+1)%sc.hour == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress((i + 1) / sc.hour)
		}
	}
	return nil
}

// rounded is where the price of a pool of tokens with 18 decimals becomes a
// Price.
func rounded(mid uint256.Int) path.Price {
	mid.AddUint64(&mid, 5e9)
	return path.Price(mid.Div(&mid, uint256.NewInt(1e10)).Uint64())
}

// played is what one run of a scenario came to.
type played struct {
	trace     *trace
	chronicle *chronicle // nil without a stabilizer
	parties   []Party
	tokens    []Tokens
	gas       decimal.Decimal // gwei, spent by the stabilizer
}

func (st *stage) played(seen *trace, c *chronicle, before wealth) *played {
	gas := st.chain.GasSpent(keeper)
	return &played{
		trace: seen, chronicle: c, parties: st.results(before), tokens: st.conserved(),
		gas: pmm.Tokens(gas, 9),
	}
}

// idle plays the scenario without a stabilizer.
func (sc *scenario) idle(ctx context.Context, s Setup, progress func(candle int)) (*played, error) {
	s.Mode = Direct // nobody trades in the private pools
	st, err := newStage(sc, s, memchain.StabilizerConfig{})
	if err != nil {
		return nil, err
	}
	before, seen := st.count(), newTrace(sc, s)
	if err := sc.play(ctx, st, newTraders(st, sc, s), seen, nil, progress); err != nil {
		return nil, err
	}
	return st.played(seen, nil, before), nil
}

// FitOf plays the tape without the stabilizer only, and says how closely the
// pool followed it.
func FitOf(ctx context.Context, t tape.Tape, s Setup) (Fit, error) {
	sc, err := newScenario(t, s)
	if err != nil {
		return Fit{}, err
	}
	idle, err := sc.idle(ctx, s, func(int) {})
	if err != nil {
		return Fit{}, err
	}
	return fit(sc, s, idle.trace), nil
}

// Run replays the tape twice, without the stabilizer and with it, the latter
// with a journal that is verified and decided again.
func Run(ctx context.Context, t tape.Tape, s Setup, progress Progress) (Result, error) {
	s.Tape, s.Source, s.Every = t.Name, t.Source, s.Block.String()
	sc, err := newScenario(t, s)
	if err != nil {
		return Result{}, err
	}
	stage := func(name string) func(int) {
		return func(candle int) { progress(name, candle, len(t.Candles)) }
	}
	idle, err := sc.idle(ctx, s, stage("without stabilizer"))
	if err != nil {
		return Result{}, err
	}
	journals := newJournals()
	defer journals.wait()
	defended, err := sc.defend(ctx, s, journals, stage("with stabilizer"))
	if err != nil {
		return Result{}, err
	}
	r := Result{Setup: s, Assumptions: s.Assumptions(t), Verdict: judge(sc, s, defended, idle)}
	if r.Journals, err = journals.close(ctx); err != nil {
		return Result{}, err
	}
	r.tell(sc, s, defended, idle)
	return r, r.sound()
}

// sound returns an error for what can only be a bug: value that was created or
// lost, a decision that came out differently the second time.
func (r *Result) sound() error {
	for _, t := range r.Verdict.Conservation {
		if t.UnitsOff != "0" {
			return fmt.Errorf("value is not conserved: all accounts together are %s units of %s off", t.UnitsOff, t.Token)
		}
	}
	for _, j := range r.Journals {
		if j.Same != j.Replayed {
			return fmt.Errorf("journal %s: %d of %d decisions came out differently the second time", j.Key, j.Replayed-j.Same, j.Replayed)
		}
	}
	return nil
}
