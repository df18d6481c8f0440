package paper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// The venue is memory behind a loopback: it can be asked faster than any real
// one, and is asked politely all the same.
const (
	every = 10 * time.Microsecond
	burst = 10_000
)

// Options is where a served venue is.
type Options struct {
	Name         string            // the venue's, as in its proofs; not empty
	Base         string            // scheme and host, such as "http://127.0.0.1:3334"; plain http at a loopback address only
	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

// Verifier replays proofs at a venue that serves its [Handler]. Safe for
// concurrent use.
type Verifier struct {
	name, base string
	http       *transport.Client
}

var _ exchange.Verifier = (*Verifier)(nil)

// NewVerifier returns exchange.ErrInvalid, naming field, value and rule, for
// options out of their bounds. It does not ask whether somebody is there.
func NewVerifier(o Options) (*Verifier, error) {
	if o.Name == "" {
		return nil, fmt.Errorf("%w: Options.Name %q: must not be empty", exchange.ErrInvalid, o.Name)
	}
	client, err := transport.New(transport.Config{
		Base: o.Base, Every: every, Burst: burst, Refusal: refusal, Clock: o.Clock, RoundTripper: o.RoundTripper,
	})
	if err != nil {
		return nil, err
	}
	return &Verifier{name: o.Name, base: o.Base, http: client}, nil
}

// Verify sends the proof once and never again. Nothing of what is sent is taken
// from p but the key, the signature and, checked, the timestamp. Besides what
// the port says it returns transport.ErrNoAnswer, naming the address, and
// transport.ErrBadAnswer.
func (v *Verifier) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := p.Check(v.name, pair, now); err != nil {
		return nil, err
	}
	timestamp := p.IssuedAt.UTC().Format(time.RFC3339Nano)
	if err := p.CheckFields(time.Microsecond, map[string]string{"timestamp": timestamp}, nil); err != nil {
		return nil, err
	}
	var orders []exchange.Order
	err := v.http.Once(ctx, 1, transport.Request{
		Method: http.MethodGet, Path: openOrdersPath,
		Query:  url.Values{"pair": {pair.String()}, "timestamp": {timestamp}}.Encode(),
		Header: map[string]string{keyHeader: p.Key, signHeader: p.Signature},
	}, func(body []byte) (err error) {
		orders, err = parseOrders(body, pair)
		return err
	})
	if errors.Is(err, transport.ErrNoAnswer) {
		err = fmt.Errorf("paper venue %s at %s: %w", v.name, v.base, err)
	}
	return orders, err
}

// refusal reads the venue's words for an error of the port.
func refusal(status int, body []byte) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	var said wireError
	if err := transport.JSON(body, &said); err != nil {
		return err
	}
	cause := fmt.Errorf("paper %s: %.200q", said.Code, said.Message)
	for _, r := range refusals {
		switch {
		case said.Code != r.code:
		case errors.Is(r.means, exchange.ErrRateLimited):
			return &exchange.RateLimitError{RetryAfter: max(time.Duration(said.RetryAfterMs)*time.Millisecond, time.Millisecond), Cause: cause}
		default:
			return fmt.Errorf("%w: %w", r.means, cause)
		}
	}
	return nil // not the venue's own words: the transport calls it a bad answer
}

// parseOrders reads a list of open orders, which are all of one pair.
func parseOrders(body []byte, pair exchange.Pair) ([]exchange.Order, error) {
	var listed []wireOrder
	if err := transport.JSON(body, &listed); err != nil {
		return nil, err
	}
	if listed == nil {
		return nil, fmt.Errorf("orders: must be a list")
	}
	orders, seen := make([]exchange.Order, len(listed)), map[string]bool{}
	for i, w := range listed {
		o := exchange.Order{
			ID: w.ID, ClientID: w.ClientID, Pair: w.Pair, Side: w.Side, Price: w.Price.Decimal,
			Amount: w.Amount.Decimal, Filled: w.Filled.Decimal, PostOnly: w.PostOnly,
			Status: exchange.Open, PlacedAt: w.PlacedAt,
		}
		switch err := o.ValidateTerms(); {
		case err != nil:
			return nil, fmt.Errorf("order %.64q: %w", o.ID, err)
		case o.Pair != pair:
			return nil, fmt.Errorf("order %.64q: pair %v: must be %v", o.ID, o.Pair, pair)
		case o.ID == "" || seen[o.ID]:
			return nil, fmt.Errorf("order %.64q: must have a name of its own", o.ID)
		case !w.Filled.Given || o.Filled.IsNegative() || !o.Remaining().IsPositive():
			return nil, fmt.Errorf("order %.64q: filled %v of %v: must be >= 0 and leave some", o.ID, o.Filled, o.Amount)
		case o.PlacedAt.IsZero():
			return nil, fmt.Errorf("order %.64q: placed_at: must be a time", o.ID)
		}
		seen[o.ID] = true
		orders[i] = o
	}
	return orders, nil
}
