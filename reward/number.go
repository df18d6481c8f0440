package reward

import (
	"errors"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("reward: invalid")

const mustBePlain = "must have 1 to 64 bytes and no slash"

var one = decimal.New(1, 0)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

// plain reports whether s can name an exchange or a unit, which are parts of an
// account's name.
func plain(s string) bool { return named(s, maxName) && !strings.Contains(s, "/") }

func named(s string, limit int) bool { return s != "" && len(s) <= limit }
