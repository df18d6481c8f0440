package chain

import (
	"encoding/hex"
	"fmt"
)

// Address is an account or a contract. Its text is "0x" and 40 hexadecimal
// digits; the zero Address is nobody.
type Address [20]byte

// ParseAddress reads an Address's text, in upper or lower case: an EIP-55
// checksum is accepted, not verified. The error wraps [ErrInvalid].
func ParseAddress(s string) (Address, error) {
	var a Address
	err := parseHex("address", a[:], s)
	return a, err
}

// String returns the text in lower case.
func (a Address) String() string { return "0x" + hex.EncodeToString(a[:]) }

// MarshalText returns [Address.String].
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText is [ParseAddress]; on error a stays as it was.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := ParseAddress(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// Hash names a block or a transaction. Its text is "0x" and 64 hexadecimal
// digits; the zero Hash names nothing.
type Hash [32]byte

// ParseHash reads a Hash's text, in upper or lower case. The error wraps
// [ErrInvalid].
func ParseHash(s string) (Hash, error) {
	var h Hash
	err := parseHex("hash", h[:], s)
	return h, err
}

// String returns the text in lower case.
func (h Hash) String() string { return "0x" + hex.EncodeToString(h[:]) }

// MarshalText returns [Hash.String].
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is [ParseHash]; on error h stays as it was.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err == nil {
		*h = parsed
	}
	return err
}

// parseHex fills dst from s, or leaves it zero. The length is checked first, so
// that what a hostile s can cost is bounded.
func parseHex(what string, dst []byte, s string) error {
	if len(s) != 2+2*len(dst) || s[:2] != "0x" {
		return fmt.Errorf(`%w: %s %.80q: must be "0x" and %d hexadecimal digits`, ErrInvalid, what, s, 2*len(dst))
	}
	if _, err := hex.Decode(dst, []byte(s[2:])); err != nil {
		clear(dst)
		return fmt.Errorf("%w: %s %q: %w", ErrInvalid, what, s, err)
	}
	return nil
}
