package coinbase

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Name is this exchange's in an exchange.Proof.
const Name = "coinbase"

var proofs = transport.Proofs{Name: Name, Unit: time.Microsecond, Params: func(at time.Time) map[string]string {
	return map[string]string{"nonce": nonce(at)}
}}

// Prover signs proofs with one key, which should be able to view and nothing
// else. Safe for concurrent use.
type Prover struct{ signer *signer }

// Verifier replays proofs. Safe for concurrent use.
type Verifier struct{ api *api }

var (
	_ exchange.Prover   = (*Prover)(nil)
	_ exchange.Verifier = (*Verifier)(nil)
)

// NewProver returns exchange.ErrInvalid for an empty key or a secret that is no
// EC key of P-256 in PEM.
func NewProver(key, secret string) (*Prover, error) {
	s, err := newSigner(key, secret)
	if err != nil {
		return nil, err
	}
	return &Prover{signer: s}, nil
}

// ProveOpenOrders signs a token for the list of the account's orders. The token
// does not name the pair: Coinbase signs no query, and [Verifier] builds it. The
// signature is another one each time, drawn from crypto/rand.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.signer.times.Next(now)
	signature, err := p.signer.sign(signed(p.signer.key, http.MethodGet, ordersPath, at))
	if err != nil {
		return exchange.Proof{}, err
	}
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

// Verify lists the open orders under the proof's signature, once per page.
// Nothing of what is sent is taken from p but the key, the signature and,
// checked, the time, of which it makes the token again.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := proofs.Check(p, pair, now); err != nil {
		return nil, err
	}
	if _, err := v.api.market(ctx, pair); err != nil {
		return nil, err
	}
	token := signed(p.Key, http.MethodGet, ordersPath, p.IssuedAt) + "." + p.Signature
	return openOrders(func(query url.Values, accept func([]byte) error) error {
		return v.api.http.Once(ctx, 1, request(http.MethodGet, ordersPath, query, "", token), accept)
	}, pair)
}
