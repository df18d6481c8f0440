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
	return exchange.Proof{
		Exchange:  Name,
		Key:       p.signer.key,
		Pair:      pair,
		Params:    map[string]string{"nonce": nonce(at)},
		Signature: signature,
		IssuedAt:  at,
	}, nil
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
	if err := p.Check(Name, pair, now); err != nil {
		return nil, err
	}
	if err := p.CheckFields(time.Microsecond, map[string]string{"nonce": nonce(p.IssuedAt)}, nil); err != nil {
		return nil, err
	}
	if _, err := v.api.market(ctx, pair); err != nil {
		return nil, err
	}
	token := signed(p.Key, http.MethodGet, ordersPath, p.IssuedAt) + "." + p.Signature
	return openOrders(func(query url.Values, accept func([]byte) error) error {
		return v.api.http.Once(ctx, transport.Call{
			Request: func(time.Time) (transport.Request, error) {
				return request(http.MethodGet, ordersPath, query, "", token), nil
			},
			Accept: accept,
		})
	}, pair)
}
