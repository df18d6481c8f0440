package valid_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

var errKind = errors.New("pool: invalid")

type rule valid.Rule

func TestCheck(t *testing.T) {
	t.Parallel()
	huge := decimal.New(1, 1_000_000_000)
	for name, row := range map[string]struct {
		rules []rule
		want  string
	}{
		"nothing to check is fine":                    {nil, ""},
		"rules that hold are silent":                  {[]rule{{true, "Fee", 1, "must be > 0"}}, ""},
		"the first broken rule counts":                {[]rule{{true, "A", 1, "x"}, {false, "Fee", -1, "must be > 0"}, {false, "C", 1, "y"}}, "pool: invalid: Fee -1: must be > 0"},
		"a number is told in full":                    {[]rule{{false, "Fee", decimal.RequireFromString("-1.1"), "must be 1"}}, "pool: invalid: Fee -1.1: must be 1"},
		"an enormous number is not written out":       {[]rule{{false, "Fee", huge, "must be small"}}, "pool: invalid: Fee (out of range): must be small"},
		"text is quoted":                              {[]rule{{false, "Name", "a\nb", "must be one line"}}, `pool: invalid: Name "a\nb": must be one line`},
		"of a stranger's text, the beginning will do": {[]rule{{false, "Name", strings.Repeat("x", 1000), "must be short"}}, `pool: invalid: Name "` + strings.Repeat("x", 64) + `": must be short`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := valid.Check(errKind, row.rules...)
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, errKind)
			require.EqualError(t, err, row.want)
		})
	}
}

func TestInRange(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"0":                                      true,
		"999999999999999999":                     true,
		"1000000000000000000":                    false,
		"-999999999999999999.999999999999999999": true,
		"0.000000000000000001":                   true,
		"0.0000000000000000001":                  false,
		"1e17":                                   true,
		"1e18":                                   false,
		"1e-10000":                               false,
		"1e10000":                                false,
	} {
		require.Equal(t, want, valid.InRange(decimal.RequireFromString(number)), number)
	}
	require.True(t, valid.NotNegative(decimal.Zero))
	require.False(t, valid.Positive(decimal.Zero))
	require.False(t, valid.Positive(decimal.New(-1, 0)))
	require.False(t, valid.NotNegative(decimal.New(-1, 0)))
	require.False(t, valid.Positive(decimal.New(1, 18)))
}

func TestDated(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*60*60)
	for at, want := range map[time.Time]bool{
		{}: false,
		time.Date(1899, 12, 31, 23, 59, 59, 0, time.UTC): false,
		time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC):      true,
		time.Date(1900, 1, 1, 4, 59, 59, 0, east):        false,
		time.Date(2200, 12, 31, 23, 59, 59, 0, time.UTC): true,
		time.Date(2201, 1, 1, 4, 59, 59, 0, east):        true,
		time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC):      false,
	} {
		require.Equal(t, want, valid.Dated(at), at.String())
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	require.True(t, valid.Named("b"))
	require.True(t, valid.Named(strings.Repeat("x", 256)))
	require.False(t, valid.Named(strings.Repeat("x", 257)))
	require.False(t, valid.Named(""))
	require.False(t, valid.Named("\xff"))
	require.False(t, valid.Named("a\x00b"))
}

func TestCutEndsBetweenCharacters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", valid.Cut("short"))
	require.Equal(t, strings.Repeat("x", 255), valid.Cut(strings.Repeat("x", 255)+"ä"))
}
