package cost_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/market/cost"
)

// What does it cost to sell 1,000 now, in this book and in one that is three times
// as wide and half as deep? And how much can go for 50 bps?
func Example() {
	var m cost.Model = cost.BookWalk{Book: book(), Side: exchange.Ask}
	calm, _ := m.Cost(d("1000"))
	worse, _ := m.Stressed(cost.Stress{Spread: d("3"), Volume: d("0.5")})
	stressed, _ := worse.Cost(d("1000"))
	largest, _ := cost.Largest(m, d("1000"), d("50"), 0)
	fmt.Printf("%v bps for %v\n%v bps for %v\n%v for at most 50 bps\n",
		calm.Bps, calm.Priced, stressed.Bps, stressed.Priced, largest)
	// Output:
	// 76 bps for 1000
	// 228 bps for 500
	// 480 for at most 50 bps
}

// A million shares in five days, with an aversion to risk of one in a million: the
// example of Almgren and Chriss.
func ExampleAlmgrenChriss_Exit() {
	impact, _ := cost.TypicalImpact(d("50"), d("0.125"), d("5000000"), 190)
	m := cost.AlmgrenChriss{Impact: impact, Pace: cost.Pace{Days: 5, Intervals: 5, RiskAversion: 1e-6}}
	exit, _ := m.Exit(d("1000000"))
	fmt.Printf("sell %v\ncosts %s ± %s\n", exit.Legs[0].Trades, exit.Cost.StringFixed(0), exit.StdDev.StringFixed(0))
	// Output:
	// sell [458044 252102 141957 85755 62142]
	// costs 911227 ± 603431
}

func ExampleCurve() {
	m := cost.SqrtImpact{Mid: d("1"), HalfSpreadBps: 2, VolatilityBps: 40, DailyVolume: d("1000000"), MaxShare: 1}
	curve, _ := cost.Curve(m, []decimal.Decimal{d("10000"), d("40000"), d("160000")})
	for _, c := range curve {
		fmt.Printf("%v costs %v, %v bps\n", c.Size, c.Amount, c.Bps)
	}
	// Output:
	// 10000 costs 6, 6 bps
	// 40000 costs 40, 10 bps
	// 160000 costs 288, 18 bps
}
