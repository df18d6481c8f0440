package figure_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
)

func TestFiguresReadAsPeopleWriteThem(t *testing.T) {
	for want, got := range map[string]string{
		"0":          figure.Whole(decimal.RequireFromString("-0.4")),
		"999":        figure.Whole(decimal.RequireFromString("999.4")),
		"1,000":      figure.Whole(decimal.RequireFromString("999.5")),
		"-1,234,568": figure.Whole(decimal.RequireFromString("-1234567.89")),
		"+5":         figure.Signed(decimal.RequireFromString("5")),
		"-12,345":    figure.Signed(decimal.RequireFromString("-12345")),
		"151,200":    figure.Count(151200),
		"1 block":    figure.Many(1, "block"),
		"0 blocks":   figure.Many(0, "block"),
		"2%":         figure.Percent(decimal.RequireFromString("0.02")),
		"0.5%":       figure.Percent(decimal.RequireFromString("0.005")),
		"1h":         figure.Duration(time.Hour),
		"1m30s":      figure.Duration(90 * time.Second),
		"10m":        figure.Duration(10 * time.Minute),
		"1h30m":      figure.Duration(90 * time.Minute),
		"500ms":      figure.Duration(500 * time.Millisecond),
	} {
		require.Equal(t, want, got)
	}
}
