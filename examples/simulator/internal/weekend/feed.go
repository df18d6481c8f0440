package weekend

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// pair is the peg that is defended.
var pair = exchange.Pair{Base: cUSDC.String(), Quote: cUSDT.String()}

// views are by how many blocks each source of the market feed is late. All of
// them see the one tape: there is no second one for these hours.
var views = []int{0, 1, 2}

// newMarketFeed returns the market price of the scenario as a host would have
// it: the median of several sources, through the SDK's filter.
func newMarketFeed(sc *scenario) (exchange.PriceFeed, error) {
	prices := make([]exchange.Price, len(sc.prices))
	name := []string{sc.tape.Name}
	for i, p := range sc.prices {
		prices[i] = exchange.Price{Value: p.Decimal().DivRound(usdtUSD, 8), At: sc.time(i), Sources: name}
	}
	fresh := max(30*time.Second, 5*sc.block)
	history, err := exchange.NewHistory(pair, fresh, prices)
	if err != nil {
		return nil, err
	}
	filter, err := exchange.NewFilter(exchange.FilterConfig{
		Quorum: 2, MaxAge: fresh, MaxDivergenceBps: decimal.New(100, 0),
		MaxJumpBps: decimal.New(100, 0), Confirmations: 3,
	})
	if err != nil {
		return nil, err
	}
	sources := make([]exchange.Source, len(views))
	for i, blocks := range views {
		sources[i] = exchange.Source{
			Name: fmt.Sprintf("view-%d", blocks), Pair: pair,
			Feed: late{history, time.Duration(blocks) * sc.block},
		}
	}
	return exchange.NewFeed(pair, filter, sources, exchange.FilterState{})
}

// late is a feed whose news arrive with a delay.
type late struct {
	exchange.PriceFeed
	by time.Duration
}

func (l late) Price(ctx context.Context, p exchange.Pair, now time.Time) (exchange.Price, error) {
	return l.PriceFeed.Price(ctx, p, now.Add(-l.by))
}
