package topic_test

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// A person follows an instrument's alerts. The second one that he is told of shows
// that he has missed nothing, though the information in between was not for him.
func Example() {
	wanted, _ := topic.Parse("lr.INE094A08176.alerts")
	stream, _ := topic.Follow(wanted, risk.Retail)

	decision := risk.Decision{Events: []risk.Event{alert(1, risk.Warning), alert(2, risk.Info), alert(3, risk.Critical)}}
	messages, _ := topic.Tell(wanted.ISIN, "lr/INE094A08176/1", noon, decision)

	reader := topic.From(0)
	for _, m := range messages {
		if m.Stream() == stream {
			fmt.Println(m.Seq, "after", m.Prev, reader.Read(m.Frame) == topic.Next)
		}
	}
	// Output:
	// 1 after 0 true
	// 3 after 1 true
}
