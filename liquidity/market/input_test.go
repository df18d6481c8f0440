package market_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Times that have a year of four digits where they come from, and none in UTC.
var (
	lateInYear9999 = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600))
	year0          = time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 5*3600))
	in1950         = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)
)

func TestSnapshotsThatCannotBeTrue(t *testing.T) {
	huge := decimal.New(1, 1_000_000_000)
	for name, row := range map[string]struct {
		change func(*market.Snapshot)
		want   string
	}{
		"a snapshot at no time":                      {func(s *market.Snapshot) { s.Now = time.Time{} }, "Now 0001"},
		"a book from the future":                     {func(s *market.Snapshot) { s.Book.At = now.Add(6 * time.Second) }, "Microstructure.At"},
		"a book at no time":                          {func(s *market.Snapshot) { s.Book.At = time.Time{} }, "Microstructure.At"},
		"a name that is no ISIN":                     {func(s *market.Snapshot) { s.Book.ISIN = "not-an-isin" }, `ISIN "not-an-isin": must be`},
		"a book without prices":                      {func(s *market.Snapshot) { s.Book.Bid, s.Book.Ask = decimal.Decimal{}, decimal.Decimal{} }, "Microstructure.Bid 0: must be > 0"},
		"an ask of nothing":                          {func(s *market.Snapshot) { s.Book.Ask = decimal.Decimal{} }, "Microstructure.Ask 0: must be > 0"},
		"a crossed book":                             {func(s *market.Snapshot) { s.Book.Bid = dec("101") }, "crossed book: Microstructure.Bid 101: must be at most Ask 100.75"},
		"a price beyond all bounds":                  {func(s *market.Snapshot) { s.Book.Ask = huge }, "Microstructure.Ask (out of range)"},
		"a negative size at the bid":                 {func(s *market.Snapshot) { s.Book.BidSize = dec("-1") }, "Microstructure.BidSize -1"},
		"a negative size at the ask":                 {func(s *market.Snapshot) { s.Book.AskSize = dec("-1") }, "Microstructure.AskSize -1"},
		"a negative depth":                           {func(s *market.Snapshot) { s.Book.Depth = dec("-1") }, "Microstructure.Depth -1"},
		"a negative number of levels":                {func(s *market.Snapshot) { s.Book.Levels = -1 }, "Microstructure.Levels -1"},
		"a negative number of trades":                {func(s *market.Snapshot) { s.Book.Trades = -1 }, "Microstructure.Trades -1"},
		"a negative average price":                   {func(s *market.Snapshot) { s.Book.VWAP = dec("-1") }, "Microstructure.VWAP -1"},
		"a negative volume":                          {func(s *market.Snapshot) { s.Book.Volume = dec("-1") }, "Microstructure.Volume -1"},
		"a trade that is still to come":              {func(s *market.Snapshot) { s.Book.LastTradeAge = -time.Second }, "Microstructure.LastTradeAge -1s"},
		"a window of no length":                      {func(s *market.Snapshot) { s.Book.Window = time.Millisecond }, "Microstructure.Window 1ms"},
		"trades in a window that the last is before": {func(s *market.Snapshot) { s.Book.LastTradeAge = 25 * time.Hour }, "Microstructure.Trades 25: must be 0 when the last trade, 25h0m0s ago"},
		"an auction of another bond":                 {func(s *market.Snapshot) { s.Auction.ISIN = "IN0012345678" }, "Auction.ISIN"},
		"an auction without a name":                  {func(s *market.Snapshot) { s.Auction.ID = "" }, "Auction.ID"},
		"an auction from the future":                 {func(s *market.Snapshot) { s.Auction.At = now.Add(time.Hour) }, "Auction.At"},
		"a negative number of bids":                  {func(s *market.Snapshot) { s.Auction.Bids = -1 }, "Auction.Bids -1"},
		"a negative number of lots":                  {func(s *market.Snapshot) { s.Auction.Lots = -1 }, "Auction.Lots -1"},
		"an auction that clears at nothing":          {func(s *market.Snapshot) { s.Auction.Clearing = decimal.Decimal{} }, "Auction.Clearing 0"},
		"an auction that is never held":              {func(s *market.Snapshot) { s.Auction.NextWindow = time.Time{} }, "Auction.NextWindow"},
		"a bid of a negative size":                   {func(s *market.Snapshot) { s.Auction.Demand[1].Size = dec("-1") }, "point 1: market: invalid: Auction.Demand.Size -1"},
		"a bid at no price":                          {func(s *market.Snapshot) { s.Auction.Demand[2].Price = decimal.Decimal{} }, "point 2: market: invalid: Auction.Demand.Price 0"},
		"more bids than anybody reads":               {func(s *market.Snapshot) { s.Auction.Demand = make([]market.DemandPoint, 1001) }, "Auction.Demand 1001"},
		"a maker of another bond":                    {func(s *market.Snapshot) { s.Maker.ISIN = "IN0012345678" }, "Maker.ISIN"},
		"a maker from the future":                    {func(s *market.Snapshot) { s.Maker.At = now.Add(time.Hour) }, "Maker.At"},
		"an inventory below nothing":                 {func(s *market.Snapshot) { s.Maker.Inventory.Low = dec("-1") }, "Maker.Inventory.Low -1"},
		"a target below the band":                    {func(s *market.Snapshot) { s.Maker.Inventory.Target = dec("1") }, "Maker.Inventory.Target 1: must be at least Low"},
		"a band that ends below its target":          {func(s *market.Snapshot) { s.Maker.Inventory.High = dec("999999") }, "Maker.Inventory.High 999999: must be at least Target"},
		"a maker that pays to deal":                  {func(s *market.Snapshot) { s.Maker.LastQuoteSpreadBps = dec("-1") }, "Maker.LastQuoteSpreadBps -1"},
		"a maker that would pay to deal":             {func(s *market.Snapshot) { s.Maker.MinSpreadBps = dec("-1") }, "Maker.MinSpreadBps -1"},
		"a negative number of quotes":                {func(s *market.Snapshot) { s.Maker.Quotes24h = -1 }, "Maker.Quotes24h -1"},
		"a rating that is not text":                  {func(s *market.Snapshot) { s.Bond.Rating = "\xff" }, "Bond.Rating"},
		"a negative coupon":                          {func(s *market.Snapshot) { s.Bond.CouponPct = dec("-1") }, "Bond.CouponPct -1"},
		"a negative issue":                           {func(s *market.Snapshot) { s.Bond.IssueSize = dec("-1") }, "Bond.IssueSize -1"},
		"a time that is in no year in UTC":           {func(s *market.Snapshot) { s.Bond.Maturity = lateInYear9999 }, "Bond.Maturity 9999-12-31 23:00:00 -0500 -0500: must be from 1900 to 2200, or zero"},
		"a bond that outlives everybody":             {func(s *market.Snapshot) { s.Bond.Maturity = time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC) }, "Bond.Maturity"},
		"a book of year 0":                           {func(s *market.Snapshot) { s.Book.At = year0 }, "Microstructure.At 0000-01-01 00:00:00 +0500 +0500: must be from 1900 to 2200, and not after Now"},
		"an auction of year 0":                       {func(s *market.Snapshot) { s.Auction.At = year0 }, "Auction.At 0000"},
		"a maker of year 0":                          {func(s *market.Snapshot) { s.Maker.At = year0 }, "Maker.At 0000"},
		"a snapshot of year 9999":                    {func(s *market.Snapshot) { s.Now = lateInYear9999 }, "Now 9999"},
		"an auction before there were any": {func(s *market.Snapshot) {
			s.Now, s.Book.At, s.Auction.At, s.Maker.At = in1950, in1950, in1950, in1950
			s.Auction.NextWindow = in1950.AddDate(-60, 0, 0)
		}, "Auction.NextWindow 1890"},
		"a negative volatility":                   {func(s *market.Snapshot) { s.Conditions.Volatility = dec("-1") }, "Conditions.Volatility -1"},
		"a volatility that shrinks below nothing": {func(s *market.Snapshot) { s.Conditions.SigmaTimes = dec("-1") }, "Conditions.SigmaTimes -1"},
		"a path that nobody knows":                {func(s *market.Snapshot) { s.Conditions.Suspended = []market.Path{"teleport"} }, `Conditions.Suspended "teleport"`},
		"a list of suspensions without end":       {func(s *market.Snapshot) { s.Conditions.Suspended = make([]market.Path, 5) }, "Conditions.Suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			require.NoError(t, s.Validate())
			row.change(&s)
			err := s.Validate()
			require.ErrorIs(t, err, market.ErrInvalid)
			require.ErrorContains(t, err, row.want)

			_, err = market.SeedModel{}.Index(s, dec("1"))
			require.ErrorIs(t, err, market.ErrInvalid)
			_, err = calibrated(t).Index(s, dec("1"))
			require.ErrorIs(t, err, market.ErrInvalid)
			_, err = calibrated(t).Estimate(s, dec("1"))
			require.ErrorIs(t, err, market.ErrInvalid)
			_, err = recommender(t, market.NewPolicy(market.SeedCompatible)).Recommend(s, market.Sale{Size: dec("1")}, market.Record{})
			require.ErrorIs(t, err, market.ErrInvalid)
			_, err = market.Calm().Apply(s)
			require.ErrorIs(t, err, market.ErrInvalid)
		})
	}
}

func TestOnlyACrossedBookIsCrossed(t *testing.T) {
	s := snapshot()
	s.Book.Bid = dec("100.76")
	require.ErrorIs(t, s.Validate(), market.ErrCrossed)
	s.Book.Bid = dec("-1")
	require.NotErrorIs(t, s.Validate(), market.ErrCrossed)
	s.Book.Bid = s.Book.Ask
	require.NoError(t, s.Validate(), "a locked book is possible")
}

func TestSizesThatAreNone(t *testing.T) {
	s, exits := snapshot(), recommender(t, market.NewPolicy(market.Enforced))
	for _, size := range []string{"0", "-5", "1e18", "1e-19"} {
		_, err := exits.Recommend(s, market.Sale{Size: dec(size)}, market.Record{})
		require.ErrorIs(t, err, market.ErrInvalid, size)
		for _, model := range []market.IndexModel{market.SeedModel{}, calibrated(t)} {
			_, err = model.Index(s, dec(size))
			require.ErrorIs(t, err, market.ErrInvalid, size)
		}
	}
	_, err := exits.Recommend(s, market.Sale{Size: dec("1"), Reserve: dec("-1")}, market.Record{})
	require.ErrorContains(t, err, "Reserve -1")
}

func TestClocksMayDifferALittle(t *testing.T) {
	s := snapshot()
	s.Book.At = now.Add(5 * time.Second)
	p, err := market.NewProfile(market.SeedModel{}, s, dec("1"), nil)
	require.NoError(t, err)
	require.Equal(t, market.RealTime, p.Freshness)
	index, err := calibrated(t).Index(s, dec("1"))
	require.NoError(t, err)
	at, err := calibrated(t).Index(snapshot(), dec("1"))
	require.NoError(t, err)
	require.True(t, index.Confidence.Equal(at.Confidence), "no more than what is of now")
}

func TestOutcomesAreOfATime(t *testing.T) {
	o := market.Outcome{
		At: lateInYear9999, Path: market.ByMaker, Size: dec("1"), PredictedFill: dec("1"), PredictedMinutes: dec("1"), Minutes: dec("1"),
	}
	for _, at := range []time.Time{{}, year0, lateInYear9999} {
		o.At = at
		_, err := market.Judge([]market.Outcome{o})
		require.ErrorIs(t, err, market.ErrInvalid)
		require.ErrorContains(t, err, "Outcome.At "+at.String()+": must be from 1900 to 2200")
	}
	o.At = now
	_, err := market.Judge([]market.Outcome{o})
	require.NoError(t, err)
}

func TestWhatIsDoubtful(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*market.Snapshot)
		want   []market.Doubt
	}{
		"nothing":                              {func(*market.Snapshot) {}, nil},
		"a window that nobody states":          {func(s *market.Snapshot) { s.Book.Window = 0 }, []market.Doubt{market.WindowUnstated}},
		"trades that should be older":          {func(s *market.Snapshot) { s.Book.Window, s.Book.LastTradeAge = 0, 24*time.Hour+1 }, []market.Doubt{market.WindowUnstated, market.TradesTooOld}},
		"trades that are just not too old":     {func(s *market.Snapshot) { s.Book.Window, s.Book.LastTradeAge = 0, 24*time.Hour }, []market.Doubt{market.WindowUnstated}},
		"a silence, and no trades":             {func(s *market.Snapshot) { s.Book.Window, s.Book.LastTradeAge, s.Book.Trades = 0, 25*time.Hour, 0 }, []market.Doubt{market.WindowUnstated}},
		"a locked book":                        {func(s *market.Snapshot) { s.Book.Bid = s.Book.Ask }, []market.Doubt{market.LockedBook}},
		"everything an hour later":             {func(s *market.Snapshot) { s.Now = now.Add(time.Hour) }, []market.Doubt{market.BookOutdated, market.AuctionOutdated, market.MakerOutdated}},
		"an hour later, and nobody but a book": {func(s *market.Snapshot) { s.Now, s.Maker, s.Auction = now.Add(time.Hour), nil, nil }, []market.Doubt{market.BookOutdated}},
		"the day of maturity":                  {func(s *market.Snapshot) { s.Bond.Maturity = now.Add(1 - 24*time.Hour) }, nil},
		"a bond that has been paid back":       {func(s *market.Snapshot) { s.Bond.Maturity = now.Add(-24 * time.Hour) }, []market.Doubt{market.BondMatured}},
	} {
		t.Run(name, func(t *testing.T) {
			s := snapshot()
			row.change(&s)
			p, err := market.NewProfile(market.SeedModel{}, s, dec("1"), nil)
			require.NoError(t, err)
			require.Equal(t, row.want, p.Doubts)
		})
	}
}

func TestISIN(t *testing.T) {
	text, err := os.ReadFile("testdata/isins.txt") // bonds traded at NSE on one day
	require.NoError(t, err)
	traded := strings.Fields(string(text))
	require.Len(t, traded, 101)
	for _, i := range append(traded, "US0378331005", "GB0002634946") {
		_, err := market.ParseISIN(i, true)
		require.NoError(t, err, i)
	}
	for _, i := range []string{"IN0012345678", "IN0087654321", "US0378331004", "US0378331050"} {
		_, err := market.ParseISIN(i, false)
		require.NoError(t, err, "the shape is right")
		_, err = market.ParseISIN(i, true)
		require.ErrorIs(t, err, market.ErrInvalid)
		require.ErrorContains(t, err, "check digit")
	}
	for _, i := range []string{"", "US037833100", "US03783310055", "us0378331005", "U10378331005", "US037833100A", "US03783310 5", "ÜS0378331005", "health"} {
		for _, strict := range []bool{false, true} {
			_, err := market.ParseISIN(i, strict)
			require.ErrorIs(t, err, market.ErrInvalid, i)
		}
		require.False(t, market.ISIN(i).Checked())
	}
}
