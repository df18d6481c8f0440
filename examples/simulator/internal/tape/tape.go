// Package tape reads tables of candles and refuses every table that is not
// exactly what a replay needs: one row per interval, in order, without gaps, in
// UTC, each row consistent in itself.
package tape

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Limits of a table.
const (
	MaxRows   = 100_000
	maxDigits = 8 // after the point
)

// The bounds of a price: a token that is meant to be worth 1 is never far
// outside them, and a table of something else is a mistake.
var (
	minPrice  = decimal.New(1, -2)
	maxPrice  = decimal.New(100, 0)
	maxVolume = decimal.New(1, 12)
)

// ErrInvalid is what every [Error] is.
var ErrInvalid = errors.New("tape: invalid table")

// Error says where a table is wrong and which rule it breaks.
type Error struct {
	File   string
	Line   int    // 1 is the header; 0 when the table as a whole is wrong
	Column string // "" when the row as a whole is wrong
	Value  string
	Rule   string
}

// Error returns one line such as `prices.csv:17: low "NaN": must be a number`.
func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Column == "" {
		return fmt.Sprintf("%s: %s", place, e.Rule)
	}
	return fmt.Sprintf("%s: %s %q: %s", place, e.Column, e.Value, e.Rule)
}

// Unwrap makes every Error an [ErrInvalid].
func (e *Error) Unwrap() error { return ErrInvalid }

// Candle is what a market did in one interval.
type Candle struct {
	Start                  time.Time // UTC, the first instant of the interval
	Open, High, Low, Close decimal.Decimal
	Volume                 decimal.Decimal // of the token, >= 0
}

// Tape is a table of candles without gaps. Immutable by convention, so safe for
// concurrent use.
type Tape struct {
	Name     string
	Source   string        // whose facts these are
	Interval time.Duration // of every candle
	Candles  []Candle      // at least one
}

// End returns the first instant after the last candle.
func (t Tape) End() time.Time {
	return t.Candles[len(t.Candles)-1].Start.Add(t.Interval)
}

// Slice returns the candles from (inclusive) to (exclusive) as a tape.
func (t Tape) Slice(from, to int) Tape {
	t.Candles = t.Candles[from:to]
	return t
}

//go:embed data/usdc_usd_1h_2023-03-10.csv
var weekend []byte

// Weekend returns the 84 hours in which USDC lost its peg.
func Weekend() (Tape, error) {
	t, err := Read(bytes.NewReader(weekend), "usdc_usd_1h_2023-03-10.csv")
	t.Source = "Kraken public trades of USDC/USD, 10-13 March 2023"
	return t, err
}
