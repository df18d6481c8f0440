package reserve_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
)

// stress is the plan's peak of 10,000 a minute, five times over, in 2 s blocks.
func stress(available string, change func(*reserve.Stress)) reserve.Stress {
	s := reserve.Stress{
		Available: dec(available), FlowPerMinute: dec("10000"), Multiple: dec("5"),
		Window: 5 * time.Minute, Block: 2 * time.Second,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestStressGate(t *testing.T) {
	type end struct{ Lowest, FailedAt string }
	for name, r := range map[string]struct {
		stress       reserve.Stress
		window, hour end
	}{
		"three times P × T fails five times the peak": {
			stress("150000", nil),
			end{"-100000", "3m2s"},
			end{"-2850000", "3m2s"}, // 1,666.67 a block: 90 blocks are paid
		},
		"five times P × T meets it for the window to the last unit": {
			stress("250000", nil),
			end{"0", "0s"},
			end{"-2750000", "5m2s"},
		},
		"whatever the block time": {
			stress("250000", func(s *reserve.Stress) { s.Block = 7 * time.Second }),
			end{"0", "0s"},
			end{"-2750000", "5m1s"},
		},
		"the plan's projected flow lasts thirty-six minutes of an hour": {
			stress("150000", func(s *reserve.Stress) { s.FlowPerMinute = dec("833") }),
			end{"129175", "0s"},
			end{"-99900", "36m2s"},
		},
		"refills in time carry the hour": {
			stress("150000", func(s *reserve.Stress) {
				s.FlowPerMinute = dec("833")
				s.Refills = []reserve.Arrival{{After: 36 * time.Minute, Amount: dec("99900")}, {After: 2 * time.Hour, Amount: dec("1")}}
			}),
			end{"129175", "0s"},
			end{"0", "0s"},
		},
		"a refill is there with the block at its time": {
			stress("150000", func(s *reserve.Stress) {
				s.FlowPerMinute = dec("833")
				s.Refills = []reserve.Arrival{{After: 36*time.Minute + 2*time.Second, Amount: dec("99900")}}
			}),
			end{"129175", "0s"},
			end{"0", "0s"},
		},
		"a refill counts from its block, not before": {
			stress("150000", func(s *reserve.Stress) {
				s.FlowPerMinute = dec("833")
				s.Refills = []reserve.Arrival{{After: 36*time.Minute + 3*time.Second, Amount: dec("99900")}}
			}),
			end{"129175", "0s"},
			end{"-78.833333333333333334", "36m2s"},
		},
		"a window longer than an hour has its own run": {
			stress("250000", func(s *reserve.Stress) {
				s.FlowPerMinute, s.Multiple, s.Window = dec("1000"), dec("2"), 2*time.Hour
			}),
			end{"10000", "0s"},
			end{"130000", "0s"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reserve.StressGate(r.stress)
			require.NoError(t, err)
			want := []end{r.window, r.hour}
			if diff := cmp.Diff(want, []end{
				{got.Window.Lowest.String(), got.Window.FailedAt.String()},
				{got.Hour.Lowest.String(), got.Hour.FailedAt.String()},
			}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			require.Equal(t, r.window.FailedAt == "0s", got.Window.Survived)
			require.Equal(t, r.hour.FailedAt == "0s", got.Hour.Survived)
			require.Equal(t, got.Window.Survived && got.Hour.Survived, got.Passed())
			require.Equal(t, r.stress.Window, got.Window.Horizon)
			require.Equal(t, time.Hour, got.Hour.Horizon)
		})
	}
}

func TestStressGateRejects(t *testing.T) {
	for name, change := range map[string]func(*reserve.Stress){
		"less than nothing":         func(s *reserve.Stress) { s.Available = dec("-1") },
		"no flow":                   func(s *reserve.Stress) { s.FlowPerMinute = dec("0") },
		"a multiple below one":      func(s *reserve.Stress) { s.Multiple = dec("0.9") },
		"no multiple":               func(s *reserve.Stress) { s.Multiple = dec("0") },
		"no window":                 func(s *reserve.Stress) { s.Window = 0 },
		"no block time":             func(s *reserve.Stress) { s.Block = 0 },
		"too many blocks":           func(s *reserve.Stress) { s.Block = time.Millisecond },
		"a refill before the start": func(s *reserve.Stress) { s.Refills = []reserve.Arrival{{After: -1, Amount: dec("1")}} },
		"a refill of nothing":       func(s *reserve.Stress) { s.Refills = []reserve.Arrival{{}} },
	} {
		_, err := reserve.StressGate(stress("1", change))
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}

// Required with a factor of five is what the gate asks of the window, for any
// peak, window and block time: one unit less fails.
func TestRequiredPassesTheGateItWasMadeFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		peak := dec([]string{"1", "7", "833.333333", "10000"}[rapid.IntRange(0, 3).Draw(t, "peak")])
		window := time.Duration(rapid.IntRange(1, 20).Draw(t, "window")) * 30 * time.Second
		block := time.Duration(rapid.IntRange(1, 30).Draw(t, "block")) * time.Second
		required, err := reserve.Required(dec("5"), peak, window)
		require.NoError(t, err)
		run := func(available string) bool {
			s := reserve.Stress{Available: dec(available), FlowPerMinute: peak, Multiple: dec("5"), Window: window, Block: block}
			result, err := reserve.StressGate(s)
			require.NoError(t, err)
			return result.Window.Survived
		}
		require.True(t, run(required.String()))
		require.False(t, run(required.Sub(dec("0.000000000000000001")).String()))
	})
}
