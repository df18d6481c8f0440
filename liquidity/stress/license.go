package stress

import (
	"encoding/hex"
	"fmt"
	"time"
)

// License says whether a model's forecasts may move money. It is a value to be
// stored beside the model; the zero License allows nothing.
type License struct {
	Model string `json:"model"` // hash of the model that was tried, in hex
	Skill Skill  `json:"skill"` // on what the model had not seen
}

// blockHorizons is how many horizons a block of a license's skill has: episodes
// last longer than a forecast looks.
const blockHorizons = 7

// Grant tries a model on held-out examples, all of them made after the last
// outcome that the model learned from was known; earlier ones are an
// [ErrInvalid], as are examples of fewer than 20 blocks of 7 horizons.
func Grant(m Model, held Sample) (License, error) {
	f := m.fitted
	if held.Len() == 0 {
		return License{}, fmt.Errorf("%w: held-out sample of 0 examples: must have some", ErrInvalid)
	}
	if first := held.examples[0].at; first.Before(f.KnownUntil) {
		return License{}, fmt.Errorf("%w: held-out sample from %v: must be from %v on, what the model has not seen", ErrInvalid, first, f.KnownUntil)
	}
	trials, err := m.Try(held)
	if err != nil {
		return License{}, err
	}
	skill, err := NewSkill(trials, f.BaseRate, blockHorizons*time.Duration(held.steps)*held.every)
	if err != nil {
		return License{}, err
	}
	return License{Model: m.id(), Skill: skill}, nil
}

// Allows reports whether a forecast of m alone may trigger an injection: m is the
// model that was tried, and even the lower end of its skill is above zero. A high
// AUC is no license: a model that ranks well may still be wrong by any factor.
func (l License) Allows(m Model) bool { return l.Model == m.id() && l.Skill.Low > 0 }

func (m Model) id() string { return hex.EncodeToString(m.hash[:]) }
