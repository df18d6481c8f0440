package source

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/table"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// instrument makes one of a row, or says what is wrong with it. Whether its numbers
// make sense together, whoever takes it knows.
func instrument(r table.Row, source string, strict bool, written time.Time) (sql.Instrument, string) {
	isin, err := market.ParseISIN(r.Value("isin"), strict)
	if err != nil {
		rule := "must be an ISIN"
		if strict {
			rule += " that ends in its check digit"
		}
		return sql.Instrument{}, r.Problem("isin", r.Value("isin"), rule)
	}
	book := market.Microstructure{ISIN: isin, At: written}
	bond := market.Bond{Rating: r.Value("rating"), Tenor: r.Value("tenor"), IssuerClass: r.Value("issuer_class")}
	problem := cmp.Or(
		r.Time("timestamp", &book.At),
		date(r, "maturity_date", &bond.Maturity),
		count(r, "time_since_last_trade_s", func(n int) { book.LastTradeAge = time.Duration(n) * time.Second }),
		count(r, "window_s", func(n int) { book.Window = time.Duration(n) * time.Second }),
		count(r, "l2_levels", func(n int) { book.Levels = n }),
		count(r, "trades_count", func(n int) { book.Trades = n }),
		r.Number("bid", &book.Bid),
		r.Number("ask", &book.Ask),
		r.Number("bid_size", &book.BidSize),
		r.Number("ask_size", &book.AskSize),
		r.Number("l2_depth_qty", &book.Depth),
		r.Number("vwap", &book.VWAP),
		r.Number("volume_face", &book.Volume),
		r.Number("coupon_rate", &bond.CouponPct),
		r.Number("issue_size", &bond.IssueSize),
	)
	if problem != "" {
		return sql.Instrument{}, problem
	}
	one := sql.Instrument{ISIN: book.ISIN, Book: &sql.Known[market.Microstructure]{Source: source, At: book.At, Is: book}}
	ofBond := instruments.Columns[slices.Index(instruments.Columns, "rating"):]
	if slices.ContainsFunc(ofBond, func(name string) bool { return r.Value(name) != "" }) {
		one.Bond = &sql.Known[market.Bond]{Source: source, At: book.At, Is: bond}
	}
	return one, ""
}

func date(r table.Row, name string, to *time.Time) string {
	said := r.Value(name)
	if said == "" {
		return ""
	}
	at, err := time.Parse(time.DateOnly, said)
	if err != nil {
		return r.Problem(name, said, "must be a date, such as 2031-06-30")
	}
	*to = at
	return ""
}

func count(r table.Row, name string, set func(int)) string {
	said := r.Value(name)
	if said == "" && !r.Required(name) {
		return ""
	}
	n, err := strconv.ParseUint(said, 10, 31)
	if err != nil {
		return r.Problem(name, said, "must be a whole number >= 0, below 2^31")
	}
	set(int(n)) //nolint:gosec // it has 31 bits
	return ""
}
