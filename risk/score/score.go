package score

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("score: invalid")

// Identity names the formulas of this package. It changes with any number in them.
const Identity = "score@1"

// Score is how risky an instrument is in one respect, and why.
type Score struct {
	Value   decimal.Decimal `json:"value"` // 0 to 100; it means nothing if Level is Insufficient
	Level   Level           `json:"level"`
	Parts   []Part          `json:"parts"`   // what Value is the sum of, before it is cut to 0 to 100
	Missing []string        `json:"missing"` // what would have been needed, if Insufficient
	Neutral []string        `json:"neutral"` // not known, and counted for nothing either way
	// Coverage is the share of the inputs that are known, 0 to 1.
	Coverage decimal.Decimal `json:"coverage"`
}

// Part is what one input adds.
type Part struct {
	Name   string          `json:"name"`
	Points decimal.Decimal `json:"points"`
}

// Level is a score in one word.
type Level string

// The levels.
const (
	Low          Level = "low"
	Medium       Level = "medium"
	High         Level = "high"
	Critical     Level = "critical"
	Insufficient Level = "insufficient" // too little is known for a score
)

// LevelOf returns the level of a value: up to 25 low, up to 50 medium, up to 75
// high, and above that critical.
func LevelOf(value decimal.Decimal) Level {
	switch {
	case value.LessThanOrEqual(decimal.New(25, 0)):
		return Low
	case value.LessThanOrEqual(decimal.New(50, 0)):
		return Medium
	case value.LessThanOrEqual(decimal.New(75, 0)):
		return High
	default:
		return Critical
	}
}

// StatedPart is the only part of a score that somebody else gives.
const StatedPart = "stated"

// Stated is the score that somebody else gives. A value out of 0 to 100 is
// [ErrInvalid].
func Stated(value decimal.Decimal) (Score, error) {
	if err := check(rule{upTo(value, 100), "Stated", value, "must be 0 to 100"}); err != nil {
		return Score{}, err
	}
	return Score{Value: value, Level: LevelOf(value), Parts: []Part{{StatedPart, value}}, Coverage: one}, nil
}

// Unknown is the score of which nothing is known.
func Unknown(missing ...string) Score { return Score{Level: Insufficient, Missing: missing} }

// tally adds up a score, input by input.
type tally struct {
	parts            []Part
	missing, neutral []string
	known            int
}

func (t *tally) add(name string, points decimal.Decimal) {
	t.parts = append(t.parts, Part{name, points})
	t.known++
}

// need adds what there can be no score without.
func (t *tally) need(name string, d decimal.NullDecimal, points func(decimal.Decimal) decimal.Decimal) {
	if !d.Valid {
		t.missing = append(t.missing, name)
		return
	}
	t.add(name, points(d.Decimal))
}

// use adds what is useful if it is known.
func (t *tally) use(name string, d decimal.NullDecimal, points func(decimal.Decimal) decimal.Decimal) {
	if !d.Valid {
		t.neutral = append(t.neutral, name)
		return
	}
	t.add(name, points(d.Decimal))
}

// word adds what a word is worth. An empty one is not known.
func word[W ~string](t *tally, name string, w W, worth map[W]string) {
	if w == "" {
		t.neutral = append(t.neutral, name)
		return
	}
	t.add(name, dec(worth[w]))
}

// mustKnow adds what a word is worth that there can be no score without.
func mustKnow[W ~string](t *tally, name string, w W, worth map[W]string) {
	if w == "" {
		t.missing = append(t.missing, name)
		return
	}
	t.add(name, dec(worth[w]))
}

// known reports whether a word is empty or has a worth.
func known[W ~string](w W, worth map[W]string) bool {
	_, ok := worth[w]
	return ok || w == ""
}

func (t *tally) score() Score {
	s := Score{Missing: t.missing, Neutral: t.neutral, Level: Insufficient}
	all := int64(t.known + len(t.missing) + len(t.neutral))
	s.Coverage = decimal.New(int64(t.known), 0).DivRound(decimal.New(all, 0), places)
	if len(t.missing) > 0 {
		return s
	}
	s.Parts = t.parts
	for _, p := range t.parts {
		s.Value = s.Value.Add(p.Points)
	}
	s.Value = clip(s.Value, hundred)
	s.Level = LevelOf(s.Value)
	return s
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
