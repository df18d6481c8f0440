package score_test

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/risk/score"
)

// An issuer of BBB that owes a lot, of whose economy nothing is known.
func Example() {
	s, err := score.Credit{Rating: "BBB", Outlook: score.Stable, DebtToEBITDA: known("4.5"), InterestCoverage: known("2")}.Score()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, %s\n", s.Value.StringFixed(1), s.Level)
	for _, p := range s.Parts {
		fmt.Printf("  %s %s\n", p.Name, p.Points.StringFixed(1))
	}
	fmt.Println("not known:", s.Neutral)
	// Output:
	// 60.1, high
	//   rating 47.1
	//   outlook 0.0
	//   debt_to_ebitda 5.0
	//   interest_coverage 8.0
	// not known: [current_ratio gdp_growth_pct inflation_pct policy_rate_pct]
}
