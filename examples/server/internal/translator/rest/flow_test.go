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
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
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
	r.ask("rosa", "GET /"+bond, "").golden("retail.json")
	r.ask("fred", "GET /"+bond+"?mode=fast&detail=summary&trade_size=1000000", "").golden("size.json")
	r.ask("fred", "GET /"+bond+"?detail=full", "").golden("professional.json")
	r.ask("rita", "GET /"+bond+"?detail=full", "").golden("risk_manager.json")
	r.ask("cora", "GET /"+bond+"?detail=full", "").golden("compliance.json")
	r.ask("cora", "GET /audit/"+bond, "").golden("audit.json")
	r.ask("", "GET /health", "").golden("health.json")
	r.ask("olga", "GET /health", "").golden("health_operator.json")
	r.ask("rosa", "GET /instruments", "").golden("instruments.json")
}

// Where buyers and sellers name the same price there is no spread to learn from.
func TestAnAnswerSaysWhatItLacks(t *testing.T) {
	r := open(t)
	r.ask("core", "POST /microstructure", items(book(bond, "100.50", "100.50", start))).is(200)
	r.ask("rosa", "GET /"+bond+"?trade_size=50000", "").golden("unsure_retail.json")
	r.ask("fred", "GET /"+bond+"?detail=full&trade_size=50000", "").golden("unsure_professional.json")
}

func TestWhatIsToldIsShown(t *testing.T) {
	r := open(t)
	r.ask("rosa", "GET /"+bond, "").refused(404, "not_found", bond)
	r.ask("core", "POST /bonds", items(metadata(bond, start))).is(200)
	r.ask("rosa", "GET /"+bond, "").refused(409, "nothing_to_translate", "no market data were told")
	r.ask("core", "POST /microstructure", items(book(bond, "100.50", "100.75", start))).is(200)
	first := r.ask("rosa", "GET /"+bond, "").is(200)
	r.ask("core", "POST /microstructure", items(book(bond, "99.50", "100.75", start))).is(200)
	second := r.ask("rosa", "GET /"+bond, "").is(200)
	require.NotEqual(t, first.at("liquidity_profile.spread_bps"), second.at("liquidity_profile.spread_bps"))
	require.NotEqual(t, first["inputs_hash"], second["inputs_hash"])
	require.Equal(t, 3, r.replayed(bond))
}

func TestATranslationIsShownWhileItIsYoung(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	asOf := func(mode string) any { return r.ask("fred", "GET /"+bond+"?mode="+mode, "").is(200)["as_of"] }
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
	first := r.ask("rosa", "GET /"+bond, "").is(200)["as_of"]
	r.wait(time.Minute)
	require.NotEqual(t, first, r.ask("rosa", "GET /"+bond, "").is(200)["as_of"])
}

func TestAnotherSizeIsMadeOfTheSameRecord(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	large := r.ask("fred", "GET /"+bond+"?trade_size=1000000.5", "").is(200)
	require.Equal(t, 1, r.replayed(bond))
	again := r.ask("cora", "GET /audit/"+bond+"?trade_size=1000000.5", "").is(200)
	require.Equal(t, large["inputs_hash"], again.at("translation.inputs_hash"))
	usual := r.ask("fred", "GET /"+bond, "").is(200)
	require.NotEqual(t, large["inputs_hash"], usual["inputs_hash"])
	for _, size := range []string{"", "?trade_size=1000000.5"} { // whoever has it can work out the hash himself
		trail := r.ask("cora", "GET /audit/"+bond+size, "").is(200)
		canonical, isText := trail["canonical"].(string)
		require.True(t, isText)
		sum := sha256.Sum256([]byte(risk.Schema + "\n" + canonical))
		require.Equal(t, hex.EncodeToString(sum[:]), trail.at("translation.audit.inputs_hash"), size)
	}
}

func TestAnAuditorSeesWhatHeldAtATime(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	first := r.ask("rosa", "GET /"+bond, "").is(200)
	r.wait(time.Hour)
	r.ask("core", "POST /microstructure", items(book(bond, "90", "100.75", r.clock.Now()))).is(200)
	second := r.ask("rosa", "GET /"+bond, "").is(200)
	at := func(t time.Time) object {
		return r.ask("cora", "GET /audit/"+bond+"?as_of="+t.Format(time.RFC3339Nano), "").is(200)
	}
	require.Equal(t, first["inputs_hash"], at(start).at("translation.inputs_hash"))
	require.Equal(t, first["inputs_hash"], at(start.Add(time.Hour-time.Microsecond)).at("translation.inputs_hash"))
	require.Equal(t, second["inputs_hash"], at(start.Add(time.Hour)).at("translation.inputs_hash"))
	r.ask("cora", "GET /audit/"+bond+"?as_of=2024-12-01T09:59:59.999999Z", "").refused(409, "before_first_record", bond)
	r.ask("cora", "GET /audit/"+bond+"?as_of=2024-12-01T11:00:00.000001Z", "").refused(400, "malformed", "query.as_of")
}

func TestAnAuditorTakesAllRecordsHome(t *testing.T) {
	r := open(t)
	r.ask("core", "POST /bonds", items(metadata(bond, start))).is(200)
	r.ask("rosa", "GET /"+bond, "").refused(409, "nothing_to_translate", "")
	r.tellAll(bond)
	r.ask("rosa", "GET /"+bond, "").is(200)
	table := func(path string, with ...string) [][]string {
		answer := r.ask("cora", "GET /audit/"+path, "", with...)
		require.Equal(t, 200, answer.code, answer.text)
		require.Equal(t, "text/csv; charset=utf-8", answer.head.Get("Content-Type"))
		rows, err := csv.NewReader(strings.NewReader(answer.text)).ReadAll()
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
	r.ask("cora", "GET /audit/IN0000000000.csv", "").refused(404, "not_found", "IN0000000000")
}

func TestWhatNotEverybodyMaySeeIsWrittenDownFirst(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.ask("rosa", "GET /"+bond, "").is(200)
	r.ask("rosa", "GET /"+bond+"?detail=full", "").refused(403, "forbidden", "retail")
	_, err := r.db.Store().Last(t.Context(), audit.Key)
	require.ErrorIs(t, err, evenkeel.ErrNotFound)
	r.ask("fred", "GET /"+bond+"?detail=full&trade_size=5", "").is(200)
	r.ask("cora", "GET /audit/"+bond+".csv", "")
	r.restart()
	r.ask("adam", "GET /audit/"+bond, "").is(200)
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
	before := r.ask("rita", "GET /"+bond+"?detail=full", "").is(200)
	require.Equal(t, json.Number("0"), before.at("model_governance.outcomes"))
	told := items(outcome("s1", false), outcome("s2", false))
	require.Equal(t, json.Number("2"), r.ask("core", "POST /outcomes", told).is(200)["kept"])
	r.ask("core", "POST /outcomes", told).is(200) // again does nothing
	after := r.ask("rita", "GET /"+bond+"?detail=full", "").is(200)
	require.Equal(t, json.Number("2"), after.at("model_governance.outcomes"))
	require.NotEqual(t, before.at("exit_recommendations.0.fill_probability"), after.at("exit_recommendations.0.fill_probability"))
	r.ask("core", "POST /outcomes", items(outcome("s3", true), outcome("s2", true))).refused(409, "reported_otherwise", "s2")
	n := 0
	for _, err := range r.service.Sales(t.Context(), bond) {
		require.NoError(t, err)
		n++
	}
	require.Equal(t, 2, n)
}
