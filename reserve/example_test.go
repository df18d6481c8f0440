package reserve_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// The plan's own example: a peak of 10,000 a minute for five minutes.
func Example() {
	peak, window := decimal.RequireFromString("10000"), 5*time.Minute
	available := decimal.RequireFromString("150000")

	base, _ := reserve.Required(decimal.NewFromInt(1), peak, window)
	required, _ := reserve.Required(decimal.NewFromInt(reserve.DefaultFactor), peak, window)
	gate, _ := reserve.StressGate(reserve.Stress{
		Available: available, FlowPerMinute: peak, Multiple: decimal.NewFromInt(reserve.StressMultiple),
		Window: window, Block: 2 * time.Second,
	})

	fmt.Println("required:", required, "for", reserve.Runway(required, peak))
	fmt.Println("150000 is", reserve.LevelOf(available, base, required), "and lasts", reserve.Runway(available, peak))
	fmt.Println("through five times the peak it lasts", gate.Window.FailedAt)
	// Output:
	// required: 250000 for 25m0s
	// 150000 is HIGH and lasts 15m0s
	// through five times the peak it lasts 3m2s
}

func ExampleLedger() {
	usd := func(b reserve.Bucket) reserve.Account { return reserve.Account{Bucket: b, Asset: "cUSDC", Chain: 138} }
	amount := decimal.RequireFromString
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	book, _ := reserve.NewLedger(reserve.Rules{Vault: map[string]reserve.Limit{
		"cUSDC": {DailyCap: amount("500"), ApprovalAbove: amount("100")},
	}})
	commit := func(id string, kind reserve.Kind, postings []reserve.Posting) {
		err := book.Commit(reserve.Transaction{ID: id, Kind: kind, At: now, Postings: postings})
		fmt.Println(id, err)
	}
	commit("capital", reserve.Deposit, reserve.Pay(usd(reserve.Outside), usd(reserve.Vault), amount("1000")))
	commit("refill", reserve.Refill, reserve.Pay(usd(reserve.Vault), usd(reserve.Stabilization), amount("100")))
	commit("defend", reserve.Stabilize, reserve.Pay(usd(reserve.Stabilization), usd(reserve.Outside), amount("30")))
	commit("defend", reserve.Stabilize, reserve.Pay(usd(reserve.Stabilization), usd(reserve.Outside), amount("30")))
	commit("shortcut", reserve.Stabilize, reserve.Pay(usd(reserve.Vault), usd(reserve.Outside), amount("30")))
	fmt.Println("covering", book.Covering("cUSDC"), "of", book.Owned("cUSDC"))
	// Output:
	// capital <nil>
	// refill <nil>
	// defend <nil>
	// defend <nil>
	// shortcut transaction "shortcut": reserve: kind may not do this: "stabilize" may not take from E/cUSDC@138
	// covering 70 of 970
}
