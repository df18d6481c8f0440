package gate

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// remembered is how long a finished order is still found by its client id.
const remembered = 24 * time.Hour

// overlap is how much of what was read before is read again, for clocks that
// differ and orders that are listed late.
const overlap = time.Minute

// ended is an order that nothing happens to any more.
type ended struct {
	order exchange.Order
	at    time.Time
}

// finished is what ended within the last day: Gate finds an order by its client
// id for an hour only, and lists by time alone. The zero finished is ready. Safe
// for concurrent use.
type finished struct {
	mu     sync.Mutex
	orders map[name]ended
	upTo   map[exchange.Pair]time.Time // all that ended before is in orders
}

type name struct {
	pair     exchange.Pair
	clientID string
}

// from returns from where on to read.
func (f *finished) from(pair exchange.Pair, now time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	from := now.Add(-remembered)
	if upTo := f.upTo[pair]; upTo.After(from) {
		from = upTo
	}
	return from.Add(-overlap)
}

// add notes what was read at now, and forgets what is older than a day.
func (f *finished) add(pair exchange.Pair, now time.Time, news []ended) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.orders == nil {
		f.orders, f.upTo = map[name]ended{}, map[exchange.Pair]time.Time{}
	}
	for _, e := range news {
		if id := (name{pair, e.order.ClientID}); !e.at.Before(f.orders[id].at) { // the newest, should there be several
			f.orders[id] = e
		}
	}
	maps.DeleteFunc(f.orders, func(_ name, e ended) bool { return e.at.Before(now.Add(-remembered - overlap)) })
	f.upTo[pair] = now
}

func (f *finished) find(pair exchange.Pair, clientID string) (exchange.Order, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, found := f.orders[name{pair, clientID}]
	if !found {
		return exchange.Order{}, fmt.Errorf("%w: order %q of %v", exchange.ErrNotFound, clientID, pair)
	}
	return e.order, nil
}

// finishedOrder reads on from where the last look ended.
func (c *Client) finishedOrder(ctx context.Context, pair exchange.Pair, clientID string) (exchange.Order, error) {
	now := c.api.http.Now()
	params := url.Values{
		"currency_pair": {symbol(pair)}, "status": {"finished"}, "limit": {strconv.Itoa(ordersPage)},
		"from": {timestamp(c.finished.from(pair, now))},
	}
	var news []ended
	err := c.pages(ctx, "orders", params, ordersPage, func(body []byte) (int, error) {
		page, length, err := parseFinished(body, pair)
		news = append(news, page...)
		return length, err
	})
	if err != nil {
		return exchange.Order{}, err
	}
	c.finished.add(pair, now, news)
	return c.finished.find(pair, clientID)
}
