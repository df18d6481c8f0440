package feed_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/feed"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func options(net feed.Net) feed.Options {
	return feed.Options{Name: "desk", Kind: liquidity.SXLR, Currency: "EUR", MaxAge: time.Minute, Net: net}
}

// written returns a file that was written at that time.
func written(t *testing.T, name, text string, at time.Time) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chtimes(path, at, at))
	return path
}

const head = "bank,liquid,obligations,at,currency,sri,fx_volatility,cbdc_room,congestion,collateral\n"

func TestAFileTellsHowBanksStand(t *testing.T) {
	ago := now.Add(-30 * time.Second)
	want := []liquidity.Position{
		{Bank: "north", Kind: liquidity.SXLR, Currency: "EUR", Source: "desk", At: ago, Liquid: decimal.RequireFromString("950.25"), Obligations: decimal.RequireFromString("1000")},
		{
			Bank: "south", Kind: liquidity.SXLR, Currency: "EUR", Source: "desk", At: now.Add(-time.Second),
			Liquid: decimal.RequireFromString("7"), Obligations: decimal.RequireFromString("8"), SRI: decimal.RequireFromString("12.5"),
			FXVolatility: decimal.RequireFromString("0.1"), CBDCRoom: decimal.NewNullDecimal(decimal.RequireFromString("5")),
			Congestion: decimal.RequireFromString("0.3"), Collateral: decimal.RequireFromString("99"),
		},
	}
	for name, text := range map[string]string{
		"banks.csv": head + "north,950.25,1000,,,,,,,\n" + "south, 7,8,2026-03-01T11:59:59Z,EUR,12.5,0.1,5,0.3,99\n",
		"banks.json": `[
			{"bank": "north", "liquid": "950.25", "obligations": 1000},
			{"bank": "south", "liquid": 7, "obligations": "8", "at": "2026-03-01T12:59:59+01:00", "currency": "EUR", "sri": 12.5,
			 "fx_volatility": "0.1", "cbdc_room": 5, "congestion": 0.3, "collateral": 99}
		]`,
	} {
		t.Run(name, func(t *testing.T) {
			f := feed.Open(written(t, name, text, ago), options(nil))
			got, err := f.Positions(t.Context(), now)
			require.NoError(t, err)
			require.Empty(t, f.Problems())
			require.Len(t, got, len(want))
			for i := range want {
				require.Truef(t, same(want[i], got[i]), "%+v\n%+v", want[i], got[i])
			}
		})
	}
}

// same compares amounts by their value.
func same(a, b liquidity.Position) bool {
	text := func(p liquidity.Position) string {
		return strings.Join([]string{
			p.Bank, string(p.Kind), p.Currency, p.Source, p.At.String(), p.Liquid.String(), p.Obligations.String(), p.SRI.String(),
			p.FXVolatility.String(), p.CBDCRoom.Decimal.String(), p.Congestion.String(), p.Collateral.String(),
		}, " ")
	}
	return text(a) == text(b) && a.CBDCRoom.Valid == b.CBDCRoom.Valid
}

func TestABadLineHidesItsBankAlone(t *testing.T) {
	const good = "good,1,1,,,,,,,\n"
	const number = "must be a plain number >= 0, below 1e18, with at most 18 decimals"
	for _, row := range []struct{ name, file, text, want string }{
		{"no amount", "a.csv", head + good + "bad,,1,,,,,,,\n", `line 3: liquid "": ` + number},
		{"a negative amount", "a.csv", head + good + "bad,-1,1,,,,,,,\n", `line 3: liquid "-1": ` + number},
		{"not a number", "a.csv", head + good + "bad,1,NaN,,,,,,,\n", `line 3: obligations "NaN": ` + number},
		{"an exponent", "a.csv", head + good + "bad,1e9,1,,,,,,,\n", `line 3: liquid "1e9": ` + number},
		{"an enormous number", "a.csv", head + good + "bad,1000000000000000000,1,,,,,,,\n", `line 3: liquid "1000000000000000000": ` + number},
		{"too many decimals", "a.csv", head + good + "bad,0.0000000000000000001,1,,,,,,,\n", `line 3: liquid "0.0000000000000000001": ` + number},
		{"another currency", "a.csv", head + good + "bad,1,1,,USD,,,,,\n", `line 3: currency "USD": must be EUR`},
		{"a time that is none", "a.csv", head + good + "bad,1,1,noon,,,,,,\n", `line 3: at "noon": must be RFC 3339, such as 2026-03-01T12:00:00Z`},
		{"no bank", "a.csv", head + good + ",1,1,,,,,,,\n", `line 3: bank "": must have 1 to 256 bytes`},
		{"a value too many", "a.csv", "bank,liquid,obligations\ngood,1,1\nbad,1,1,5\n", `line 3: values "4": must be 3, one of each column`},
		{"a value too few", "a.csv", head + good + "bad,1,1,,,,,,\n", `line 3: values "9": must be 10, one of each column`},
		{"a bank twice", "a.csv", head + good + "bad,1,1,,,,,,,\nbad,2,1,,,,,,,\n", `line 4: bank "bad": must be there once, and is in line 3 too`},
		{"in JSON, by its last line", "a.json", "[{\"bank\":\"good\",\"liquid\":1,\"obligations\":1},\n{\"bank\":\"bad\",\n\"liquid\":-1,\"obligations\":1}]", `line 3: liquid "-1": ` + number},
		{"a name that nobody knows", "a.json", "[{\"bank\":\"good\",\"liquid\":1,\"obligations\":1},{\"bank\":\"bad\",\"liquid\":1,\"obligations\":1,\"rate\":1}]", `line 1: rate "1": must be one of bank`},
		{"an object for a number", "a.json", "[{\"bank\":\"good\",\"liquid\":1,\"obligations\":1},{\"bank\":\"bad\",\"liquid\":{},\"obligations\":1}]", `line 1: liquid "map[]": ` + number},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := feed.Open(written(t, row.file, row.text, now), options(nil))
			got, err := f.Positions(t.Context(), now)
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.Equal(t, "good", got[0].Bank)
			require.Len(t, f.Problems(), 1)
			require.Contains(t, f.Problems()[0], row.want)
		})
	}
}

func TestAFileThatCannotBeToldApartIsNotRead(t *testing.T) {
	for _, row := range []struct{ name, file, text, want string }{
		{"half a line", "a.csv", head + "north,950,10", "must end with a newline: it may be half written"},
		{"nothing", "a.csv", "", "must end with a newline"},
		{"no head", "a.csv", "north,950,1000\n", `line 1: column "north": must be one of bank`},
		{"half a head", "a.csv", "bank,liquid\n", `line 1: column "obligations": must be there`},
		{"a column twice", "a.csv", "bank,liquid,obligations,liquid\n", `line 1: column "liquid": must be there once`},
		{"a quote that does not end", "a.csv", head + "\"north,1,1\n", "line 2"},
		{"half an array", "a.json", "[{\"bank\":\"a\",\"liquid\":1,\"obligations\":1}", "may be half written"},
		{"half an object", "a.json", "[\n{\"bank\":\"a\",", "line 2"},
		{"no array", "a.json", "{}", "line 1: must be an array of objects"},
		{"no objects", "a.json", "[1]", "line 1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := feed.Open(written(t, row.file, row.text, now), options(nil)).Positions(t.Context(), now)
			require.ErrorIs(t, err, feed.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
	_, err := feed.Open(filepath.Join(t.TempDir(), "none.csv"), options(nil)).Positions(t.Context(), now)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFileIsReadAgainAtEachLook(t *testing.T) {
	path := written(t, "a.csv", "bank,liquid,obligations\nnorth,1,1\n", now)
	f := feed.Open(path, options(nil))
	_, err := f.Positions(t.Context(), now)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("bank,liquid,obligations\nnorth,-2,1\n"), 0o600))
	got, err := f.Positions(t.Context(), now)
	require.NoError(t, err)
	require.Empty(t, got)
	require.Len(t, f.Problems(), 1)
	require.NoError(t, os.WriteFile(path, []byte("bank,liquid,obligations\nnorth,3,1\n"), 0o600))
	got, err = f.Positions(t.Context(), now)
	require.NoError(t, err)
	require.Equal(t, "3", got[0].Liquid.String())
	require.Empty(t, f.Problems())
}

func TestWhatThePoolLentIsAdded(t *testing.T) {
	lent := map[string]decimal.Decimal{"north": decimal.NewFromInt(5), "south": decimal.NewFromInt(-3)}
	net := func(context.Context) (map[string]decimal.Decimal, error) { return lent, nil }
	path := written(t, "a.csv", "bank,liquid,obligations\nnorth,10,1\nsouth,2,1\n", now.Add(-time.Minute))
	f := feed.Open(path, options(net))
	got, err := f.Positions(t.Context(), now)
	require.NoError(t, err)
	require.Len(t, got, 1, "south would have less than nothing")
	require.Equal(t, "15", got[0].Liquid.String())
	require.Equal(t, now.Add(time.Microsecond), got[0].At, "what was lent up to now is part of it")
	require.Equal(t, []string{`bank "south": liquid 2 with -3 from the pool: must be 0 or more`}, f.Problems())

	got, err = f.Positions(t.Context(), now.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, now.Add(-time.Minute), got[0].At, "a file that is stale stays so")

	away := errors.New("away")
	f = feed.Open(path, options(func(context.Context) (map[string]decimal.Decimal, error) { return nil, away }))
	_, err = f.Positions(t.Context(), now)
	require.ErrorIs(t, err, away)
}

func TestTheExampleHasFiveBanks(t *testing.T) {
	got, err := feed.Sample(options(nil)).Positions(t.Context(), now)
	require.NoError(t, err)
	require.Len(t, got, 5)
	for _, p := range got {
		require.Equal(t, now, p.At)
		require.Equal(t, "desk", p.Source)
	}
}
