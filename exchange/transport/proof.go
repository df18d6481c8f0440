package transport

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Proofs is what all proofs of a venue have in common. It makes and checks them, so
// that a Verifier asks for just what the Prover gives.
type Proofs struct {
	Name   string                               // the venue's, as in Proof.Exchange
	Unit   time.Duration                        // in which the venue counts time, > 0
	Params func(at time.Time) map[string]string // all of Proof.Params, made of Proof.IssuedAt
}

// Make returns the proof for pair that key has signed as of at.
func (f Proofs) Make(key string, pair exchange.Pair, at time.Time, signature string) exchange.Proof {
	return exchange.Proof{
		Exchange: f.Name, Key: key, Pair: pair, Params: f.Params(at), Signature: signature, IssuedAt: at,
	}
}

// Check returns the errors of exchange.Proof.Check, then those of
// exchange.Proof.CheckFields, for a proof without headers.
func (f Proofs) Check(p exchange.Proof, pair exchange.Pair, now time.Time) error {
	if err := p.Check(f.Name, pair, now); err != nil {
		return err
	}
	return p.CheckFields(f.Unit, f.Params(p.IssuedAt), nil)
}

// MayBeMore is the one form of a proof that shows more than most orders, and so
// perhaps not all, as exchange.ErrInvalid.
func MayBeMore(pair exchange.Pair, shown, most int) error {
	return fmt.Errorf("%w: Proof of %v: shows %d orders, and there may be more: must be at most %d",
		exchange.ErrInvalid, pair, shown, most)
}
