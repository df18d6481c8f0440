package weekend_test

import (
	"context"
	"fmt"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

func ExampleRun() {
	prices, err := tape.Weekend()
	if err != nil {
		fmt.Println(err)
		return
	}
	calm := prices.Slice(3, 4) // an hour before anybody was afraid
	result, err := weekend.Run(context.Background(), calm, weekend.Defaults(), func(string, int, int) {})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("peg lost:", result.Verdict.PegLost)
	fmt.Println("decisions:", result.Journals[0].Records, "decided again the same:", result.Journals[0].Same)
	// Output:
	// peg lost: false
	// decisions: 1800 decided again the same: 1800
}
