package payout

import (
	"errors"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("payout: invalid")

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
