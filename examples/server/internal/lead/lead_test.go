package lead_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/lead"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func Example() {
	const patience = 3 * time.Minute
	var w lead.Watch
	fmt.Println("at first:", w.Leads())
	w.Follow(start) // the store refused our record
	fmt.Println("another one writes:", w.Hear(7, start.Add(time.Minute), patience))
	fmt.Println("it is silent for a while:", w.Hear(7, start.Add(3*time.Minute), patience))
	fmt.Println("for too long:", w.Hear(7, start.Add(4*time.Minute), patience))
	// Output:
	// at first: true
	// another one writes: false
	// it is silent for a while: false
	// for too long: true
}

func TestWhoStandsBy(t *testing.T) {
	const patience = time.Minute
	type heard struct {
		after time.Duration
		seq   uint64
		leads bool
	}
	for _, row := range []struct {
		name  string
		heard []heard
	}{
		{"waits while there is something new", []heard{{50 * time.Second, 1, false}, {100 * time.Second, 2, false}, {150 * time.Second, 3, false}}},
		{"takes the lead when nothing was new for its patience, and keeps it", []heard{{0, 4, false}, {time.Minute, 4, true}, {time.Hour, 9, true}}},
		{"does not count the time before it first saw the newest record", []heard{{time.Hour, 5, false}, {time.Hour + 59*time.Second, 5, false}, {time.Hour + time.Minute, 5, true}}},
		{"takes an empty journal over too", []heard{{59 * time.Second, 0, false}, {time.Minute, 0, true}}},
		{"is not hurried by a clock that was set back", []heard{{time.Minute, 1, false}, {-time.Hour, 1, false}, {2 * time.Minute, 1, true}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var w lead.Watch
			require.True(t, w.Hear(1, start, patience), "nobody else was seen yet")
			w.Follow(start)
			for _, h := range row.heard {
				require.Equal(t, h.leads, w.Hear(h.seq, start.Add(h.after), patience), h)
				require.Equal(t, h.leads, w.Leads())
			}
		})
	}
}
