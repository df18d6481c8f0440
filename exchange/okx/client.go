package okx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Client is one account. Safe for concurrent use.
type Client struct {
	api         *api
	credentials credentials
	placer      transport.Placer
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key, its secret and its passphrase. It
// returns exchange.ErrInvalid for an empty one and for options out of their
// bounds.
func New(key, secret, passphrase string, o Options) (*Client, error) {
	c := credentials{key: key, secret: secret, passphrase: passphrase}
	if err := c.validate(); err != nil {
		return nil, err
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, credentials: c}, nil
}

// call is a call of the account's own.
func (c *Client) call(weight int, method, path, payload string, accept func([]byte) error) transport.Call {
	return transport.Call{
		Weight: weight,
		Request: func(now time.Time) (transport.Request, error) {
			signature := sign(c.credentials.secret, signed(now, method, path, payload))
			return request(method, path, payload, now, c.credentials.key, c.credentials.passphrase, signature), nil
		},
		Accept: accept,
	}
}

func (c *Client) read(ctx context.Context, weight int, path string, params url.Values, accept func([]byte) error) error {
	return c.api.http.Read(ctx, c.call(weight, http.MethodGet, path, params.Encode(), accept))
}

func (c *Client) change(ctx context.Context, path string, payload any, accept func([]byte) error) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return c.api.http.Change(ctx, c.call(orderWeight, http.MethodPost, path, string(body), accept))
}

const (
	pageSize = 100
	// maxPages bounds a list that would never end.
	maxPages = 1000
)

// pages reads a list, newest first, to its end. A page begins after the id with
// which the one before ended.
func pages[T any](ctx context.Context, c *Client, weight int, path string, params url.Values, id func(T) string) ([]T, error) {
	params.Set("limit", strconv.Itoa(pageSize))
	var all []T
	for range maxPages {
		var page []T
		err := c.read(ctx, weight, path, params, func(body []byte) (err error) {
			page, err = list[T](body)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
		params.Set("after", id(page[len(page)-1]))
	}
	return nil, transport.Bad(path, len(all), fmt.Sprintf("must end within %d pages", maxPages))
}

// Market returns the rules of a pair, at most an hour old, with the account's
// fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	err = c.read(ctx, feesWeight, "/api/v5/account/trade-fee", spot(pair), func(body []byte) (err error) {
		m, err = parseFees(body, m)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; OKX shows no more than 400.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the trading account has; what strategies of OKX's own
// hold counts as held.
func (c *Client) Balances(ctx context.Context) (balances map[string]exchange.Balance, err error) {
	err = c.read(ctx, balanceWeight, "/api/v5/account/balance", nil, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	})
	return balances, err
}

const (
	openOrdersPath = "/api/v5/trade/orders-pending"
	orderPath      = "/api/v5/trade/order"
)

// OpenOrders returns the limit orders on the book. All pages are read before it
// answers.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	all, err := pages(ctx, c, orderWeight, openOrdersPath, spot(pair), func(w wireOrder) string { return w.OrdID })
	if err != nil {
		return nil, err
	}
	return onBook(all, pair)
}

// Order returns one order whatever became of it, of several of one name the
// newest. OKX forgets those that were cancelled without a fill after two hours.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	w, err := c.look(ctx, pair, "clOrdId", clientID)
	if err != nil {
		return exchange.Order{}, err
	}
	if w.ClOrdID != clientID {
		return exchange.Order{}, transport.Bad("clOrdId", w.ClOrdID, "must be "+clientID)
	}
	return w.order(pair)
}

// look returns the order of a name.
func (c *Client) look(ctx context.Context, pair exchange.Pair, kind, name string) (w wireOrder, err error) {
	params := url.Values{"instId": {instID(pair)}, kind: {name}}
	err = c.read(ctx, orderWeight, orderPath, params, func(body []byte) (err error) {
		w, err = one[wireOrder](body)
		return err
	})
	return w, err
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

// terms is an order as trade/order takes it, and its name alone as
// trade/cancel-order does.
type terms struct {
	InstID  string `json:"instId"`
	ClOrdID string `json:"clOrdId"`
	TdMode  string `json:"tdMode,omitempty"`
	Side    string `json:"side,omitempty"`
	OrdType string `json:"ordType,omitempty"`
	Px      string `json:"px,omitempty"`
	Sz      string `json:"sz,omitempty"`
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	t := terms{
		InstID: instID(o.Pair), ClOrdID: o.ClientID, TdMode: "cash", Side: "buy", OrdType: "limit",
		Px: o.Price.String(), Sz: o.Amount.String(),
	}
	if o.Side == exchange.Ask {
		t.Side = "sell"
	}
	if o.PostOnly {
		t.OrdType = "post_only"
	}
	var id string
	err := c.change(ctx, orderPath, t, func(body []byte) error {
		w, err := one[struct{ OrdID, ClOrdID, SCode string }](body)
		if err == nil && (w.OrdID == "" || w.ClOrdID != o.ClientID || w.SCode != "0") {
			err = transport.Bad("clOrdId", w.ClOrdID, "must be "+o.ClientID+", with an ordId and sCode 0")
		}
		id = w.OrdID
		return err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	// OKX answers with no more than the id. From here on something was placed, so
	// whatever else goes wrong, it is not that nothing was.
	w, err := c.look(ctx, o.Pair, "ordId", id)
	if err != nil {
		return exchange.Order{}, unseen(o, id, err)
	}
	placed, err := w.order(o.Pair)
	if err != nil || placed.ID != id || placed.ClientID != o.ClientID || !placed.SameTerms(o) {
		return exchange.Order{}, unseen(o, id, err)
	}
	if w.wouldHaveTaken() {
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	}
	return placed, nil
}

// unseen says that an order was placed and could not be looked up. It keeps the
// cause as text only, since a rate limit, say, would mean that nothing was done.
func unseen(o exchange.Order, id string, cause error) error {
	why := "it has other terms"
	if cause != nil {
		why = cause.Error()
	}
	return fmt.Errorf("%w: placed %v as %s: %s", exchange.ErrUnknownOutcome, o, id, why)
}

// Cancel takes the order off the book, or has OKX do so in a moment.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	t := terms{InstID: instID(pair), ClOrdID: clientID}
	err := c.change(ctx, "/api/v5/trade/cancel-order", t, func([]byte) error { return nil })
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order, since the pair was found: it is gone
	}
	return err
}

const (
	fillsPath   = "/api/v5/trade/fills"
	archivePath = "/api/v5/trade/fills-history"
	// recent is how far back fills reaches, 3 days, less an hour for clocks that
	// differ. The archive has the last three months, and may be late.
	recent = 71 * time.Hour
)

// Fills returns the trades at or after since, of the last three months. All
// pages are read before it answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	var all []wireFill
	if since.Before(c.api.http.Now().Add(-recent)) {
		old, err := c.fills(ctx, archiveWeight, archivePath, pair, since)
		if err != nil {
			return nil, err
		}
		all = old
	}
	fresh, err := c.fills(ctx, orderWeight, fillsPath, pair, since)
	if err != nil {
		return nil, err
	}
	var fills []exchange.Fill
	seen := map[string]bool{} // the two lists overlap
	for _, w := range append(all, fresh...) {
		f, err := w.fill(pair)
		if err != nil {
			return nil, err
		}
		if !seen[f.ID] && !f.At.Before(since) {
			seen[f.ID] = true
			fills = append(fills, f)
		}
	}
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return a.At.Compare(b.At) })
	return fills, nil
}

// fills reads one of the two lists, oldest first. OKX asks for the time at which
// a trade was written down, which is at or after that of the trade.
func (c *Client) fills(ctx context.Context, weight int, path string, pair exchange.Pair, since time.Time) ([]wireFill, error) {
	params := spot(pair)
	if since.UnixMilli() > 0 {
		params.Set("begin", strconv.FormatInt(since.UnixMilli()-1, 10)) // whether it is inclusive, OKX does not say
	}
	all, err := pages(ctx, c, weight, path, params, func(w wireFill) string { return w.BillID })
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, w := range all {
		if seen[w.BillID] {
			return nil, transport.Bad("billId", w.BillID, "must be unique")
		}
		seen[w.BillID] = true
	}
	slices.Reverse(all)
	return all, nil
}
