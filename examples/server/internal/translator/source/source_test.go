package source_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/source"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// write puts a file in its place, written at noon and a time.
func write(t *testing.T, path, text string, later time.Duration) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chtimes(path, noon.Add(later), noon.Add(later)))
}

const head = "isin,bid,ask,timestamp,l2_levels,time_since_last_trade_s,window_s,rating,coupon_rate,maturity_date,bid_size,ask_size,l2_depth_qty,trades_count,vwap,volume_face\n"

func TestACheckDigitIsAskedForWhereThatIsTheRule(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.csv")
	write(t, path, head+"IN0012345678,99,101,,5,300,,,,,1,2,3,4,5,6\nINE094A08176,99,101,,5,300,,,,,1,2,3,4,5,6\n", 0)
	told, problems, err := source.Open("desk", path, true).Read(noon, nil)
	require.NoError(t, err)
	require.Equal(t, []string{`line 2: isin "IN0012345678": must be an ISIN that ends in its check digit`}, problems)
	require.Len(t, told, 1)
}

func TestAFileTellsOfBooksAndBonds(t *testing.T) {
	for name, text := range map[string]string{
		"bonds.csv":  head + "IN0012345678,100.50,100.75,2026-03-01T11:00:00.5Z,5,300,3600,AA,7.5,2031-06-30,1,2,3,4,5,6\nIN0087654321,99,101,,5,300,,,,,1,2,3,4,5,6\n",
		"bonds.json": `[{"isin":"IN0012345678","bid":100.50,"ask":"100.75","timestamp":"2026-03-01T11:00:00.5Z","l2_levels":5,"time_since_last_trade_s":300,"bid_size":1,"ask_size":2,"l2_depth_qty":3,"trades_count":4,"vwap":5,"volume_face":6,"window_s":3600,"rating":"AA","coupon_rate":7.5,"maturity_date":"2031-06-30"},` + "\n" + `{"isin":"IN0087654321","bid":99,"ask":101,"l2_levels":5,"time_since_last_trade_s":300,"bid_size":1,"ask_size":2,"l2_depth_qty":3,"trades_count":4,"vwap":5,"volume_face":6,"rating":null}]`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			file := source.Open("desk", path, false)
			_, _, err := file.Read(noon, nil)
			require.ErrorIs(t, err, os.ErrNotExist)
			write(t, path, text, 0)
			told, problems, err := file.Read(noon, nil)
			require.NoError(t, err)
			require.Empty(t, problems)
			require.Len(t, told, 2)
			book, bond := told[0].Book, told[0].Bond
			require.Equal(t, "desk", book.Source)
			require.Equal(t, time.Date(2026, 3, 1, 11, 0, 0, 500_000_000, time.UTC), book.At)
			require.Equal(t, market.Microstructure{
				ISIN: "IN0012345678", At: book.At, Bid: book.Is.Bid, Ask: decimal.RequireFromString("100.75"),
				BidSize: decimal.NewFromInt(1), AskSize: decimal.NewFromInt(2), Depth: decimal.NewFromInt(3), Trades: 4, VWAP: decimal.NewFromInt(5), Volume: decimal.NewFromInt(6),
				Levels: 5, LastTradeAge: 5 * time.Minute, Window: time.Hour,
			}, book.Is)
			require.True(t, decimal.RequireFromString("100.5").Equal(book.Is.Bid))
			require.Equal(t, "AA", bond.Is.Rating)
			require.Equal(t, time.Date(2031, 6, 30, 0, 0, 0, 0, time.UTC), bond.Is.Maturity)
			require.Equal(t, noon, told[1].Book.At, "when it was written")
			require.Nil(t, told[1].Bond)

			again, _, err := file.Read(noon, nil)
			require.NoError(t, err)
			require.Empty(t, again, "it has not changed")
			write(t, path, text, time.Second)
			again, _, err = file.Read(noon, nil)
			require.NoError(t, err)
			require.Len(t, again, 2)
		})
	}
}

func TestALineWithAMistakeHidesItsInstrumentAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.csv")
	file := source.Open("desk", path, false)
	write(t, path, head+"x,1,2,,5,300,,,,,1,2,3,4,5,6\nIN0012345678,1,2,,5,300,,,,,1,2,3,4,5,6\nIN0000000000,1e2,2,,5,300,,,,,1,2,3,4,5,6\nIN0000000001,1,,,5,300,,,,,1,2,3,4,5,6\nIN0000000002,1,2,noon,5,300,,,,,1,2,3,4,5,6\n"+
		"IN0000000003,1,2,,-1,300,,,,,1,2,3,4,5,6\nIN0000000004,1,2,,5,300,,,,2031-06-31,1,2,3,4,5,6\nIN0000000005,1,2,,5,300,,,,,1,2,3,4,5,6\nIN0000000005,1,2,,5,300,,,,,1,2,3,4,5,6\nIN0000000006,1,2\n", 0)
	told, problems, err := file.Read(noon, nil)
	require.NoError(t, err)
	require.Equal(t, []market.ISIN{"IN0012345678"}, isins(told))
	require.Equal(t, []string{
		`line 2: isin "x": must be an ISIN`,
		`line 4: bid "1e2": must be a plain number >= 0, below 1e18, with at most 18 decimals`,
		`line 5: ask "": must be a plain number >= 0, below 1e18, with at most 18 decimals`,
		`line 6: timestamp "noon": must be RFC 3339, such as 2026-03-01T12:00:00Z`,
		`line 7: l2_levels "-1": must be a whole number >= 0, below 2^31`,
		`line 8: maturity_date "2031-06-31": must be a date, such as 2031-06-30`,
		`line 10: isin "IN0000000005": must be there once, and is in line 9 too`,
		`line 11: values "3": must be 16, one of each column`,
	}, problems)
	_, again, err := file.Read(noon, nil)
	require.NoError(t, err)
	require.Equal(t, problems, again, "they are wrong as long as nobody mends them")
}

func TestWhatTheFileDoesNotSayOfABookIsNotTakenForNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.csv")
	row := "IN0012345678,1,2,,5,300,,,,,1,2,3,4,5,6"
	fields, names := strings.Split(row, ","), strings.Split(strings.TrimSpace(head), ",")
	for i, name := range names {
		if fields[i] == "" {
			continue // may be left out
		}
		less := slices.Clone(fields)
		less[i] = ""
		write(t, path, head+strings.Join(less, ",")+"\n", 0)
		told, problems, err := source.Open("desk", path, false).Read(noon, nil)
		require.NoError(t, err)
		require.Empty(t, told, name)
		require.Len(t, problems, 1)
		require.Contains(t, problems[0], `line 2: `+name+` ""`)
	}
}

func isins(told []sql.Instrument) []market.ISIN {
	var all []market.ISIN
	for _, one := range told {
		all = append(all, one.ISIN)
	}
	return all
}

func TestAFileThatCannotBeTakenApartIsNotRead(t *testing.T) {
	for says, text := range map[string]string{
		"half written":                   head + "IN0012345678,1,2",
		`column "price"`:                 "isin,bid,ask,price\n",
		`column "volume_face": must be`:  strings.Replace(head, ",volume_face", "", 1),
		"must be there once":             "isin,bid,ask,bid\n",
		"line 1: must name the columns:": "\n",
	} {
		path := filepath.Join(t.TempDir(), "bonds.csv")
		write(t, path, text, 0)
		_, _, err := source.Open("desk", path, false).Read(noon, nil)
		require.ErrorIs(t, err, source.ErrInvalid, text)
		require.ErrorContains(t, err, says)
	}
	for says, text := range map[string]string{
		"must be an array": `{}`,
		"must end with ]":  `[{"isin":"IN0012345678"}`,
		"line 2: ":         "[\n" + `{"isin":}]`,
	} {
		path := filepath.Join(t.TempDir(), "bonds.json")
		write(t, path, text, 0)
		_, _, err := source.Open("desk", path, false).Read(noon, nil)
		require.ErrorIs(t, err, source.ErrInvalid, text)
		require.ErrorContains(t, err, says)
	}
}

func TestAFileThatIsNotReadIsSaidSoUntilItIsMended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.csv")
	file := source.Open("desk", path, false)
	write(t, path, head+"IN0012345678,1e2,2,,5,300,,,,,1,2,3,4,5,6\n", 0)
	_, problems, err := file.Read(noon, nil)
	require.NoError(t, err)
	require.Len(t, problems, 1)
	write(t, path, head+"IN0012345678,1,2", time.Second)
	for range 2 {
		_, problems, err = file.Read(noon, nil)
		require.ErrorIs(t, err, source.ErrInvalid)
		require.Empty(t, problems, "they were of what it said before")
	}
	write(t, path, head+"IN0012345678,1,2,,5,300,,,,,1,2,3,4,5,6\n", 2*time.Second)
	told, problems, err := file.Read(noon, nil)
	require.NoError(t, err)
	require.Empty(t, problems)
	require.Len(t, told, 1)
}
