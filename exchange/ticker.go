package exchange

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Ticker is a market at a glance: the best prices and the last one traded at.
type Ticker struct {
	Pair Pair
	Bid  decimal.Decimal // the highest bid, Quote per Base; 0 if nobody bids
	Ask  decimal.Decimal // the lowest ask, Quote per Base; 0 if nobody asks
	Last decimal.Decimal // of the newest trade, Quote per Base; 0 if there was none
	At   time.Time       // when the venue saw it, or at the earliest can have; UTC
}

// Validate returns [ErrInvalid], naming the field, its value and the rule,
// unless all prices are >= 0 and the bid, where there are both, is below the
// ask.
func (t Ticker) Validate() error {
	if err := t.Pair.Validate(); err != nil {
		return err
	}
	for _, price := range []struct {
		field string
		value decimal.Decimal
	}{{"Ticker.Bid", t.Bid}, {"Ticker.Ask", t.Ask}, {"Ticker.Last", t.Last}} {
		if outOfRange(price.value) || price.value.IsNegative() {
			return invalid(price.field, show(price.value), "must be >= 0, with at most 36 digits and 36 decimals")
		}
	}
	if t.Ask.IsPositive() && t.Bid.GreaterThanOrEqual(t.Ask) {
		return invalid("Ticker.Bid", t.Bid, fmt.Sprintf("must be below Ask %v", t.Ask))
	}
	return nil
}
