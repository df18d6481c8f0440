package payout_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Ann is paid at one address for both of her accounts, rounded down once for the
// two; bob has to wait. The wallet refuses at first, and pays when it is asked again.
func Example() {
	dec := decimal.RequireFromString
	engine, err := payout.New(payout.Config{
		Pool: "pool", Every: 24 * time.Hour, Retry: 2 * time.Minute, Places: 2, Minimum: dec("1"),
		MaxOutputs: 1000, MaxDebts: 100_000, Confirmations: 6, MaxAttempts: 100,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var state payout.State
	var batch string
	step := func(after time.Duration, debts []payout.Debt, receipt payout.Receipt) {
		seen := payout.Observation{
			At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(after), Debts: debts,
			Receipts: map[string]payout.Receipt{batch: receipt},
		}
		next, d, err := engine.Step(state, seen)
		if err != nil {
			fmt.Println(err)
			return
		}
		if d.Planned != nil {
			batch = d.Planned.ID
			fmt.Println("planned", d.Planned.Lines, "to", d.Planned.Outputs)
		}
		for _, m := range d.Moved {
			fmt.Println(m.From, "->", m.To)
		}
		fmt.Println(after, d.Reason, "payments:", len(d.Pay))
		state = next
	}
	step(0, nil, payout.Receipt{})
	step(24*time.Hour, []payout.Debt{
		{Account: "venue/btc/ann", Address: "BAnn", Amount: dec("1.257")},
		{Account: "venue/btc/bob", Address: "BBob", Amount: dec("0.999")},
		{Account: "venue/ppc/ann", Address: "BAnn", Amount: dec("0.007")},
	}, payout.Receipt{})
	step(24*time.Hour+2*time.Minute, nil, payout.Receipt{Status: payout.Unsent, Note: "insufficient funds"})
	step(24*time.Hour+4*time.Minute, nil, payout.Receipt{Status: payout.Sent, TxID: "5f1c", Confirmations: 1})
	step(25*time.Hour, nil, payout.Receipt{Status: payout.Sent, TxID: "5f1c", Confirmations: 6})
	// Output:
	// 0s not_due payments: 0
	// planned [{venue/btc/ann BAnn 1.257} {venue/ppc/ann BAnn 0.003}] to [{BAnn 1.26}]
	// planned -> sending
	// 24h0m0s pays_all payments: 1
	// 24h2m0s not_due payments: 1
	// sending -> sent
	// 24h4m0s not_due payments: 0
	// sent -> confirmed
	// 25h0m0s not_due payments: 0
}
