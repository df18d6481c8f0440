package sql_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

func position(bank, liquid string, at time.Time) liquidity.Position {
	return liquidity.Position{Bank: bank, Kind: liquidity.SXLR, Currency: "XXX", At: at, Liquid: dec(liquid), Obligations: dec("1000")}
}

// lastSaid returns what a source said last, which is how the banks stand.
func lastSaid(t *testing.T, db *sql.DB, source string) map[string]string {
	t.Helper()
	positions, err := db.Positions().Feed(source).Positions(t.Context(), noon)
	require.NoError(t, err)
	all := map[string]string{}
	for _, p := range positions {
		require.Equal(t, source, p.Source)
		all[p.Bank] = p.Liquid.String() + " " + p.At.Format("05.000000")
	}
	require.Len(t, all, len(positions))
	return all
}

func TestTheLastPositionOfEachBankIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		put := func(source string, p ...liquidity.Position) {
			require.NoError(t, db.Positions().Put(t.Context(), source, p))
		}
		put("core")
		require.Empty(t, lastSaid(t, db, "core"))
		full := position("b", "900", noon.Add(1999).In(time.FixedZone("", 3600)))
		full.SRI, full.CBDCRoom, full.PBreach, full.Licensed = dec("35"), decimal.NewNullDecimal(dec("7")), dec("0.2"), true
		put("core", full, position("a", "1100", noon))
		put("other", position("a", "1", noon))
		put("core", position("a", "1200", noon.Add(time.Second)))
		put("core", position("a", "1300", noon.Add(time.Second))) // the same time is not before
		require.Equal(t, map[string]string{"a": "1300 01.000000", "b": "900 00.000001"}, lastSaid(t, db, "core"))
		require.Equal(t, map[string]string{"a": "1 00.000000"}, lastSaid(t, db, "other"))

		db = open(t, dsn)
		positions, err := db.Positions().Feed("core").Positions(t.Context(), noon)
		require.NoError(t, err)
		full.Source, full.At = "core", noon.Add(time.Microsecond)
		require.Empty(t, cmp.Diff(full, positions[1]))
	})
}

func TestAPositionIsNotOverwrittenByAnOlderOne(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		require.NoError(t, db.Positions().Put(t.Context(), "core", []liquidity.Position{position("b", "900", noon.Add(time.Second)), position("c", "900", noon)}))
		err := db.Positions().Put(t.Context(), "core", []liquidity.Position{position("a", "1", noon), position("b", "2", noon), position("c", "3", noon)})
		require.ErrorIs(t, err, sql.ErrOlder)
		require.EqualError(t, err, `positions of "core": sql: older than the one kept: bank "b": At 2026-01-02T12:00:00Z: must not be before 2026-01-02T12:00:01Z`)
		require.Equal(t, map[string]string{"b": "900 01.000000", "c": "900 00.000000"}, lastSaid(t, db, "core"), "all or none")
	})
}

func TestMalformedPositionsAreRefused(t *testing.T) {
	good := position("a", "1", noon)
	change := func(change func(*liquidity.Position)) []liquidity.Position {
		p := good
		change(&p)
		return []liquidity.Position{position("0", "1", noon), p}
	}
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		for name, row := range map[string]struct {
			source    string
			positions []liquidity.Position
			says      string
		}{
			"nobody says it":                {"", change(func(*liquidity.Position) {}), "source"},
			"a name that is too long":       {strings.Repeat("x", 257), nil, "source"},
			"a NUL in a name":               {"core", change(func(p *liquidity.Position) { p.Bank = "a\x00" }), "Bank"},
			"a bank without a name":         {"core", change(func(p *liquidity.Position) { p.Bank = "" }), "Bank"},
			"a bank twice":                  {"core", change(func(p *liquidity.Position) { p.Bank = "0" }), "must be told once"},
			"another source":                {"core", change(func(p *liquidity.Position) { p.Source = "x" }), "Source"},
			"no time":                       {"core", change(func(p *liquidity.Position) { p.At = time.Time{} }), "At"},
			"a negative number":             {"core", change(func(p *liquidity.Position) { p.Obligations = dec("-1") }), "Obligations -1"},
			"a number without an end":       {"core", change(func(p *liquidity.Position) { p.Liquid = decimal.New(1, 100_000_000) }), "Liquid (out of range)"},
			"a limit that is negative":      {"core", change(func(p *liquidity.Position) { p.CBDCRoom = decimal.NewNullDecimal(dec("-1")) }), "CBDCRoom -1"},
			"more banks than an engine has": {"core", make([]liquidity.Position, 100_001), "must be at most 100000"},
		} {
			err := db.Positions().Put(t.Context(), row.source, row.positions)
			require.ErrorIs(t, err, evenkeel.ErrInvalid, name)
			require.ErrorContains(t, err, row.says, name)
		}
		require.Empty(t, lastSaid(t, db, "core"))
	})
}

// Whoever is first, the newest stays.
func TestPositionsToldByManyAtOnceEndWithTheNewest(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		var running sync.WaitGroup
		for second := range 12 {
			running.Go(func() {
				at := noon.Add(time.Duration(second) * time.Second)
				err := programs[second%2].Positions().Put(t.Context(), "core", []liquidity.Position{position("b", "1", at), position("a", "1", at)})
				if err != nil {
					require.ErrorIs(t, err, sql.ErrOlder)
				}
			})
		}
		running.Wait()
		require.Equal(t, map[string]string{"a": "1 11.000000", "b": "1 11.000000"}, lastSaid(t, programs[0], "core"))
	})
}
