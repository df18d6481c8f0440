package monitor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

// ask is one observation, at a minute since the start, and what is asked of the
// vault on it, for B and for D.
type ask struct {
	at                       int
	available, bridge, vault string
	outcome                  string // such as "1 settled"
	b, d                     string // "amount reason", with "!" if it needs approval
	alerts                   string
}

// A B below 312,500 is refilled to 375,000, a D below 20,000 to 30,000.
func TestEngineRefills(t *testing.T) {
	for name, asks := range map[string][]ask{
		"enough is not refilled": {
			{at: 1, available: "312500", bridge: "20000", vault: "900000", b: "0 covered", d: "0 covered"},
		},
		"less is refilled to the target": {
			{at: 1, available: "312499", bridge: "19999", vault: "900000", b: "62501 requested", d: "10001 requested"},
			{at: 2, available: "312499", bridge: "19999", vault: "900000", b: "0 outstanding", d: "0 outstanding"},
		},
		"a large refill needs two people": {
			{at: 1, available: "275000", bridge: "20000", vault: "900000", b: "100000 requested", d: "0 covered"},
			{at: 2, available: "375000", bridge: "20000", vault: "900000", outcome: "1 settled", b: "0 covered", d: "0 covered"},
			{at: 1500, available: "274999", bridge: "20000", vault: "900000", b: "100001! requested", d: "0 covered"},
		},
		"the daily cap clips, B before D": {
			{at: 1, available: "100000", bridge: "0", vault: "900000", b: "200000! requested", d: "0 cap_used", alerts: "refill_short refill_short"},
			{at: 2, available: "300000", bridge: "0", vault: "900000", outcome: "1 settled", b: "0 cap_used", d: "0 cap_used"},
			{at: 24*60 + 1, available: "300000", bridge: "0", vault: "900000", b: "0 cap_used", d: "0 cap_used"},
			{at: 24*60 + 2, available: "300000", bridge: "0", vault: "900000", b: "75000 requested", d: "30000 requested"},
		},
		"the vault clips as well, and what is outstanding is spoken for": {
			{at: 1, available: "300000", bridge: "0", vault: "80000", b: "75000 requested", d: "5000 requested", alerts: "refill_short"},
			{at: 2, available: "300000", bridge: "0", vault: "80000", outcome: "2 settled", b: "0 outstanding", d: "5000 requested"},
			{at: 3, available: "375000", bridge: "10000", vault: "500", outcome: "1 settled", b: "0 covered", d: "0 outstanding"},
			{at: 4, available: "375000", bridge: "15000", vault: "500", outcome: "3 settled", b: "0 covered", d: "0 vault_short"},
			{at: 5, available: "375000", bridge: "30000", vault: "500", b: "0 covered", d: "0 covered"},
			{at: 6, available: "375000", bridge: "10000", vault: "500", b: "0 covered", d: "0 vault_short", alerts: "refill_short"},
		},
		"a rejected refill is not repeated for a while, and frees the cap": {
			{at: 1, available: "300000", bridge: "20000", vault: "900000", b: "75000 requested", d: "0 covered"},
			{at: 2, available: "300000", bridge: "20000", vault: "900000", outcome: "1 rejected", b: "0 refused", d: "0 covered"},
			{at: 11, available: "300000", bridge: "20000", vault: "900000", b: "0 refused", d: "0 covered"},
			{at: 12, available: "100000", bridge: "20000", vault: "900000", b: "200000! requested", d: "0 covered", alerts: "refill_short"},
		},
		"a refill that takes long is reported once": {
			{at: 1, available: "300000", bridge: "20000", vault: "900000", b: "75000 requested", d: "0 covered"},
			{at: 11, available: "300000", bridge: "20000", vault: "900000", b: "0 outstanding", d: "0 covered"},
			{at: 12, available: "300000", bridge: "20000", vault: "900000", b: "0 outstanding", d: "0 covered", alerts: "refill_late"},
			{at: 13, available: "300000", bridge: "20000", vault: "900000", b: "0 outstanding", d: "0 covered"},
		},
		"outcomes that are unknown or repeated mean nothing": {
			{at: 1, available: "300000", bridge: "20000", vault: "900000", outcome: "7 settled", b: "75000 requested", d: "0 covered"},
			{at: 2, available: "300000", bridge: "20000", vault: "900000", outcome: "0 settled", b: "0 outstanding", d: "0 covered"},
			{at: 3, available: "375000", bridge: "20000", vault: "900000", outcome: "1 settled", b: "0 covered", d: "0 covered"},
			{at: 4, available: "250000", bridge: "20000", vault: "900000", outcome: "1 settled", b: "125000! requested", d: "0 covered"},
			{at: 5, available: "375000", bridge: "20000", vault: "900000", outcome: "2 settled", b: "0 covered", d: "0 covered"},
			{at: 6, available: "375000", bridge: "20000", vault: "900000", outcome: "0 settled", b: "0 covered", d: "0 covered"},
			{at: 7, available: "250000", bridge: "20000", vault: "900000", b: "0 cap_used", d: "0 covered", alerts: "refill_short"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, func(c *monitor.Config) { c.BridgeBuffer = dec("20000") })
			var state monitor.State
			var got []ask
			for _, a := range asks {
				seen := monitor.Observation{
					At: start.Add(time.Duration(a.at) * time.Minute), Available: dec(a.available), Bridge: dec(a.bridge), Vault: dec(a.vault),
				}
				if a.outcome != "" {
					var o monitor.Outcome
					_, err := fmt.Sscan(a.outcome, &o.ID, (*string)(&o.Result))
					require.NoError(t, err)
					seen.Outcomes = []monitor.Outcome{o}
				}
				var d monitor.Decision
				var err error
				state, d, err = e.Step(state, seen)
				require.NoError(t, err)
				require.Len(t, d.Refills, 2)
				require.Equal(t, reserve.Stabilization, d.Refills[0].To)
				require.Equal(t, reserve.Bridge, d.Refills[1].To)
				a.b, a.d, a.alerts = describe(d.Refills[0]), describe(d.Refills[1]), refillAlerts(d.Alerts)
				got = append(got, a)
			}
			for _, spending := range state.Spent {
				require.True(t, spending.Amount.IsPositive())
			}
			if diff := cmp.Diff(asks, got, cmp.AllowUnexported(ask{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func describe(r monitor.Refill) string {
	mark := ""
	if r.NeedsApproval {
		mark = "!"
	}
	return fmt.Sprintf("%s%s %s", r.Amount, mark, r.Reason)
}

func refillAlerts(alerts []monitor.Alert) (s string) {
	for _, a := range alerts {
		if a == monitor.RefillLate || a == monitor.RefillShort {
			if s != "" {
				s += " "
			}
			s += string(a)
		}
	}
	return s
}

// What is on its way to B counts as there when a refill is asked for, but not
// in its coverage.
func TestInFlightIsOwnedNotAvailable(t *testing.T) {
	_, d, err := engine(t, nil).Step(monitor.State{}, monitor.Observation{
		At: start, Available: dec("100000"), InFlight: dec("212500"), Vault: dec("900000"),
	})
	require.NoError(t, err)
	require.Equal(t, reserve.High, d.Level)
	require.Equal(t, "0.4", d.Coverage.String())
	require.Equal(t, monitor.Covered, d.Refills[0].Reason)
	require.Len(t, d.Refills, 1, "no bridge, no refill of D")
}

// A shortfall that is not worth a refill is no alarm.
func TestSmallShortfallIsLeft(t *testing.T) {
	e := engine(t, func(c *monitor.Config) { c.RefillTo = dec("1.25") })
	state, d, err := e.Step(monitor.State{}, monitor.Observation{At: start, Available: dec("311501"), Vault: dec("900000")})
	require.NoError(t, err)
	require.Equal(t, "0 below_minimum", describe(d.Refills[0]))
	require.Equal(t, "999", d.Refills[0].Wanted.String())
	require.Equal(t, []monitor.Alert{monitor.LevelWorse}, d.Alerts)
	_, d, err = e.Step(state, monitor.Observation{At: start.Add(time.Minute), Available: dec("311500"), Vault: dec("900000")})
	require.NoError(t, err)
	require.Equal(t, "1000 requested", describe(d.Refills[0]))
}

// In any life: within 24 hours no more is asked for than the cap, nothing that
// the vault does not have, nothing small, nothing large without approval, and
// never twice for one bucket at a time.
func TestRefillsKeepTheirLimits(t *testing.T) {
	cfg := config()
	cfg.BridgeBuffer = dec("20000")
	e, err := monitor.New(cfg)
	require.NoError(t, err)
	type request struct {
		monitor.Refill
		at   time.Time
		over bool // an outcome was reported
		gone bool // it was rejected
	}
	rapid.Check(t, func(t *rapid.T) {
		var state monitor.State
		var requests []*request
		at := start
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{1, 7, 60, 400, 1439}).Draw(t, "minutes")) * time.Minute)
			seen := monitor.Observation{
				At:        at,
				Available: decimal.NewFromInt(50_000 * rapid.Int64Range(0, 7).Draw(t, "available")),
				Bridge:    decimal.NewFromInt(7_000 * rapid.Int64Range(0, 3).Draw(t, "bridge")),
				Vault:     decimal.NewFromInt(45_000 * rapid.Int64Range(0, 6).Draw(t, "vault")),
			}
			open := decimal.Zero
			for _, r := range requests {
				if r.over {
					continue
				}
				switch rapid.IntRange(0, 3).Draw(t, "fate") {
				case 0:
					r.over = true
					seen.Outcomes = append(seen.Outcomes, monitor.Outcome{ID: r.ID, Result: monitor.Settled})
				case 1:
					r.over, r.gone = true, true
					seen.Outcomes = append(seen.Outcomes, monitor.Outcome{ID: r.ID, Result: monitor.Rejected})
				default:
					open = open.Add(r.Amount)
				}
			}
			var d monitor.Decision
			state, d, err = e.Step(state, seen)
			require.NoError(t, err)
			for _, refill := range d.Refills {
				require.NotEmpty(t, refill.Reason)
				require.Equal(t, refill.Reason == monitor.Requested, refill.ID != 0)
				require.False(t, refill.Amount.GreaterThan(refill.Wanted))
				if refill.ID == 0 {
					require.True(t, refill.Amount.IsZero())
					continue
				}
				for _, r := range requests {
					require.True(t, r.over || r.To != refill.To, "two requests for %s at a time", refill.To)
				}
				requests = append(requests, &request{Refill: refill, at: at})
				open = open.Add(refill.Amount)
				require.False(t, open.GreaterThan(seen.Vault), "more is asked for than the vault has")
				require.False(t, refill.Amount.LessThan(cfg.MinRefill))
				require.Equal(t, refill.Amount.GreaterThan(cfg.Vault.ApprovalAbove), refill.NeedsApproval)
			}
			spent := decimal.Zero
			for _, r := range requests {
				if !r.gone && at.Sub(r.at) < 24*time.Hour {
					spent = spent.Add(r.Amount)
				}
			}
			require.False(t, spent.GreaterThan(cfg.Vault.DailyCap), "%s asked for in a day", spent)
		}
	})
}

// What the monitor asks for, with the approvals that it says are needed, is what
// a ledger under the same limits books.
func TestLedgerAgreesWithMonitor(t *testing.T) {
	cfg := config()
	e, err := monitor.New(cfg)
	require.NoError(t, err)
	account := func(b reserve.Bucket) reserve.Account { return reserve.Account{Bucket: b, Asset: "cUSDC"} }
	rapid.Check(t, func(t *rapid.T) {
		book, err := reserve.NewLedger(reserve.Rules{Vault: map[string]reserve.Limit{"cUSDC": cfg.Vault}})
		require.NoError(t, err)
		commit := func(id string, kind reserve.Kind, at time.Time, from, to reserve.Bucket, amount decimal.Decimal, approvals ...string) {
			require.NoError(t, book.Commit(reserve.Transaction{
				ID: id, Kind: kind, At: at, Approvals: approvals, Postings: reserve.Pay(account(from), account(to), amount),
			}))
		}
		commit("B", reserve.Deposit, start, reserve.Outside, reserve.Stabilization, dec("400000"))
		commit("E", reserve.Deposit, start, reserve.Outside, reserve.Vault, dec("600000"))
		var state monitor.State
		var outcomes []monitor.Outcome
		for i := range 200 {
			at := start.Add(time.Duration(i+1) * 11 * time.Minute)
			flow := decimal.NewFromInt(rapid.Int64Range(1, 20_000).Draw(t, "flow"))
			flow = decimal.Min(flow, book.Covering("cUSDC"))
			if flow.IsPositive() {
				commit(fmt.Sprint("flow ", i), reserve.Stabilize, at, reserve.Stabilization, reserve.Outside, flow)
			}
			seen := monitor.Observation{
				At: at, Outflow: flow, Available: book.Covering("cUSDC"), Vault: book.Balance(account(reserve.Vault)).Available, Outcomes: outcomes,
			}
			outcomes = nil
			var d monitor.Decision
			state, d, err = e.Step(state, seen)
			require.NoError(t, err)
			if b := d.Refills[0]; b.Reason == monitor.Requested {
				var approvals []string
				if b.NeedsApproval {
					approvals = []string{"ann", "bob"}
				}
				commit(fmt.Sprint("refill ", b.ID), reserve.Refill, at, b.From, b.To, b.Amount, approvals...)
				outcomes = []monitor.Outcome{{ID: b.ID, Result: monitor.Settled}}
			}
		}
	})
}
