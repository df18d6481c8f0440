package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// number reads an amount of an answer.
func number(tb testing.TB, o object, path string) decimal.Decimal {
	tb.Helper()
	text := o.text(path)
	require.NotEmpty(tb, text, "%s of %v", path, o)
	return dec(text)
}

// equal requires an amount, whatever its zeros.
func equal(tb testing.TB, want string, o object, path string) {
	tb.Helper()
	require.Truef(tb, dec(want).Equal(number(tb, o, path)), "%s is %v, not %s", path, o.at(path), want)
}

// sees is what approving takes.
func sees(action object) string {
	return fmt.Sprintf(`{"amount":%q,"version":%v}`, action["amount"], action["version"])
}

// wish is the body of an injection or a withdrawal.
func wish(bank, amount string) string {
	return fmt.Sprintf(`{"sovereignBankId":%q,"amount":%q,"reason":"month end"}`, bank, amount)
}

// proposed proposes an injection and returns the action.
func (r *rig) proposed(who, bank, amount string) object {
	r.t.Helper()
	o := r.ask(who, "POST /inject", wish(bank, amount)).is(202)
	require.Equal(r.t, "needs_second_person", o["reply"])
	return o.sub("action")
}

// books requires that the settlement book, the pool and its postings all say that
// so much is lent, and that everything adds up.
func (r *rig) books(lent string) {
	r.t.Helper()
	net, err := r.db.Settlement().Net(r.t.Context())
	require.NoError(r.t, err)
	received := decimal.Zero
	for _, amount := range net {
		received = received.Add(amount)
	}
	require.Truef(r.t, dec(lent).Equal(received), "banks have received %s, not %s", received, lent)
	require.NoError(r.t, r.db.Settlement().Audit(r.t.Context()))
	pool := r.ask("rita", "GET /pool", "").is(200)
	fund := pool.sub("providers.0")
	equal(r.t, lent, fund, "lent")
	sum := decimal.Zero
	for _, account := range []string{"free", "reserved", "lent", "losses"} {
		sum = sum.Add(dec(fund.text(account)))
	}
	require.Truef(r.t, sum.Equal(dec("5000000")), "the pool has %s", sum)
}

func TestMoneyMovesOnceTwoPeopleWantIt(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000.10")
	require.Equal(t, "awaiting_approval", action["phase"])
	require.Equal(t, "olga", action["maker"])
	approve := "POST /actions/" + action.text("id") + "/approve"
	r.books("0")

	r.ask("olga", approve, sees(action)).refused(403, "forbidden", "olga: must have another role")
	r.ask("rita", approve, fmt.Sprintf(`{"amount":"1000.11","version":%v}`, action["version"])).refused(409, "changed", "amount 1000.11")
	r.ask("rita", approve, fmt.Sprintf(`{"amount":"1000.1","version":%v}`, "7")).refused(409, "changed", "version 7")
	r.ask("rita", "POST /actions/nothing/approve", sees(action)).refused(404, "not_found", `id "nothing"`)
	r.books("0")

	approved := r.ask("rita", approve, sees(action), "Idempotency-Key: once")
	require.Equal(t, "reserved", approved.is(200).at("action.phase"))
	again := r.ask("rita", approve, sees(action), "Idempotency-Key: once")
	require.Equal(t, approved.text, again.text)
	require.Equal(t, "true", again.head.Get("Idempotency-Replayed"))
	r.ask("rita", approve, `{"amount":"1","version":1}`, "Idempotency-Key: once").refused(422, "key_reused", "Idempotency-Key")
	r.ask("ralf", approve, sees(action)).refused(409, "wrong_phase", "in phase settled")

	r.look()
	settled := r.ask("cora", "GET /actions/"+action.text("id"), "").is(200)
	require.Equal(t, "settled", settled["phase"])
	require.Equal(t, "rita", settled["checker"])
	r.books("1000.10")
	bank := r.ask("cora", "GET /monitor/bank-a", "").is(200)
	equal(t, "951000.10", bank, "current.liquid")
	equal(t, "1000.10", bank, "current.outstanding")
	equal(t, "1000.10", bank, "loans.0.outstanding")
	ledger := r.ask("adam", "GET /ledger?sovereignBankId=bank-a", "").is(200)
	require.Equal(t, []any{"lent", "reserved"}, []any{ledger.at("items.0.to"), ledger.at("items.1.to")})
	list := r.ask("anna", "GET /actions?actionType=INJECTION", "").is(200)
	require.Equal(t, action["id"], list.at("items.0.id"))
	require.Empty(t, r.ask("anna", "GET /actions?actionType=WITHDRAWAL", "").is(200)["items"])
	r.ask("olga", "POST /inject", wish("bank-a", "10")).refused(422, "gated", "cooldown")
}

func TestWhoProposedDoesNotApprove(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("oscar", "bank-a", "10")
	id := action.text("id")
	r.ask("oscar", "POST /actions/"+id+"/approve", sees(action)).refused(403, "same_person", "oscar: must be another person")
	r.ask("oscar", "POST /actions/"+id+"/break-glass", `{"amount":"10","version":1,"reason":"nobody is here"}`).refused(403, "not_permitted", "break_glass")
	rejected := r.ask("olga", "POST /actions/"+id+"/reject", `{"reason":"not today"}`).is(200)
	require.Equal(t, "failed", rejected.at("action.phase"))
	require.Equal(t, "rejected", rejected.at("action.reason"))
	r.books("0")
}

func TestWhoIsAloneMayBreakTheGlassWhereThatIsConfigured(t *testing.T) {
	r := open(t, "  # break_glass: false ", "  break_glass: true ")
	r.look()
	action := r.proposed("olga", "bank-a", "10")
	body := fmt.Sprintf(`{"amount":"10","version":%v,"reason":"nobody is here"}`, action["version"])
	r.ask("olga", "POST /actions/"+action.text("id")+"/break-glass", body).is(200)
	alerts := r.ask("cora", "GET /alerts", "").is(200)
	require.Equal(t, "break_glass", alerts.at("alerts.0.reason"))
	require.Equal(t, "olga: nobody is here", alerts.at("alerts.0.note"))
	r.look()
	r.books("10")
}

func TestAnApprovalThatComesTooLateMovesNothing(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "10")
	r.wait(31 * time.Minute)
	r.ask("rita", "POST /actions/"+action.text("id")+"/approve", sees(action)).refused(409, "changed", "must not have expired")
	require.Equal(t, "approval_expired", r.ask("rita", "GET /actions/"+action.text("id"), "").is(200)["reason"])
	r.look()
	r.ask("rita", "POST /actions/"+action.text("id")+"/approve", sees(action)).refused(409, "wrong_phase", "failed")
	r.books("0")
}

func TestALiveEngineActsByItselfAndAsksForWhatIsLarge(t *testing.T) {
	r := open(t, "mode: suggest ", "mode: live ")
	plan := r.ask("core", "POST /run", "").is(200)
	require.Equal(t, "acting", plan["outcome"])
	small, large := plan.of("suggestions", "sovereignBankId", "bank-a"), plan.of("suggestions", "sovereignBankId", "bank-b")
	equal(t, "150000", small, "amount")
	require.Equal(t, true, large["needsApproval"])
	action := r.ask("rita", "GET /actions/"+large.text("actionId"), "").is(200)
	require.Equal(t, "engine", action["maker"])
	r.look()
	r.books("150000")
	r.ask("adam", "POST /actions/"+action.text("id")+"/approve", sees(action)).is(200)
	r.look()
	r.books("650000")
	monitor := r.ask("olga", "GET /monitor", "").is(200)
	equal(t, "1.1", monitor.of("banks", "sovereignBankId", "bank-a"), "sxlr")
	equal(t, "1.05", monitor.of("banks", "sovereignBankId", "bank-b"), "sxlr")
	equal(t, "650000", r.ask("olga", "GET /pool", "").is(200), "spent")

	r.wait(25 * time.Hour) // both loans are due, and bank-a needs the same again
	r.look()
	r.look()
	r.books("150000")
	returned := r.ask("olga", "GET /actions?actionType=WITHDRAWAL", "").is(200)
	for _, bank := range []string{"bank-a", "bank-b"} {
		action := returned.of("items", "sovereignBankId", bank)
		require.Equal(t, "due", action["cause"])
		require.Equal(t, "settled", action["phase"])
	}
}

func TestAProcessThatDiesHalfWayPaysOnce(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000")
	r.restart()
	r.ask("rita", "POST /actions/"+action.text("id")+"/approve", sees(action)).is(200)
	for range 3 {
		r.restart()
		r.look()
	}
	r.books("1000")
	require.Equal(t, "settled", r.ask("rita", "GET /actions/"+action.text("id"), "").is(200)["phase"])
}

// A process dies after the command is durable and before it is answered: whoever
// asks again under the same key finds what became of it, however much later.
func TestACommandIsAnsweredAfterTheProcessThatTookItDied(t *testing.T) {
	r := open(t)
	r.look()
	first := r.ask("olga", "POST /inject", wish("bank-a", "1000"), "Idempotency-Key: lost").is(202)
	for range 9 {
		r.look()
	}
	r.ask("olga", "POST /inject", wish("bank-c", "1000"), "Idempotency-Key: other").is(202)
	forgotten, err := r.db.Requests().Forget(t.Context(), r.clock.Now().Add(time.Hour))
	require.NoError(t, err)
	require.False(t, forgotten)
	r.restart()
	again := r.ask("olga", "POST /inject", wish("bank-a", "1000"), "Idempotency-Key: lost").is(202)
	require.Equal(t, first.at("action.id"), again.at("action.id"))
	list := r.ask("cora", "GET /actions", "").is(200)
	require.Len(t, list["items"], 2)
	r.restart()
	r.ask("olga", "POST /inject", wish("bank-a", "2000"), "Idempotency-Key: lost").refused(422, "key_reused", "Idempotency-Key")
}

func TestADryRunSaysWhatWouldComeOfIt(t *testing.T) {
	r := open(t)
	r.look()
	would := r.ask("olga", "POST /inject?dry_run=true", wish("bank-a", "1000")).is(200)
	require.Equal(t, true, would["dryRun"])
	require.Equal(t, "needs_second_person", would["reply"])
	would = r.ask("olga", "POST /withdraw?dry_run=true", wish("bank-a", "1000")).is(200)
	require.Equal(t, "gated", would["reply"])
	require.Contains(t, would["reasons"], "nothing_outstanding")
	r.ask("olga", "POST /inject?dry_run=true", wish("bank-x", "1000")).refused(404, "not_found", `sovereignBankId "bank-x"`)
	require.Empty(t, r.ask("cora", "GET /actions", "").is(200)["items"])
	suggested := r.ask("rita", "POST /suggest", "").is(200)
	require.Nil(t, suggested["look"])
	equal(t, "500000", suggested.of("suggestions", "sovereignBankId", "bank-b"), "amount")
	require.Equal(t, json.Number("1"), r.ask("cora", "GET /monitor", "").is(200)["look"], "only the first look is recorded")
}

func TestPeopleKeepABankOutOfThePlan(t *testing.T) {
	r := open(t)
	r.look()
	r.ask("rita", "POST /hold", `{"sovereignBankId":"bank-a","reason":"its books are being moved"}`).is(200)
	monitor := r.ask("cora", "GET /monitor", "").is(200)
	bank := monitor.of("banks", "sovereignBankId", "bank-a")
	require.Equal(t, "its books are being moved", bank["hold"])
	require.Equal(t, []any{"manual_hold"}, bank.at("suggestion.reasons"))
	r.ask("olga", "POST /release", `{"sovereignBankId":"bank-a"}`).is(200)
	require.Equal(t, "INJECTION", r.ask("cora", "GET /monitor/bank-a", "").is(200).at("current.suggestion.action"))
}

func TestALoanIsWrittenOffByTwoPeople(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000")
	id := action.text("id")
	r.ask("rita", "POST /actions/"+id+"/approve", sees(action)).is(200)
	r.look()
	body := `{"reason":"the bank is gone"}`
	writeOff := "POST /loans/" + id + "/0/write-off"
	require.Equal(t, "needs_second_person", r.ask("rita", writeOff, body).is(202)["reply"])
	require.Equal(t, "needs_second_person", r.ask("rita", writeOff, body).is(202)["reply"], "twice the same person is one")
	require.Equal(t, "done", r.ask("adam", writeOff, body).is(200)["reply"])
	pool := r.ask("cora", "GET /pool", "").is(200)
	equal(t, "1000", pool, "providers.0.losses")
	equal(t, "0", pool, "providers.0.lent")
	r.ask("adam", writeOff, body).refused(404, "not_found", "id")
	r.ask("rita", "POST /declare", fmt.Sprintf(`{"actionId":%q,"leg":0,"outcome":"failed","reason":"x"}`, id)).refused(409, "wrong_phase", "declare_failed")
	r.ask("rita", "POST /declare", fmt.Sprintf(`{"actionId":%q,"leg":3,"outcome":"settled","reason":"x"}`, id)).refused(404, "not_found", "/3")
}

func TestListsAreReadPageByPage(t *testing.T) {
	r := open(t)
	for range 3 {
		r.look()
	}
	page := r.ask("rita", "GET /monitor?limit=2", "").is(200)
	require.Equal(t, "bank-b", page["next"])
	page = r.ask("rita", "GET /monitor?limit=2&after=bank-d", "").is(200)
	require.Equal(t, "bank-e", page.at("banks.0.sovereignBankId"))
	require.Nil(t, page["next"])
	history := r.ask("rita", "GET /monitor/bank-e?limit=2", "").is(200)
	require.Len(t, history.at("history.items"), 2)
	rest := r.ask("rita", "GET /monitor/bank-e?limit=2&before="+fmt.Sprint(history.at("history.next")), "").is(200)
	require.Len(t, rest.at("history.items"), 1)
	require.Nil(t, rest.at("history.next"))
}

func TestABankSeesItself(t *testing.T) {
	r := open(t)
	r.look()
	monitor := r.ask("anna", "GET /monitor", "").is(200)
	require.Len(t, monitor["banks"], 1)
	require.Equal(t, "bank-a", monitor.at("banks.0.sovereignBankId"))
	action := r.proposed("olga", "bank-a", "10")
	r.ask("anna", "GET /actions/"+action.text("id"), "").is(200)
	hidden := r.ask("bert", "GET /actions/"+action.text("id"), "")
	missing := r.ask("bert", "GET /actions/"+strings.Repeat("0", 32), "")
	require.Equal(t, 404, hidden.code)
	require.Equal(t, missing.is(404)["code"], hidden.is(404)["code"])
	r.ask("bert", "GET /monitor/bank-a", "").refused(404, "not_found", "bank-a")
	r.ask("bert", "GET /stress?sovereignBankId=bank-a", "").refused(404, "not_found", "bank-a")
	require.Empty(t, r.ask("bert", "GET /actions", "").is(200)["items"])
}
