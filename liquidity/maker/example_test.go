package maker_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// One look at an empty book: what a maker of a stablecoin pair would place.
func Example() {
	pair := exchange.Pair{Base: "USDC", Quote: "USDT"}
	cfg := maker.Careful("desk", pair, decimal.NewFromInt(1000))
	cfg.Bids.WidthBps, cfg.Asks.WidthBps = decimal.Zero, decimal.NewFromInt(26) // a wall, and a wall with one behind it
	engine, err := maker.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, decision, err := engine.Step(maker.State{}, maker.Observation{
		At:     start,
		Market: exchange.Market{Pair: pair, Tick: dec("0.0001"), Lot: dec("0.01"), MakerFeeBps: dec("1"), TakerFeeBps: dec("1")},
		Price:  &exchange.Price{Value: dec("0.9987"), At: start},
		Base:   exchange.Balance{Free: dec("5000")},
		Quote:  exchange.Balance{Free: dec("500")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range decision.Place {
		fmt.Println(o.Side, o.Amount, "@", o.Price)
	}
	// Output:
	// bid 501.7 @ 0.9966
	// ask 1000 @ 1.0008
	// ask 1100 @ 1.0034
}
