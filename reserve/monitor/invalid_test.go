package monitor_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

func TestNewRejects(t *testing.T) {
	for name, r := range map[string]struct {
		change func(*monitor.Config)
		field  string
	}{
		"no factor":                          {func(c *monitor.Config) { c.Factor = dec("0") }, "Factor 0"},
		"a factor below three":               {func(c *monitor.Config) { c.Factor = dec("2.99") }, "Factor 2.99"},
		"a factor above five":                {func(c *monitor.Config) { c.Factor = dec("35") }, "Factor 35"},
		"an enormous factor":                 {func(c *monitor.Config) { c.Factor = dec("1e9999") }, "Factor of 1 digits with exponent 9999"},
		"no peak":                            {func(c *monitor.Config) { c.PeakPerMinute = dec("0") }, "PeakPerMinute 0"},
		"a peak out of range":                {func(c *monitor.Config) { c.PeakPerMinute = dec("1e19") }, "PeakPerMinute 1"},
		"no window":                          {func(c *monitor.Config) { c.Window = 0 }, "Window 0s"},
		"a window of half minutes":           {func(c *monitor.Config) { c.Window = 90 * time.Second }, "Window 1m30s"},
		"a window beyond an hour":            {func(c *monitor.Config) { c.Window = 61 * time.Minute }, "Window 1h1m0s"},
		"no quantile":                        {func(c *monitor.Config) { c.Quantile = 0 }, "Quantile 0"},
		"a quantile of one":                  {func(c *monitor.Config) { c.Quantile = 1 }, "Quantile 1"},
		"no tail":                            {func(c *monitor.Config) { c.Tail = 0 }, "Tail 0"},
		"a tail that is no number":           {func(c *monitor.Config) { c.Tail = math.NaN() }, "Tail NaN"},
		"a tail of one":                      {func(c *monitor.Config) { c.Tail = 1 }, "Tail 1"},
		"refills that stop below OK":         {func(c *monitor.Config) { c.RefillTo = dec("1.24") }, "RefillTo 1.24"},
		"refills of any size":                {func(c *monitor.Config) { c.MinRefill = dec("0") }, "MinRefill 0"},
		"more refills a day than remembered": {func(c *monitor.Config) { c.MinRefill = dec("199.99") }, "MinRefill 199.99"},
		"no patience":                        {func(c *monitor.Config) { c.RefillPatience = 0 }, "RefillPatience 0s"},
		"a negative cap":                     {func(c *monitor.Config) { c.Vault.DailyCap = dec("-1") }, "Vault.DailyCap -1"},
		"a negative threshold":               {func(c *monitor.Config) { c.Vault.ApprovalAbove = dec("-1") }, "Vault.ApprovalAbove -1"},
		"a negative buffer":                  {func(c *monitor.Config) { c.BridgeBuffer = dec("-1") }, "BridgeBuffer -1"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			r.change(&cfg)
			_, err := monitor.New(cfg)
			require.ErrorIs(t, err, monitor.ErrInvalid)
			require.ErrorContains(t, err, "monitor: invalid: "+r.field)
		})
	}
}

func TestStepRejects(t *testing.T) {
	e := engine(t, nil)
	state, _, err := e.Step(monitor.State{}, monitor.Observation{At: start, Available: dec("10"), Outflow: dec("1e17")})
	require.NoError(t, err)
	for name, r := range map[string]struct {
		change func(*monitor.Observation)
		field  string
	}{
		"no time passed":                  {func(o *monitor.Observation) { o.At = start }, "At "},
		"time ran backwards":              {func(o *monitor.Observation) { o.At = start.Add(-time.Hour) }, "At "},
		"no time at all":                  {func(o *monitor.Observation) { o.At = time.Time{} }, "At "},
		"an enormous amount":              {func(o *monitor.Observation) { o.Available = dec("1e9999") }, "Available of 1 digits"},
		"an amount with many decimals":    {func(o *monitor.Observation) { o.Available = dec("1e-19") }, "Available of 1 digits"},
		"a flow that no minute can hold":  {func(o *monitor.Observation) { o.Outflow = dec("900000000000000001") }, "Outflow 900000000000000001"},
		"a negative amount in flight":     {func(o *monitor.Observation) { o.InFlight = dec("-1") }, "InFlight -1"},
		"a negative vault":                {func(o *monitor.Observation) { o.Vault = dec("-1") }, "Vault -1"},
		"a negative buffer":               {func(o *monitor.Observation) { o.Bridge = dec("-1") }, "Bridge -1"},
		"a negative buffer in flight":     {func(o *monitor.Observation) { o.BridgeInFlight = dec("-1") }, "BridgeInFlight -1"},
		"an outcome without a result":     {func(o *monitor.Observation) { o.Outcomes = []monitor.Outcome{{ID: 1}} }, "Outcomes[0].Result"},
		"more outcomes than are possible": {func(o *monitor.Observation) { o.Outcomes = make([]monitor.Outcome, 17) }, "17 Outcomes"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := monitor.Observation{At: start.Add(time.Minute), Available: dec("10")}
			r.change(&seen)
			got, _, err := e.Step(state, seen)
			require.ErrorIs(t, err, monitor.ErrInvalid)
			require.ErrorContains(t, err, "monitor: invalid: "+r.field)
			require.Empty(t, cmp.Diff(state, got))
		})
	}
}

// The largest flows that are accepted can be estimated from as well.
func TestLargestFlowsAreWithinRange(t *testing.T) {
	e := engine(t, func(c *monitor.Config) { c.Tail = 1 - 1e-9 })
	var state monitor.State
	for i := range 3 * 24 * 60 {
		seen := monitor.Observation{At: start.Add(time.Duration(i) * time.Minute), Available: dec("999999999999999999999999999999")}
		if i%20 == 0 {
			seen.Outflow = dec("1e18").Mul(dec([]string{"1", "0.5", "0.1", "0.01"}[i/20%4]))
		}
		next, _, err := e.Step(state, seen)
		require.NoError(t, err)
		state = next
	}
}
