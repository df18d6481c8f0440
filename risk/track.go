package risk

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Track is what an engine has learnt about an instrument and about itself. The
// zero Track is that nothing is.
type Track struct {
	Looks    uint64    `json:"looks"`    // so far
	Stale    uint64    `json:"stale"`    // of these, how many had no data, or data that were stale or outdated
	Outcomes []Outcome `json:"outcomes"` // the last 64 sales that were reported, the oldest first
	// Was is what the liquidity index is compared with, the highest of the last while;
	// nil if there is none.
	Was *Reading `json:"was"`
}

// Outcome is what became of a sale after a translation.
type Outcome struct {
	ID      string      `json:"id"`      // of the sale: each counts once
	Advised market.Path `json:"advised"` // the path that came first then; empty if there was none
	market.Outcome
}

// Reading is a liquidity index at a time.
type Reading struct {
	At    time.Time       `json:"at"`
	Index decimal.Decimal `json:"index"`
}

// Peaks are the readings that a later one may have fallen from: each is later and lower
// than the one before, so that the first is the highest. Nobody changes them in place.
type Peaks []Reading

// slots are how many parts of a while have a peak of their own: that bounds them.
const slots = 24

// within returns those that are not as old as over.
func (p Peaks) within(now time.Time, over time.Duration) Peaks {
	for len(p) > 0 && now.Sub(p[0].At) >= over {
		p = p[1:]
	}
	return p
}

// with returns the peaks after a reading, in a while of that length.
func (p Peaks) with(r Reading, over time.Duration) Peaks {
	for len(p) > 0 && p[len(p)-1].Index.LessThanOrEqual(r.Index) {
		p = p[:len(p)-1]
	}
	if len(p) > 0 && r.At.Sub(p[len(p)-1].At) < over/slots {
		return p
	}
	return append(slices.Clone(p), r)
}

// maxOutcomes are enough to tell whether predictions are any good, and few enough
// for a state that is written with each look.
const maxOutcomes = 64

func (o Outcome) validate() error {
	if err := check(
		rule{valid.Named(o.ID), "Outcome.ID", o.ID, valid.MustBeNamed},
		rule{o.Advised == "" || slices.Contains(market.Paths(), o.Advised), "Outcome.Advised", string(o.Advised), "must be one of the market's paths, or empty"},
	); err != nil {
		return err
	}
	if _, err := market.Judge([]market.Outcome{o.Outcome}); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

func (t Track) validate() error {
	if err := check(
		rule{t.Stale <= t.Looks, "Track.Stale", t.Stale, "must be at most Looks"},
		rule{len(t.Outcomes) <= maxOutcomes, "Track.Outcomes", len(t.Outcomes), "must be at most 64"},
	); err != nil {
		return err
	}
	if was := t.Was; was != nil {
		if err := check(
			rule{valid.Dated(was.At), "Track.Was.At", was.At, valid.MustBeDated},
			rule{!was.Index.IsNegative() && was.Index.LessThanOrEqual(hundred), "Track.Was.Index", was.Index, "must be 0 to 100"},
		); err != nil {
			return err
		}
	}
	for i, o := range t.Outcomes {
		if err := o.validate(); err != nil {
			return fmt.Errorf("Track.Outcomes[%d]: %w", i, err)
		}
	}
	return nil
}

// report adds an outcome, and drops the oldest. It reports false for a sale that
// is known already.
func (t *Track) report(o Outcome) bool {
	if slices.ContainsFunc(t.Outcomes, func(known Outcome) bool { return known.ID == o.ID }) {
		return false
	}
	o.At = o.At.UTC()
	kept := t.Outcomes[max(0, len(t.Outcomes)+1-maxOutcomes):]
	t.Outcomes = append(slices.Clone(kept), o)
	return true
}

// sales are the outcomes as the market counts them.
func (t Track) sales() []market.Outcome {
	all := make([]market.Outcome, len(t.Outcomes))
	for i, o := range t.Outcomes {
		all[i] = o.Outcome
	}
	return all
}

func (t Track) utc() Track {
	t.Outcomes = slices.Clone(t.Outcomes)
	for i := range t.Outcomes {
		t.Outcomes[i].At = t.Outcomes[i].At.UTC()
	}
	if t.Was != nil {
		t.Was = &Reading{t.Was.At.UTC(), t.Was.Index}
	}
	return t
}

// Metrics say how well a translator does.
type Metrics struct {
	Looks     uint64              `json:"looks"`
	StaleRate decimal.NullDecimal `json:"stale_rate"` // of looks, 0 to 1; not valid before the first
	Outcomes  int                 `json:"outcomes"`   // sales that the rest is made of
	Adoption  decimal.NullDecimal `json:"adoption"`   // of the sales that were advised, those that went the way that came first, 0 to 1
	// Accuracy is nil before there are outcomes. Its MAPE is that of the time to a
	// fill.
	Accuracy *market.Accuracy `json:"accuracy"`
	// Drift is the liquidity index less the one that it is compared with, see
	// [Config].DropOver; not valid without either.
	Drift decimal.NullDecimal `json:"liquidity_index_drift"`
}

const metricPlaces = 12

func (t Track) metrics(index market.Index) Metrics {
	m := Metrics{Looks: t.Looks, Outcomes: len(t.Outcomes)}
	if t.Looks > 0 {
		m.StaleRate = part(t.Stale, t.Looks)
	}
	if a, err := market.Judge(t.sales()); err == nil { // it errs without outcomes; malformed ones are not in a track
		m.Accuracy = &a
	}
	var advised, followed uint64
	for _, o := range t.Outcomes {
		if o.Advised != "" {
			advised++
		}
		if o.Advised == o.Path {
			followed++
		}
	}
	if advised > 0 {
		m.Adoption = part(followed, advised)
	}
	if t.Was != nil && index.Level != market.Insufficient && index.Level != "" {
		m.Drift = decimal.NewNullDecimal(index.Value.Sub(t.Was.Index))
	}
	return m
}

func part(of, all uint64) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.NewFromUint64(of).DivRound(decimal.NewFromUint64(all), metricPlaces))
}
