package pmm_test

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// A pool of cUSDT (18 decimals here) against USDC (6 decimals), pegged at 1.
func Example() {
	tokens := decimal.RequireFromString
	base, _ := pmm.Wei(tokens("1000000"), 18)
	quote, _ := pmm.Wei(tokens("1000000"), 6)
	price, _ := pmm.PriceWei(tokens("1"), 18, 6)
	k, _ := pmm.Wei(tokens("0.0002"), 18)
	fee, _ := pmm.Wei(tokens("0.0003"), 18)
	pool, err := pmm.New(pmm.Params{Kind: pmm.DSP, I: price, K: k, LPFeeRate: fee, LockedShares: 1001, Base: base, Quote: quote})
	if err != nil {
		fmt.Println(err)
		return
	}

	pay, _ := pmm.Wei(tokens("400000"), 18)
	after, q, err := pool.Swap(pmm.SellBase, pay)
	if err != nil {
		fmt.Println(err)
		return
	}
	mid, _ := after.Mid()
	fmt.Println("received", pmm.Tokens(q.Receive, 6), "price", pmm.Price(mid, 18, 6), after.Curve.R)

	side, amount, _ := after.AmountToPrice(price)
	fmt.Println("back to the peg:", side, pmm.Tokens(amount, 6))

	tooMuch, _ := pmm.Wei(tokens("1e30"), 18)
	_, err = after.Quote(pmm.SellBase, tooMuch)
	fmt.Println(err)
	// Output:
	// received 399826.701615 price 0.999644 BELOW_ONE
	// back to the peg: sell_quote 399946.696275
	// pmm: revert: DODOMath: should not be zero
}
