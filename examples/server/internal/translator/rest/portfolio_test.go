package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
)

func holdings(all ...string) string { return `{"holdings":[` + strings.Join(all, ",") + `]}` }

func holds(isin, size string) string { return fmt.Sprintf(`{"isin":%q,"trade_size":%s}`, isin, size) }

func TestAPortfolioIsLeftTogether(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.tellAll("IN0087654321")
	both := holdings(holds(bond, "6800000"), holds("IN0087654321", "250000.50"))
	answer := r.Ask("rosa", "POST /portfolio", both)
	answer.Golden("testdata/portfolio_retail.json", *update)
	short := answer.Is(200)
	answer = r.Ask("fred", "POST /portfolio?detail=full", both)
	answer.Golden("testdata/portfolio_professional.json", *update)
	full := answer.Is(200)
	require.Equal(t, short["joint_exit"], full["joint_exit"], "the same for everybody")
	require.NotContains(t, short, "schedule")

	// Whoever has little time learns what stays, and more room makes it quicker.
	hasty := r.Ask("rosa", "POST /portfolio", strings.TrimSuffix(both, "}")+`,"horizon_days":1,"maker_per_day":0,"auction_per_day":0}`).Is(200)
	require.Nil(t, hasty.At("joint_exit.days"))
	require.Equal(t, json.Number("1"), hasty.At("joint_exit.horizon_days"))
	require.Contains(t, hasty["retail_narrative"], "stays")

	// What not everybody may see is written down.
	last, err := r.db.Store().Last(t.Context(), audit.Key)
	require.NoError(t, err)
	require.EqualValues(t, 1, last.Seq)
	var entry audit.Entry
	require.NoError(t, json.Unmarshal(last.Seen, &entry))
	require.Equal(t, []string{"fred", "read portfolio", bond + " IN0087654321"}, []string{entry.Actor, entry.Action, entry.Object})
}

func TestPortfoliosThatCannotBeAsked(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.Ask("core", "POST /bonds", items(metadata("IN0000000000", start))).Is(200) // without a market
	good := holds(bond, "1")
	for _, row := range []struct {
		name, who, line, body string
		code                  int
		problem, detail       string
	}{
		{"a stranger", "", "POST /portfolio", holdings(good), 401, "unauthenticated", "Authorization"},
		{"an operator", "olga", "POST /portfolio", holdings(good), 403, "forbidden", "olga"},
		{"retail that wants all of it", "rosa", "POST /portfolio?detail=full", holdings(good), 403, "forbidden", "retail"},
		{"a detail that is none", "fred", "POST /portfolio?detail=audit", holdings(good), 400, "malformed", "query.detail"},
		{"nothing", "rosa", "POST /portfolio", holdings(), 400, "malformed", "body.holdings"},
		{"nothing said of holdings", "rosa", "POST /portfolio", `{}`, 400, "malformed", "body.holdings"},
		{"more than a hundred", "rosa", "POST /portfolio", holdings(hundredAndOne(func(i string) string { return holds(i, "1") })), 413, "too_large", "body.holdings of 101: must be at most 100"},
		{"what is no ISIN", "rosa", "POST /portfolio", holdings(good, holds("x", "1")), 400, "malformed", `body.holdings[1].isin "x"`},
		{"the same twice", "rosa", "POST /portfolio", holdings(good, good), 400, "malformed", "body.holdings[1].isin"},
		{"a holding of nothing", "rosa", "POST /portfolio", holdings(holds(bond, "0")), 400, "malformed", "body.holdings[0].trade_size"},
		{"a holding that is owed", "rosa", "POST /portfolio", holdings(holds(bond, "-5")), 400, "malformed", "body.holdings[0].trade_size"},
		{"a size in words", "rosa", "POST /portfolio", holdings(holds(bond, `"much"`)), 422, "invalid", "body.holdings[0].trade_size"},
		{"no time", "rosa", "POST /portfolio", `{"horizon_days":0,` + holdings(good)[1:], 400, "malformed", `body.horizon_days "0": must be 1 to 250`},
		{"all the time", "rosa", "POST /portfolio", `{"horizon_days":251,` + holdings(good)[1:], 400, "malformed", "body.horizon_days"},
		{"makers who give", "rosa", "POST /portfolio", `{"maker_per_day":-1,` + holdings(good)[1:], 400, "malformed", "body.maker_per_day"},
		{"auctions that give", "rosa", "POST /portfolio", `{"auction_per_day":-1,` + holdings(good)[1:], 400, "malformed", "body.auction_per_day"},
		{"a bond that nobody knows", "rosa", "POST /portfolio", holdings(good, holds("IN0000000001", "1")), 404, "not_found", "IN0000000001"},
		{"a bond without a market", "rosa", "POST /portfolio", holdings(good, holds("IN0000000000", "1")), 409, "nothing_to_translate", "IN0000000000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r.Ask(row.who, row.line, row.body).To(t).Refused(row.code, row.problem, row.detail)
		})
	}
}
