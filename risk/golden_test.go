package risk_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/seedmarket"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

type seedCase = seedmarket.Case[seedExpected]

type seedExpected struct{ Translation *seedTranslation }

type seedTranslation struct {
	Overall        decimal.Decimal               `json:"overall_risk_score"`
	RiskConfidence decimal.Decimal               `json:"risk_confidence"`
	Level          score.Level                   `json:"overall_level"`
	Levels         map[risk.Category]score.Level `json:"category_levels"`
	Confidence     decimal.Decimal               `json:"confidence_overall"`
	Freshness      market.Freshness              `json:"data_freshness"`
	Warnings       []string                      `json:"risk_warnings"`
	Caveats        int                           `json:"n_caveats"`
	Extra          []string                      `json:"extra_caveats"`
}

func seedInputs(in seedmarket.Inputs) risk.Inputs {
	s := in.Snapshot()
	return risk.Inputs{
		Snapshot: s, Facts: seedFacts(in),
		Sources: risk.Sources{Book: "seed", Auction: "seed", Maker: "seed", Bond: risk.Evidence{Source: "seed", At: s.Now}},
	}
}

func seedFacts(in seedmarket.Inputs) risk.Facts {
	return risk.Facts{
		Liquidity:    seedFact[score.Liquidity](in, "liquidity"),
		Credit:       seedFact[score.Credit](in, "credit"),
		InterestRate: seedFact[score.Rate](in, "interest_rate"),
		Refinancing:  seedFact[score.Refinancing](in, "refinancing"),
		Leverage:     seedFact[score.Leverage](in, "leverage"),
		Governance:   seedFact[score.Governance](in, "governance"),
		Legal:        seedFact[score.Legal](in, "legal"),
		ESG:          seedFact[score.ESG](in, "esg"),
	}
}

func seedFact[T interface{ Score() (score.Score, error) }](in seedmarket.Inputs, name string) risk.Fact[T] {
	value, ok := in.Risk[name+"_risk_score"]
	if !ok {
		return risk.Fact[T]{}
	}
	return risk.Fact[T]{Evidence: risk.Evidence{Source: "seed", At: in.Now.Time}, Stated: decimal.NewNullDecimal(value)}
}

// ours are what the translator has no word for.
func ours(n risk.Notice) bool {
	return slices.Contains([]risk.NoticeKind{risk.NoIndex, risk.NoScore, risk.Assumed}, n.Kind)
}

func TestSeedTranslations(t *testing.T) {
	t.Parallel()
	passed, failed := 0, 0
	for _, c := range seedmarket.Cases[seedExpected](t) {
		if t.Run(c.Name, func(t *testing.T) { compareSeed(t, c) }) {
			passed++
		} else {
			failed++
		}
	}
	vectors.Report(t, seedmarket.File, passed, failed)
}

func compareSeed(t *testing.T, c seedCase) {
	e := engineOf(t, risk.AsSeed(dec("1")))
	in, sale := seedInputs(c.Inputs), market.Sale{Size: c.Inputs.Size}
	got, err := e.Translate(in, sale, risk.Track{})
	if !sale.Size.IsPositive() {
		// The translator answers for a size of -5. Nobody should.
		require.ErrorIs(t, err, risk.ErrInvalid)
		return
	}
	require.NoError(t, err)
	want := c.Expect.Translation
	if want == nil { // the translator breaks down without metadata; we say what we assume
		require.Contains(t, kinds(got.Caveats), risk.Assumed)
		return
	}
	near := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Sub(b).Abs().LessThanOrEqual(dec("1e-9")) })
	is := seedTranslation{
		Overall: got.Risk.Overall.Value, RiskConfidence: got.Risk.Confidence, Level: got.Risk.Overall.Level,
		Levels: map[risk.Category]score.Level{}, Confidence: got.Confidence, Freshness: got.Freshness,
		Warnings: []string{}, Extra: []string{},
	}
	for _, category := range got.Risk.Categories {
		is.Levels[category.Category] = category.Score.Level
	}
	for _, w := range got.Warnings {
		if !ours(w) {
			is.Warnings = append(is.Warnings, w.Text)
		}
	}
	for i, w := range got.Caveats {
		if ours(w) {
			continue
		}
		is.Caveats++
		if i >= 5 {
			is.Extra = append(is.Extra, w.Text)
		}
	}
	require.Empty(t, cmp.Diff(*want, is, near))
}
