package yamlfile

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Feeds is the part of a file that says whose prices count.
type Feeds struct {
	Sources          []string `yaml:"sources"`
	Quorum           string   `yaml:"quorum"`
	MaxSpreadBps     string   `yaml:"max_spread_bps"`
	MaxDivergenceBps string   `yaml:"max_divergence_bps"`
	MaxJumpBps       string   `yaml:"max_jump_bps"`
}

// Sources is what Feeds come to.
type Sources struct {
	Names        []string        // of exchanges
	MaxSpreadBps decimal.Decimal // of a book whose middle counts
	MaxAge       time.Duration   // of a price
	Filter       exchange.FilterConfig
}

// Feeds reads the sources and their filter, for prices looked at so often and no
// older than maxAge. Its first price, and every jump, has to be seen by all sources
// in two looks.
func (r *Reader) Feeds(said Feeds, every, maxAge time.Duration) Sources {
	count := len(said.Sources)
	for i, s := range said.Sources {
		r.Must(!slices.Contains(said.Sources[:i], s), "feeds.sources", s, "must be listed once")
	}
	feeds := Sources{
		Names: said.Sources, MaxSpreadBps: r.Number("feeds.max_spread_bps", said.MaxSpreadBps, "50"), MaxAge: maxAge,
		Filter: exchange.FilterConfig{
			Quorum: r.Count("feeds.quorum", said.Quorum, count/2+1), MaxAge: maxAge,
			MaxDivergenceBps: r.Number("feeds.max_divergence_bps", said.MaxDivergenceBps, "50"),
			MaxJumpBps:       r.Number("feeds.max_jump_bps", said.MaxJumpBps, "100"),
			Confirmations:    count, ConfirmWithin: max(maxAge, 4*every),
		},
	}
	r.Must(!feeds.MaxSpreadBps.IsNegative(), "feeds.max_spread_bps", feeds.MaxSpreadBps, "must be 0 or more")
	r.Must(count > 0 && count <= 64, "feeds.sources", count, "must name at least one exchange, at most 64")
	r.Must(count == 0 || feeds.Filter.Quorum <= count && 2*feeds.Filter.Quorum > count, "feeds.quorum", feeds.Filter.Quorum, fmt.Sprintf("must be more than half of the %d sources", count))
	if r.Err() == nil { // a value that could not be read would be blamed twice
		_, err := exchange.NewFilter(feeds.Filter)
		r.Blame(err, exchange.ErrInvalid, "FilterConfig.", "")
	}
	return feeds
}
