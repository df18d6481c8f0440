package monitor

import (
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// meanMinutes is the span of the mean that a breach is projected with.
const meanMinutes = 5

// Flow gathers outflow into minutes. Its zero value has seen nothing.
type Flow struct {
	Since  time.Time         // start of the open minute; zero before the first observation
	Open   decimal.Decimal   // net outflow since
	Recent []decimal.Decimal `json:",omitempty"` // the last closed minutes, oldest first: 5, or T if that is more
}

// closed is what an observation closed: so many minutes at the same net
// outflow, and the largest outflow of any T minutes that end in them.
type closed struct {
	minutes       int
	rate, rolling decimal.Decimal
}

// add books an observation. A minute closes with the first observation at its
// end or later and holds all that flowed until then; a gap of several minutes
// is spread evenly over them, as nothing is known about its course.
func (f Flow) add(seen Observation, window int) (Flow, closed) {
	if f.Since.IsZero() {
		f.Since = seen.At
	}
	f.Open = f.Open.Add(seen.Outflow)
	done := closed{minutes: int(seen.At.Sub(f.Since) / time.Minute)}
	if done.minutes == 0 {
		return f, done
	}
	done.rate = f.Open
	if done.minutes > 1 {
		done.rate = f.Open.DivRound(decimal.NewFromInt(int64(done.minutes)), reserve.Scale)
	}
	recent := slices.Clone(f.Recent)
	added := min(done.minutes, window+meanMinutes) // more would only push each other out
	for range added {
		recent = append(recent, done.rate)
	}
	done.rolling, _ = reserve.RollingPeak(last(recent, added+window-1), window) // of one minute at least: no error
	return Flow{Since: seen.At, Recent: last(recent, max(window, meanMinutes))}, done
}

func last(minutes []decimal.Decimal, n int) []decimal.Decimal {
	return minutes[max(0, len(minutes)-n):]
}

// projected is how long available lasts at the mean of the last five minutes,
// or of as many as there are.
func (f Flow) projected(available decimal.Decimal) time.Duration {
	minutes := last(f.Recent, meanMinutes)
	if len(minutes) == 0 {
		return math.MaxInt64
	}
	sum := decimal.Sum(decimal.Zero, minutes...)
	return reserve.Runway(available.Mul(decimal.NewFromInt(int64(len(minutes)))), sum)
}
