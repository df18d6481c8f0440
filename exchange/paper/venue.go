package paper

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Config describes a venue.
type Config struct {
	Name          string            // for proofs and prices, not empty
	Start         time.Time         // the venue's first time
	Markets       []exchange.Market // what it trades, each pair once; fees are taken from what is received
	MaxOpenOrders int               // per account; 0 is no limit
}

// Venue is an exchange in memory. Safe for concurrent use; all of it is behind
// one lock.
type Venue struct {
	name          string
	maxOpenOrders int

	mu       sync.Mutex
	now      time.Time
	markets  map[exchange.Pair]*market
	accounts map[string]*Account
	fees     map[string]decimal.Decimal
	late     []lateOrder // by due time, then by the order of sending
	orders   int         // placed so far
	trades   int         // made so far
}

// lateOrder is on its way to the venue.
type lateOrder struct {
	due     time.Time
	account *Account
	order   exchange.Order
}

// New returns an empty venue. It returns exchange.ErrInvalid for an empty name,
// an invalid market, or a pair listed twice.
func New(cfg Config) (*Venue, error) {
	if cfg.Name == "" {
		return nil, fmt.Errorf("%w: Config.Name %q: must not be empty", exchange.ErrInvalid, cfg.Name)
	}
	if cfg.MaxOpenOrders < 0 {
		return nil, fmt.Errorf("%w: Config.MaxOpenOrders %d: must be >= 0", exchange.ErrInvalid, cfg.MaxOpenOrders)
	}
	v := &Venue{
		name:          cfg.Name,
		maxOpenOrders: cfg.MaxOpenOrders,
		now:           cfg.Start.UTC(),
		markets:       map[exchange.Pair]*market{},
		accounts:      map[string]*Account{},
		fees:          map[string]decimal.Decimal{},
	}
	for _, rules := range cfg.Markets {
		if err := rules.Validate(); err != nil {
			return nil, err
		}
		if v.markets[rules.Pair] != nil {
			return nil, fmt.Errorf("%w: Config.Markets %v: must be listed once", exchange.ErrInvalid, rules.Pair)
		}
		v.markets[rules.Pair] = &market{rules: rules}
	}
	return v, nil
}

// Account returns the account of that name, opening an empty one on first use.
func (v *Venue) Account(name string) *Account {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.accounts[name]
	if a == nil {
		a = &Account{
			venue:    v,
			name:     name,
			balances: map[string]exchange.Balance{},
			orders:   map[string]*order{},
		}
		v.accounts[name] = a
	}
	return a
}

// Now returns the venue's time.
func (v *Venue) Now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// Advance moves the venue's time to to, letting orders that were under way
// arrive at their times. It returns exchange.ErrInvalid for a time before Now.
func (v *Venue) Advance(to time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if to.Before(v.now) {
		return fmt.Errorf("%w: time %v: must not be before %v", exchange.ErrInvalid, to, v.now)
	}
	for len(v.late) > 0 && !v.late[0].due.After(to) {
		l := v.late[0]
		v.late = v.late[1:]
		v.now = l.due
		_, _ = v.accept(l.account, l.order) // its answer was lost when it was sent
	}
	v.now = to.UTC()
	return nil
}

// Fees returns what the venue has earned, by asset; below zero where rebates
// exceed fees.
func (v *Venue) Fees() map[string]decimal.Decimal {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.fees)
}

// market finds a pair; the caller holds the lock.
func (v *Venue) market(pair exchange.Pair) (*market, error) {
	m := v.markets[pair]
	if m == nil {
		return nil, fmt.Errorf("%w: %v at %s", exchange.ErrNotFound, pair, v.name)
	}
	return m, nil
}

// delay lets o arrive after d, behind what is due at the same time.
func (v *Venue) delay(a *Account, o exchange.Order, d time.Duration) {
	due := v.now.Add(d)
	i, _ := slices.BinarySearchFunc(v.late, due, func(l lateOrder, t time.Time) int {
		if l.due.After(t) {
			return 1
		}
		return -1
	})
	v.late = slices.Insert(v.late, i, lateOrder{due: due, account: a, order: o})
}

// accept is an order's arrival at the venue: looked up, paid for, matched, and
// what is left put on the book.
func (v *Venue) accept(a *Account, o exchange.Order) (exchange.Order, error) {
	if known := a.orders[o.ClientID]; known != nil {
		if !known.SameTerms(o) {
			return exchange.Order{}, fmt.Errorf("%w: Order.ClientID %q: must name one order, names %v, not %v",
				exchange.ErrInvalid, o.ClientID, known.Order, o)
		}
		return known.Order, nil
	}
	m := v.markets[o.Pair]
	if o.PostOnly && m.takes(o) {
		return exchange.Order{}, fmt.Errorf("%w: %v", exchange.ErrWouldCross, o)
	}
	if v.maxOpenOrders > 0 && a.open >= v.maxOpenOrders {
		return exchange.Order{}, fmt.Errorf("%w: %v: %d orders are open, at most %d may be", exchange.ErrRejected, o, a.open, v.maxOpenOrders)
	}
	asset, cost := hold(o)
	if free := a.balances[asset].Free; free.LessThan(cost) {
		return exchange.Order{}, fmt.Errorf("%w: %v needs %v %s, %v is free", exchange.ErrInsufficient, o, cost, asset, free)
	}
	v.orders++
	o.ID = strconv.Itoa(v.orders)
	o.Filled, o.Status, o.PlacedAt = decimal.Zero, exchange.Open, v.now
	placed := &order{Order: o, owner: a, number: v.orders}
	a.orders[o.ClientID] = placed
	a.open++
	a.move(asset, cost.Neg(), cost)
	v.match(m, placed)
	if placed.Status == exchange.Open {
		m.add(placed)
	}
	return placed.Order, nil
}

// match trades o against the other side, best price first, then oldest. It
// never trades an account with itself: what is left of o is cancelled instead.
func (v *Venue) match(m *market, o *order) {
	others := m.side(o.Side.Opposite())
	for o.Status == exchange.Open && len(*others) > 0 && crosses(o.Order, (*others)[0].Price) {
		resting := (*others)[0]
		if resting.owner == o.owner {
			v.cancel(o)
			return
		}
		v.trade(m, resting, o)
		if resting.Status == exchange.Filled {
			*others = slices.Delete(*others, 0, 1)
		}
	}
}

// trade fills both orders, as far as the smaller one goes, at the price of the
// resting one.
func (v *Venue) trade(m *market, resting, taking *order) {
	v.trades++
	m.last = resting.Price
	fill := exchange.Fill{
		ID:     strconv.Itoa(v.trades),
		Pair:   m.rules.Pair,
		Price:  resting.Price,
		Amount: decimal.Min(resting.Remaining(), taking.Remaining()),
		At:     v.now,
	}
	v.settle(taking, fill, m.rules.TakerFeeBps)
	fill.Maker = true
	v.settle(resting, fill, m.rules.MakerFeeBps)
}

// settle books one side of a trade: o pays out of what it holds and gets back
// what it held beyond that, having paid less than its limit; the fee is taken
// from what it receives.
func (v *Venue) settle(o *order, fill exchange.Fill, feeBps decimal.Decimal) {
	paid, received := fill.Amount, fill.Price.Mul(fill.Amount)
	fill.FeeAsset = o.Pair.Quote
	if o.Side == exchange.Bid {
		paid, received = received, paid
		fill.FeeAsset = o.Pair.Base
	}
	fill.Fee = received.Mul(feeBps).Shift(-4)

	asset, before := hold(o.Order)
	o.Filled = o.Filled.Add(fill.Amount)
	_, after := hold(o.Order)
	released := before.Sub(after)
	o.owner.move(asset, released.Sub(paid), released.Neg())
	o.owner.move(fill.FeeAsset, received.Sub(fill.Fee), decimal.Zero)
	v.fees[fill.FeeAsset] = v.fees[fill.FeeAsset].Add(fill.Fee)

	fill.OrderID, fill.ClientID, fill.Side = o.ID, o.ClientID, o.Side
	o.owner.fills = append(o.owner.fills, fill)
	if o.Remaining().IsZero() {
		o.Status = exchange.Filled
		o.owner.open--
	}
}

// cancel gives back what an open order holds. Taking it off the book is the
// caller's part.
func (v *Venue) cancel(o *order) {
	asset, held := hold(o.Order)
	o.owner.move(asset, held, held.Neg())
	o.Status = exchange.Cancelled
	o.owner.open--
}
