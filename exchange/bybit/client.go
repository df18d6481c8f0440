package bybit

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
	key, secret string
	placer      transport.Placer
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key. It returns exchange.ErrInvalid for an
// empty key or secret and for options out of their bounds.
func New(key, secret string, o Options) (*Client, error) {
	if key == "" || secret == "" {
		return nil, fmt.Errorf("%w: key and secret: must not be empty", exchange.ErrInvalid)
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, key: key, secret: secret}, nil
}

// call is a call of the account's own.
func (c *Client) call(method, path, payload string, accept func([]byte) error) transport.Call {
	return transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			signature := sign(c.secret, signed(now, c.key, callWindowMs, payload))
			return request(method, path, payload, now, c.key, callWindowMs, signature), nil
		},
		Accept: accept,
	}
}

func (c *Client) read(ctx context.Context, path string, params url.Values, accept func([]byte) error) error {
	return c.api.http.Read(ctx, c.call(http.MethodGet, path, params.Encode(), accept))
}

func (c *Client) change(ctx context.Context, path string, t terms, accept func([]byte) error) error {
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return c.api.http.Change(ctx, c.call(http.MethodPost, path, string(body), accept))
}

// maxPages bounds a list that would never end.
const maxPages = 1000

// pages reads a list to its end, pages of at most size.
func pages[T any](ctx context.Context, c *Client, path string, params url.Values, size int) ([]T, error) {
	params.Set("limit", strconv.Itoa(size))
	var all []T
	for range maxPages {
		var p page[T]
		err := c.read(ctx, path, params, func(body []byte) (err error) {
			p, err = parsePage[T](body)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, p.List...)
		if len(p.List) < size || p.NextPageCursor == "" {
			return all, nil
		}
		params.Set("cursor", p.NextPageCursor)
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
	err = c.read(ctx, "/v5/account/fee-rate", spot(pair), func(body []byte) (err error) {
		m, err = parseFees(body, m)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Bybit shows no more than 200.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has.
func (c *Client) Balances(ctx context.Context) (balances map[string]exchange.Balance, err error) {
	err = c.read(ctx, "/v5/account/wallet-balance", url.Values{"accountType": {"UNIFIED"}}, func(body []byte) (err error) {
		balances, err = parseBalances(body)
		return err
	})
	return balances, err
}

const (
	openOrdersPath = "/v5/order/realtime"
	historyPath    = "/v5/order/history"
	ordersPage     = 50
)

// OpenOrders returns the limit orders on the book. All pages are read before it
// answers.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	all, err := pages[wireOrder](ctx, c, openOrdersPath, spot(pair), ordersPage)
	if err != nil {
		return nil, err
	}
	return onBook(all, pair)
}

// Order returns one order whatever became of it.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	w, err := c.look(ctx, pair, "orderLinkId", clientID)
	if err != nil {
		return exchange.Order{}, err
	}
	if w.OrderLinkID != clientID {
		return exchange.Order{}, transport.Bad("orderLinkId", w.OrderLinkID, "must be "+clientID)
	}
	return w.order(pair)
}

// look returns the newest order of a name. Recent ones are in realtime, done or
// not; it is asked first, so that an order that moves to the history meanwhile
// is still found.
func (c *Client) look(ctx context.Context, pair exchange.Pair, kind, name string) (wireOrder, error) {
	for _, path := range []string{openOrdersPath, historyPath} {
		var found []wireOrder
		err := c.read(ctx, path, spot(pair, kind, name), func(body []byte) (err error) {
			found, err = list[wireOrder](body)
			return err
		})
		if err != nil {
			return wireOrder{}, err
		}
		if len(found) > 0 {
			return slices.MaxFunc(found, func(a, b wireOrder) int { return a.CreatedTime.Cmp(b.CreatedTime.Decimal) }), nil
		}
	}
	return wireOrder{}, fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, name, pair)
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

// terms is an order as order/create takes it, and its name alone as order/cancel
// does.
type terms struct {
	Category    string `json:"category"`
	Symbol      string `json:"symbol"`
	OrderLinkID string `json:"orderLinkId"`
	Side        string `json:"side,omitempty"`
	OrderType   string `json:"orderType,omitempty"`
	TimeInForce string `json:"timeInForce,omitempty"`
	Price       string `json:"price,omitempty"`
	Qty         string `json:"qty,omitempty"`
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	t := terms{
		Category: "spot", Symbol: symbol(o.Pair), OrderLinkID: o.ClientID, Side: "Buy",
		OrderType: "Limit", TimeInForce: "GTC", Price: o.Price.String(), Qty: o.Amount.String(),
	}
	if o.Side == exchange.Ask {
		t.Side = "Sell"
	}
	if o.PostOnly {
		t.TimeInForce = "PostOnly"
	}
	var id string
	err := c.change(ctx, "/v5/order/create", t, func(body []byte) error {
		w, err := result[struct{ OrderID, OrderLinkID string }](body)
		if err == nil && (w.OrderID == "" || w.OrderLinkID != o.ClientID) {
			err = transport.Bad("orderLinkId", w.OrderLinkID, "must be "+o.ClientID+", with an orderId")
		}
		id = w.OrderID
		return err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	// Bybit answers with no more than the id. From here on something was placed,
	// so whatever else goes wrong, it is not that nothing was.
	w, err := c.look(ctx, o.Pair, "orderId", id)
	if err != nil {
		return exchange.Order{}, unseen(o, id, err)
	}
	placed, err := w.order(o.Pair)
	if err != nil || placed.ID != id || placed.ClientID != o.ClientID || !placed.SameTerms(o) {
		return exchange.Order{}, unseen(o, id, err)
	}
	if err := w.refusal(); err != nil {
		return exchange.Order{}, err
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

// Cancel takes the order off the book, or has Bybit do so in a moment.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	t := terms{Category: "spot", Symbol: symbol(pair), OrderLinkID: clientID}
	err := c.change(ctx, "/v5/order/cancel", t, func([]byte) error { return nil })
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order, since the pair was found: it is gone
	}
	return err
}

const (
	fillsPath   = "/v5/execution/list"
	fillsPage   = 100
	fillsWindow = 7 * 24 * time.Hour   // as long as one list may be
	fillsKept   = 729 * 24 * time.Hour // two years, less a day for clocks that differ
)

// Fills returns the trades at or after since, of the last two years. All pages
// of all weeks are read before it answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	now := c.api.http.Now()
	from := since
	if from.After(now) { // Bybit's clock is ahead of ours
		from = now
	}
	if oldest := now.Add(-fillsKept); from.Before(oldest) {
		from = oldest
	}
	var fills []exchange.Fill
	seen := map[string]bool{}
	for ; !from.After(now); from = from.Add(fillsWindow) {
		until := from.Add(fillsWindow - time.Millisecond) // inclusive
		week, err := pages[wireFill](ctx, c, fillsPath, spot(pair, "execType", "Trade", "startTime", millis(from), "endTime", millis(until)), fillsPage)
		if err != nil {
			return nil, err
		}
		for _, w := range slices.Backward(week) { // newest first
			f, err := w.fill(pair)
			if err != nil {
				return nil, err
			}
			if seen[f.ID] {
				return nil, transport.Bad("execId", f.ID, "must be unique")
			}
			seen[f.ID] = true
			if !f.At.Before(since) { // startTime is in whole milliseconds
				fills = append(fills, f)
			}
		}
	}
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return a.At.Compare(b.At) })
	return fills, nil
}
