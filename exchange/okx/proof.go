package okx

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Name is this exchange's in an exchange.Proof.
const Name = "okx"

// MaxProofOrders is how many open orders of a pair a proof can show: one less
// than a page, which with a full one may go on.
const MaxProofOrders = pageSize - 1

var proofs = transport.Proofs{Name: Name, Unit: time.Millisecond, Params: func(at time.Time) map[string]string {
	return map[string]string{"timestamp": iso(at)}
}}

// Prover signs proofs with one key, which should be able to read and nothing
// else. Safe for concurrent use.
type Prover struct {
	credentials credentials
	times       transport.Sequence
}

// Verifier replays proofs. Safe for concurrent use.
type Verifier struct{ api *api }

var (
	_ exchange.Prover   = (*Prover)(nil)
	_ exchange.Verifier = (*Verifier)(nil)
)

// NewProver returns exchange.ErrInvalid for an empty key, secret or passphrase, or
// one with control characters. The passphrase becomes part of every proof.
func NewProver(key, secret, passphrase string) (*Prover, error) {
	c := credentials{key: key, secret: secret, passphrase: passphrase}
	if err := c.validate(); err != nil {
		return nil, err
	}
	return &Prover{credentials: c, times: transport.Sequence{Unit: proofs.Unit}}, nil
}

// ProveOpenOrders signs the request that lists the open orders of pair, at most
// [MaxProofOrders]. OKX counts milliseconds, so that is how far apart two proofs
// are.
func (p *Prover) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	if err := pair.Validate(); err != nil {
		return exchange.Proof{}, err
	}
	at := p.times.Next(now)
	signature := sign(p.credentials.secret, signed(at, http.MethodGet, openOrdersPath, proofQuery(pair)))
	proof := proofs.Make(p.credentials.key, pair, at, signature)
	proof.Headers = map[string]string{passphraseHeader: p.credentials.passphrase}
	return proof, nil
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
// sent is taken from p but the key, the passphrase, the signature and, checked,
// the time. More orders than [MaxProofOrders] are exchange.ErrInvalid.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := p.Check(Name, pair, now); err != nil {
		return nil, err
	}
	passphrase := p.Headers[passphraseHeader]
	if len(p.Headers) != 1 { // and no word of what they are
		return nil, fmt.Errorf("%w: Proof.Headers: must be %s alone", exchange.ErrInvalid, passphraseHeader)
	}
	if err := validPassphrase(passphrase); err != nil {
		return nil, err
	}
	if err := p.CheckFields(proofs.Unit, proofs.Params(p.IssuedAt), p.Headers); err != nil {
		return nil, err
	}
	if _, err := v.api.market(ctx, pair); err != nil {
		return nil, err
	}
	sent := request(http.MethodGet, openOrdersPath, proofQuery(pair), p.IssuedAt, p.Key, passphrase, p.Signature)
	var shown []wireOrder
	var orders []exchange.Order
	err := v.api.http.Once(ctx, orderWeight, sent, func(body []byte) (err error) {
		if shown, err = list[wireOrder](body); err == nil {
			orders, err = onBook(shown, pair)
		}
		return err
	})
	if err == nil && len(shown) > MaxProofOrders {
		return nil, transport.MayBeMore(pair, len(shown), MaxProofOrders)
	}
	return orders, err
}

// proofQuery asks for a page of the length that OKX gives unasked, [pageSize].
func proofQuery(pair exchange.Pair) string { return "instType=SPOT&instId=" + instID(pair) }
