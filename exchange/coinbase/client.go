package coinbase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Client is one account. Safe for concurrent use.
type Client struct {
	api       *api
	signer    *signer
	placer    transport.Placer
	ids       transport.Cache[string, string] // Coinbase's, by pair and client id: neither ever changes
	clientIDs transport.Cache[string, string] // the other way round
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key, "organizations/.../apiKeys/...", and its
// private key in PEM. It returns exchange.ErrInvalid for an empty or malformed
// one and for options out of their bounds.
func New(key, secret string, o Options) (*Client, error) {
	s, err := newSigner(key, secret)
	if err != nil {
		return nil, err
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, signer: s}, nil
}

// read asks an endpoint of the account's own.
func (c *Client) read(ctx context.Context, path string, query url.Values, accept func([]byte) error) error {
	return c.api.http.Read(ctx, transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			return c.signer.request(http.MethodGet, path, query, "", now)
		},
		Accept: accept,
	})
}

// asking reads page after page of an endpoint.
func (c *Client) asking(ctx context.Context, path string) asking {
	return func(query url.Values, accept func([]byte) error) error { return c.read(ctx, path, query, accept) }
}

// change makes a call that changes something.
func (c *Client) change(ctx context.Context, path string, params any, accept func([]byte) error) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return c.api.http.Change(ctx, transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			return c.signer.request(http.MethodPost, path, nil, string(body), now)
		},
		Accept: accept,
	})
}

// Market returns the rules of a pair, at most an hour old, with the fees of the
// account's tier as of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	m, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	err = c.read(ctx, brokerage+"transaction_summary", url.Values{"product_type": {"SPOT"}}, func(body []byte) (err error) {
		m, err = parseFees(body, m)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side, and no more than 1000.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has, but for its vaults. All pages are read
// before it answers.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	var accounts []wireAccount
	err := pages(c.asking(ctx, brokerage+"accounts"), url.Values{"limit": {"250"}}, func(body []byte) (string, error) {
		page, cursor, err := parseAccounts(body)
		accounts = append(accounts, page...)
		return cursor, err
	})
	if err != nil {
		return nil, err
	}
	return balances(accounts)
}

// OpenOrders returns the limit orders on the book. All pages are read before it
// answers.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	return openOrders(c.asking(ctx, ordersPath), pair)
}

// Order returns one order whatever became of it.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	return c.look(ctx, pair, clientID, time.Time{})
}

// look returns an order that was placed at or after since, or is known.
func (c *Client) look(ctx context.Context, pair exchange.Pair, clientID string, since time.Time) (exchange.Order, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return exchange.Order{}, err
	}
	id, err := c.id(ctx, pair, clientID, func() (string, error) {
		// Open ones first: an order that moves to the others meanwhile is still found.
		return c.find(ctx, pair, clientID, open(), closed(since))
	})
	if err != nil {
		return exchange.Order{}, err
	}
	w, err := c.order(ctx, id)
	if err != nil {
		return exchange.Order{}, err
	}
	if w.ClientOrderID != clientID {
		return exchange.Order{}, transport.Bad("client_order_id", w.ClientOrderID, "must be "+clientID)
	}
	return w.order(pair)
}

// id returns Coinbase's name of an order, asking for it once. Orders without a
// name are nobody's.
func (c *Client) id(ctx context.Context, pair exchange.Pair, clientID string, ask func() (string, error)) (string, error) {
	if clientID == "" {
		return "", fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, clientID, pair)
	}
	return c.ids.Get(ctx, pair.String()+" "+clientID, c.api.http.Now(), ask)
}

// open and closed are the two lists that Coinbase keeps; it shows no others
// together with open orders.
func open() url.Values { return url.Values{"order_status": {"OPEN"}} }

func closed(since time.Time) url.Values {
	query := url.Values{"order_status": {"FILLED", "CANCELLED", "EXPIRED", "FAILED"}}
	if !since.IsZero() {
		query.Set("start_date", since.UTC().Format(time.RFC3339))
	}
	return query
}

// find searches lists of orders, which cannot be asked for a client id.
func (c *Client) find(ctx context.Context, pair exchange.Pair, clientID string, lists ...url.Values) (id string, err error) {
	for _, query := range lists {
		query.Set("product_ids", product(pair))
		query.Set("limit", ordersPage)
		err := pages(c.asking(ctx, ordersPath), query, func(body []byte) (string, error) {
			page, cursor, err := parseOrders(body)
			if i := slices.IndexFunc(page, func(w wireOrder) bool { return w.ClientOrderID == clientID }); i >= 0 {
				id, cursor = page[i].OrderID, ""
			}
			return cursor, err
		})
		if err != nil || id != "" {
			return id, err
		}
	}
	return "", fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, clientID, pair)
}

// order returns an order by Coinbase's name of it, which Coinbase gave us: if it
// knows no such order, that does not mean that there is none.
func (c *Client) order(ctx context.Context, id string) (w wireOrder, err error) {
	err = c.read(ctx, brokerage+"orders/historical/"+url.PathEscape(id), nil, func(body []byte) (err error) {
		if w, err = parseOrder(body); err == nil && w.OrderID != id {
			err = transport.Bad("order_id", w.OrderID, "must be "+id)
		}
		return err
	})
	if errors.Is(err, exchange.ErrNotFound) {
		err = fmt.Errorf("%w: %s", transport.ErrBadAnswer, err.Error())
	}
	return w, err
}

// lookBack is how far Place looks among closed orders. Coinbase takes a client id
// once, so an older order is found by trying to place it again.
const lookBack = 48 * time.Hour

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.recent, c.send)
}

func (c *Client) recent(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	return c.look(ctx, pair, clientID, c.api.http.Now().Add(-lookBack))
}

func (c *Client) send(ctx context.Context, _ exchange.Market, o exchange.Order) (exchange.Order, error) {
	type object = map[string]any
	side := "BUY"
	if o.Side == exchange.Ask {
		side = "SELL"
	}
	var answer placed
	err := c.change(ctx, brokerage+"orders", object{
		"client_order_id": o.ClientID, "product_id": product(o.Pair), "side": side,
		"order_configuration": object{"limit_limit_gtc": object{
			"base_size": o.Amount.String(), "limit_price": o.Price.String(), "post_only": o.PostOnly,
		}},
	}, func(body []byte) (err error) {
		answer, err = parsePlaced(body)
		return err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	if !*answer.Success {
		return exchange.Order{}, answer.reason()
	}
	// Coinbase answers with no more than the id. From here on something was placed,
	// so whatever else goes wrong, it is not that nothing was.
	id, err := c.id(ctx, o.Pair, o.ClientID, func() (string, error) { return answer.SuccessResponse.OrderID, nil })
	if err != nil {
		return exchange.Order{}, unseen(o, answer.SuccessResponse.OrderID, err)
	}
	w, err := c.order(ctx, id)
	if err != nil || w.ClientOrderID != o.ClientID {
		return exchange.Order{}, unseen(o, id, err)
	}
	if w.Status == "FAILED" {
		return exchange.Order{}, refused(w.RejectReason)
	}
	got, err := w.order(o.Pair)
	if err != nil {
		return exchange.Order{}, unseen(o, id, err)
	}
	if !got.SameTerms(o) { // it was placed before we looked
		return exchange.Order{}, fmt.Errorf("%w: Order.ClientID %q: must name one order, names %v, not %v", exchange.ErrInvalid, o.ClientID, got, o)
	}
	return got, nil
}

// unseen says that an order was placed and could not be looked up. It keeps the
// cause as text only, since a rate limit, say, would mean that nothing was done.
func unseen(o exchange.Order, id string, cause error) error {
	why := "it has another name"
	if cause != nil {
		why = cause.Error()
	}
	return fmt.Errorf("%w: placed %v as %s: %s", exchange.ErrUnknownOutcome, o, id, why)
}

// Cancel takes the order off the book.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	id, err := c.id(ctx, pair, clientID, func() (string, error) { return c.find(ctx, pair, clientID, open()) })
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // it is not open, so it is gone
	}
	if err != nil {
		return err
	}
	var result cancelled
	err = c.change(ctx, brokerage+"orders/batch_cancel", map[string]any{"order_ids": []string{id}}, func(body []byte) (err error) {
		result, err = parseCancelled(body, id)
		return err
	})
	if err != nil || *result.Success {
		return err
	}
	w, err := c.order(ctx, id)
	if err != nil {
		return err
	}
	if status, known := statuses[w.Status]; known && status != exchange.Open {
		return nil // it was gone already
	}
	return fmt.Errorf("%w: cancel %q: coinbase: %.200q", exchange.ErrRejected, clientID, result.FailureReason)
}

// Fills returns the trades at or after since. All pages are read before it
// answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	if _, err := c.api.market(ctx, pair); err != nil {
		return nil, err
	}
	query := url.Values{"product_ids": {product(pair)}, "limit": {"250"}}
	if since.Unix() > 0 {
		query.Set("start_sequence_timestamp", since.UTC().Truncate(time.Second).Format(time.RFC3339))
	}
	var all []wireFill
	err := pages(c.asking(ctx, brokerage+"orders/historical/fills"), query, func(body []byte) (string, error) {
		page, cursor, err := parseFills(body)
		all = append(all, page...)
		return cursor, err
	})
	if err != nil {
		return nil, err
	}
	// Pages come newest first, so a trade that happens meanwhile may show an old
	// one twice and hides none.
	fills := make([]exchange.Fill, 0, len(all))
	seen := map[string]bool{}
	for _, w := range slices.Backward(all) {
		f, err := w.fill(pair)
		if err != nil {
			return nil, err
		}
		if seen[f.ID] || f.At.Before(since) {
			continue
		}
		seen[f.ID] = true
		if f.ClientID, err = c.clientID(ctx, f.OrderID); err != nil {
			return nil, err
		}
		fills = append(fills, f)
	}
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return a.At.Compare(b.At) })
	return fills, nil
}

// clientID returns the name that the owner gave to an order of ours.
func (c *Client) clientID(ctx context.Context, id string) (string, error) {
	return c.clientIDs.Get(ctx, id, c.api.http.Now(), func() (string, error) {
		w, err := c.order(ctx, id)
		return w.ClientOrderID, err
	})
}
