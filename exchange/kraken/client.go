package kraken

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Client is one account. Safe for concurrent use.
type Client struct {
	api       *api
	signer    *signer
	turn      chan struct{} // held by the call that is under way: nonces must arrive in order
	placer    transport.Placer
	clientIDs transport.Cache[string, string] // by order id: neither ever changes
}

var _ exchange.Client = (*Client)(nil)

// New returns the account of an API key and its secret, in base64. It returns
// exchange.ErrInvalid for an empty or malformed one and for options out of their
// bounds.
func New(key, secret string, o Options) (*Client, error) {
	s, err := newSigner(key, secret)
	if err != nil {
		return nil, err
	}
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	return &Client{api: a, signer: s, turn: make(chan struct{}, 1)}, nil
}

// private makes a call of the account's own, after those before it.
func (c *Client) private(ctx context.Context, send func(context.Context, transport.Call) error, endpoint string, params url.Values, accept func([]byte) error) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return send(ctx, transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			return c.signer.request("/0/private/"+endpoint, params, now), nil
		},
		Accept: accept,
	})
}

func (c *Client) read(ctx context.Context, endpoint string, params url.Values, accept func([]byte) error) error {
	return c.private(ctx, c.api.http.Read, endpoint, params, accept)
}

// Market returns the rules of a pair, at most an hour old, with the account's
// fees of now.
func (c *Client) Market(ctx context.Context, pair exchange.Pair) (exchange.Market, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Market{}, err
	}
	var m exchange.Market
	err = c.read(ctx, "TradeVolume", url.Values{"pair": {r.altName}}, func(body []byte) (err error) {
		m, err = parseFees(body, r)
		return err
	})
	return m, err
}

// Ticker returns the best prices and the last one.
func (c *Client) Ticker(ctx context.Context, pair exchange.Pair) (exchange.Ticker, error) {
	return c.api.ticker(ctx, pair)
}

// Book returns at most depth levels a side; Kraken shows no more than 500.
func (c *Client) Book(ctx context.Context, pair exchange.Pair, depth int) (exchange.Book, error) {
	return c.api.book(ctx, pair, depth)
}

// Balances returns what the account has.
func (c *Client) Balances(ctx context.Context) (map[string]exchange.Balance, error) {
	names, err := c.api.names(ctx)
	if err != nil {
		return nil, err
	}
	var balances map[string]exchange.Balance
	err = c.read(ctx, "BalanceEx", nil, func(body []byte) (err error) {
		balances, err = parseBalances(body, names)
		return err
	})
	return balances, err
}

// OpenOrders returns the limit orders on the book; Kraken lists all in one
// answer.
func (c *Client) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return nil, err
	}
	return c.openOrders(ctx, r, nil)
}

func (c *Client) openOrders(ctx context.Context, r rules, params url.Values) (orders []exchange.Order, err error) {
	err = c.read(ctx, "OpenOrders", params, func(body []byte) (err error) {
		orders, err = parseOpenOrders(body, r)
		return err
	})
	return orders, err
}

// Order returns one order whatever became of it.
func (c *Client) Order(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return exchange.Order{}, err
	}
	// Open ones first: an order that moves to the others meanwhile is still found.
	params := url.Values{"cl_ord_id": {clientID}}
	orders, err := c.openOrders(ctx, r, params)
	if err != nil {
		return exchange.Order{}, err
	}
	named := func(o exchange.Order) bool { return o.ClientID == clientID }
	if i := slices.IndexFunc(orders, named); i >= 0 {
		return orders[i], nil
	}
	err = c.read(ctx, "ClosedOrders", params, func(body []byte) error {
		w, err := result[struct{ Closed wireOrders }](body)
		if err != nil {
			return err
		}
		if w.Closed == nil {
			return transport.Bad("closed", "nothing", "must be there")
		}
		orders, err = limitOrders(w.Closed, r)
		return err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	for _, o := range slices.Backward(orders) { // the newest, should there be several
		if named(o) {
			return o, nil
		}
	}
	return exchange.Order{}, fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, clientID, pair)
}

// Place looks for the ClientID first, and sends what is not there.
func (c *Client) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &c.placer, o, c.api.market, c.Order, c.send)
}

func (c *Client) send(ctx context.Context, r rules, o exchange.Order) (exchange.Order, error) {
	params := url.Values{
		"pair": {r.altName}, "type": {"buy"}, "ordertype": {"limit"}, "oflags": {"fciq"},
		"price": {o.Price.String()}, "volume": {o.Amount.String()}, "cl_ord_id": {o.ClientID},
	}
	if o.Side == exchange.Ask {
		params.Set("type", "sell")
	}
	if o.PostOnly {
		params.Set("oflags", "fciq,post")
	}
	var id string
	err := c.private(ctx, c.api.http.Change, "AddOrder", params, func(body []byte) error {
		w, err := result[struct{ TxID []string }](body)
		if err == nil && (len(w.TxID) != 1 || w.TxID[0] == "") {
			err = transport.Bad("txid", w.TxID, "must be one")
		}
		if err == nil {
			id = w.TxID[0]
		}
		return err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	// Kraken answers with no more than the id. From here on something was placed,
	// so whatever else goes wrong, it is not that nothing was.
	placed, err := c.query(ctx, []string{id})
	if err != nil || len(placed) != 1 {
		return exchange.Order{}, unseen(o, id, err)
	}
	w := placed[0].Value
	if o.PostOnly && w.Status == "canceled" && w.Reason == "Post only order" {
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	}
	got, err := w.order(id, r)
	if err != nil || got.ClientID != o.ClientID || !got.SameTerms(o) {
		return exchange.Order{}, unseen(o, id, err)
	}
	return got, nil
}

// unseen says that an order was placed and could not be looked up. It keeps the
// cause as text only, since a rate limit, say, would mean that nothing was done.
func unseen(o exchange.Order, id string, cause error) error {
	why := "it is not there, or has other terms"
	if cause != nil {
		why = cause.Error()
	}
	return fmt.Errorf("%w: placed %v as %s: %s", exchange.ErrUnknownOutcome, o, id, why)
}

// query returns orders by Kraken's ids, at most 50.
func (c *Client) query(ctx context.Context, ids []string) (orders wireOrders, err error) {
	err = c.read(ctx, "QueryOrders", url.Values{"txid": {strings.Join(ids, ",")}}, func(body []byte) (err error) {
		orders, err = result[wireOrders](body)
		for _, o := range orders {
			if !slices.Contains(ids, o.Key) {
				return transport.Bad("txid", o.Key, "must be one that was asked for")
			}
		}
		return err
	})
	return orders, err
}

// Cancel takes the order off the book. Kraken finds it by its client id alone.
func (c *Client) Cancel(ctx context.Context, pair exchange.Pair, clientID string) error {
	if _, err := c.api.market(ctx, pair); err != nil {
		return err
	}
	err := c.private(ctx, c.api.http.Change, "CancelOrder", url.Values{"cl_ord_id": {clientID}}, func([]byte) error { return nil })
	if errors.Is(err, exchange.ErrNotFound) {
		return nil // of the order: it is gone
	}
	return err
}

// Fills returns the trades at or after since. All pages are read before it
// answers.
func (c *Client) Fills(ctx context.Context, pair exchange.Pair, since time.Time) ([]exchange.Fill, error) {
	r, err := c.api.market(ctx, pair)
	if err != nil {
		return nil, err
	}
	params := url.Values{}
	if since.Unix() > 0 {
		params.Set("start", strconv.FormatInt(since.Unix()-1, 10)) // exclusive
	}
	var fills []exchange.Fill
	// Pages come newest first and are counted from the newest trade, so one that
	// happens meanwhile shows an old one twice and hides none.
	seen := map[string]bool{}
	for offset := 0; ; {
		params.Set("ofs", strconv.Itoa(offset))
		var page transport.Entries[wireFill]
		err := c.read(ctx, "TradesHistory", params, func(body []byte) error {
			w, err := result[struct{ Trades transport.Entries[wireFill] }](body)
			if err == nil && w.Trades == nil {
				err = transport.Bad("trades", "nothing", "must be there")
			}
			page = w.Trades
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		offset += len(page)
		for _, entry := range page {
			if seen[entry.Key] || !r.is(entry.Value.Pair) {
				continue
			}
			seen[entry.Key] = true
			f, err := entry.Value.fill(entry.Key, r)
			if err != nil {
				return nil, err
			}
			if !f.At.Before(since) {
				fills = append(fills, f)
			}
		}
	}
	slices.Reverse(fills)
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return a.At.Compare(b.At) })
	return fills, c.nameOrders(ctx, fills)
}

// nameOrders fills in the client id of each fill's order.
func (c *Client) nameOrders(ctx context.Context, fills []exchange.Fill) (err error) {
	for i := range fills {
		id := fills[i].OrderID
		fills[i].ClientID, err = c.clientIDs.Get(ctx, id, c.api.http.Now(), func() (string, error) {
			orders, err := c.query(ctx, []string{id})
			if err == nil && len(orders) != 1 {
				err = transport.Bad("orders", len(orders), "must be "+id)
			}
			if err != nil {
				return "", err
			}
			return orders[0].Value.ClOrdID, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
