package stress_test

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// Ten banks, seen every hour: the first half of what was seen teaches a model,
// the second decides whether it may move money.
func Example() {
	panel := drawPanel(1, 10, 6000)
	sample, _ := stress.NewSample(panel, 12*time.Hour)
	half := end.Add(-3000 * time.Hour)

	model, _ := stress.Fit(stress.Config{}, sample.Before(half))
	license, _ := stress.Grant(model, sample.From(half))
	fmt.Printf("skill %.2f, at least %.2f: may trigger an injection: %v\n",
		license.Skill.Value, license.Skill.Low, license.Allows(model))

	bank := steady(1.02)
	for i := range bank.Seen {
		bank.Seen[i].SRI = 55
	}
	forecast, _ := model.Predict(bank, 12*time.Hour)
	fmt.Printf("P %.2f, half of such breaches by %v; first of all for its %s\n",
		forecast.P, forecast.TimeToBreach.P50, forecast.Drivers[0].Name)
	// Output:
	// skill 0.36, at least 0.29: may trigger an injection: true
	// P 0.46, half of such breaches by 5h0m0s; first of all for its distance
}
