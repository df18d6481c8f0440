package liquidity_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

func TestConfigRefusesWhatIsMalformed(t *testing.T) {
	minus := dec("-0.01")
	for want, change := range map[string]func(*liquidity.Config){
		"Pool \"\"":                    func(c *liquidity.Config) { c.Pool = "" },
		"Kind \"\"":                    func(c *liquidity.Config) { c.Kind = "" },
		"Currency \"\"":                func(c *liquidity.Config) { c.Currency = "" },
		"Places -1":                    func(c *liquidity.Config) { c.Places = -1 },
		"Places 19":                    func(c *liquidity.Config) { c.Places = 19 },
		"Mode \"auto\"":                func(c *liquidity.Config) { c.Mode = "auto" },
		"Fairness \"first\"":           func(c *liquidity.Config) { c.Fairness = "first" },
		"Floor 0":                      func(c *liquidity.Config) { c.Floor, c.HardFloor = dec("0"), dec("0") },
		"HardFloor 1.01":               func(c *liquidity.Config) { c.HardFloor = dec("1.01") },
		"HardFloor -0.01":              func(c *liquidity.Config) { c.HardFloor = minus },
		"Target 0.99":                  func(c *liquidity.Config) { c.Target = dec("0.99") },
		"UpperTarget 1.09":             func(c *liquidity.Config) { c.UpperTarget = dec("1.09") },
		"Ceiling 1.19":                 func(c *liquidity.Config) { c.Ceiling = dec("1.19") },
		"Ceiling 1.3: must be 0":       func(c *liquidity.Config) { c.UpperTarget = dec("0") },
		"MinAction -0.01":              func(c *liquidity.Config) { c.MinAction = minus },
		"MaxAction -0.01":              func(c *liquidity.Config) { c.MaxAction = minus },
		"MaxAction 4":                  func(c *liquidity.Config) { c.MaxAction = dec("4") },
		"Budget -0.01":                 func(c *liquidity.Config) { c.Budget = minus },
		"BankBudget -0.01":             func(c *liquidity.Config) { c.BankBudget = minus },
		"PredictiveBudget -0.01":       func(c *liquidity.Config) { c.PredictiveBudget = minus },
		"PoolFloor (out of range)":     func(c *liquidity.Config) { c.PoolFloor = dec("1e18") },
		"ApproveFrom -0.01":            func(c *liquidity.Config) { c.ApproveFrom = minus },
		"Cooldown -1ns":                func(c *liquidity.Config) { c.Cooldown = -1 },
		"ReverseCooldown -1ns":         func(c *liquidity.Config) { c.ReverseCooldown = -1 },
		"MaxInFlight 0":                func(c *liquidity.Config) { c.MaxInFlight = 0 },
		"MaxInFlight 17":               func(c *liquidity.Config) { c.MaxInFlight = 17 },
		"MaxPerHour -1":                func(c *liquidity.Config) { c.MaxPerHour = -1 },
		"OffsetWait 24h0m0.000000001s": func(c *liquidity.Config) { c.OffsetWait = 24*time.Hour + 1 },
		"MaxAge 0s":                    func(c *liquidity.Config) { c.MaxAge = 0 },
		"MaxJump -0.01":                func(c *liquidity.Config) { c.MaxJump = minus },
		"SRITarget -0.01":              func(c *liquidity.Config) { c.SRITarget = minus },
		"SRICap 1.01":                  func(c *liquidity.Config) { c.SRICap = dec("1.01") },
		"FXCalm -0.01":                 func(c *liquidity.Config) { c.FXCalm = minus },
		"FXHalt -0.01":                 func(c *liquidity.Config) { c.FXHalt = minus },
		"FXHalt 5: must be 0 or more":  func(c *liquidity.Config) { c.FXCalm, c.FXHalt = dec("5"), dec("5") },
		"PAct 1.01":                    func(c *liquidity.Config) { c.PAct = dec("1.01") },
		"Dwell -1ns":                   func(c *liquidity.Config) { c.Dwell = -1 },
		"HaircutBps 10000":             func(c *liquidity.Config) { c.HaircutBps = dec("10000") },
		"RateBps 1000000.1":            func(c *liquidity.Config) { c.RateBps = dec("1000000.1") },
		"Term 59s":                     func(c *liquidity.Config) { c.Term = 59 * time.Second },
		"ApproveWithin 59s":            func(c *liquidity.Config) { c.ApproveWithin = 59 * time.Second },
		"Retry 0s":                     func(c *liquidity.Config) { c.Retry = 0 },
		"GiveUpAfter 9s":               func(c *liquidity.Config) { c.GiveUpAfter = 9 * time.Second },
		"UnknownAfter 9s":              func(c *liquidity.Config) { c.UnknownAfter = 9 * time.Second },
		"Finality -1ns":                func(c *liquidity.Config) { c.Finality = -1 },
		"MaxFailures 0":                func(c *liquidity.Config) { c.MaxFailures = 0 },
		"BreakerFailures 0":            func(c *liquidity.Config) { c.BreakerFailures = 0 },
		"BreakerWait 0s":               func(c *liquidity.Config) { c.BreakerWait = 0 },
	} {
		cfg := config()
		change(&cfg)
		_, err := liquidity.New(cfg)
		require.ErrorIs(t, err, liquidity.ErrInvalid, want)
		require.ErrorContains(t, err, "liquidity: invalid: "+want)
	}
}

func TestIdentityFollowsTheConfig(t *testing.T) {
	name, one := engine(t, nil).Identity()
	_, same := engine(t, nil).Identity()
	_, other := engine(t, func(c *liquidity.Config) { c.Target = dec("1.11") }).Identity()
	require.Equal(t, "liquidity@1", name)
	require.Equal(t, one, same)
	require.NotEqual(t, one, other)
	require.Equal(t, liquidity.Suggest, liquidity.Careful("glp", currency, dec("1000")).Mode, "a careful engine only suggests")
}

func TestObservationsRefuseWhatIsMalformed(t *testing.T) {
	minus := dec("-1")
	position := func(change func(*liquidity.Position)) func(*liquidity.Observation) {
		return func(o *liquidity.Observation) { change(&o.Banks[1]) }
	}
	for want, change := range map[string]func(*liquidity.Observation){
		"At 2026-03-01 11":                  func(o *liquidity.Observation) { o.At = start.Add(-time.Second) },
		"At 2201":                           func(o *liquidity.Observation) { o.At = start.AddDate(175, 0, 0) },
		"Banks 100001":                      func(o *liquidity.Observation) { o.Banks = make([]liquidity.Position, 100_001) },
		"Providers 101":                     func(o *liquidity.Observation) { o.Providers = make([]liquidity.Provider, 101) },
		"Queue 10001":                       func(o *liquidity.Observation) { o.Queue = make([]liquidity.Payment, 10_001) },
		"Commands 65":                       func(o *liquidity.Observation) { o.Commands = make([]liquidity.Command, 65) },
		"Command.Seq 0":                     func(o *liquidity.Observation) { o.Commands = make([]liquidity.Command, 1) },
		"Payment.ID":                        func(o *liquidity.Observation) { o.Queue = make([]liquidity.Payment, 1) },
		"Provider.ID":                       func(o *liquidity.Observation) { o.Providers[1].ID = "glp" },
		"Provider.Contributed -1":           func(o *liquidity.Observation) { o.Providers[1].Contributed = minus },
		"Provider.Redeemed -1":              func(o *liquidity.Observation) { o.Providers[1].Redeemed = minus },
		"Provider.Min -1":                   func(o *liquidity.Observation) { o.Providers[1].Min = minus },
		"Provider.Max 1":                    func(o *liquidity.Observation) { o.Providers[1].Min, o.Providers[1].Max = dec("2"), dec("1") },
		"Receipt.Status \"done\"":           func(o *liquidity.Observation) { o.Receipts = receiptOfAll(o, "done") },
		"Position.Bank \"a\"":               position(func(p *liquidity.Position) { p.Bank = "a" }),
		"Position.Bank \"\"":                position(func(p *liquidity.Position) { p.Bank = "" }),
		"Position.Kind \"lcr\"":             position(func(p *liquidity.Position) { p.Kind = liquidity.KindLCR }),
		"Position.Currency \"USD\"":         position(func(p *liquidity.Position) { p.Currency = "USD" }),
		"Position.Source":                   position(func(p *liquidity.Position) { p.Source = string(make([]byte, 257)) }),
		"Position.At":                       position(func(p *liquidity.Position) { p.At = time.Time{} }),
		"Position.Liquid -1":                position(func(p *liquidity.Position) { p.Liquid = minus }),
		"Position.Obligations -1":           position(func(p *liquidity.Position) { p.Obligations = minus }),
		"Position.SRI 100.1":                position(func(p *liquidity.Position) { p.SRI = dec("100.1") }),
		"Position.FXVolatility -1":          position(func(p *liquidity.Position) { p.FXVolatility = minus }),
		"Position.CBDCRoom -1":              position(func(p *liquidity.Position) { p.CBDCRoom = decimal.NewNullDecimal(minus) }),
		"Position.Congestion -1":            position(func(p *liquidity.Position) { p.Congestion = minus }),
		"Position.Collateral (out of range": position(func(p *liquidity.Position) { p.Collateral = dec("1e9999") }),
		"Position.PBreach 1.1":              position(func(p *liquidity.Position) { p.PBreach = dec("1.1") }),
	} {
		l := &life{t: t, e: engine(t, nil), names: map[string]string{}}
		l.tick(tick{at: "0s", pool: "glp 5000", banks: "a 950/1000"})
		seen := liquidity.Observation{
			At:        start,
			Banks:     []liquidity.Position{l.position(start, []string{"a", "950/1000"}), l.position(start, []string{"b", "950/1000"})},
			Providers: []liquidity.Provider{{ID: "glp", Contributed: dec("5000")}, {ID: "two"}},
		}
		ids := l.names
		for id := range ids {
			seen.Receipts = map[string]liquidity.Receipt{id + "/0": {Status: liquidity.StatusPending}}
		}
		change(&seen)
		before := l.state
		after, _, err := l.e.Step(l.state, seen)
		require.ErrorIs(t, err, liquidity.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.Equal(t, before, after)
	}
}

func receiptOfAll(o *liquidity.Observation, status liquidity.Status) map[string]liquidity.Receipt {
	all := map[string]liquidity.Receipt{}
	for id := range o.Receipts {
		all[id] = liquidity.Receipt{Status: status}
	}
	return all
}

// The seed's three lines: if (ratio < threshold) inject(required - current).
func TestSeedRuleIsTheSeeds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		threshold := decimal.New(rapid.Int64Range(1, 30).Draw(rt, "threshold"), -1)
		liquid, obligations := decimal.New(rapid.Int64Range(0, 500).Draw(rt, "liquid"), -2), decimal.New(rapid.Int64Range(1, 300).Draw(rt, "obligations"), -2)
		e, err := liquidity.New(liquidity.SeedRule(threshold, 4))
		require.NoError(rt, err)
		_, d, err := e.Step(liquidity.State{}, liquidity.Observation{
			At:        start,
			Banks:     []liquidity.Position{{Bank: "b", Kind: liquidity.SXLR, Currency: "XXX", At: start, Liquid: liquid, Obligations: obligations}},
			Providers: []liquidity.Provider{{ID: "glp", Contributed: dec("1000000")}},
		})
		require.NoError(rt, err)
		required := threshold.Mul(obligations)
		if liquid.LessThan(required) {
			require.Equal(rt, liquidity.Inject, d.Banks[0].Action)
			require.Equal(rt, required.Sub(liquid).String(), d.Banks[0].Amount.String())
			return
		}
		require.Equal(rt, liquidity.None, d.Banks[0].Action)
	})
}
