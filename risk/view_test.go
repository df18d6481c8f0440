package risk_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Keys that a body may have at any depth, by what it is. They are written down
// here once more, so that a new field is seen by nobody before somebody says so
// in two places.
var (
	summaryKeys = words(`success message timestamp isin as_of risk_summary liquidity_profile exit_recommendations trade_size
		retail_narrative risk_warnings confidence_overall data_freshness inputs_hash caveats
		overall_score level overall_range low high confidence missing
		liquidity_index spread_bps liquidity_level expected_time_to_exit_minutes
		path priority fill_probability fill_probability_low fill_probability_high fill_probability_n expected_spread_bps
		time_p50_minutes time_p90_minutes refusals reason limit text max_size`)
	fullKeys = append(words(`professional_summary model_versions source citations model_version
		translation exit_recommender risk_scoring
		categories name score_0_100 probability_note weight parts points neutral
		mid_price depth_score turnover_rank components score doubts
		bond_metadata rating tenor issuer_class coupon_rate maturity_date issue_size
		expected_price net_price time_basis opens constraints rationale dominated_by`), summaryKeys...)
	inventoryKeys  = words("mm_state mm_online mm_inventory_band last_quote_spread_bps quotes_last_24h")
	governanceKeys = words(`model_governance models version config looks stale_rate outcomes recommendation_adoption
		fill_time_mape fill_brier fill_brier_of_rate liquidity_index_drift`)
	auditKeys = words("audit schema reserve_price models version config")
)

func words(text string) []string { return strings.Fields(text) }

type look struct {
	role   risk.Role
	detail risk.Detail
}

// may is the matrix of who may see what; what is not in it is forbidden.
var may = map[look][]string{
	{risk.Retail, risk.Short}:       summaryKeys,
	{risk.Professional, risk.Short}: summaryKeys,
	{risk.RiskManager, risk.Short}:  summaryKeys,
	{risk.Compliance, risk.Short}:   summaryKeys,
	{risk.Professional, risk.Full}:  slices.Concat(fullKeys, inventoryKeys),
	{risk.Compliance, risk.Full}:    slices.Concat(fullKeys, inventoryKeys),
	{risk.RiskManager, risk.Full}:   slices.Concat(fullKeys, inventoryKeys, governanceKeys),
	{risk.RiskManager, risk.Audit}:  slices.Concat(fullKeys, inventoryKeys, governanceKeys, auditKeys),
	{risk.Compliance, risk.Audit}:   slices.Concat(fullKeys, inventoryKeys, governanceKeys, auditKeys),
}

func TestTheMatrixOfViews(t *testing.T) {
	t.Parallel()
	tr := translated(t, engineOf(t, config()), inputs())
	for _, role := range append(risk.Roles(), "", "admin", "RETAIL", "retail ") {
		for _, detail := range []risk.Detail{risk.Short, risk.Full, risk.Audit, "", "everything", "Full"} {
			b, err := risk.View(tr, role, detail)
			if _, ok := may[look{role, detail}]; ok {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, risk.ErrForbidden, "%s %s", role, detail)
			require.Equal(t, risk.Body{}, b)
		}
	}
}

// tree is a JSON value.
func tree(tb require.TestingT, v any) any {
	text, err := json.Marshal(v)
	require.NoError(tb, err)
	var t any
	require.NoError(tb, json.Unmarshal(text, &t))
	return t
}

// walk calls do for every value of a tree, with the objects around it from the
// outermost.
func walk(v any, around []map[string]any, path string, do func(path string, v any, around []map[string]any)) {
	do(path, v, around)
	switch v := v.(type) {
	case map[string]any:
		inside := append(slices.Clone(around), v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(v[key], inside, path+"."+key, do)
		}
	case []any:
		for i, element := range v {
			walk(element, around, fmt.Sprintf("%s[%d]", path, i), do)
		}
	}
}

// anyTranslation draws one, whose market maker has an inventory that is nowhere
// else in it.
func anyTranslation(rt *rapid.T, e *risk.Engine) risk.Translation {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 5))
	in := anyInputs(rng, now)
	if m := in.Snapshot.Maker; m != nil {
		m.Inventory = market.Inventory{Low: dec("123456.7"), Target: dec("234567.8"), High: dec("345678.9")}
	}
	track := risk.Track{Looks: 3, Stale: 1, Outcomes: []risk.Outcome{outcome("a", market.ByRFQ)}}
	sale := market.Sale{Size: dec(pick(rng, "20000", "100000", "400000", "900000", "4000000"))}
	tr, err := e.Translate(in, sale, track)
	require.NoError(rt, err)
	return tr
}

func TestNobodySeesWhatHeMayNot(t *testing.T) {
	t.Parallel()
	careful, asSeed := engineOf(t, config()), engineOf(t, risk.AsSeed(dec("100000")))
	events := []risk.Kind{risk.RiskUpdate, risk.LiquidityUpdate, risk.ExitPathUpdate}
	rapid.Check(t, func(rt *rapid.T) {
		tr := anyTranslation(rt, rapid.SampledFrom([]*risk.Engine{careful, asSeed}).Draw(rt, "engine"))
		for who, keys := range may {
			b, err := risk.View(tr, who.role, who.detail)
			require.NoError(rt, err)
			only(rt, tree(rt, b), keys)
			if who.detail == risk.Short {
				discreet(rt, tree(rt, b))
			}
		}
		for _, role := range risk.Roles() {
			keys := slices.Concat(may[look{role, risk.Full}], summaryKeys)
			bodies := []any{}
			s, err := risk.SnapshotOf(tr, role)
			require.NoError(rt, err)
			bodies = append(bodies, s)
			for _, k := range events {
				p, err := risk.PayloadOf(risk.Event{Number: 1, Kind: k}, &tr, role)
				require.NoError(rt, err)
				bodies = append(bodies, p)
			}
			for _, body := range bodies {
				only(rt, tree(rt, body), append(keys, "best_path"))
				if role == risk.Retail {
					discreet(rt, tree(rt, body))
				}
			}
		}
	})
}

// only fails unless all keys of a body are among these.
func only(rt *rapid.T, body any, keys []string) {
	walk(body, nil, "", func(path string, v any, _ []map[string]any) {
		object, ok := v.(map[string]any)
		if !ok {
			return
		}
		versions := strings.HasSuffix(path, ".model_versions")
		for key := range object {
			require.True(rt, slices.Contains(keys, key) || versions && key == "liquidity_index", "%s.%s", path, key)
		}
	})
}

// discreet fails if a body says anything of what a market maker holds.
func discreet(rt *rapid.T, body any) {
	walk(body, nil, "", func(path string, v any, _ []map[string]any) {
		said := strings.ToLower(fmt.Sprint(v))
		for _, secret := range []string{"inventory", "123456.7", "234567.8", "345678.9", "123,456.7", "234,567.8", "345,678.9"} {
			if _, object := v.(map[string]any); !object {
				require.NotContains(rt, said, secret, path)
			}
		}
	})
}

// Whoever may not see an inventory is not told either that a sale exceeds it.
func TestWhichConstraintThereIsIsNotForEverybody(t *testing.T) {
	t.Parallel()
	in := inputs()
	in.Snapshot.Maker.Inventory = market.Inventory{High: dec("5")}
	in.Snapshot.Auction, in.Snapshot.Bond.Rating = nil, "A" // as likely by RFQ, and quicker by the maker
	e := engineOf(t, risk.AsSeed(dec("600000")))
	tr := translated(t, e, in)
	require.Equal(t, []risk.NoticeKind{risk.NoticeKind(market.Constrained)}, kinds(tr.Warnings))
	for who := range may {
		b, err := risk.View(tr, who.role, who.detail)
		require.NoError(t, err)
		require.Contains(t, b.RetailNarrative, "Warning: The way out that comes first may not take all of it")
		if who.detail == risk.Short {
			require.Equal(t, []string{"The way out that comes first may not take all of it"}, b.Warnings)
			continue
		}
		require.Equal(t, []string{"Primary exit path has constraints: Inventory Limit"}, b.Warnings)
	}
}

// What is unsure is hidden from nobody.
func TestRetailSeesHowSureWeAre(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	rapid.Check(t, func(rt *rapid.T) {
		tr := anyTranslation(rt, e)
		b, err := risk.View(tr, risk.Retail, risk.Short)
		require.NoError(rt, err)
		require.Equal(rt, texts(tr.Caveats), b.Caveats)
		require.Len(rt, b.Warnings, len(tr.Warnings))
		require.Equal(rt, tr.Hash[:16], b.Hash)
		require.NotNil(rt, b.Risk.Range.Low)
		require.NotNil(rt, b.Risk.Range.High)
		require.NotNil(rt, b.Confidence)
		require.Contains(rt, b.RetailNarrative, "How sure we are")
		require.Len(rt, b.Exits, len(market.Paths()))
		for i, x := range b.Exits {
			require.Equal(rt, tr.Exits.Routes[i].Path, x.Path)
			if x.Priority != market.Unavailable {
				require.NotNil(rt, x.FillLow)
				require.NotNil(rt, x.FillHigh)
				require.Empty(rt, x.Refusals)
				continue
			}
			require.Nil(rt, x.Fill)
			require.NotEmpty(rt, x.Refusals, "why it is closed")
			require.True(rt, x.MaxSize != nil || x.Path == market.ByP2P, "and for which size it is not")
		}
	})
}

// Every number of a full view, and of an audit, stands in an object, or in one
// around it, that says where it is known from.
func TestEveryNumberHasAnOrigin(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	rapid.Check(t, func(rt *rapid.T) {
		tr := anyTranslation(rt, e)
		for _, who := range []look{{risk.Professional, risk.Full}, {risk.Compliance, risk.Audit}} {
			b, err := risk.View(tr, who.role, who.detail)
			require.NoError(rt, err)
			numbers := 0
			walk(tree(rt, b), nil, "", func(path string, v any, around []map[string]any) {
				if _, ok := v.(float64); !ok {
					return
				}
				numbers++
				nearest := around[len(around)-1]
				for i := len(around) - 1; nearest["model_version"] == nil && i > 0; i-- {
					nearest = around[i-1]
				}
				for _, key := range []string{"source", "as_of", "model_version"} {
					require.NotEmpty(rt, nearest[key], "%s: %s", path, key)
				}
				require.Contains(rt, nearest, "citations", path)
			})
			require.Greater(rt, numbers, 20)
		}
	})
}

func TestOriginsAreThoseOfTheirParts(t *testing.T) {
	t.Parallel()
	in := inputs()
	in.Facts.Legal.Source, in.Facts.Legal.Citations = "court register", []string{"case 12/2025"}
	b, err := risk.View(translated(t, engineOf(t, config()), in), risk.Compliance, risk.Audit)
	require.NoError(t, err)
	require.Equal(t, "exchange feed", b.Profile.Source)
	require.Equal(t, "market-calibrated@1", b.Profile.ModelVersion)
	require.Equal(t, "maker desk", b.Profile.Maker.Source)
	require.Equal(t, &risk.Origin{Source: "court register", AsOf: in.Facts.Legal.At, Citations: []string{"case 12/2025"}, ModelVersion: "score@1"}, b.Risk.Categories[6].Origin)
	sources := map[market.Path]string{}
	for _, x := range b.Exits {
		sources[x.Path] = x.Source
	}
	require.Equal(t, map[market.Path]string{market.ByMaker: "maker desk", market.ByAuction: "auction house", market.ByRFQ: "exchange feed", market.ByP2P: "exchange feed"}, sources)
	require.Len(t, b.Audit.Hash, 64)
	require.Equal(t, risk.Schema, b.Audit.Schema)
	require.Len(t, b.Hash, 16)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	track := risk.Track{Looks: 9, Stale: 2, Was: &risk.Reading{At: now, Index: dec("90")}, Outcomes: []risk.Outcome{outcome("a", market.ByMaker)}}
	tr, err := e.Translate(inputs(), config().Sale, track)
	require.NoError(t, err)
	for name, who := range map[string]look{
		"summary_retail":    {risk.Retail, risk.Short},
		"full_professional": {risk.Professional, risk.Full},
		"full_risk_manager": {risk.RiskManager, risk.Full},
		"audit_compliance":  {risk.Compliance, risk.Audit},
	} {
		b, err := risk.View(tr, who.role, who.detail)
		require.NoError(t, err)
		golden(t, "view/"+name+".json", indented(t, b))
	}
	closed := inputs()
	closed.Snapshot.Bond.Rating, closed.Facts = "D", risk.Facts{}
	b, err := risk.View(translated(t, e, closed), risk.Retail, risk.Short)
	require.NoError(t, err)
	golden(t, "view/summary_no_route.json", indented(t, b))
	require.Nil(t, b.Risk.Overall)
	require.Nil(t, b.Profile.Minutes)
}

func indented(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	require.NoError(t, err)
	return string(text)
}

func TestPayloads(t *testing.T) {
	t.Parallel()
	tr := translated(t, engineOf(t, config()), inputs())
	alert := &risk.Alert{Type: risk.Deterioration, Message: "Market maker offline - limited exit options", Severity: risk.Warning, ISIN: isin, At: now}
	for _, role := range []risk.Role{risk.Retail, risk.Professional} {
		s, err := risk.SnapshotOf(tr, role)
		require.NoError(t, err)
		golden(t, fmt.Sprintf("payload/snapshot_%s.json", role), indented(t, s))
		for _, e := range []risk.Event{{Kind: risk.RiskUpdate}, {Kind: risk.LiquidityUpdate}, {Kind: risk.ExitPathUpdate}, {Kind: risk.Alerted, Alert: alert}} {
			p, err := risk.PayloadOf(e, &tr, role)
			require.NoError(t, err)
			golden(t, fmt.Sprintf("payload/%s_%s.json", e.Kind, role), indented(t, p))
		}
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	t.Parallel()
	tr := translated(t, engineOf(t, config()), inputs())
	alert := func(s risk.Severity) risk.Event {
		return risk.Event{Kind: risk.Alerted, Alert: &risk.Alert{Type: risk.HighRisk, Severity: s, ISIN: isin}}
	}
	for _, role := range risk.Roles() {
		for _, s := range []risk.Severity{risk.Info, risk.Warning, risk.Critical} {
			_, err := risk.PayloadOf(alert(s), nil, role)
			if hears := role != risk.Retail || s != risk.Info; hears {
				require.NoError(t, err)
				require.True(t, risk.Hears(role, alert(s)))
				continue
			}
			require.ErrorIs(t, err, risk.ErrForbidden)
			require.False(t, risk.Hears(role, alert(s)))
		}
	}
	for _, stranger := range []risk.Role{"", "admin"} {
		require.False(t, risk.Hears(stranger, risk.Event{Kind: risk.RiskUpdate}))
		_, err := risk.SnapshotOf(tr, stranger)
		require.ErrorIs(t, err, risk.ErrForbidden)
		_, err = risk.PayloadOf(risk.Event{Kind: risk.RiskUpdate}, &tr, stranger)
		require.ErrorIs(t, err, risk.ErrForbidden)
		_, err = risk.PayloadOf(alert(risk.Critical), nil, stranger)
		require.ErrorIs(t, err, risk.ErrForbidden)
	}
	_, err := risk.PayloadOf(risk.Event{Kind: risk.RiskUpdate}, nil, risk.Retail)
	require.ErrorIs(t, err, risk.ErrInvalid)
	_, err = risk.PayloadOf(risk.Event{Kind: "gossip"}, &tr, risk.Retail)
	require.ErrorIs(t, err, risk.ErrInvalid)
}

// The names are the translator's.
func TestTheNamesOfTheSeed(t *testing.T) {
	t.Parallel()
	tr := translated(t, engineOf(t, config()), inputs())
	has := func(v any, path string) {
		t.Helper()
		for _, key := range strings.Split(path, ".") {
			if list, ok := v.([]any); ok {
				require.NotEmpty(t, list)
				v = list[0]
			}
			object, ok := v.(map[string]any)
			require.True(t, ok, path)
			require.Contains(t, object, key, path)
			v = object[key]
		}
	}
	short, err := risk.View(tr, risk.Retail, risk.Short)
	require.NoError(t, err)
	for _, path := range words(`success message timestamp isin as_of risk_summary.overall_score risk_summary.confidence
		liquidity_profile.liquidity_index liquidity_profile.spread_bps liquidity_profile.liquidity_level liquidity_profile.expected_time_to_exit_minutes
		exit_recommendations.path exit_recommendations.priority exit_recommendations.fill_probability
		exit_recommendations.expected_time_to_exit_minutes exit_recommendations.expected_spread_bps
		retail_narrative confidence_overall data_freshness`) {
		has(tree(t, short), path)
	}
	full, err := risk.View(tr, risk.Professional, risk.Full)
	require.NoError(t, err)
	for _, path := range words(`isin as_of risk_summary liquidity_profile exit_recommendations retail_narrative professional_summary risk_warnings
		confidence_overall data_freshness inputs_hash model_versions caveats
		risk_summary.categories.name risk_summary.categories.score_0_100 risk_summary.categories.level
		risk_summary.categories.probability_note risk_summary.categories.citations`) {
		has(tree(t, full), path)
	}
}

func TestNumbersAreNumbers(t *testing.T) {
	t.Parallel()
	var n risk.Number
	require.NoError(t, json.Unmarshal([]byte("24.8447"), &n))
	text, err := json.Marshal(n)
	require.NoError(t, err)
	require.Equal(t, "24.8447", string(text))
	text, err = json.Marshal(risk.Number(dec("24.84472049689441")))
	require.NoError(t, err)
	require.Equal(t, "24.84472", string(text))
	require.ErrorIs(t, json.Unmarshal([]byte(`"x"`), &n), risk.ErrInvalid)
}
