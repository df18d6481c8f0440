package exchange

import (
	"context"
	"time"
)

// Client is one account at one venue. Safe for concurrent use; every
// implementation passes exchangetest.Run.
//
// All methods return [ErrRateLimited], [ErrAuth] or the error of ctx where these
// apply, and have then done nothing; a pair the venue does not trade is
// [ErrNotFound].
type Client interface {
	MarketReader
	TickerReader
	BookReader
	OrderReader
	FillReader
	Trader
	// Balances returns what the account has, by asset; assets it has nothing of
	// may be absent.
	Balances(ctx context.Context) (map[string]Balance, error)
}

// Trader places and cancels orders.
type Trader interface {
	// Place places o, and returns it as the venue then sees it: resting, or
	// already filled. It is idempotent in o.ClientID, for as long as the venue
	// remembers the order and at least a day: whatever became of the first one
	// (resting, filled, cancelled), a repeat places nothing and returns the
	// order as it is now. A repeat with other terms is [ErrInvalid].
	//
	// An order that breaks the market's rules is [ErrInvalid], one that the
	// account cannot pay [ErrInsufficient], a post-only order that would trade
	// [ErrWouldCross], any other refusal [ErrRejected]; nothing was placed then.
	// [ErrUnknownOutcome] means that it may or may not have been: Order tells,
	// and to Place again under the same ClientID is always safe.
	Place(ctx context.Context, o Order) (Order, error)
	// Cancel takes the order off the book. It succeeds on one that is filled,
	// cancelled or was never there, so it says nothing about fills: Order does.
	// Cancelling twice is harmless, also after [ErrUnknownOutcome].
	Cancel(ctx context.Context, pair Pair, clientID string) error
}

// OrderReader reports the account's orders. Truth about an order comes from
// here, not from the answer of Place.
type OrderReader interface {
	// OpenOrders returns the orders that rest on the book, oldest first, those
	// of others' making (placed by hand, by another program) included.
	OpenOrders(ctx context.Context, pair Pair) ([]Order, error)
	// Order returns one order whatever its Status, or [ErrNotFound].
	Order(ctx context.Context, pair Pair, clientID string) (Order, error)
}

// FillReader reports the account's trades.
type FillReader interface {
	// Fills returns the trades at or after since, oldest first. Ask with the At
	// of the newest known one and drop what is known by its ID: several fills
	// may share a time.
	Fills(ctx context.Context, pair Pair, since time.Time) ([]Fill, error)
}

// BookReader reports the public order book.
type BookReader interface {
	// Book returns a valid Book of at most depth levels a side, the best ones;
	// depth is >= 1, else [ErrInvalid].
	Book(ctx context.Context, pair Pair, depth int) (Book, error)
}

// TickerReader reports the best prices and the last one.
type TickerReader interface {
	// Ticker returns a valid Ticker.
	Ticker(ctx context.Context, pair Pair) (Ticker, error)
}

// MarketReader reports the rules of a market.
type MarketReader interface {
	// Market returns a valid Market with the account's own fees.
	Market(ctx context.Context, pair Pair) (Market, error)
}

// PriceFeed reports reference prices. Safe for concurrent use; every
// implementation passes exchangetest.RunFeed.
type PriceFeed interface {
	// Price answers as of now, which is an argument so that a feed needs no
	// clock and history can be replayed. The answer is valid and was seen at or
	// before now. A feed without a price it would stand by says why: [ErrStale],
	// [ErrNoQuorum], [ErrDivergent] or [ErrUnconfirmed]; a pair that it does not
	// carry is [ErrNotFound].
	Price(ctx context.Context, pair Pair, now time.Time) (Price, error)
}

// Prover signs proofs of an account's open orders and sends nothing, so it needs
// no context. Use a read-only key of its own: at several venues a signature for
// listing orders also fits other requests of that key.
type Prover interface {
	// ProveOpenOrders returns a proof issued at now, to the microsecond. Of two
	// proofs of one key, the later one has the later IssuedAt.
	ProveOpenOrders(pair Pair, now time.Time) (Proof, error)
}

// Verifier replays a proof at the venue, once.
type Verifier interface {
	// Verify returns the open orders of pair that the proof gives access to. It
	// builds the request itself; p supplies only the named parameters that the
	// adapter expects, and anything else in it is [ErrInvalid], as is a pair
	// other than the proof's. A proof outside its time is [ErrStale]
	// ([Proof.Check]), one that the venue does not accept [ErrAuth].
	Verify(ctx context.Context, p Proof, pair Pair, now time.Time) ([]Order, error)
}
