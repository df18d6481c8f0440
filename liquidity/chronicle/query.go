package chronicle

import (
	"math"
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Query selects a page. Its zero value is the newest page of everything.
type Query struct {
	Bank   string         // "" is all
	Side   liquidity.Side // of actions; "" is both
	Limit  int            // 1 to [MaxPage]; 0 is 50
	Before uint64         // only numbers below that: [Page.Next] of the page before; 0 is the newest
	From   time.Time      // recorded, or foreseen, not before this; the zero time is no bound
	To     time.Time      // recorded, or foreseen, before this; the zero time is no bound
}

const usualPage = 50

// Ready returns q with its defaults filled in, or [ErrInvalid]. Every
// implementation begins with it.
func (q Query) Ready() (Query, error) {
	if q.Limit == 0 {
		q.Limit = usualPage
	}
	if q.Before == 0 {
		q.Before = math.MaxInt64
	}
	return q, valid.Check(ErrInvalid,
		rule{q.Limit > 0 && q.Limit <= MaxPage, "Query.Limit", q.Limit, "must be 0 to 500"},
		rule{q.Side == "" || q.Side == liquidity.Inject || q.Side == liquidity.Withdraw, "Query.Side", string(q.Side), "must be INJECT or WITHDRAW, or empty for both"},
		rule{len(q.Bank) <= valid.MaxText, "Query.Bank", q.Bank, "must have at most 256 bytes"},
		rule{q.From.IsZero() || q.To.IsZero() || q.From.Before(q.To), "Query.To", q.To, "must be after From"},
	)
}

// CheckLimit refuses a limit that is not 1 to [MaxPage].
func CheckLimit(limit int) error {
	return valid.Check(ErrInvalid, rule{limit > 0 && limit <= MaxPage, "limit", limit, "must be 1 to 500"})
}

type rule valid.Rule

// Page is one answer to a [Query].
type Page[T any] struct {
	Items []T
	Next  uint64 // Before of the next page; 0 if this is the last
}
