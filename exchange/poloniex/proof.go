package poloniex

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Name is this exchange's in an exchange.Proof.
const Name = "poloniex"

var proofs = transport.Proofs{Name: Name, Unit: time.Millisecond, Params: func(at time.Time) map[string]string {
	return map[string]string{"signTimestamp": timestamp(at)}
}}

// Prover signs proofs with one key, which should be able to read and nothing
// else. Safe for concurrent use.
type Prover struct {
	key, secret string
	times       transport.Sequence
}

// Verifier replays proofs. Safe for concurrent use.
type Verifier struct{ api *api }

var (
	_ exchange.Prover   = (*Prover)(nil)
	_ exchange.Verifier = (*Verifier)(nil)
)

// NewProver returns exchange.ErrInvalid for an empty key or secret.
func NewProver(key, secret string) (*Prover, error) {
	if key == "" || secret == "" {
		return nil, fmt.Errorf("%w: key and secret: must not be empty", exchange.ErrInvalid)
	}
	return &Prover{key: key, secret: secret, times: transport.Sequence{Unit: proofs.Unit}}, nil
}

// ProveOpenOrders signs the request that lists the open orders of pair. Poloniex
// counts milliseconds, so that is how far apart two proofs are.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.times.Next(now)
	signature := openOrders(pair).sign(p.secret, timestamp(at))
	return proofs.Make(p.key, pair, at, signature), nil
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
// sent is taken from p but the key, the signature and, checked, the time.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := proofs.Check(p, pair, now); err != nil {
		return nil, err
	}
	if _, err := v.api.market(ctx, pair); err != nil {
		return nil, err
	}
	sent := openOrders(pair).request(p.Key, p.Signature, timestamp(p.IssuedAt), proofWindowMs)
	var orders []exchange.Order
	err := v.api.http.Once(ctx, 1, sent, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, pair)
		return err
	})
	return orders, err
}

// openOrders lists as many orders of pair as an account may have open.
func openOrders(pair exchange.Pair) call {
	return call{method: http.MethodGet, path: "/orders", params: url.Values{"limit": {"2000"}, "symbol": {symbol(pair)}}}
}
