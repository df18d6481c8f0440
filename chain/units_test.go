package chain_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/chain"
)

func TestUnitsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var units uint256.Int
		units.SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t, "units"))
		decimals := rapid.Int32Range(0, 36).Draw(t, "decimals")
		back, err := chain.ToUnits(chain.FromUnits(units, decimals), decimals)
		require.NoError(t, err)
		require.Equal(t, units.Dec(), back.Dec())
	})
}

func TestWhatIsNoNumberOfUnitsIsRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		x        string
		decimals int32
		want     string // "" is refused
	}{
		"the smallest unit":          {"0.000001", 6, "1"},
		"half of it":                 {"0.0000005", 6, ""},
		"nothing":                    {"0", 6, "0"},
		"less than nothing":          {"-0.000001", 6, ""},
		"a sliver less than nothing": {"-0.0000001", 6, ""},
		"the largest":                {"115792089237316195423570985008687907853269984665640564039457584007913129639935", 0, "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
		"one more":                   {"115792089237316195423570985008687907853269984665640564039457584007913129639936", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chain.ToUnits(decimal.RequireFromString(row.x), row.decimals)
			if row.want == "" {
				require.ErrorIs(t, err, chain.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, got.Dec())
		})
	}
}

func TestAGasPriceIsRoundedUpAndNeverZero(t *testing.T) {
	t.Parallel()
	for gwei, want := range map[string]string{
		"50": "50000000000", "0": "1", "-1": "1", "0.0000000001": "1", "1.0000000001": "1000000001", "1e80": "1",
	} {
		got := chain.GasPrice(decimal.RequireFromString(gwei))
		require.Equal(t, want, got.Dec(), gwei)
	}
}
