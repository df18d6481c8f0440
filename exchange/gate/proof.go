package gate

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
const Name = "gate"

// MaxProofOrders is how many open orders of a pair a proof can show: one less
// than a page, since a full one may go on.
const MaxProofOrders = ordersPage - 1

var proofs = transport.Proofs{Name: Name, Unit: time.Second, Params: func(at time.Time) map[string]string {
	return map[string]string{"timestamp": timestamp(at)}
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

// ProveOpenOrders signs the request that lists the open orders of pair, at most
// [MaxProofOrders]. Gate counts seconds, so that is how far apart two proofs are.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.times.Next(now)
	signature := sign(p.secret, proofRequest(pair), timestamp(at))
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
// sent is taken from p but the key, the signature and, checked, the time. More
// orders than [MaxProofOrders] are exchange.ErrInvalid.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := proofs.Check(p, pair, now); err != nil {
		return nil, err
	}
	if _, err := v.api.market(ctx, pair); err != nil {
		return nil, err
	}
	sent := authorised(proofRequest(pair), p.Key, p.Signature, timestamp(p.IssuedAt))
	var orders []exchange.Order
	shown := 0
	err := v.api.http.Once(ctx, 1, sent, func(body []byte) (err error) {
		orders, shown, err = parseOpenOrders(body, pair)
		return err
	})
	if err != nil {
		return nil, err
	}
	if shown > MaxProofOrders {
		return nil, transport.MayBeMore(pair, shown, MaxProofOrders)
	}
	transport.OldestFirst(orders)
	return orders, nil
}

func proofRequest(pair exchange.Pair) transport.Request {
	return transport.Request{
		Method: http.MethodGet, Path: prefix + "orders",
		Query: url.Values{"currency_pair": {symbol(pair)}, "status": {"open"}}.Encode(),
	}
}
