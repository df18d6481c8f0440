package exchange

import (
	"fmt"
	"strings"
)

// maxAssetLen is generous: the longest tickers in use have about ten characters.
const maxAssetLen = 32

// Pair names a market; prices are Quote units per one Base unit. The zero Pair
// is invalid. In JSON it is its String, also as a map key.
type Pair struct{ Base, Quote string }

// ParsePair reads "BASE/QUOTE". It returns [ErrInvalid] for anything else.
func ParsePair(s string) (Pair, error) {
	base, quote, found := strings.Cut(s, "/")
	if !found {
		return Pair{}, invalid("Pair", fmt.Sprintf("%q", s), "must be BASE/QUOTE")
	}
	p := Pair{Base: base, Quote: quote}
	return p, p.Validate()
}

// String returns "BASE/QUOTE".
func (p Pair) String() string { return p.Base + "/" + p.Quote }

// Validate returns [ErrInvalid] unless Base and Quote are two different names of
// 1 to 32 ASCII letters, digits, dots, dashes or underscores. Case matters.
func (p Pair) Validate() error {
	if err := validAsset("Pair.Base", p.Base); err != nil {
		return err
	}
	if err := validAsset("Pair.Quote", p.Quote); err != nil {
		return err
	}
	if p.Base == p.Quote {
		return invalid("Pair", p, "Base and Quote must differ")
	}
	return nil
}

// MarshalText returns the String of a valid Pair and nothing for the zero one.
func (p Pair) MarshalText() ([]byte, error) {
	if p == (Pair{}) {
		return nil, nil
	}
	return []byte(p.String()), p.Validate()
}

// UnmarshalText is the inverse of [Pair.MarshalText].
func (p *Pair) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Pair{}
		return nil
	}
	parsed, err := ParsePair(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}

func validAsset(field, name string) error {
	if len(name) == 0 || len(name) > maxAssetLen {
		return invalid(field, fmt.Sprintf("%q", name), "must have 1 to 32 characters")
	}
	for _, c := range name {
		if !alphanumeric(c) && !strings.ContainsRune("._-", c) {
			return invalid(field, fmt.Sprintf("%q", name), "must be ASCII letters, digits, dots, dashes or underscores")
		}
	}
	return nil
}

func alphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
