package binance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Name is this exchange's in an exchange.Proof.
const Name = "binance"

var proofs = transport.Proofs{Name: Name, Unit: time.Millisecond, Params: func(at time.Time) map[string]string {
	return map[string]string{"recvWindow": proofWindowMs, "timestamp": strconv.FormatInt(at.UnixMilli(), 10)}
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

// ProveOpenOrders signs the request that lists the open orders of pair. Binance
// counts milliseconds, so that is how far apart two proofs are.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.times.Next(now)
	signature := sign(p.secret, proofQuery(pair, at))
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
	sent := request(http.MethodGet, openOrdersPath, proofQuery(pair, p.IssuedAt), p.Key, p.Signature)
	var orders []exchange.Order
	err := v.api.http.Once(ctx, openOrdersWeight, sent, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, pair)
		return err
	})
	return orders, err
}

func proofQuery(pair exchange.Pair, at time.Time) string {
	return stamped(url.Values{"symbol": {symbol(pair)}}, proofWindowMs, at)
}
