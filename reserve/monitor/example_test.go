package monitor_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

// A reserve of 300,000 is drained by 30,000 a minute.
func Example() {
	amount := decimal.RequireFromString
	engine, err := monitor.New(monitor.Config{
		Factor: decimal.NewFromInt(reserve.DefaultFactor), PeakPerMinute: amount("10000"), Window: 5 * time.Minute,
		Quantile: reserve.MinuteQuantile, Tail: reserve.OnceAYear,
		RefillTo: amount("1.5"), MinRefill: amount("1000"), RefillPatience: 10 * time.Minute,
		Vault: reserve.Limit{DailyCap: amount("200000"), ApprovalAbove: amount("100000")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var state monitor.State
	seen := monitor.Observation{
		At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Available: amount("320000"), Vault: amount("1000000"),
	}
	for range 4 {
		var d monitor.Decision
		state, d, _ = engine.Step(state, seen)
		b := d.Refills[0]
		fmt.Println(d.Level, d.Reason, "runway", d.Runway, "refill", b.Amount, b.Reason, b.NeedsApproval)

		seen.At = seen.At.Add(time.Minute)
		seen.Outflow = amount("30000")
		seen.Available = seen.Available.Sub(seen.Outflow)
	}
	// Output:
	// OK steady runway 32m0s refill 0 covered false
	// WARN worsened runway 29m0s refill 85000 requested false
	// WARN steady runway 26m0s refill 0 outstanding false
	// HIGH worsened runway 23m0s refill 0 outstanding false
}
