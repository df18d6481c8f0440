package monitor

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// ErrInvalid is wrapped by every rejection of a Config or an Observation.
var ErrInvalid = errors.New("monitor: invalid")

// Calm is how long everything must have been better before the announced level
// improves.
const Calm = 5 * time.Minute

// Engine is immutable and safe for concurrent use.
type Engine struct {
	cfg      Config
	identity [32]byte
}

// New reports the first thing wrong with cfg.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	written, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: config: %w", ErrInvalid, err)
	}
	return &Engine{cfg, sha256.Sum256(written)}, nil
}

// Identity implements evenkeel.Identity.
func (e *Engine) Identity() (engine string, config [32]byte) { return "monitor@1", e.identity }

// Step implements evenkeel.Engine. An observation that is malformed or not
// later than the last is [ErrInvalid].
func (e *Engine) Step(state State, seen Observation) (State, Decision, error) {
	if err := seen.validate(state); err != nil {
		return state, Decision{}, err
	}
	next := state
	var d Decision
	if !state.At.IsZero() && seen.At.Sub(state.At) > e.cfg.Window {
		d.Alerts = append(d.Alerts, Blind)
	}
	next.At = seen.At
	if err := e.recordFlow(&next, seen, &d); err != nil {
		return state, Decision{}, err
	}
	if err := e.measure(&next, seen, &d); err != nil {
		return state, Decision{}, err
	}
	announce(&next, &d)
	e.refill(&next, seen, &d)
	return next, d, nil
}

// recordFlow books the outflow and, every six hours, estimates the peak anew.
func (e *Engine) recordFlow(next *State, seen Observation, d *Decision) error {
	configured := e.cfg.PeakPerMinute
	if !next.Peak.Configured.Equal(configured) { // a fresh start, or a new configuration
		next.Peak = reserve.Peak{PerMinute: configured, Configured: configured, Refused: reserve.TooFew}
		if len(next.History.Generations) > 0 {
			next.Unestimated = estimateEvery
		}
	}
	flow, done := next.Flow.add(seen, e.cfg.windowMinutes())
	next.Flow = flow
	if done.minutes == 0 {
		return nil
	}
	next.History = next.History.add(done, configured)
	if next.Unestimated += done.minutes; next.Unestimated < estimateEvery {
		return nil
	}
	peak, err := reserve.EstimatePeak(configured, next.History.values(), e.cfg.Quantile, e.cfg.Tail)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if peak.PerMinute.GreaterThan(configured) && next.Peak.PerMinute.Equal(configured) {
		d.Alerts = append(d.Alerts, PeakRaised)
	}
	next.Peak, next.Unestimated = peak, 0
	return nil
}

// measure grades what is available now.
func (e *Engine) measure(next *State, seen Observation, d *Decision) error {
	base, err := reserve.Required(one, next.Peak.PerMinute, e.cfg.Window)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	d.Required, err = reserve.Required(e.cfg.Factor, next.Peak.PerMinute, e.cfg.Window)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	d.Peak, d.RollingPeak = next.Peak, next.History.rollingPeak()
	if d.Coverage, err = reserve.Coverage(seen.Available, d.Required); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	d.Runway = reserve.Runway(seen.Available, next.Peak.PerMinute)
	d.Projected = next.Flow.projected(seen.Available)
	d.Measured = reserve.LevelOf(seen.Available, base, d.Required)
	if d.Measured > reserve.High && d.Projected < e.cfg.Window {
		d.Measured, d.Reason = reserve.High, Early
	}
	return nil
}

var one = decimal.NewFromInt(1)

// announce moves the announced level to the measured one: down at once, up to
// the worst of five minutes that were all better.
func announce(next *State, d *Decision) {
	if next.Level == 0 {
		next.Level = reserve.OK // a fresh start has nothing to improve on
	}
	switch better := next.Better; {
	case d.Measured < next.Level:
		next.Level, next.Better = d.Measured, Improvement{}
		if d.Reason != Early {
			d.Reason = Worsened
		}
		d.Alerts = append(d.Alerts, LevelWorse)
	case d.Measured == next.Level:
		next.Better = Improvement{}
		if d.Reason != Early {
			d.Reason = Steady
		}
	case better.Since.IsZero():
		next.Better, d.Reason = Improvement{Since: next.At, Worst: d.Measured}, Settling
	default:
		next.Better.Worst, d.Reason = min(better.Worst, d.Measured), Settling
		if next.At.Sub(better.Since) < Calm {
			break
		}
		next.Level, d.Reason = next.Better.Worst, Improved
		next.Better = Improvement{}
		if d.Measured > next.Level {
			next.Better = Improvement{Since: next.At, Worst: d.Measured}
		}
		d.Alerts = append(d.Alerts, LevelBetter)
	}
	d.Level = next.Level
}
