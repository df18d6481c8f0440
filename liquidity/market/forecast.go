package market

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Reading is what was recorded of an instrument at a time.
type Reading struct {
	At        time.Time       `json:"at"`
	Index     decimal.Decimal `json:"index"`      // 0 to 100
	SpreadBps decimal.Decimal `json:"spread_bps"` // >= 0
}

// Band is where a value is expected to be.
type Band struct {
	Low    decimal.Decimal `json:"low"`
	Median decimal.Decimal `json:"median"`
	High   decimal.Decimal `json:"high"`
}

// Outlook is what may become of an instrument.
type Outlook struct {
	Steps     int  `json:"steps"`
	Index     Band `json:"index"`      // within 0 to 100
	SpreadBps Band `json:"spread_bps"` // >= 0
	N         int  `json:"n"`          // changes that the bands are made from
	// Separate is how many of them fit beside each other: those that overlap say
	// less than N suggests.
	Separate int `json:"separate"`
}

const (
	maxReadings = 100_000
	minSeparate = 20 // changes, before a tail of them means anything
)

// Forecast says where index and spread will be after so many steps, if the change
// is like one of those in the record (historical simulation): the last reading
// plus the quantiles of all changes over as many readings, which may overlap, cut
// to what the value can be. coverage is the share that the band is to hold, in
// (0, 1): 0.9 goes from the 5th to the 95th percentile. Quantiles are interpolated
// between order statistics (Hyndman and Fan, "Sample quantiles in statistical
// packages" (1996), type 7), to 12 decimals.
//
// Readings are in order of time, and a step is from one to the next: they should
// be as far apart as each other. Fewer than 20 changes beside each other are an
// [ErrInsufficient], malformed ones an [ErrInvalid].
func Forecast(readings []Reading, steps int, coverage decimal.Decimal) (Outlook, error) {
	if err := validateReadings(readings, steps, coverage); err != nil {
		return Outlook{}, err
	}
	n := max(len(readings)-steps, 0)
	separate := max(len(readings)-1, 0) / steps
	if separate < minSeparate {
		return Outlook{}, fmt.Errorf("%w: %d readings hold %d changes of %d steps: must hold 20 that do not overlap",
			ErrInsufficient, len(readings), separate, steps)
	}
	indices, spreads := make([]decimal.Decimal, n), make([]decimal.Decimal, n)
	for i := range n {
		from, to := readings[i], readings[i+steps]
		indices[i], spreads[i] = to.Index.Sub(from.Index), to.SpreadBps.Sub(from.SpreadBps)
	}
	last := readings[len(readings)-1]
	index, spread := around(last.Index, indices, coverage), around(last.SpreadBps, spreads, coverage)
	return Outlook{
		Steps: steps, N: n, Separate: separate,
		Index:     index.cut(func(d decimal.Decimal) decimal.Decimal { return clip(d, decimal.Decimal{}, hundred) }),
		SpreadBps: spread.cut(func(d decimal.Decimal) decimal.Decimal { return decimal.Max(d, decimal.Decimal{}) }),
	}, nil
}

func validateReadings(readings []Reading, steps int, coverage decimal.Decimal) error {
	if err := check(
		rule{len(readings) <= maxReadings, "Readings", len(readings), "must be at most 100000"},
		rule{steps >= 1 && steps <= maxReadings, "Steps", steps, "must be 1 to 100000"},
		rule{valid.Positive(coverage) && coverage.LessThan(one), "Coverage", coverage, "must be in (0, 1)"},
	); err != nil {
		return err
	}
	for i, r := range readings {
		if err := check(
			rule{!r.At.IsZero() && (i == 0 || r.At.After(readings[i-1].At)), "Reading.At", r.At, "must be set, and after the one before"},
			rule{valid.NotNegative(r.Index) && r.Index.LessThanOrEqual(hundred), "Reading.Index", r.Index, "must be 0 to 100"},
			rule{spread(r.SpreadBps), "Reading.SpreadBps", r.SpreadBps, mustBeSpread},
		); err != nil {
			return fmt.Errorf("reading %d: %w", i, err)
		}
	}
	return nil
}

// around puts the quantiles of changes, which it sorts, around a value.
func around(value decimal.Decimal, changes []decimal.Decimal, coverage decimal.Decimal) Band {
	slices.SortFunc(changes, decimal.Decimal.Cmp)
	tail := one.Sub(coverage).Mul(decimal.New(5, -1))
	at := func(q decimal.Decimal) decimal.Decimal { return value.Add(quantile(changes, q)) }
	return Band{at(tail), at(decimal.New(5, -1)), at(one.Sub(tail))}
}

func (b Band) cut(to func(decimal.Decimal) decimal.Decimal) Band {
	return Band{to(b.Low), to(b.Median), to(b.High)}
}

// quantile interpolates between the order statistics of what is sorted.
func quantile(sorted []decimal.Decimal, q decimal.Decimal) decimal.Decimal {
	at := q.Mul(whole(len(sorted) - 1))
	i := int(at.IntPart())
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at.Sub(whole(i))
	return sorted[i].Add(sorted[i+1].Sub(sorted[i]).Mul(part)).Round(digits)
}
