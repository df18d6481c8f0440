package paper_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// An answer gets lost. The order is looked up, not sent under another name.
func Example() {
	ctx := context.Background()
	pair := exchange.Pair{Base: "USDC", Quote: "USDT"}
	venue, err := paper.New(paper.Config{
		Name:  "paper",
		Start: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		Markets: []exchange.Market{{
			Pair:        pair,
			Tick:        decimal.RequireFromString("0.0001"),
			Lot:         decimal.RequireFromString("0.01"),
			TakerFeeBps: decimal.RequireFromString("5"),
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	maker := venue.Account("maker")
	_ = maker.Deposit("USDT", decimal.NewFromInt(1000))
	_ = maker.Script(paper.Fault{Call: paper.Place, Kind: paper.LoseAnswer})

	bid := exchange.Order{
		ClientID: exchange.ClientID("book/USDC/7", 0),
		Pair:     pair,
		Side:     exchange.Bid,
		Price:    decimal.RequireFromString("0.9995"),
		Amount:   decimal.NewFromInt(100),
		PostOnly: true,
	}
	_, err = maker.Place(ctx, bid)
	fmt.Println(errors.Is(err, exchange.ErrUnknownOutcome))

	found, err := maker.Order(ctx, pair, bid.ClientID)
	fmt.Println(found.Status, err)
	again, err := maker.Place(ctx, bid)
	fmt.Println(again.ID == found.ID, err)
	balances, err := maker.Balances(ctx)
	fmt.Println(balances["USDT"].Free, balances["USDT"].Held, err)
	// Output:
	// true
	// open <nil>
	// true <nil>
	// 900.05 99.95 <nil>
}
