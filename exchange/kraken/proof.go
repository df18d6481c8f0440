package kraken

import (
	"context"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Name is this exchange's in an exchange.Proof.
const Name = "kraken"

const openOrdersPath = "/0/private/OpenOrders"

var proofs = transport.Proofs{Name: Name, Unit: time.Microsecond, Params: func(at time.Time) map[string]string {
	return map[string]string{"nonce": nonce(at)}
}}

// Prover signs proofs with one key, which should be able to read and nothing
// else, and which nothing else should use. Safe for concurrent use.
type Prover struct{ signer *signer }

// Verifier replays proofs. Safe for concurrent use.
type Verifier struct{ api *api }

var (
	_ exchange.Prover   = (*Prover)(nil)
	_ exchange.Verifier = (*Verifier)(nil)
)

// NewProver returns exchange.ErrInvalid for an empty or malformed key or secret.
func NewProver(key, secret string) (*Prover, error) {
	s, err := newSigner(key, secret)
	if err != nil {
		return nil, err
	}
	return &Prover{signer: s}, nil
}

// ProveOpenOrders signs the request that lists the open orders of the account,
// those of other pairs too: Kraken cannot ask for less, and [Verifier] leaves
// them out.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.signer.nonces.Next(now)
	n := nonce(at)
	signature := sign(p.signer.secret, openOrdersPath, n, "nonce="+n)
	return proofs.Make(p.signer.key, pair, at, signature), nil
}

// NewVerifier returns exchange.ErrInvalid for options out of their bounds.
func NewVerifier(o Options) (*Verifier, error) {
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Verifier{api: a}, nil
}

// Verify lists the open orders under the proof's signature. Nothing of what is
// sent is taken from p but the key, the signature and, checked, the nonce.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := proofs.Check(p, pair, now); err != nil {
		return nil, err
	}
	r, err := v.api.market(ctx, pair)
	if err != nil {
		return nil, err
	}
	sent := post(openOrdersPath, "nonce="+nonce(p.IssuedAt), p.Key, p.Signature)
	var orders []exchange.Order
	err = v.api.http.Once(ctx, 1, sent, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, r)
		return err
	})
	return orders, err
}
