package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Three venues are asked once a minute. One shows a wick, which is outvoted;
// then all of them fall, which comes out when they are looked at again.
func Example() {
	pair := exchange.Pair{Base: "USDC", Quote: "USDT"}
	start := time.Date(2023, 3, 11, 3, 0, 0, 0, time.UTC)
	filter, err := exchange.NewFilter(exchange.FilterConfig{
		Quorum:           2,
		MaxAge:           90 * time.Second,
		MaxDivergenceBps: decimal.NewFromInt(50),
		MaxJumpBps:       decimal.NewFromInt(100),
		Confirmations:    3,
		ConfirmWithin:    5 * time.Minute,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var sources []exchange.Source
	for name, series := range map[string][]string{
		"binance": {"0.999", "0.999", "3.99", "0.951", "0.949"},
		"bybit":   {"0.998", "0.999", "0.998", "0.950", "0.950"},
		"kraken":  {"0.999", "0.998", "0.998", "0.950", "0.951"},
	} {
		var prices []exchange.Price
		for minute, v := range series {
			prices = append(prices, exchange.Price{
				Value:   decimal.RequireFromString(v),
				At:      start.Add(time.Duration(minute) * time.Minute),
				Sources: []string{name},
			})
		}
		history, err := exchange.NewHistory(pair, time.Hour, prices)
		if err != nil {
			fmt.Println(err)
			return
		}
		sources = append(sources, exchange.Source{Name: name, Pair: pair, Feed: history})
	}
	feed, err := exchange.NewFeed(pair, filter, sources, exchange.FilterState{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for minute := range 5 {
		p, err := feed.Price(context.Background(), pair, start.Add(time.Duration(minute)*time.Minute))
		if errors.Is(err, exchange.ErrUnconfirmed) {
			fmt.Println(minute, "unconfirmed")
			continue
		}
		fmt.Println(minute, p.Value, p.Sources, err)
	}
	// Output:
	// 0 unconfirmed
	// 1 0.999 [binance bybit kraken] <nil>
	// 2 0.998 [bybit kraken] <nil>
	// 3 unconfirmed
	// 4 0.95 [binance bybit kraken] <nil>
}

// What a strategy wants is made into what a market takes.
func ExampleMarket_Fit() {
	market := exchange.Market{
		Pair:        exchange.Pair{Base: "USDC", Quote: "USDT"},
		Tick:        decimal.RequireFromString("0.0001"),
		Lot:         decimal.RequireFromString("0.1"),
		MinNotional: decimal.RequireFromString("5"),
	}
	want := exchange.Order{
		ClientID: exchange.ClientID("book/USDC/7", 0),
		Pair:     market.Pair,
		Side:     exchange.Ask,
		Price:    decimal.RequireFromString("1.00042"),
		Amount:   decimal.RequireFromString("25.37"),
	}
	order, err := market.Fit(want)
	fmt.Println(order, err)

	want.Amount = decimal.RequireFromString("4.99")
	_, err = market.Fit(want)
	fmt.Println(err)
	// Output:
	// ask 25.3 USDC/USDT @ 1.0005 (bkulnriliujpgwwue6) <nil>
	// exchange: invalid: Order.Notional 4.90245: must be at least 5 USDT
}
