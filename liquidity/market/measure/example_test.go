package measure_test

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// USDC against USDT by the minute, in the days after a bank failed that held some
// of its reserve: a million of buying moves the price twenty times as far on the
// first day as it does when calm is back.
func Example() {
	rows, err := read(usdcMinutes)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, day := range []string{"2023-03-12", "2023-03-13", "2023-03-18"} {
		s, err := measure.Observe(bars(rows, day))
		if err != nil {
			fmt.Println(err)
			return
		}
		impact, spread := s.Kyle(), s.Roll()
		fmt.Printf("%s  impact %.2f ± %.2f bps per million", day, impact.Value, impact.StdErr)
		if spread.OK() {
			fmt.Printf("  spread %.2f ± %.2f bps\n", spread.Value, spread.StdErr)
		} else {
			fmt.Printf("  spread unknown: %s\n", spread.Reason)
		}
	}
	// Output:
	// 2023-03-12  impact 4.13 ± 0.60 bps per million  spread unknown: wrong_sign
	// 2023-03-13  impact 1.22 ± 0.19 bps per million  spread 1.46 ± 0.32 bps
	// 2023-03-18  impact 0.20 ± 0.04 bps per million  spread 0.94 ± 0.03 bps
}

func ExampleRank() {
	spreadsBps := []float64{3, 5, 5, 8, 40}
	s, err := measure.Rank(5, spreadsBps)
	fmt.Println(s.Percentile, s.N, s.Ties, err)
	// Output: 40 5 2 <nil>
}
