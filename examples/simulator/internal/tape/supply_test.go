package tape_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

func TestTheSupplyOfEveryStablecoinHasNoGap(t *testing.T) {
	for asset, want := range map[string]struct {
		days        int
		last, units string
	}{
		"USDC": {730, "2023-12-31", "24518043571"},
		"USDT": {730, "2023-12-31", "91699604322"},
		"DAI":  {730, "2023-12-31", "5347888596"},
		"UST":  {181, "2022-06-30", "10254324366"},
	} {
		s, err := tape.Stablecoin(asset)
		require.NoError(t, err)
		require.Len(t, s.Days, want.days, asset)
		require.Equal(t, "2022-01-01", s.Days[0].Start.Format(time.DateOnly))
		last := s.Days[len(s.Days)-1]
		require.Equal(t, want.last, last.Start.Format(time.DateOnly))
		require.Equal(t, want.units, last.Supply.String())
	}
}

func TestFiveDaysOfMarchTookAnEighthOfUSDC(t *testing.T) {
	s, err := tape.Stablecoin("USDC")
	require.NoError(t, err)
	march := map[string]tape.Day{}
	for _, d := range s.Days {
		march[d.Start.Format(time.DateOnly)] = d
	}
	require.Equal(t, "5214088193", march["2023-03-10"].Supply.Sub(march["2023-03-15"].Supply).String())
	require.Equal(t, "0.8774", march["2023-03-11"].Low.String())
}

func TestThereIsNoSupplyOfAnythingElse(t *testing.T) {
	_, err := tape.Stablecoin("XAU")
	require.ErrorIs(t, err, tape.ErrInvalid)
	require.EqualError(t, err, `stablecoins_daily.csv: asset "XAU": must have at least two rows`)
}
