package risk_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/seedmarket"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

var (
	dec = decimal.RequireFromString
	now = seedmarket.Now()
)

const isin = seedmarket.ISIN

func known(s string) decimal.NullDecimal { return decimal.NewNullDecimal(dec(s)) }

func evidence() risk.Evidence {
	return risk.Evidence{Source: "research", At: now.Add(-time.Hour), Citations: []string{"annual report 2025"}}
}

func stated[T interface{ Score() (score.Score, error) }](value string) risk.Fact[T] {
	return risk.Fact[T]{Evidence: evidence(), Stated: known(value)}
}

// inputs are a corporate bond, AA, with a maker and an auction at two, of which
// everything is known. They are nobody else's, so a test may write to them.
func inputs() risk.Inputs {
	s := seedmarket.Bond()
	s.Bond.Maturity = time.Date(2033, 3, 15, 0, 0, 0, 0, time.UTC)
	return risk.Inputs{
		Snapshot: s,
		Facts: risk.Facts{
			Liquidity: stated[score.Liquidity]("35"),
			Credit: risk.Fact[score.Credit]{Evidence: evidence(), Inputs: &score.Credit{
				Rating: "AA", Outlook: score.Negative, DebtToEBITDA: known("4.5"), InterestCoverage: known("2"), CurrentRatio: known("1.2"),
			}},
			InterestRate: risk.Fact[score.Rate]{Evidence: evidence(), Inputs: &score.Rate{Duration: known("5"), Convexity: known("40")}},
			Refinancing:  stated[score.Refinancing]("30"),
			Leverage:     stated[score.Leverage]("40"),
			Governance:   stated[score.Governance]("25"),
			Legal:        stated[score.Legal]("20"),
			ESG:          stated[score.ESG]("35"),
		},
		Turnovers: []decimal.Decimal{dec("0.01"), dec("0.02"), dec("0.03")},
		Sources:   risk.Sources{Book: "exchange feed", Auction: "auction house", Maker: "maker desk", Bond: risk.Evidence{Source: "reference data", At: now.Add(-24 * time.Hour)}},
	}
}

// at are the inputs at another time, and as fresh.
func at(t time.Time) risk.Inputs {
	in := inputs()
	s := &in.Snapshot
	passed := t.Sub(now)
	s.Now, s.Book.At, s.Auction.At, s.Maker.At = t, t, t, t
	s.Auction.NextWindow = s.Auction.NextWindow.Add(passed.Truncate(24 * time.Hour))
	f := &in.Facts
	for _, e := range []*risk.Evidence{
		&f.Liquidity.Evidence, &f.Credit.Evidence, &f.InterestRate.Evidence, &f.Refinancing.Evidence,
		&f.Leverage.Evidence, &f.Governance.Evidence, &f.Legal.Evidence, &f.ESG.Evidence,
	} {
		e.At = t
	}
	return in
}

func config() risk.Config { return risk.Careful(dec("100000")) }

func engineOf(tb testing.TB, c risk.Config) *risk.Engine {
	tb.Helper()
	e, err := risk.New(c)
	require.NoError(tb, err)
	return e
}

func translated(tb testing.TB, e *risk.Engine, in risk.Inputs) risk.Translation {
	tb.Helper()
	t, err := e.Translate(in, e.Config().Sale, risk.Track{})
	require.NoError(tb, err)
	return t
}

func kinds(notices []risk.Notice) []risk.NoticeKind {
	all := []risk.NoticeKind{}
	for _, n := range notices {
		all = append(all, n.Kind)
	}
	return all
}
