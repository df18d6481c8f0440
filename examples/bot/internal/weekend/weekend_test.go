package weekend_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/weekend"
)

func TestTheTwoDaysAreWholeAndConsistent(t *testing.T) {
	minutes, err := weekend.Minutes()
	require.NoError(t, err)
	require.Len(t, minutes, 2880)
	require.Equal(t, "2023-03-12T00:00:00Z", minutes[0].Start.Format(time.RFC3339))
	lowest, highest := minutes[0].Low, minutes[0].High
	for _, m := range minutes {
		require.True(t, m.Low.LessThanOrEqual(decimal.Min(m.Open, m.Close)) && m.High.GreaterThanOrEqual(decimal.Max(m.Open, m.Close)), m.Start)
		require.False(t, m.Sold.IsNegative() || m.Bought.IsNegative(), m.Start)
		lowest, highest = decimal.Min(lowest, m.Low), decimal.Max(highest, m.High)
	}
	require.Equal(t, []string{"0.9323", "0.9964"}, []string{lowest.String(), highest.String()})
}
