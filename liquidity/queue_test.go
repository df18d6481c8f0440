package liquidity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// payments reads "from to amount; ..." as payments p1, p2 ... a minute apart.
func payments(s string) []liquidity.Payment {
	var all []liquidity.Payment
	for i, f := range listed(s) {
		all = append(all, liquidity.Payment{ID: fmt.Sprint("p", i+1), From: f[0], To: f[1], Amount: dec(f[2]), At: start.Add(time.Duration(i) * time.Minute)})
	}
	return all
}

func holdings(s string) map[string]decimal.Decimal {
	all := map[string]decimal.Decimal{}
	for _, f := range listed(s) {
		all[f[0]] = dec(f[1])
	}
	return all
}

func TestOffsetting(t *testing.T) {
	for name, c := range map[string]struct{ queue, liquid, want, net string }{
		"nothing waits": {"", "", "", ""},
		"two payments settle against each other without money": {"a b 100; b a 100", "", "p1 p2", "a 0 b 0"},
		"a ring of three does":                                 {"a b 5; b c 5; c a 5", "", "p1 p2 p3", "a 0 b 0 c 0"},
		"the difference must be there":                         {"a b 100; b a 90", "a 9.99", "", ""},
		"and is enough":                                        {"a b 100; b a 90", "a 10", "p1 p2", "a -10 b 10"},
		"the last payment of who cannot pay is taken back":     {"a b 100; a c 1; b a 100", "", "p1 p3", "a 0 b 0"},
		"which may leave another short":                        {"a b 100; b c 100; c a 90; c d 1", "a 9", "", ""},
		"no payment overtakes an earlier one":                  {"a b 100; a c 1; c a 1", "c 1", "p3", "c -1 a 1"},
		"what is left aside does not count as money":           {"a b 10; b c 10", "", "", ""},
		"a bank that only receives needs none":                 {"a b 10", "a 10", "p1", "a -10 b 10"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := liquidity.Offsetting(payments(c.queue), holdings(c.liquid))
			require.NoError(t, err)
			require.Equal(t, c.want, strings.Join(set.Payments, " "))
			var net []string
			for _, n := range set.Net {
				net = append(net, n.Bank, n.Amount.String())
			}
			require.Equal(t, c.net, strings.Join(net, " "))
		})
	}
}

// Of all sets in which no payment overtakes another, the one found holds every
// other that is affordable: all prefixes of all lines are tried.
func TestOffsettingIsTheLargest(t *testing.T) {
	banks := []string{"a", "b", "c"}
	rapid.Check(t, func(rt *rapid.T) {
		var queue []liquidity.Payment
		for i := range rapid.IntRange(0, 7).Draw(rt, "payments") {
			from := rapid.IntRange(0, 2).Draw(rt, "from")
			to := (from + rapid.IntRange(1, 2).Draw(rt, "step")) % 3
			queue = append(queue, liquidity.Payment{ID: fmt.Sprint(i), From: banks[from], To: banks[to], Amount: decimal.New(rapid.Int64Range(1, 4).Draw(rt, "amount"), 0)})
		}
		liquid := map[string]decimal.Decimal{"a": decimal.New(rapid.Int64Range(0, 2).Draw(rt, "a"), 0)}
		set, err := liquidity.Offsetting(queue, liquid)
		require.NoError(rt, err)
		best := map[string]bool{}
		for _, id := range set.Payments {
			best[id] = true
		}
		lines := map[string][]liquidity.Payment{}
		for _, p := range queue {
			lines[p.From] = append(lines[p.From], p)
		}
		for a := range len(lines["a"]) + 1 {
			for b := range len(lines["b"]) + 1 {
				for c := range len(lines["c"]) + 1 {
					some := append(append(append([]liquidity.Payment(nil), lines["a"][:a]...), lines["b"][:b]...), lines["c"][:c]...)
					if !affordable(some, liquid) {
						continue
					}
					for _, p := range some {
						require.True(rt, best[p.ID], "%v could settle, found %v", some, set.Payments)
					}
				}
			}
		}
	})
}

func affordable(set []liquidity.Payment, liquid map[string]decimal.Decimal) bool {
	after := map[string]decimal.Decimal{}
	for _, p := range set {
		after[p.From], after[p.To] = after[p.From].Sub(p.Amount), after[p.To].Add(p.Amount)
	}
	for bank, net := range after {
		if liquid[bank].Add(net).IsNegative() {
			return false
		}
	}
	return true
}

func TestCongestion(t *testing.T) {
	for name, c := range map[string]struct {
		queue, liquid, settled string
		congestion             string
		oldest                 time.Duration
		gridlock               bool
	}{
		"nothing waits":                              {"", "", "100", "0", 0, false},
		"half as much waits as has settled":          {"a b 30; b c 20", "a 100", "100", "0.5", time.Hour, false},
		"nothing has settled":                        {"a b 30", "a 100", "0", "30", time.Hour, false},
		"nobody can begin, and together they could":  {"a b 30; b a 30", "a 29", "100", "0.6", time.Hour, true},
		"nobody can begin, nor could they together":  {"a b 30; b a 10", "a 19", "100", "0.4", time.Hour, false},
		"who could pay a later payment is stuck too": {"a b 30; a c 1; b a 30; c a 1", "a 1", "100", "0.62", time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := liquidity.Congested(payments(c.queue), holdings(c.liquid), dec(c.settled), start.Add(time.Hour))
			require.NoError(t, err)
			require.Equal(t, c.congestion, s.Congestion.String())
			require.Equal(t, c.oldest, s.Oldest)
			require.Equal(t, c.gridlock, s.Gridlock)
		})
	}
}

func TestQueuesRefuseWhatIsMalformed(t *testing.T) {
	good := liquidity.Payment{ID: "p", From: "a", To: "b", Amount: dec("1")}
	for field, change := range map[string]func(*liquidity.Payment){
		"Payment.ID":     func(p *liquidity.Payment) { p.ID = "" },
		"Payment.From":   func(p *liquidity.Payment) { p.From = "" },
		"Payment.To":     func(p *liquidity.Payment) { p.To = "a" },
		"Payment.Amount": func(p *liquidity.Payment) { p.Amount = dec("0") },
	} {
		p := good
		change(&p)
		_, err := liquidity.Offsetting([]liquidity.Payment{good, p}, nil)
		require.ErrorIs(t, err, liquidity.ErrInvalid)
		require.ErrorContains(t, err, field)
		_, err = liquidity.Congested([]liquidity.Payment{p}, nil, dec("0"), start)
		require.ErrorContains(t, err, field)
	}
	_, err := liquidity.Congested(nil, nil, dec("-1"), start)
	require.ErrorContains(t, err, "settled")
}
