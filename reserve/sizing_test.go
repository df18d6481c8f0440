package reserve_test

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
)

var dec = decimal.RequireFromString

func TestRequired(t *testing.T) {
	for name, r := range map[string]struct {
		factor, peak string
		window       time.Duration
		want         string // "" is an error
	}{
		"the plan's example is three times fifty thousand":      {"3", "10000", 5 * time.Minute, "150000"},
		"a factor outside the recommended 3 to 5 is computed":   {"35", "10000", 5 * time.Minute, "1750000"},
		"a factor below one as well":                            {"0.5", "10000", 5 * time.Minute, "25000"},
		"a window need not be whole minutes":                    {"3", "10000", 90 * time.Second, "45000"},
		"a fraction is rounded up":                              {"1", "1", 20 * time.Second, "0.333333333333333334"},
		"no outflow needs no reserve":                           {"5", "0", time.Minute, "0"},
		"more decimals than an amount has are rounded up":       {"0.1", "0.000000000000000001", time.Minute, "0.000000000000000001"},
		"a factor of zero is malformed":                         {"0", "10000", time.Minute, ""},
		"a negative factor is malformed":                        {"-3", "10000", time.Minute, ""},
		"a negative peak is malformed":                          {"3", "-1", time.Minute, ""},
		"a window of zero is malformed":                         {"3", "1", 0, ""},
		"an enormous exponent is refused, not expanded":         {"3", "1e9999", time.Minute, ""},
		"a tiny exponent is refused, not expanded":              {"1e-9999", "1", time.Minute, ""},
		"a peak of 10^30 is out of range":                       {"3", "1e30", time.Minute, ""},
		"a peak just below 10^30 is in range":                   {"1", "999999999999999999999999999999", time.Minute, "999999999999999999999999999999"},
		"a peak with nineteen decimals is out of range as well": {"1", "0.0000000000000000001", time.Minute, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reserve.Required(dec(r.factor), dec(r.peak), r.window)
			if r.want == "" {
				require.ErrorIs(t, err, reserve.ErrInvalid)
				require.Less(t, len(err.Error()), 200)
				return
			}
			require.NoError(t, err)
			require.Equal(t, r.want, got.String())
		})
	}
}

func TestLevelOf(t *testing.T) {
	base, required := dec("50000"), dec("150000")
	for _, r := range []struct{ available, level string }{
		{"-1", "EMPTY"},
		{"0", "EMPTY"},
		{"0.000000000000000001", "CRITICAL"},
		{"49999.999999", "CRITICAL"},
		{"50000", "HIGH"},
		{"149999.999999", "HIGH"},
		{"150000", "WARN"},
		{"187499.999999", "WARN"},
		{"187500", "OK"},
	} {
		require.Equal(t, r.level, reserve.LevelOf(dec(r.available), base, required).String(), r.available)
	}
}

func TestLevelText(t *testing.T) {
	for level := reserve.Level(0); level <= reserve.OK; level++ {
		text, err := level.MarshalText()
		require.NoError(t, err)
		var back reserve.Level
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, level, back)
	}
	_, err := (reserve.OK + 1).MarshalText()
	require.ErrorIs(t, err, reserve.ErrInvalid)
	require.ErrorIs(t, new(reserve.Level).UnmarshalText([]byte("FINE")), reserve.ErrInvalid)
	require.Equal(t, "Level(0)", reserve.Level(0).String())
	require.Equal(t, "Level(9)", reserve.Level(9).String())
}

// More reserve never grades worse, and the grades partition the line.
func TestLevelIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Range(-5, 50)
		base := decimal.NewFromInt(rapid.Int64Range(1, 5).Draw(t, "base"))
		required := base.Mul(decimal.NewFromInt(rapid.Int64Range(1, 5).Draw(t, "factor")))
		a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
		low, high := decimal.NewFromInt(min(a, b)), decimal.NewFromInt(max(a, b))
		if reserve.LevelOf(low, base, required) > reserve.LevelOf(high, base, required) {
			t.Fatalf("%s grades better than %s", low, high)
		}
	})
}

func TestCoverage(t *testing.T) {
	for _, r := range []struct{ available, required, want string }{
		{"150000", "150000", "1"},
		{"100000", "150000", "0.66666666"}, // never rounded up to safety
		{"-1", "3", "-0.33333334"},
		{"0", "3", "0"},
	} {
		got, err := reserve.Coverage(dec(r.available), dec(r.required))
		require.NoError(t, err)
		require.Equal(t, r.want, got.String())
	}
	for _, bad := range []struct{ available, required string }{{"1", "0"}, {"1", "-1"}, {"1e31", "1"}} {
		_, err := reserve.Coverage(dec(bad.available), dec(bad.required))
		require.ErrorIs(t, err, reserve.ErrInvalid)
	}
}

func TestRunway(t *testing.T) {
	for name, r := range map[string]struct {
		available, perMinute string
		want                 time.Duration
	}{
		"a reserve at the plan's peak":        {"150000", "10000", 15 * time.Minute},
		"at the plan's hourly flow":           {"150000", "833", 3*time.Hour + 4321728691*time.Nanosecond},
		"at five times that flow":             {"150000", "4165", 36*time.Minute + 864345738*time.Nanosecond},
		"nothing lasts no time":               {"0", "1", 0},
		"less than nothing lasts no time":     {"-5", "1", 0},
		"nothing lasts no time even at rest":  {"0", "0", 0},
		"without outflow it lasts":            {"1", "0", math.MaxInt64},
		"with inflow it lasts":                {"1", "-1", math.MaxInt64},
		"longer than a Duration is the limit": {"1e29", "0.001", math.MaxInt64},
		"less than a nanosecond is nothing":   {"1", "1e12", 0},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, r.want, reserve.Runway(dec(r.available), dec(r.perMinute)))
		})
	}
}

func TestBridge(t *testing.T) {
	floor, err := reserve.BridgeReserve(dec("4167"), time.Hour)
	require.NoError(t, err)
	require.Equal(t, "250020", floor.String())

	buffer, err := reserve.BridgeBuffer(dec("1000"), 15*time.Minute, 12*time.Second)
	require.NoError(t, err)
	require.Equal(t, "16720", buffer.String()) // 1.1 × 1,000 × 15.2

	buffer, err = reserve.BridgeBuffer(dec("0.000000000000000001"), time.Second, time.Second)
	require.NoError(t, err)
	require.Equal(t, "0.000000000000000001", buffer.String())

	for name, bad := range map[string]func() (decimal.Decimal, error){
		"outflow":    func() (decimal.Decimal, error) { return reserve.BridgeReserve(dec("-1"), time.Hour) },
		"latency":    func() (decimal.Decimal, error) { return reserve.BridgeReserve(dec("1"), 0) },
		"buffer":     func() (decimal.Decimal, error) { return reserve.BridgeBuffer(dec("-1"), time.Hour, time.Second) },
		"p99":        func() (decimal.Decimal, error) { return reserve.BridgeBuffer(dec("1"), 0, time.Second) },
		"block time": func() (decimal.Decimal, error) { return reserve.BridgeBuffer(dec("1"), time.Hour, -1) },
	} {
		_, err := bad()
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}
