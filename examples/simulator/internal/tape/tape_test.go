package tape_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

func TestTheWeekendIsTheEightyFourHoursOfKraken(t *testing.T) {
	weekend, err := tape.Weekend()
	require.NoError(t, err)
	require.Len(t, weekend.Candles, 84)
	require.Equal(t, time.Hour, weekend.Interval)
	require.Equal(t, "2023-03-14T00:00:00Z", weekend.End().Format(time.RFC3339))

	lowest := weekend.Candles[0]
	for _, c := range weekend.Candles {
		if c.Low.LessThan(lowest.Low) {
			lowest = c
		}
	}
	require.Equal(t, "0.874", lowest.Low.String())
	require.Equal(t, "2023-03-11T07:00:00Z", lowest.Start.Format(time.RFC3339))
	require.Equal(t, "32726957", lowest.Volume.String())
}

func TestReadAcceptsEveryTableOfCandles(t *testing.T) {
	for name, table := range map[string]string{
		"hours, columns in another order": "volume_usdc,close,low,high,open,hour_utc\n5,1,0.9,1.1,1,2023-03-10T12:00:00Z\n6,1,0.9,1.1,1,2023-03-10T13:00:00Z\n",
		"minutes without seconds":         "time_utc,open,high,low,close,volume_usdt\n2023-03-12T00:00Z,1,1,1,1,0\n2023-03-12T00:01Z,1,1,1,1,0\n",
		"days under a byte order mark":    "\ufeffDate,Open,High,Low,Close,Volume\n2023-03-12,1,1,1,1,0\n2023-03-13,1,1,1,1,0\n",
		"spaces and extra columns":        "time, open, high, low, close, volume, note\n2023-03-12T00:00Z, 1, 1, 1, 1, 0, x\n2023-03-12T00:05Z, 1, 1, 1, 1, 0, y\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tape.Read(strings.NewReader(table), "prices.csv")
			require.NoError(t, err)
			require.Len(t, got.Candles, 2)
			require.Equal(t, got.Interval, got.Candles[1].Start.Sub(got.Candles[0].Start))
		})
	}
}

func TestReadNamesTheLineTheValueAndTheRule(t *testing.T) {
	const header = "time,open,high,low,close,volume\n"
	const first = "2023-03-10T12:00:00Z,1,1.1,0.9,1,5\n2023-03-10T13:00:00Z,1,1.1,0.9,1,5\n"
	rows := []struct{ name, table, want string }{
		{"an empty file", "", "prices.csv: the file is empty: must have a header and at least one row"},
		{"a header alone", header, "prices.csv: there is a header but no row"},
		{"a missing column", "time,open,high,low,volume\n", "prices.csv:1: column close is missing: must be called close"},
		{"a missing time", "open,high,low,close,volume\n", "prices.csv:1: column time is missing: must be called time or time_utc or hour_utc or date"},
		{"two volumes", "time,open,high,low,close,volume_usdc,volume_usd\n", "prices.csv:1: two columns are both the volume"},
		{"a short row", header + first + "2023-03-10T14:00:00Z,1\n", "prices.csv:4: malformed row: wrong number of fields"},
		{"a stray quote", header + "2023-03-10T12:00:00Z,1\"1,1,1,1,5\n", "prices.csv:2: malformed row: bare \" in non-quoted-field"},
		{"not a number", header + "2023-03-10T12:00:00Z,1,1,NaN,1,5\n", `prices.csv:2: low "NaN": must be a plain number with at most 8 decimals`},
		{"infinity", header + "2023-03-10T12:00:00Z,1,+Inf,1,1,5\n", `prices.csv:2: high "+Inf": must be a plain number with at most 8 decimals`},
		{"an exponent", header + "2023-03-10T12:00:00Z,1e0,1,1,1,5\n", `prices.csv:2: open "1e0": must be a plain number with at most 8 decimals`},
		{"an empty cell", header + "2023-03-10T12:00:00Z,1,1,1,,5\n", `prices.csv:2: close "": must be a plain number with at most 8 decimals`},
		{"a zero price", header + "2023-03-10T12:00:00Z,1,1,0,1,5\n", `prices.csv:2: low "0": must be > 0`},
		{"a negative price", header + "2023-03-10T12:00:00Z,-1,1,1,1,5\n", `prices.csv:2: open "-1": must be > 0`},
		{"a price of something else", header + "2023-03-10T12:00:00Z,1969.74,1969.74,1969.74,1969.74,5\n", `prices.csv:2: open "1969.74": must lie between 0.01 and 100, since the token is meant to be worth 1`},
		{"a negative volume", header + "2023-03-10T12:00:00Z,1,1,1,1,-5\n", `prices.csv:2: volume "-5": must be >= 0`},
		{"a low above the high", header + "2023-03-10T12:00:00Z,1,0.9,1.1,1,5\n", `prices.csv:2: low "1.1": must be <= high 0.9`},
		{"an open above the high", header + "2023-03-10T12:00:00Z,1.2,1.1,0.9,1,5\n", `prices.csv:2: open "1.2": must lie between low 0.9 and high 1.1`},
		{"a close below the low", header + "2023-03-10T12:00:00Z,1,1.1,0.9,0.8,5\n", `prices.csv:2: close "0.8": must lie between low 0.9 and high 1.1`},
		{"another time zone", header + first + "2023-03-10T14:00:00+01:00,1,1,1,1,5\n", `prices.csv:4: time "2023-03-10T14:00:00+01:00": must be UTC: write it as 2023-03-10T12:00:00Z`},
		{"no time zone", header + "2023-03-10T12:00:00,1,1,1,1,5\n", `prices.csv:2: time "2023-03-10T12:00:00": must be a time in UTC such as 2023-03-10T12:00:00Z`},
		{"a repeated row", header + first + "2023-03-10T13:00:00Z,1,1.1,0.9,1,5\n", `prices.csv:4: time "2023-03-10T13:00:00Z": is a duplicate of the row before`},
		{"rows out of order", header + first + "2023-03-10T11:00:00Z,1,1.1,0.9,1,5\n", `prices.csv:4: time "2023-03-10T11:00:00Z": is out of order: the row before is of 2023-03-10T13:00:00Z`},
		{"a missing hour", strings.Replace(header, "time", "hour_utc", 1) + first + "2023-03-10T15:00:00Z,1,1.1,0.9,1,5\n", `prices.csv:4: hour_utc "2023-03-10T15:00:00Z": leaves a gap: must be 2023-03-10T14:00:00Z, 1h0m0s after the row before`},
		{"a half hour", header + first + "2023-03-10T13:30:00Z,1,1.1,0.9,1,5\n", `prices.csv:4: time "2023-03-10T13:30:00Z": comes too soon: must be 2023-03-10T14:00:00Z, 1h0m0s after the row before`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := tape.Read(strings.NewReader(row.table), "prices.csv")
			require.ErrorIs(t, err, tape.ErrInvalid)
			if diff := cmp.Diff(row.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAFailingReaderIsNotABadTable(t *testing.T) {
	_, err := tape.Read(io.MultiReader(strings.NewReader("time,open"), iotest.ErrReader(errors.New("disk on fire"))), "prices.csv")
	require.EqualError(t, err, "read prices.csv: disk on fire")
	require.NotErrorIs(t, err, tape.ErrInvalid)
}

func FuzzReadNeverPanics(f *testing.F) {
	f.Add("time,open,high,low,close,volume\n2023-03-10T12:00:00Z,1,1,1,1,5\n")
	f.Fuzz(func(t *testing.T, table string) {
		if got, err := tape.Read(strings.NewReader(table), "prices.csv"); err == nil && len(got.Candles) == 0 {
			t.Error("a table without candles must be refused")
		}
	})
}
