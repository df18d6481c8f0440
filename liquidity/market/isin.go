package market

import "github.com/evenkeelhq/evenkeel/internal/valid"

// ISIN is an international securities identification number (ISO 6166): two
// letters of a country, nine letters or digits, a check digit.
type ISIN string

const (
	isinLength    = 12
	mustBeISIN    = "must be two capital letters, nine capital letters or digits, and a digit"
	mustBeChecked = "must end in its check digit"
)

// ParseISIN returns text as an ISIN. strict also demands the check digit; many
// identifiers of tests and of internal books have none. Anything else is
// [ErrInvalid].
func ParseISIN(text string, strict bool) (ISIN, error) {
	i := ISIN(text)
	if err := i.Validate(); err != nil {
		return "", err
	}
	if strict && !i.Checked() {
		return "", valid.Error(ErrInvalid, "ISIN", text, mustBeChecked)
	}
	return i, nil
}

// Validate checks the shape alone; see [ISIN.Checked].
func (i ISIN) Validate() error {
	ok := len(i) == isinLength
	for k := 0; ok && k < isinLength; k++ {
		switch {
		case isLetter(i[k]):
			ok = k < isinLength-1
		case isDigit(i[k]):
			ok = k >= 2
		default:
			ok = false
		}
	}
	return check(rule{ok, "ISIN", string(i), mustBeISIN})
}

// Checked reports whether the last digit is the one that the others call for:
// letters count as 10 to 35, and of the digits so written every other one from
// the right is doubled (Luhn; ISO 6166, annex C). It is false for what is no
// ISIN.
func (i ISIN) Checked() bool {
	if i.Validate() != nil {
		return false
	}
	sum, twice := 0, false
	add := func(d int) {
		if twice {
			d *= 2
		}
		sum += d/10 + d%10
		twice = !twice
	}
	for k := isinLength - 1; k >= 0; k-- {
		if isDigit(i[k]) {
			add(int(i[k] - '0'))
			continue
		}
		value := int(i[k]-'A') + 10
		add(value % 10)
		add(value / 10)
	}
	return sum%10 == 0
}

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
