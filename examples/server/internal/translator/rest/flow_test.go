package rest_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/rest"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// replay verifies the journal of an instrument, decides all of it again, and returns
// how many records there are.
func replay(tb testing.TB, db *sql.DB, engine *risk.Engine, isin string) int {
	tb.Helper()
	key := risk.Key(market.ISIN(isin))
	found, err := evenkeel.Verify(tb.Context(), db.Store(), key)
	require.NoError(tb, err)
	n := 0
	for step, err := range evenkeel.Replay(tb.Context(), engine, db.Store(), key) {
		require.NoError(tb, err)
		require.Truef(tb, step.Same, "%s is decided otherwise", step.ID())
		n++
	}
	require.EqualValues(tb, n, found.Head.Seq)
	return n
}

func TestEachRoleIsShownItsPart(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.wait(30 * time.Second)
	r.Ask("rosa", "GET /"+bond, "").Golden("testdata/retail.json", *update)
	r.Ask("fred", "GET /"+bond+"?mode=fast&detail=summary&trade_size=1000000", "").Golden("testdata/size.json", *update)
	r.Ask("fred", "GET /"+bond+"?detail=full", "").Golden("testdata/professional.json", *update)
	r.Ask("rita", "GET /"+bond+"?detail=full", "").Golden("testdata/risk_manager.json", *update)
	r.Ask("cora", "GET /"+bond+"?detail=full", "").Golden("testdata/compliance.json", *update)
	r.Ask("cora", "GET /audit/"+bond, "").Golden("testdata/audit.json", *update)
	r.Ask("", "GET /health", "").Golden("testdata/health.json", *update)
	r.Ask("olga", "GET /health", "").Golden("testdata/health_operator.json", *update)
	r.Ask("rosa", "GET /instruments", "").Golden("testdata/instruments.json", *update)
}

// Where buyers and sellers name the same price there is no spread to learn from.
func TestAnAnswerSaysWhatItLacks(t *testing.T) {
	r := open(t)
	r.Ask("core", "POST /microstructure", items(book(bond, "100.50", "100.50", start))).Is(200)
	r.Ask("rosa", "GET /"+bond+"?trade_size=50000", "").Golden("testdata/unsure_retail.json", *update)
	r.Ask("fred", "GET /"+bond+"?detail=full&trade_size=50000", "").Golden("testdata/unsure_professional.json", *update)
}

func TestWhatIsToldIsShown(t *testing.T) {
	r := open(t)
	r.Ask("rosa", "GET /"+bond, "").Refused(404, "not_found", bond)
	r.Ask("core", "POST /bonds", items(metadata(bond, start))).Is(200)
	r.Ask("rosa", "GET /"+bond, "").Refused(409, "nothing_to_translate", "no market data were told")
	r.Ask("core", "POST /microstructure", items(book(bond, "100.50", "100.75", start))).Is(200)
	first := r.Ask("rosa", "GET /"+bond, "").Is(200)
	r.Ask("core", "POST /microstructure", items(book(bond, "99.50", "100.75", start))).Is(200)
	second := r.Ask("rosa", "GET /"+bond, "").Is(200)
	require.NotEqual(t, first.At("liquidity_profile.spread_bps"), second.At("liquidity_profile.spread_bps"))
	require.NotEqual(t, first["inputs_hash"], second["inputs_hash"])
	require.Equal(t, 3, r.replayed(bond))
}

func TestATranslationIsShownWhileItIsYoung(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	asOf := func(mode string) any { return r.Ask("fred", "GET /"+bond+"?mode="+mode, "").Is(200)["as_of"] }
	first := asOf("fast")
	r.wait(4*time.Minute + 59*time.Second)
	require.Equal(t, first, asOf("fast"))
	r.restart()
	require.Equal(t, first, asOf("fast"), "also by another process")
	require.Equal(t, 1, r.replayed(bond))
	insisted := asOf("accurate")
	require.NotEqual(t, first, insisted)
	require.Equal(t, insisted, asOf("fast"))
	r.wait(5 * time.Minute)
	require.NotEqual(t, insisted, asOf("fast"), "liquidity has outlived its time")
	require.Equal(t, 3, r.replayed(bond))
}

func TestTheExitsLifetimeBoundsTheWhole(t *testing.T) {
	r := open(t, "exits_for: 15m", "exits_for: 1m")
	r.tellAll(bond)
	first := r.Ask("rosa", "GET /"+bond, "").Is(200)["as_of"]
	r.wait(time.Minute)
	require.NotEqual(t, first, r.Ask("rosa", "GET /"+bond, "").Is(200)["as_of"])
}

func TestAnotherSizeIsMadeOfTheSameRecord(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	large := r.Ask("fred", "GET /"+bond+"?trade_size=1000000.5", "").Is(200)
	require.Equal(t, 1, r.replayed(bond))
	again := r.Ask("cora", "GET /audit/"+bond+"?trade_size=1000000.5", "").Is(200)
	require.Equal(t, large["inputs_hash"], again.At("translation.inputs_hash"))
	usual := r.Ask("fred", "GET /"+bond, "").Is(200)
	require.NotEqual(t, large["inputs_hash"], usual["inputs_hash"])
	for _, size := range []string{"", "?trade_size=1000000.5"} { // whoever has it can work out the hash himself
		trail := r.Ask("cora", "GET /audit/"+bond+size, "").Is(200)
		canonical, isText := trail["canonical"].(string)
		require.True(t, isText)
		sum := sha256.Sum256([]byte(risk.Schema + "\n" + canonical))
		require.Equal(t, hex.EncodeToString(sum[:]), trail.At("translation.audit.inputs_hash"), size)
	}
}

func TestAnAuditorSeesWhatHeldAtATime(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	first := r.Ask("rosa", "GET /"+bond, "").Is(200)
	r.wait(time.Hour)
	r.Ask("core", "POST /microstructure", items(book(bond, "90", "100.75", r.clock.Now()))).Is(200)
	second := r.Ask("rosa", "GET /"+bond, "").Is(200)
	at := func(t time.Time) apitest.Object {
		return r.Ask("cora", "GET /audit/"+bond+"?as_of="+t.Format(time.RFC3339Nano), "").Is(200)
	}
	require.Equal(t, first["inputs_hash"], at(start).At("translation.inputs_hash"))
	require.Equal(t, first["inputs_hash"], at(start.Add(time.Hour-time.Microsecond)).At("translation.inputs_hash"))
	require.Equal(t, second["inputs_hash"], at(start.Add(time.Hour)).At("translation.inputs_hash"))
	r.Ask("cora", "GET /audit/"+bond+"?as_of=2024-12-01T09:59:59.999999Z", "").Refused(409, "before_first_record", bond)
	r.Ask("cora", "GET /audit/"+bond+"?as_of=2024-12-01T11:00:00.000001Z", "").Refused(400, "malformed", "query.as_of")
}

func TestAnAuditorTakesAllRecordsHome(t *testing.T) {
	r := open(t)
	r.Ask("core", "POST /bonds", items(metadata(bond, start))).Is(200)
	r.Ask("rosa", "GET /"+bond, "").Refused(409, "nothing_to_translate", "")
	r.tellAll(bond)
	r.Ask("rosa", "GET /"+bond, "").Is(200)
	table := func(path string, with ...string) [][]string {
		answer := r.Ask("cora", "GET /audit/"+path, "", with...)
		require.Equal(t, 200, answer.Code, answer.Text)
		require.Equal(t, "text/csv; charset=utf-8", answer.Head.Get("Content-Type"))
		rows, err := csv.NewReader(strings.NewReader(answer.Text)).ReadAll()
		require.NoError(t, err)
		return rows
	}
	all := table(bond + ".csv")
	require.Len(t, all, 3)
	require.Equal(t, "seq", all[0][0])
	require.Equal(t, []string{"1", "no_inputs"}, []string{all[1][0], all[1][6]})
	require.Equal(t, all[1][5], all[2][4], "each vouches for the one before it")
	require.Len(t, all[2][9], 64)
	require.Equal(t, all, table(bond, "Accept: text/csv"))
	require.Equal(t, append(all[:1:1], all[2]), table(bond+".csv?after=1"))
	require.Equal(t, all[:2], table(bond+".csv?limit=1"))
	r.Ask("cora", "GET /audit/IN0000000000.csv", "").Refused(404, "not_found", "IN0000000000")
}

func TestATableEndsWhereItsQuestionDoes(t *testing.T) {
	r := open(t)
	for _, bid := range []string{"100", "99", "98", "97"} { // an hour apart
		r.Ask("core", "POST /microstructure", items(book(bond, bid, "100.75", r.clock.Now()))).Is(200)
		r.Ask("rosa", "GET /"+bond, "").Is(200)
		r.wait(time.Hour)
	}
	table := bond + ".csv"
	page := func(line string) (numbers []string, next string) {
		answer := r.Ask("cora", "GET "+line, "")
		require.Equal(t, 200, answer.Code, answer.Text)
		rows, err := csv.NewReader(strings.NewReader(answer.Text)).ReadAll()
		require.NoError(t, err)
		for _, row := range rows[1:] {
			numbers = append(numbers, row[0])
		}
		return numbers, answer.Head.Get("Link")
	}
	for _, row := range []struct {
		name, query string
		numbers     []string
		next        string
	}{
		{"all of it", "", []string{"1", "2", "3", "4"}, ""},
		{"as many as there are", "?limit=4", []string{"1", "2", "3", "4"}, ""},
		{"one less", "?limit=3", []string{"1", "2", "3"}, "?after=3&limit=3"},
		{"up to a time", "?as_of=2024-12-01T12:00:00Z", []string{"1", "2", "3"}, ""},
		{"up to just before", "?as_of=2024-12-01T11:59:59.999999Z", []string{"1", "2"}, ""},
		{"a part, up to a time", "?as_of=2024-12-01T12:00:00Z&limit=2", []string{"1", "2"}, "?after=2&as_of=2024-12-01T12%3A00%3A00Z&limit=2"},
		{"the rest, up to a time", "?as_of=2024-12-01T12:00:00Z&limit=2&after=2", []string{"3"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			numbers, next := page("/audit/" + table + row.query)
			require.Equal(t, row.numbers, numbers)
			if row.next == "" {
				require.Empty(t, next)
				return
			}
			require.Equal(t, "<"+rest.Prefix+"/audit/"+table+row.next+`>; rel="next"`, next)
			numbers, next = page("/audit/" + table + row.next)
			require.NotEmpty(t, numbers, "and there it goes on")
			require.Empty(t, next)
		})
	}
	for query, detail := range map[string]string{
		"?as_of=garbage":              `query.as_of "garbage"`,
		"?as_of=2024-12-02T00:00:00Z": "not in the future",
		"?trade_size=-1":              `query.trade_size "-1": must not be there for a table`,
		"?trade_size=100000":          "query.trade_size",
	} {
		r.Ask("cora", "GET /audit/"+table+query, "").Refused(400, "malformed", detail)
	}
	r.Ask("cora", "GET /audit/"+table+"?as_of=2024-12-01T09:59:59Z", "").Refused(409, "before_first_record", bond)
}

func TestTheAnswerOfAnAuditIsDescribed(t *testing.T) {
	r := open(t)
	documents := apitest.Client{TB: t, URL: strings.TrimSuffix(r.URL, rest.Prefix)}
	document := documents.Ask("olga", "GET /openapi.json", "").Is(200)
	audit := document.Sub("paths." + rest.Prefix + "/audit/{isin}.get")
	answer := audit.Sub("responses.200.content")
	require.Equal(t, "string", answer.Text("text/csv.schema.type"))
	name, found := strings.CutPrefix(answer.Text("application/json.schema.$ref"), "#/components/schemas/")
	require.True(t, found)
	trail := document.Sub("components.schemas." + name)
	require.Equal(t, "object", trail.Text("type"))
	for _, field := range []string{"as_of", "record", "translation", "canonical"} {
		require.NotNil(t, trail.Sub("properties."+field), field)
	}
	require.NotNil(t, audit.Sub("responses.200.headers.Link"))
}

func TestWhatNotEverybodyMaySeeIsWrittenDownFirst(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.Ask("rosa", "GET /"+bond, "").Is(200)
	r.Ask("rosa", "GET /"+bond+"?detail=full", "").Refused(403, "forbidden", "retail")
	_, err := r.db.Store().Last(t.Context(), audit.Key)
	require.ErrorIs(t, err, evenkeel.ErrNotFound)
	r.Ask("fred", "GET /"+bond+"?detail=full&trade_size=5", "").Is(200)
	r.Ask("cora", "GET /audit/"+bond+".csv", "")
	r.restart()
	r.Ask("adam", "GET /audit/"+bond, "").Is(200)
	found, err := evenkeel.Verify(t.Context(), r.db.Store(), audit.Key)
	require.NoError(t, err)
	require.EqualValues(t, 3, found.Head.Seq)
	var lines []string
	for rec, err := range r.db.Store().Journal(t.Context(), audit.Key, 0) {
		require.NoError(t, err)
		var e audit.Entry
		require.NoError(t, json.Unmarshal(rec.Seen, &e))
		lines = append(lines, fmt.Sprint(e.Actor, e.Roles, " ", e.Action, " ", e.Object))
		require.Len(t, e.Request, 64)
	}
	require.Equal(t, []string{"fred[professional] read full " + bond, "cora[compliance] audit " + bond, "adam[admin] audit " + bond}, lines)
}

func outcome(id string, filled bool) string {
	return fmt.Sprintf(`{"id":%q,"isin":%q,"as_of":%q,"path":"market_maker","advised":"market_maker","trade_size":100000,
		"fill_probability":0.9,"expected_time_to_exit_minutes":15,"filled":%v,"minutes":30}`, id, bond, start.Format(time.RFC3339Nano), filled)
}

func TestWhatBecameOfSalesIsTakenIntoAccount(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	before := r.Ask("rita", "GET /"+bond+"?detail=full", "").Is(200)
	require.Equal(t, json.Number("0"), before.At("model_governance.outcomes"))
	told := items(outcome("s1", false), outcome("s2", false))
	require.Equal(t, json.Number("2"), r.Ask("core", "POST /outcomes", told).Is(200)["kept"])
	r.Ask("core", "POST /outcomes", told).Is(200) // again does nothing
	after := r.Ask("rita", "GET /"+bond+"?detail=full", "").Is(200)
	require.Equal(t, json.Number("2"), after.At("model_governance.outcomes"))
	require.NotEqual(t, before.At("exit_recommendations.0.fill_probability"), after.At("exit_recommendations.0.fill_probability"))
	r.Ask("core", "POST /outcomes", items(outcome("s3", true), outcome("s2", true))).Refused(409, "reported_otherwise", "s2")
	r.Ask("core", "POST /outcomes", items(strings.Replace(outcome("s4", true), "10:00:00Z", "10:00:05Z", 1))).Is(200) // clocks differ
	n := 0
	for _, err := range r.service.Sales(t.Context(), bond) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 3, n)
}
