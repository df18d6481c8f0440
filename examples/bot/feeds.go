package main

import (
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// feedOf returns what the sources agree on. After a restart it goes on from the
// last price that counted.
func feedOf(venues venues, pair exchange.Pair, said yamlfile.Sources, last decimal.Decimal) (exchange.PriceFeed, error) {
	var sources []exchange.Source
	for _, name := range said.Names {
		books, err := venues.Books(name)
		if err != nil {
			return nil, usage(err)
		}
		sources = append(sources, exchange.Source{
			Name: name, Pair: pair,
			Feed: exchange.Mid{Name: name, Books: books, MaxSpreadBps: said.MaxSpreadBps, MaxAge: said.MaxAge},
		})
	}
	filter, err := exchange.NewFilter(said.Filter)
	if err != nil {
		return nil, usage(err)
	}
	return exchange.NewFeed(pair, filter, sources, exchange.FilterState{Reference: last})
}
