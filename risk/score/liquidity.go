package score

import "github.com/shopspring/decimal"

// Liquidity is what is known of how easily a bond trades. Spread and volume are
// needed. Amounts are in rupees, since the points go by absolute amounts.
type Liquidity struct {
	SpreadBps   decimal.NullDecimal `json:"spread_bps"`
	DailyVolume decimal.NullDecimal `json:"average_daily_volume"`
	IssueSize   decimal.NullDecimal `json:"issue_size"`
	Days        decimal.NullDecimal `json:"days_to_maturity"`
	Sector      Ease                `json:"sector_liquidity"`
}

// Ease is how easily the bonds of a sector trade. The zero Ease is not known.
type Ease string

// The degrees of ease.
const (
	Easy   Ease = "high"
	Usual  Ease = "medium"
	Uneasy Ease = "low"
)

var eases = map[Ease]string{Easy: "0", Usual: "5", Uneasy: "15"}

// Score is the translator's. A crore is 10,000,000 rupees.
//
//	spread       half of its bps, up to 30
//	volume       a day, below 10 crore +25, below 50 +15, below 100 +8
//	issue size   below 100 crore +20, below 500 +10
//	maturity     above 1,825 days +15, above 1,095 +8
//	sector       high 0, medium +5, low +15
//
// Malformed input is [ErrInvalid].
func (l Liquidity) Score() (Score, error) {
	if err := check(
		rule{amount(l.SpreadBps), "Liquidity.SpreadBps", l.SpreadBps.Decimal, mustBeAmount},
		rule{amount(l.DailyVolume), "Liquidity.DailyVolume", l.DailyVolume.Decimal, mustBeAmount},
		rule{amount(l.IssueSize), "Liquidity.IssueSize", l.IssueSize.Decimal, mustBeAmount},
		rule{amount(l.Days), "Liquidity.Days", l.Days.Decimal, mustBeAmount},
		rule{known(l.Sector, eases), "Liquidity.Sector", string(l.Sector), mustBeOurs},
	); err != nil {
		return Score{}, err
	}
	inCrore := func(points func(decimal.Decimal) decimal.Decimal) func(decimal.Decimal) decimal.Decimal {
		return func(d decimal.Decimal) decimal.Decimal { return points(d.DivRound(crore, places)) }
	}
	var t tally
	t.need("spread_bps", l.SpreadBps, factor("0.5", 30))
	t.need("average_daily_volume", l.DailyVolume, inCrore(steps(under("10", 25), under("50", 15), under("100", 8))))
	t.use("issue_size", l.IssueSize, inCrore(steps(under("100", 20), under("500", 10))))
	t.use("days_to_maturity", l.Days, steps(over("1825", 15), over("1095", 8)))
	word(&t, "sector_liquidity", l.Sector, eases)
	return t.score(), nil
}
