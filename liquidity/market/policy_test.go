package market_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func TestPoliciesThatAreNone(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*market.Policy)
		want   string
	}{
		"no strictness":                          {func(p *market.Policy) { p.Strictness = "" }, `Strictness ""`},
		"no ranking":                             {func(p *market.Policy) { p.Ranking = "" }, `Ranking ""`},
		"a negative cap":                         {func(p *market.Policy) { p.RatingCaps["AA"] = market.Caps{Maker: dec("-1")} }, `RatingCaps["AA"].Maker -1`},
		"a negative limit":                       {func(p *market.Policy) { p.IssuerLimits["psu"] = market.Caps{Auction: dec("-1")} }, `IssuerLimits["psu"].Auction -1`},
		"a negative cap of what is not listed":   {func(p *market.Policy) { p.UnlistedRating.RFQ = dec("-1") }, "UnlistedRating.RFQ -1"},
		"a negative limit of what is not listed": {func(p *market.Policy) { p.UnlistedIssuer.RFQ = dec("-1") }, "UnlistedIssuer.RFQ -1"},
		"a rating without a name":                {func(p *market.Policy) { p.RatingCaps[""] = market.Caps{} }, `RatingCaps ""`},
		"a tenor by a path that does not exist":  {func(p *market.Policy) { p.Tenors["1-3Y"] = []market.Path{"teleport"} }, `Tenors["1-3Y"] "teleport"`},
		"an assumed tenor that is none":          {func(p *market.Policy) { p.AssumedTenor = "7Y" }, `AssumedTenor "7Y"`},
		"an assumed rating that is none":         {func(p *market.Policy) { p.AssumedRating = "" }, `AssumedRating ""`},
		"an assumed issuer that is none":         {func(p *market.Policy) { p.AssumedIssuer = "" }, `AssumedIssuer ""`},
		"a negative spread":                      {func(p *market.Policy) { p.MakerMinSpreadBps = dec("-1") }, "MakerMinSpreadBps -1"},
		"auctions without end":                   {func(p *market.Policy) { p.AuctionCadence = 0 }, "AuctionCadence 0s"},
		"no window at all":                       {func(p *market.Policy) { p.RFQWindow = 0 }, "RFQWindow 0s"},
		"a negative lot":                         {func(p *market.Policy) { p.P2PMinLot = dec("-1") }, "P2PMinLot -1"},
		"a prior of less than nothing":           {func(p *market.Policy) { p.PriorTrials = -1 }, "PriorTrials -1"},
		"an enforced policy that knows no prior": {func(p *market.Policy) { p.PriorTrials = 0 }, "PriorTrials 0"},
		"a taste for risk":                       {func(p *market.Policy) { p.Utility.Lambda = dec("-1") }, "Utility.Lambda -1"},
		"a volatility above one":                 {func(p *market.Policy) { p.Utility.SigmaDaily = dec("1.1") }, "Utility.SigmaDaily 1.1"},
		"a fallback below nothing":               {func(p *market.Policy) { p.Utility.FallbackBps = dec("10001") }, "Utility.FallbackBps 10001"},
		"a zone that nobody knows":               {func(p *market.Policy) { p.RFQ.Zone = "Mars/Olympus" }, `RFQ.Zone "Mars/Olympus"`},
		"a calendar without windows":             {func(p *market.Policy) { p.RFQ.Opens = nil }, "RFQ.Opens 0"},
		"a time that is none":                    {func(p *market.Policy) { p.RFQ.Opens = []string{"25:00"} }, `RFQ.Opens[0] "25:00"`},
		"a date that is none":                    {func(p *market.Policy) { p.RFQ.Holidays = []string{"2026-02-30"} }, `RFQ.Holidays[0] "2026-02-30"`},
		"a weekday that is none":                 {func(p *market.Policy) { p.RFQ.Closed = []time.Weekday{7} }, "RFQ.Closed[0] 7"},
		"a week without a day":                   {func(p *market.Policy) { p.RFQ.Closed = make([]time.Weekday, 7) }, "RFQ.Closed 7"},
		"more holidays than anybody has":         {func(p *market.Policy) { p.RFQ.Holidays = make([]string, 1001) }, "RFQ.Holidays 1001"},
		"more barred ratings than anybody has":   {func(p *market.Policy) { p.BarredRatings = make([]string, 1001) }, "BarredRatings 1001"},
	} {
		t.Run(name, func(t *testing.T) {
			p := market.NewPolicy(market.Enforced)
			row.change(&p)
			_, err := market.NewRecommender(p)
			require.ErrorIs(t, err, market.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}

// A bond that is rated below B may not be sold in larger lots than one that is rated B,
// only because no table has its notch.
func TestANotchCountsAsItsLetter(t *testing.T) {
	enforced, seed := market.NewPolicy(market.Enforced), market.NewPolicy(market.SeedCompatible)
	for rating, want := range map[string]string{
		"AAA": "AAA", "AA+": "AA", "AA-": "AA", "A-": "A", "BBB-": "BBB", "BB+": "BB", "B-": "B",
		"CCC+": "C", "CCC": "C", "CC": "C", "C": "C", "SD": "D", "RD": "D", "D": "D",
		"": "", "+": "+", "Baa3": "Baa3", "aa+": "aa+", "AA++": "AA++",
	} {
		require.Equal(t, want, enforced.Grade(rating), rating)
		require.Equal(t, rating, seed.Grade(rating))
		require.Equal(t, slices.Contains([]string{"BB", "B", "C", "D"}, want), enforced.Speculative(rating), rating)
		require.Equal(t, slices.Contains([]string{"BB", "B", "C", "D"}, rating), seed.Speculative(rating), rating)
	}
	for _, pair := range [][2]string{{"AA+", "AA"}, {"BB-", "BB"}, {"CCC", "C"}, {"SD", "D"}} {
		exits := func(rating string, p market.Policy) market.Exits {
			s := snapshot()
			s.Bond.Rating = rating
			return exitsOf(t, recommender(t, p), s, "200000")
		}
		like, letter := exits(pair[0], enforced), exits(pair[1], enforced)
		require.Equal(t, letter.Routes, like.Routes, pair[0])
		require.Len(t, like.Warnings, len(letter.Warnings))
		require.NotEqual(t, exits(pair[1], seed).Routes, exits(pair[0], seed).Routes, "the translator had no notches")

		own := market.NewPolicy(market.Enforced)
		own.RatingCaps[pair[0]] = market.Caps{Maker: dec("7"), Auction: dec("7"), RFQ: dec("7")}
		for _, r := range exits(pair[0], own).Routes {
			if r.Path != market.ByP2P {
				require.Contains(t, r.Refusals, market.Refusal{Reason: market.RatingCap, Limit: dec("7")}, "a house may have a notch of its own")
			}
		}
	}
}

func TestARecommenderKeepsItsPolicy(t *testing.T) {
	p := market.NewPolicy(market.Enforced)
	r := recommender(t, p)
	p.RatingCaps["AA"] = market.Caps{}
	p.Tenors["5-10Y"][0] = "teleport"
	p.BarredRatings[0] = "AA"
	got := r.Policy()
	got.RFQ.Opens[0] = "11:00"
	got.RatingCaps["AA"] = market.Caps{}
	e := exitsOf(t, r, snapshot(), "30000")
	require.Len(t, available(e), 4)
	require.Equal(t, now.Add(time.Hour), routeOf(t, e, market.ByRFQ).Opens)

	name, config := r.Identity()
	require.Equal(t, "market-exits@2", name)
	_, same := recommender(t, market.NewPolicy(market.Enforced)).Identity()
	require.Equal(t, same, config)
	_, other := recommender(t, market.NewPolicy(market.SeedCompatible)).Identity()
	require.NotEqual(t, other, config)

	text, err := json.Marshal(market.NewPolicy(market.Enforced))
	require.NoError(t, err)
	var read market.Policy
	require.NoError(t, json.Unmarshal(text, &read))
	_, same = recommender(t, read).Identity()
	require.Equal(t, same, config, "a policy goes through JSON unchanged")
}

func TestWindowsOpenByTheirOwnCalendar(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return parsed
	}
	for name, row := range map[string]struct {
		calendar  market.Calendar
		now, next string
	}{
		"a minute before":          {market.Calendar{Opens: []string{"10:00"}}, "2026-03-02T09:59:00Z", "2026-03-02T10:00:00Z"},
		"at the opening":           {market.Calendar{Opens: []string{"10:00"}}, "2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z"},
		"the second of the day":    {market.Calendar{Opens: []string{"16:00", "10:00"}}, "2026-03-02T10:00:00Z", "2026-03-02T16:00:00Z"},
		"the first of the day":     {market.Calendar{Opens: []string{"16:00", "10:00"}}, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"},
		"in India":                 {market.Calendar{Zone: "Asia/Kolkata", Opens: []string{"10:00"}}, "2026-03-02T04:29:59Z", "2026-03-02T04:30:00Z"},
		"tomorrow there":           {market.Calendar{Zone: "Asia/Kolkata", Opens: []string{"00:10"}}, "2026-03-02T18:30:00Z", "2026-03-02T18:40:00Z"},
		"over a weekend":           {market.Calendar{Opens: []string{"10:00"}, Closed: []time.Weekday{0, 6}}, "2026-03-06T10:00:00Z", "2026-03-09T10:00:00Z"},
		"over a holiday":           {market.Calendar{Opens: []string{"10:00"}, Holidays: []string{"2026-03-03"}}, "2026-03-02T10:00:00Z", "2026-03-04T10:00:00Z"},
		"before the clocks change": {market.Calendar{Zone: "Europe/Berlin", Opens: []string{"10:00"}}, "2026-03-28T00:00:00Z", "2026-03-28T09:00:00Z"},
		"after the clocks change":  {market.Calendar{Zone: "Europe/Berlin", Opens: []string{"10:00"}}, "2026-03-29T00:00:00Z", "2026-03-29T08:00:00Z"},
		"over the end of a year":   {market.Calendar{Opens: []string{"10:00"}}, "2026-12-31T23:00:00Z", "2027-01-01T10:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			p := market.NewPolicy(market.SeedCompatible)
			p.RFQ = row.calendar
			s := snapshot()
			s.Auction, s.Maker = nil, nil
			s.Now = at(row.now)
			s.Book.At = s.Now
			require.Equal(t, row.next, routeOf(t, exitsOf(t, recommender(t, p), s, "1000"), market.ByRFQ).Opens.Format(time.RFC3339))
		})
	}
}

func TestACalendarThatNeverOpens(t *testing.T) {
	p := market.NewPolicy(market.SeedCompatible)
	p.RFQ.Closed = []time.Weekday{0, 1, 2, 3, 4, 6}
	for friday := time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC); friday.Year() < 2028; friday = friday.AddDate(0, 0, 7) {
		p.RFQ.Holidays = append(p.RFQ.Holidays, friday.Format(time.DateOnly))
	}
	r := routeOf(t, exitsOf(t, recommender(t, p), snapshot(), "1000"), market.ByRFQ)
	require.Equal(t, []market.Reason{market.WindowClosed}, reasons(r))
	require.Zero(t, r.Opens)
}

func TestParametersThatAreNone(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*market.Parameters)
		want   string
	}{
		"no window":                       {func(p *market.Parameters) { p.Window = 0 }, "Window 0s"},
		"no horizon":                      {func(p *market.Parameters) { p.Horizon = 0 }, "Horizon 0s"},
		"no half-life":                    {func(p *market.Parameters) { p.HalfLife = 0 }, "HalfLife 0s"},
		"no volatility":                   {func(p *market.Parameters) { p.SigmaDaily = decimal.Decimal{} }, "SigmaDaily 0"},
		"a negative impact":               {func(p *market.Parameters) { p.Impact = dec("-1") }, "Impact -1"},
		"no cost that scores 50":          {func(p *market.Parameters) { p.Cost50Bps = decimal.Decimal{} }, "Cost50Bps 0"},
		"no days that score 50":           {func(p *market.Parameters) { p.DaysTo50 = decimal.Decimal{} }, "DaysTo50 0"},
		"more than all of the volume":     {func(p *market.Parameters) { p.Participation = dec("1.1") }, "Participation 1.1"},
		"none of the volume":              {func(p *market.Parameters) { p.Participation = decimal.Decimal{} }, "Participation 0"},
		"no prior":                        {func(p *market.Parameters) { p.PriorTrades = decimal.Decimal{} }, "PriorTrades 0"},
		"no sample":                       {func(p *market.Parameters) { p.SampleTrades = decimal.Decimal{} }, "SampleTrades 0"},
		"no floor, of which no logarithm": {func(p *market.Parameters) { p.Floor = decimal.Decimal{} }, "Floor 0"},
		"a floor above the roof":          {func(p *market.Parameters) { p.Floor = dec("101") }, "Floor 101"},
		"weights that sum to less":        {func(p *market.Parameters) { p.Weights.Cost = dec("0.29") }, "Weights 0.99: must sum to 1"},
		"a negative weight":               {func(p *market.Parameters) { p.Weights.Depth, p.Weights.Cost = dec("-0.1"), dec("0.65") }, "Weights.Depth -0.1"},
		"more accurate than the truth":    {func(p *market.Parameters) { p.Accuracy = dec("1.1") }, "Accuracy 1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := market.DefaultParameters()
			row.change(&p)
			_, err := market.NewCalibratedModel(p)
			require.ErrorIs(t, err, market.ErrInvalid)
			require.ErrorContains(t, err, row.want)
		})
	}
}
