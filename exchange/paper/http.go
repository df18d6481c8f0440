package paper

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// The one private call of the wire, and the headers that sign it.
const (
	openOrdersPath = "/v1/open-orders"
	keyHeader      = "X-Paper-Key"
	signHeader     = "X-Paper-Sign"
)

// wireOrder is an open order on the wire.
type wireOrder struct {
	ID       string           `json:"id"`
	ClientID string           `json:"client_id"`
	Pair     exchange.Pair    `json:"pair"`
	Side     exchange.Side    `json:"side"`
	Price    transport.Number `json:"price"`
	Amount   transport.Number `json:"amount"`
	Filled   transport.Number `json:"filled"`
	PostOnly bool             `json:"post_only"`
	PlacedAt time.Time        `json:"placed_at"`
}

// wireError is a refusal on the wire.
type wireError struct {
	Code         string `json:"code"` // of refusals
	Message      string `json:"message"`
	RetryAfterMs int64  `json:"retry_after_ms,omitempty"` // of rate_limited alone
}

// refusals are the venue's words for the errors of the port. What is not in the
// table is malformed. A rate limit is the account's, not the caller's address's,
// so it is no 429.
var refusals = []struct {
	code   string
	status int
	means  error
}{
	{"rate_limited", http.StatusForbidden, exchange.ErrRateLimited},
	{"not_authorised", http.StatusUnauthorized, exchange.ErrAuth},
	{"stale", http.StatusBadRequest, exchange.ErrStale},
	{"not_found", http.StatusNotFound, exchange.ErrNotFound},
	{"invalid", http.StatusBadRequest, exchange.ErrInvalid},
}

// Handler is the venue's private wire. It answers
//
//	GET /v1/open-orders?pair=USDC/USDT&timestamp=2024-05-01T12:00:00.000001Z
//	X-Paper-Key: the account's name
//	X-Paper-Sign: the signature of an exchange.Proof
//
// with the account's open orders, oldest first, or with an error in words of its
// own, after the same checks as [Venue.Verify] as of [Venue.Now]: who serves it
// keeps the venue's time moving. [NewVerifier] is the other end. Safe for
// concurrent use.
func Handler(v *Venue) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+openOrdersPath, func(w http.ResponseWriter, r *http.Request) {
		orders, err := v.listOpen(r)
		if err != nil {
			refuse(w, err)
			return
		}
		answer(w, http.StatusOK, orders)
	})
	return mux
}

// listOpen reads the proof that a request is, and verifies it.
func (v *Venue) listOpen(r *http.Request) ([]wireOrder, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(query) != 2 || len(query["pair"]) != 1 || len(query["timestamp"]) != 1 {
		return nil, fmt.Errorf("%w: query: must be one pair and one timestamp", exchange.ErrInvalid)
	}
	pair, err := exchange.ParsePair(query.Get("pair"))
	if err != nil {
		return nil, err
	}
	issued, err := time.Parse(time.RFC3339Nano, query.Get("timestamp"))
	if err != nil {
		return nil, fmt.Errorf("%w: timestamp %.64q: must be RFC 3339", exchange.ErrInvalid, query.Get("timestamp"))
	}
	orders, err := v.Verify(r.Context(), exchange.Proof{
		Exchange: v.name, Key: r.Header.Get(keyHeader), Pair: pair,
		Params:    map[string]string{"timestamp": query.Get("timestamp")},
		Signature: r.Header.Get(signHeader), IssuedAt: issued,
	}, pair, v.Now())
	listed := make([]wireOrder, len(orders))
	for i, o := range orders {
		listed[i] = wireOrder{
			ID: o.ID, ClientID: o.ClientID, Pair: o.Pair, Side: o.Side,
			Price: transport.Number{Decimal: o.Price}, Amount: transport.Number{Decimal: o.Amount},
			Filled: transport.Number{Decimal: o.Filled}, PostOnly: o.PostOnly, PlacedAt: o.PlacedAt,
		}
	}
	return listed, err
}

func refuse(w http.ResponseWriter, err error) {
	said := refusals[len(refusals)-1]
	for _, r := range refusals {
		if errors.Is(err, r.means) {
			said = r
			break
		}
	}
	body := wireError{Code: said.code, Message: err.Error()}
	var limit *exchange.RateLimitError
	if errors.As(err, &limit) {
		body.RetryAfterMs = limit.RetryAfter.Milliseconds()
	}
	answer(w, said.status, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked has gone
}
