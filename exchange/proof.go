package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// MaxProofAge bounds the life of a [Proof]: how long after IssuedAt it may be
// replayed, even if the venue would take it for longer.
const MaxProofAge = 30 * time.Second

// MaxProofSkew is how far the prover's clock may be ahead of ours.
const MaxProofSkew = 5 * time.Second

// maxProofField and maxProofFields bound what a stranger can make us hold.
const (
	maxProofField  = 4096
	maxProofFields = 16
)

// Proof is a signed request for the open orders of one account, for somebody
// else to send. It is plain data and survives JSON.
//
// Whoever holds a Proof can use it, so it must be used once: Exchange, Key and
// IssuedAt together name it, and who collects proofs keeps the last IssuedAt of
// each Key and refuses one that is not later. The Verifier refuses an IssuedAt
// that is not the timestamp or nonce under the signature.
type Proof struct {
	Exchange  string // adapter that made it and can verify it
	Key       string // public part of the API key
	Pair      Pair
	Params    map[string]string // the request's parameters, by name
	Headers   map[string]string // headers beyond those that the adapter sets itself
	Signature string            // secret until it has been used: never log it
	IssuedAt  time.Time         // UTC, to the microsecond
}

// String leaves out what is secret.
func (p Proof) String() string {
	return fmt.Sprintf("proof of %v at %s by %s of %v", p.Pair, clip(p.Exchange), clip(p.Key), p.IssuedAt)
}

// Check does what every [Verifier] does first. It returns [ErrInvalid] unless p
// was made for this exchange and pair and is of sane size, and [ErrStale] unless
// now is within MaxProofSkew before to MaxProofAge after IssuedAt.
func (p Proof) Check(exchange string, pair Pair, now time.Time) error {
	if p.Exchange != exchange {
		return invalid("Proof.Exchange", clip(p.Exchange), "must be "+exchange)
	}
	if p.Pair != pair {
		return invalid("Proof.Pair", clip(p.Pair.String()), "must be "+pair.String())
	}
	if p.Key == "" || p.Signature == "" || len(p.Key) > maxProofField || len(p.Signature) > maxProofField {
		return invalid("Proof.Key", clip(p.Key), "Key and Signature must have 1 to 4096 characters")
	}
	if strings.TrimSpace(p.Key) != p.Key {
		// A header loses them on the way: one account could pose as several.
		return invalid("Proof.Key", clip(p.Key), "must have no blanks at its ends")
	}
	for _, fields := range []map[string]string{p.Params, p.Headers} {
		if len(fields) > maxProofFields {
			return invalid("Proof.Params", len(fields), "Params and Headers must have at most 16 entries each")
		}
		for name, value := range fields {
			if len(name) > maxProofField || len(value) > maxProofField {
				return invalid("Proof.Params", len(name)+len(value), "names and values must have at most 4096 characters")
			}
		}
	}
	if age := now.Sub(p.IssuedAt); age > MaxProofAge || age < -MaxProofSkew {
		return fmt.Errorf("%w: proof issued %v, now %v: must be at most %v old and %v ahead",
			ErrStale, p.IssuedAt, now, MaxProofAge, MaxProofSkew)
	}
	return nil
}

// CheckFields does what every [Verifier] of a venue does next. It returns
// [ErrInvalid] unless p carries just these parameters and headers, made of its
// IssuedAt, and that is a multiple of unit, in which the venue counts time: so
// that one signature has one IssuedAt.
func (p Proof) CheckFields(unit time.Duration, params, headers map[string]string) error {
	if !p.IssuedAt.Equal(p.IssuedAt.Truncate(unit)) {
		return invalid("Proof.IssuedAt", p.IssuedAt, fmt.Sprintf("must be a multiple of %v", unit))
	}
	if !maps.Equal(p.Params, params) {
		return invalid("Proof.Params", clip(fmt.Sprint(p.Params)), fmt.Sprintf("must be %v", params))
	}
	if !maps.Equal(p.Headers, headers) {
		// Their values may be secret.
		return invalid("Proof.Headers", clip(fmt.Sprint(slices.Sorted(maps.Keys(p.Headers)))), fmt.Sprintf("must be the %q that the venue asks for", slices.Sorted(maps.Keys(headers))))
	}
	return nil
}

// clip keeps a stranger's text short and quoted in an error.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		s = s[:most]
	}
	return fmt.Sprintf("%q", s)
}
