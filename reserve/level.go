package reserve

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// Level says how well a reserve is filled. Levels are ordered, the smaller the
// worse; the zero Level is invalid.
type Level uint8

// The levels, with base = P × T and required = SF × P × T.
const (
	Empty    Level = iota + 1 // available <= 0
	Critical                  // available < base: the present peak cannot be met
	High                      // available < required
	Warn                      // available < 1.25 × required
	OK
)

// OKCoverage is the coverage from which a reserve is [OK], in hundredths.
const OKCoverage = 125

var okCoverage = decimal.New(OKCoverage, -2)

// LevelOf grades available against base = P × T and required = SF × P × T. At
// a bound the better level holds: exactly required is [Warn].
func LevelOf(available, base, required decimal.Decimal) Level {
	switch {
	case available.Sign() <= 0:
		return Empty
	case available.LessThan(base):
		return Critical
	case available.LessThan(required):
		return High
	case available.LessThan(required.Mul(okCoverage)):
		return Warn
	}
	return OK
}

var levelNames = [...]string{Empty: "EMPTY", Critical: "CRITICAL", High: "HIGH", Warn: "WARN", OK: "OK"}

// String returns the level's name in capitals, or "Level(n)" for no level.
func (l Level) String() string {
	if l < Empty || l > OK {
		return fmt.Sprintf("Level(%d)", uint8(l))
	}
	return levelNames[l]
}

// MarshalText writes the level's name; the zero Level is the empty text.
func (l Level) MarshalText() ([]byte, error) {
	if l == 0 {
		return nil, nil
	}
	if l > OK {
		return nil, fmt.Errorf("%w: level %d: unknown", ErrInvalid, uint8(l))
	}
	return []byte(levelNames[l]), nil
}

// UnmarshalText reads what [Level.MarshalText] writes.
func (l *Level) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*l = 0
		return nil
	}
	for level, name := range levelNames {
		if name == string(text) {
			*l = Level(level)
			return nil
		}
	}
	return fmt.Errorf("%w: level %q: unknown", ErrInvalid, text)
}
