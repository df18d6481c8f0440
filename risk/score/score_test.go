package score_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

var dec = decimal.RequireFromString

func known(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

// scorer is any of the inputs.
type scorer interface{ Score() (score.Score, error) }

func scoreOf(t *testing.T, in scorer) score.Score {
	t.Helper()
	s, err := in.Score()
	require.NoError(t, err)
	return s
}

// The file says what came out, and in short what went in. Of the full credit case
// it does not say what; these are inputs that lead there.
func TestTheRiskEngineOfTheTranslator(t *testing.T) {
	const name = "market/risk_engine.json"
	text, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var cases [][]string
	require.NoError(t, json.Unmarshal(text, &cases))
	third := func(n int) []decimal.Decimal { return []decimal.Decimal{decimal.New(int64(n), -1), dec("0.1")} }
	inputs := map[string]scorer{
		"credit full": score.Credit{
			Rating: "BBB", Outlook: score.Negative, DebtToEBITDA: known("5"), InterestCoverage: known("1"), CurrentRatio: known("0.5"),
			GrowthPct: known("2"), InflationPct: known("8"), PolicyRatePct: known("8"),
		},
		"ir":   score.Rate{Duration: known("7"), Convexity: known("60"), Slope: known("0.03"), Options: score.WithOptions},
		"liq":  score.Liquidity{SpreadBps: known("25"), DailyVolume: known("400000000"), IssueSize: known("2000000000"), Days: known("2000"), Sector: score.Uneasy},
		"conc": score.Concentration{Sectors: third(9), Issuers: third(9), Ratings: third(9), Maturities: third(9)},
		"esg":  score.ESG{Environmental: known("40"), Social: known("50"), Governance: known("60"), Regulation: score.MuchExposed, Trend: score.Deteriorating},
	}
	passed, failed := 0, 0
	for _, c := range cases {
		if t.Run(c[0]+" "+c[1], func(t *testing.T) {
			if c[0] == "overall" {
				compareOverall(t, c)
				return
			}
			in := inputs[c[0]]
			if c[0] == "credit" {
				in = score.Credit{Rating: c[1]}
			}
			got := scoreOf(t, in)
			if c[1] == "XX" { // the translator makes a 50 up
				require.Equal(t, score.Insufficient, got.Level)
				require.Equal(t, []string{"rating"}, got.Missing)
				return
			}
			require.True(t, got.Value.Sub(dec(c[2])).Abs().LessThan(dec("1e-9")), "%s, want %s", got.Value, c[2])
		}) {
			passed++
		} else {
			failed++
		}
	}
	vectors.Report(t, name, passed, failed)
}

func stated(t *testing.T, value int64) score.Score {
	t.Helper()
	s, err := score.Stated(decimal.New(value, 0))
	require.NoError(t, err)
	return s
}

func compareOverall(t *testing.T, c []string) {
	t.Helper()
	p := score.Profile{Credit: stated(t, 50), Rate: stated(t, 40), Liquidity: stated(t, 30), Concentration: stated(t, 20), ESG: stated(t, 10), Operational: stated(t, 10)}
	j, err := score.Join(p.Factors(), dec("1"))
	require.NoError(t, err)
	require.Equal(t, c[2], j.Value.String())
	require.Equal(t, c[3], "("+j.Low.String()+", "+j.High.String()+")")
}

func TestPoints(t *testing.T) {
	t.Parallel()
	safe := func(change func(*score.Credit)) score.Credit {
		c := score.Credit{Rating: "BBB"}
		change(&c)
		return c
	}
	base := "47.058823529411764706" // of BBB
	for name, row := range map[string]struct {
		in   scorer
		want string
	}{
		"the worst rating is 100":                 {score.Credit{Rating: "D"}, "100"},
		"good news cannot take AAA below 0":       {score.Credit{Rating: "AAA", Outlook: score.Positive}, "0"},
		"a positive outlook helps":                {safe(func(c *score.Credit) { c.Outlook = score.Positive }), "42.058823529411764706"},
		"a developing one could go either way":    {safe(func(c *score.Credit) { c.Outlook = score.Developing }), "49.558823529411764706"},
		"a rating on watch worries more":          {safe(func(c *score.Credit) { c.Outlook = score.OnWatch }), "50.058823529411764706"},
		"debt of exactly four times is no worry":  {safe(func(c *score.Credit) { c.DebtToEBITDA = known("4") }), base},
		"above four it is":                        {safe(func(c *score.Credit) { c.DebtToEBITDA = known("4.01") }), "52.058823529411764706"},
		"above six more so":                       {safe(func(c *score.Credit) { c.DebtToEBITDA = known("6.01") }), "57.058823529411764706"},
		"below two it helps":                      {safe(func(c *score.Credit) { c.DebtToEBITDA = known("1.99") }), "42.058823529411764706"},
		"interest covered 1.5 times is little":    {safe(func(c *score.Credit) { c.InterestCoverage = known("1.5") }), "55.058823529411764706"},
		"below that it is too little":             {safe(func(c *score.Credit) { c.InterestCoverage = known("1.49") }), "62.058823529411764706"},
		"2.5 times will do":                       {safe(func(c *score.Credit) { c.InterestCoverage = known("2.5") }), base},
		"above five times is a lot":               {safe(func(c *score.Credit) { c.InterestCoverage = known("5.01") }), "42.058823529411764706"},
		"few current assets hurt":                 {safe(func(c *score.Credit) { c.CurrentRatio = known("0.99") }), "57.058823529411764706"},
		"many help":                               {safe(func(c *score.Credit) { c.CurrentRatio = known("2.01") }), "44.058823529411764706"},
		"slow growth hurts":                       {safe(func(c *score.Credit) { c.GrowthPct = known("3.99") }), "55.058823529411764706"},
		"fast growth helps":                       {safe(func(c *score.Credit) { c.GrowthPct = known("7.01") }), "44.058823529411764706"},
		"high inflation hurts":                    {safe(func(c *score.Credit) { c.InflationPct = known("6.01") }), "52.058823529411764706"},
		"low inflation helps":                     {safe(func(c *score.Credit) { c.InflationPct = known("2.99") }), "45.058823529411764706"},
		"a high policy rate hurts":                {safe(func(c *score.Credit) { c.PolicyRatePct = known("7.01") }), "50.058823529411764706"},
		"a low one helps":                         {safe(func(c *score.Credit) { c.PolicyRatePct = known("3.99") }), "45.058823529411764706"},
		"a duration counts tenfold":               {score.Rate{Duration: known("3.2")}, "32"},
		"up to 50":                                {score.Rate{Duration: known("5.1")}, "50"},
		"convexity counts whichever way it bends": {score.Rate{Duration: known("0"), Convexity: known("-60")}, "6"},
		"up to 20":                                {score.Rate{Duration: known("0"), Convexity: known("900")}, "20"},
		"a slope of 200 bps is flat":              {score.Rate{Duration: known("0"), Slope: known("0.02")}, "0"},
		"a steeper one is not, even downwards":    {score.Rate{Duration: known("0"), Slope: known("-0.021")}, "2.1"},
		"nor does it count beyond 15":             {score.Rate{Duration: known("0"), Slope: known("0.5")}, "15"},
		"options cost ten":                        {score.Rate{Duration: known("0"), Options: score.WithOptions}, "10"},
		"a liquid bond":                           {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), IssueSize: known("5e9"), Days: known("1095"), Sector: score.Easy}, "0"},
		"volume just below 100 crore":             {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("999999999")}, "8"},
		"volume just below 50 crore":              {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("499999999")}, "15"},
		"volume just below 10 crore":              {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("99999999")}, "25"},
		"an issue just below 500 crore":           {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), IssueSize: known("4999999999")}, "10"},
		"an issue just below 100 crore":           {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), IssueSize: known("999999999")}, "20"},
		"more than three years":                   {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), Days: known("1096")}, "8"},
		"more than five years":                    {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), Days: known("1826")}, "15"},
		"a usual sector":                          {score.Liquidity{SpreadBps: known("0"), DailyVolume: known("1e9"), Sector: score.Usual}, "5"},
		"a spread counts up to 30":                {score.Liquidity{SpreadBps: known("61"), DailyVolume: known("1e9")}, "30"},
		"a portfolio of many":                     {score.Concentration{Sectors: even(20), Issuers: even(20), Ratings: even(5), Maturities: even(4)}, "10"},
		"a fifth in one rating is fine, more not": {score.Concentration{Sectors: even(20), Issuers: even(20), Ratings: []decimal.Decimal{dec("0.21")}, Maturities: even(4)}, "25"},
		"a quarter in one maturity too":           {score.Concentration{Sectors: even(20), Issuers: even(20), Ratings: even(5), Maturities: []decimal.Decimal{dec("0.26")}}, "20"},
		"little exposed and improving":            {score.ESG{Environmental: known("20"), Social: known("20"), Governance: known("20"), Regulation: score.LittleExposed, Trend: score.Improving}, "7"},
		"nothing falls due":                       {score.Refinancing{DueShare: known("0"), Cover: known("1"), Access: score.Open}, "0"},
		"a quarter falls due, half of it covered": {score.Refinancing{DueShare: known("0.25"), Cover: known("0.5"), Access: score.Strained}, "50"},
		"everything falls due and nobody lends":   {score.Refinancing{DueShare: known("1"), Cover: known("0"), Access: score.Closed}, "100"},
		"no debt":                                 {score.Leverage{Debt: known("0"), EBITDA: known("-5"), Interest: known("0"), Equity: known("-5")}, "0"},
		"4.5 times earnings, covered 3.5 times":   {score.Leverage{Debt: known("450"), EBITDA: known("100"), Interest: known("40"), Equity: known("257.142857142857142857")}, "56"},
		"debt and losses":                         {score.Leverage{Debt: known("1"), EBITDA: known("-1"), Interest: known("1"), Equity: known("-1")}, "100"},
		"a board that is its own, and clean":      {score.Governance{Independent: known("0.5"), Audit: score.Clean}, "0"},
		"all that can be wrong with a board":      {score.Governance{Independent: known("0"), Audit: score.Adverse, Pledged: known("0.5"), Related: known("0.2"), Restatements: known("1")}, "100"},
		"a qualified opinion":                     {score.Governance{Independent: known("0.25"), Audit: score.Qualified}, "32.5"},
		"no dispute":                              {score.Legal{Claims: known("0"), Actions: known("0"), Covenant: score.Kept}, "0"},
		"a waiver and a fine":                     {score.Legal{Claims: known("0.25"), Actions: known("1"), Covenant: score.Waived}, "50"},
		"all that can be wrong with the law":      {score.Legal{Claims: known("3"), Actions: known("7"), Covenant: score.Breached}, "100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scoreOf(t, row.in)
			require.Equal(t, dec(row.want).String(), got.Value.String(), "%v", got.Parts)
			require.Equal(t, score.LevelOf(got.Value), got.Level)
		})
	}
}

func even(n int) []decimal.Decimal {
	all := make([]decimal.Decimal, n)
	for i := range all {
		all[i] = decimal.NewFromInt(1).DivRound(decimal.NewFromInt(int64(n)), 2)
	}
	return all
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]score.Level{
		"0": score.Low, "25": score.Low, "25.000001": score.Medium, "50": score.Medium, "50.01": score.High, "75": score.High, "75.01": score.Critical, "100": score.Critical,
	} {
		require.Equal(t, want, score.LevelOf(dec(value)), value)
	}
}

func TestWhatIsNotKnownIsNamedAndNeverMadeUp(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		in      scorer
		missing []string
	}{
		"credit":        {score.Credit{DebtToEBITDA: known("1")}, []string{"rating"}},
		"rate":          {score.Rate{Options: score.NoOptions}, []string{"modified_duration"}},
		"liquidity":     {score.Liquidity{IssueSize: known("1")}, []string{"spread_bps", "average_daily_volume"}},
		"concentration": {score.Concentration{Sectors: even(2)}, []string{"issuers", "ratings", "maturities"}},
		"ESG":           {score.ESG{Social: known("1")}, []string{"environmental", "governance"}},
		"refinancing":   {score.Refinancing{Access: score.Closed}, []string{"due_within_year_share", "cash_to_due"}},
		"leverage":      {score.Leverage{Interest: known("1")}, []string{"debt", "ebitda"}},
		"governance":    {score.Governance{Pledged: known("1")}, []string{"independent_share", "audit_opinion"}},
		"legal":         {score.Legal{Actions: known("1")}, []string{"claims_to_equity", "covenants"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := scoreOf(t, row.in)
			require.Equal(t, score.Insufficient, got.Level)
			require.Equal(t, row.missing, got.Missing)
			require.True(t, got.Value.IsZero())
			require.Empty(t, got.Parts)
		})
	}
	s := scoreOf(t, score.Rate{Duration: known("1")})
	require.Equal(t, []string{"convexity", "yield_curve_slope", "embedded_options"}, s.Neutral)
	require.Equal(t, "0.25", s.Coverage.String())
	require.Equal(t, "1", scoreOf(t, score.Legal{Claims: known("0"), Actions: known("0"), Covenant: score.Kept}).Coverage.String())
}

func TestMalformedInputNamesFieldValueAndRule(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]scorer{
		`score: invalid: Credit.Outlook "rosy": must be one of the package's, or empty`:                                          score.Credit{Rating: "A", Outlook: "rosy"},
		`score: invalid: Credit.CurrentRatio 1000001: must be -1000000 to 1000000, or not known`:                                 score.Credit{Rating: "A", CurrentRatio: known("1000001")},
		`score: invalid: Rate.Duration -1: must be 0 to 100, or not known`:                                                       score.Rate{Duration: known("-1")},
		`score: invalid: Rate.Options "some": must be one of the package's, or empty`:                                            score.Rate{Options: "some"},
		`score: invalid: Liquidity.SpreadBps -1: must be 0 or more, below 1e18, with at most 18 decimals, or not known`:          score.Liquidity{SpreadBps: known("-1")},
		`score: invalid: Liquidity.Sector "fast": must be one of the package's, or empty`:                                        score.Liquidity{Sector: "fast"},
		`score: invalid: Concentration.Sectors[1] -0.1: must be 0 to 1`:                                                          score.Concentration{Sectors: []decimal.Decimal{dec("0.5"), dec("-0.1")}},
		`score: invalid: Concentration.Issuers 1.2: must sum to at most 1`:                                                       score.Concentration{Issuers: []decimal.Decimal{dec("0.6"), dec("0.6")}},
		`score: invalid: ESG.Social 101: must be 0 to 100, or not known`:                                                         score.ESG{Social: known("101")},
		`score: invalid: ESG.Trend "sideways": must be one of the package's, or empty`:                                           score.ESG{Trend: "sideways"},
		`score: invalid: Refinancing.DueShare 1.1: must be 0 to 1, or not known`:                                                 score.Refinancing{DueShare: known("1.1")},
		`score: invalid: Refinancing.Access "ajar": must be one of the package's, or empty`:                                      score.Refinancing{Access: "ajar"},
		`score: invalid: Leverage.EBITDA (out of range): must be between -1e18 and 1e18, with at most 18 decimals, or not known`: score.Leverage{EBITDA: known("-1e18")},
		`score: invalid: Governance.Audit "fine": must be one of the package's, or empty`:                                        score.Governance{Audit: "fine"},
		`score: invalid: Governance.Pledged 2: must be 0 to 1, or not known`:                                                     score.Governance{Pledged: known("2")},
		`score: invalid: Legal.Covenant "bent": must be one of the package's, or empty`:                                          score.Legal{Covenant: "bent"},
	} {
		s, err := in.Score()
		require.ErrorIs(t, err, score.ErrInvalid)
		require.EqualError(t, err, want)
		require.Equal(t, score.Score{}, s)
	}
	_, err := score.Stated(dec("100.1"))
	require.EqualError(t, err, "score: invalid: Stated 100.1: must be 0 to 100")
	_, err = score.Stated(dec("-0.1"))
	require.ErrorIs(t, err, score.ErrInvalid)
}

// The parts explain the score: cut to 0 to 100, they are it.
func TestPartsSumToTheScore(t *testing.T) {
	t.Parallel()
	ratings := []string{"AAA", "AA-", "BBB", "B-", "D"}
	maybe := func(rt *rapid.T, name string, values ...string) decimal.NullDecimal {
		v := rapid.SampledFrom(append(values, "")).Draw(rt, name)
		if v == "" {
			return decimal.NullDecimal{}
		}
		return known(v)
	}
	rapid.Check(t, func(rt *rapid.T) {
		for _, in := range []scorer{
			score.Credit{
				Rating: rapid.SampledFrom(ratings).Draw(rt, "rating"), Outlook: rapid.SampledFrom([]score.Outlook{"", score.Positive, score.Negative}).Draw(rt, "outlook"),
				DebtToEBITDA: maybe(rt, "debt", "-1", "1", "5", "9"), InterestCoverage: maybe(rt, "cover", "1", "2", "6"), CurrentRatio: maybe(rt, "current", "0.5", "3"),
				GrowthPct: maybe(rt, "growth", "-2", "8"), InflationPct: maybe(rt, "inflation", "2", "9"), PolicyRatePct: maybe(rt, "rate", "1", "9"),
			},
			score.Leverage{Debt: maybe(rt, "d", "0", "10", "1e17"), EBITDA: maybe(rt, "e", "-3", "0", "0.000000000000000001", "4"), Interest: maybe(rt, "i", "0", "2"), Equity: maybe(rt, "q", "-1", "0", "7")},
			score.Refinancing{DueShare: maybe(rt, "due", "0", "0.3", "1"), Cover: maybe(rt, "cash", "0", "0.4", "2")},
		} {
			s, err := in.Score()
			require.NoError(rt, err)
			require.True(rt, !s.Coverage.IsNegative() && s.Coverage.LessThanOrEqual(dec("1")))
			if s.Level == score.Insufficient {
				require.NotEmpty(rt, s.Missing)
				continue
			}
			var sum decimal.Decimal
			for _, p := range s.Parts {
				sum = sum.Add(p.Points)
			}
			require.True(rt, s.Value.Equal(decimal.Max(decimal.Zero, decimal.Min(dec("100"), sum))))
			require.Equal(rt, score.LevelOf(s.Value), s.Level)
		}
	})
}
