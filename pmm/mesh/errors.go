package mesh

import (
	"errors"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Errors of this package, beside those of a pool, which are pmm's.
var (
	ErrInvalid  = errors.New("mesh: invalid")              // malformed input: the message names field, value and rule
	ErrNoRoute  = errors.New("mesh: no route")             // nothing leads there, or nothing that takes so much
	ErrHalted   = errors.New("mesh: bridge halted")        //
	ErrCapacity = errors.New("mesh: bridge full")          // more than is left of this window's capacity
	ErrTooLarge = errors.New("mesh: amount too large")     // of 2^128 units or more
	ErrLeak     = errors.New("mesh: assets not conserved") // a broken invariant of a simulation
	ErrUnknown  = errors.New("mesh: unknown scenario")     // the message names those there are
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
