package sql_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// One of each range that PostgreSQL keeps apart, at their ends.
var isins = []market.ISIN{
	"AA0000000000", "IM9999999999", "IN0000000000", "INE0ZZZZZZZ9", "INE100000000", "INE2ZZZZZZZ9", "INE300000000",
	"INE5ZZZZZZZ9", "INE600000000", "INZ999999999", "IO0000000000", "UR9999999999", "US0000000000", "ZZ9999999999",
}

func bookOf(isin market.ISIN, bid string, at time.Time) *sql.Known[market.Microstructure] {
	return &sql.Known[market.Microstructure]{Source: "core", At: at, Is: market.Microstructure{
		At: at, ISIN: isin, Bid: dec(bid), Ask: dec("101.50"), Depth: dec("5000000"), Volume: dec("10000000"), Levels: 5, Window: time.Hour,
	}}
}

// allOf is an instrument of which all is known.
func allOf(isin market.ISIN, at time.Time) sql.Instrument {
	return sql.Instrument{
		ISIN: isin,
		Book: bookOf(isin, "100.50", at),
		Auction: &sql.Known[market.Auction]{Source: "house", At: at, Is: market.Auction{
			At: at, ISIN: isin, ID: "a1", Bids: 8, Demand: []market.DemandPoint{{Price: dec("100"), Size: dec("1000000")}},
			Clearing: dec("100.25"), NextWindow: at.Add(4 * time.Hour),
		}},
		Maker: &sql.Known[market.Maker]{Source: "maker", At: at, Is: market.Maker{
			At: at, ISIN: isin, Online: true, Inventory: market.Inventory{Low: dec("1"), Target: dec("2"), High: dec("3")}, Quotes24h: 45,
		}},
		Bond: &sql.Known[market.Bond]{Source: "register", At: at.Add(-time.Hour), Is: market.Bond{
			Rating: "AA", Tenor: "3-5Y", IssuerClass: "corporate", CouponPct: dec("7.5"), Maturity: at.AddDate(4, 0, 0),
		}},
		Facts: &sql.Known[risk.Facts]{Source: "research", At: at.Add(-2 * time.Hour), Is: risk.Facts{
			Credit: risk.Fact[score.Credit]{
				Evidence: risk.Evidence{Source: "research", At: at.Add(-2 * time.Hour), Citations: []string{"report 7"}},
				Stated:   decimal.NewNullDecimal(dec("35")),
			},
		}},
	}
}

func TestTheNewestOfEachPartOfAnInstrumentIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		_, err := kept.Instrument(t.Context(), isins[0])
		require.ErrorIs(t, err, evenkeel.ErrNotFound)
		_, err = kept.Instrument(t.Context(), "none")
		require.ErrorIs(t, err, evenkeel.ErrNotFound)

		var all []sql.Instrument
		for _, isin := range slices.Backward(isins) {
			all = append(all, allOf(isin, noon))
		}
		require.NoError(t, kept.Put(t.Context(), all))
		kept = open(t, dsn).Instruments()
		for _, isin := range isins {
			is, err := kept.Instrument(t.Context(), isin)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(allOf(isin, noon), is), isin)
		}
		later := bookOf(isins[3], "99", noon.Add(time.Second))
		later.Source = "other"
		require.NoError(t, kept.Put(t.Context(), []sql.Instrument{{ISIN: isins[3], Book: later}}))
		require.NoError(t, kept.Put(t.Context(), nil))
		want := allOf(isins[3], noon)
		want.Book = later
		is, err := kept.Instrument(t.Context(), isins[3])
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, is), "the other parts are as they were")
	})
}

func TestInstrumentsAreListedInOrderPageByPage(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		for _, isin := range slices.Backward(isins) {
			require.NoError(t, kept.Put(t.Context(), []sql.Instrument{allOf(isin, noon)}))
		}
		var found []market.ISIN
		for after := market.ISIN(""); ; after = found[len(found)-1] {
			page, err := kept.ISINs(t.Context(), after, 5)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			found = append(found, page...)
		}
		require.Equal(t, isins, found)
		for _, limit := range []int{0, 1001} {
			_, err := kept.ISINs(t.Context(), "", limit)
			require.ErrorIs(t, err, evenkeel.ErrInvalid)
		}
		_, err := kept.ISINs(t.Context(), "x", 1)
		require.ErrorIs(t, err, evenkeel.ErrInvalid)
	})
}

func TestWhatIsOlderThanWhatIsKeptIsRefusedWithAllBesideIt(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		require.NoError(t, kept.Put(t.Context(), []sql.Instrument{allOf(isins[1], noon.Add(time.Second))}))
		err := kept.Put(t.Context(), []sql.Instrument{{ISIN: isins[0], Book: bookOf(isins[0], "1", noon)}, {ISIN: isins[1], Book: bookOf(isins[1], "1", noon)}})
		require.ErrorIs(t, err, sql.ErrOlder)
		require.EqualError(t, err, "put instruments: sql: older than the one kept: book of IM9999999999: At 2026-01-02T12:00:00Z: must not be before 2026-01-02T12:00:01Z")
		_, err = kept.Instrument(t.Context(), isins[0])
		require.ErrorIs(t, err, evenkeel.ErrNotFound, "all or none")
		require.NoError(t, kept.Put(t.Context(), []sql.Instrument{{ISIN: isins[1], Book: bookOf(isins[1], "7", noon.Add(time.Second))}}), "the same time is not before")
		is, err := kept.Instrument(t.Context(), isins[1])
		require.NoError(t, err)
		require.True(t, dec("7").Equal(is.Book.Is.Bid))
	})
}

func TestMalformedInstrumentsAreRefused(t *testing.T) {
	good := isins[0]
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		for name, row := range map[string]struct {
			change func(*sql.Instrument)
			says   string
		}{
			"no instrument":                {func(i *sql.Instrument) { i.ISIN = "XX" }, "ISIN"},
			"nobody says it":               {func(i *sql.Instrument) { i.Bond.Source = "" }, "bond.Source"},
			"a NUL in a name":              {func(i *sql.Instrument) { i.Facts.Source = "a\x00" }, "facts.Source"},
			"a book of another instrument": {func(i *sql.Instrument) { i.Book.Is.ISIN = isins[1] }, "book.ISIN"},
			"an auction of another time":   {func(i *sql.Instrument) { i.Auction.At = noon.Add(1) }, "auction.At"},
			"a maker of no time":           {func(i *sql.Instrument) { i.Maker.At, i.Maker.Is.At = time.Time{}, time.Time{} }, "maker.At"},
			"facts of no time":             {func(i *sql.Instrument) { i.Facts.At = time.Time{} }, "facts.At"},
		} {
			bad := allOf(good, noon)
			row.change(&bad)
			err := kept.Put(t.Context(), []sql.Instrument{allOf(isins[2], noon), bad})
			require.ErrorIs(t, err, evenkeel.ErrInvalid, name)
			require.ErrorContains(t, err, row.says, name)
		}
		twice := []sql.Instrument{{ISIN: good, Book: bookOf(good, "1", noon)}, {ISIN: good, Book: bookOf(good, "2", noon)}}
		require.ErrorContains(t, kept.Put(t.Context(), twice), "book of AA0000000000: must be told once")
		require.ErrorIs(t, kept.Put(t.Context(), make([]sql.Instrument, 1001)), evenkeel.ErrInvalid)
		found, err := kept.ISINs(t.Context(), "", 1)
		require.NoError(t, err)
		require.Empty(t, found)
	})
}

// Whoever is first, the newest stays.
func TestInstrumentsToldByManyAtOnceEndWithTheNewest(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.DB{open(t, dsn), open(t, dsn)}
		var running sync.WaitGroup
		for second := range 12 {
			running.Go(func() {
				at := noon.Add(time.Duration(second) * time.Second)
				several := []sql.Instrument{{ISIN: isins[8], Book: bookOf(isins[8], "1", at)}, {ISIN: isins[2], Book: bookOf(isins[2], "1", at)}}
				if err := programs[second%2].Instruments().Put(t.Context(), several); err != nil {
					require.ErrorIs(t, err, sql.ErrOlder)
				}
			})
		}
		running.Wait()
		for _, isin := range []market.ISIN{isins[2], isins[8]} {
			is, err := programs[0].Instruments().Instrument(t.Context(), isin)
			require.NoError(t, err)
			require.Equal(t, noon.Add(11*time.Second), is.Book.At)
		}
	})
}

func sale(isin market.ISIN, id string, at time.Time) sql.Sale {
	return sql.Sale{ISIN: isin, Outcome: risk.Outcome{ID: id, Advised: market.ByMaker, Outcome: market.Outcome{
		At: at, Path: market.ByAuction, Size: dec("100000"), PredictedFill: dec("0.8"), PredictedMinutes: dec("15"), Filled: true, Minutes: dec("20"),
	}}}
}

// ids returns those of all sales of an instrument.
func ids(t *testing.T, kept *sql.Instruments, isin market.ISIN) []string {
	t.Helper()
	var all []string
	for o, err := range kept.Sales(t.Context(), isin) {
		require.NoError(t, err)
		all = append(all, o.ID)
	}
	return all
}

func TestWhatBecameOfSalesIsKeptForEver(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		var many []sql.Sale
		var want []string
		for i := range 250 { // more than a page, of equal times
			id := strings.Repeat("x", i%5) + decimal.NewFromInt(int64(1000+i)).String()
			many = append(many, sale(isins[4], id, noon.Add(time.Duration(i/100)*time.Second)))
			want = append(want, id)
		}
		for from := 0; from < 250; from += 100 {
			slices.Sort(want[from:min(from+100, 250)])
		}
		require.NoError(t, kept.Report(t.Context(), "desk", many))
		require.NoError(t, kept.Report(t.Context(), "desk", nil))
		require.NoError(t, kept.Report(t.Context(), "other", many[:3]), "again")
		require.Equal(t, want, ids(t, open(t, dsn).Instruments(), isins[4]))
		require.Empty(t, ids(t, kept, isins[5]))

		other := many[7]
		other.Filled = false
		err := kept.Report(t.Context(), "desk", []sql.Sale{sale(isins[5], "new", noon), other})
		require.ErrorIs(t, err, evenkeel.ErrConflict)
		require.ErrorContains(t, err, many[7].ID)
		require.Empty(t, ids(t, kept, isins[5]), "all or none")
		require.Len(t, ids(t, kept, isins[4]), 250)
		for o, err := range kept.Sales(t.Context(), isins[4]) {
			require.NoError(t, err)
			require.True(t, o.Filled)
			break
		}
	})
}

func TestMalformedSalesAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kept := open(t, dsn).Instruments()
		for name, row := range map[string]struct {
			change func(*sql.Sale)
			says   string
		}{
			"no instrument":        {func(s *sql.Sale) { s.ISIN = "" }, "ISIN"},
			"no name":              {func(s *sql.Sale) { s.ID = "" }, "ID"},
			"a way that is none":   {func(s *sql.Sale) { s.Advised = "post" }, "Advised"},
			"no size":              {func(s *sql.Sale) { s.Size = dec("0") }, "Outcome.Size"},
			"more than certain":    {func(s *sql.Sale) { s.PredictedFill = dec("1.1") }, "Outcome.PredictedFill"},
			"a time that is not":   {func(s *sql.Sale) { s.At = time.Time{} }, "Outcome.At"},
			"a time long past":     {func(s *sql.Sale) { s.At = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC) }, "At"},
			"the same sale, twice": {func(s *sql.Sale) { s.ID = "fine" }, "must be told once"},
		} {
			bad := sale(isins[0], "bad", noon)
			row.change(&bad)
			err := kept.Report(t.Context(), "desk", []sql.Sale{sale(isins[0], "fine", noon), bad})
			require.ErrorIs(t, err, evenkeel.ErrInvalid, name)
			require.ErrorContains(t, err, row.says, name)
		}
		require.ErrorIs(t, kept.Report(t.Context(), "", nil), evenkeel.ErrInvalid)
		require.ErrorIs(t, kept.Report(t.Context(), "desk", make([]sql.Sale, 1001)), evenkeel.ErrInvalid)
		require.Empty(t, ids(t, kept, isins[0]))
	})
}
