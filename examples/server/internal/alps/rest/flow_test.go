package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
)

// number reads an amount of an answer.
func number(tb testing.TB, o apitest.Object, path string) decimal.Decimal {
	tb.Helper()
	text := o.Text(path)
	require.NotEmpty(tb, text, "%s of %v", path, o)
	return dec(text)
}

// equal requires an amount, whatever its zeros.
func equal(tb testing.TB, want string, o apitest.Object, path string) {
	tb.Helper()
	require.Truef(tb, dec(want).Equal(number(tb, o, path)), "%s is %v, not %s", path, o.At(path), want)
}

// sees is what approving takes.
func sees(action apitest.Object) string {
	return fmt.Sprintf(`{"amount":%q,"version":%v}`, action["amount"], action["version"])
}

// wish is the body of an injection or a withdrawal.
func wish(bank, amount string) string {
	return fmt.Sprintf(`{"sovereignBankId":%q,"amount":%q,"reason":"month end"}`, bank, amount)
}

// proposed proposes an injection and returns the action.
func (r *rig) proposed(who, bank, amount string) apitest.Object {
	r.TB.Helper()
	o := r.Ask(who, "POST /inject", wish(bank, amount)).Is(202)
	require.Equal(r.TB, "needs_second_person", o["reply"])
	return o.Sub("action")
}

// books requires that the settlement book, the pool and its postings all say that
// so much is lent, and that everything adds up.
func (r *rig) books(lent string) {
	r.TB.Helper()
	net, err := r.db.Settlement().Net(r.TB.Context())
	require.NoError(r.TB, err)
	received := decimal.Zero
	for _, amount := range net {
		received = received.Add(amount)
	}
	require.Truef(r.TB, dec(lent).Equal(received), "banks have received %s, not %s", received, lent)
	require.NoError(r.TB, r.db.Settlement().Audit(r.TB.Context()))
	pool := r.Ask("rita", "GET /pool", "").Is(200)
	fund := pool.Sub("providers.0")
	equal(r.TB, lent, fund, "lent")
	sum := decimal.Zero
	for _, account := range []string{"free", "reserved", "lent", "losses"} {
		sum = sum.Add(dec(fund.Text(account)))
	}
	require.Truef(r.TB, sum.Equal(dec("5000000")), "the pool has %s", sum)
}

func TestMoneyMovesOnceTwoPeopleWantIt(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000.10")
	require.Equal(t, "awaiting_approval", action["phase"])
	require.Equal(t, "olga", action["maker"])
	approve := "POST /actions/" + action.Text("id") + "/approve"
	r.books("0")

	r.Ask("olga", approve, sees(action)).Refused(403, "forbidden", "olga: must have another role")
	r.Ask("rita", approve, fmt.Sprintf(`{"amount":"1000.11","version":%v}`, action["version"])).Refused(409, "changed", "amount 1000.11")
	r.Ask("rita", approve, fmt.Sprintf(`{"amount":"1000.1","version":%v}`, "7")).Refused(409, "changed", "version 7")
	r.Ask("rita", "POST /actions/nothing/approve", sees(action)).Refused(404, "not_found", `id "nothing"`)
	r.books("0")

	approved := r.Ask("rita", approve, sees(action), "Idempotency-Key: once")
	require.Equal(t, "reserved", approved.Is(200).At("action.phase"))
	again := r.Ask("rita", approve, sees(action), "Idempotency-Key: once")
	require.Equal(t, approved.Text, again.Text)
	require.Equal(t, "true", again.Head.Get("Idempotency-Replayed"))
	r.Ask("rita", approve, `{"amount":"1","version":1}`, "Idempotency-Key: once").Refused(422, "key_reused", "Idempotency-Key")
	r.Ask("ralf", approve, sees(action)).Refused(409, "wrong_phase", "in phase settled")

	r.look()
	settled := r.Ask("cora", "GET /actions/"+action.Text("id"), "").Is(200)
	require.Equal(t, "settled", settled["phase"])
	require.Equal(t, "rita", settled["checker"])
	r.books("1000.10")
	bank := r.Ask("cora", "GET /monitor/bank-a", "").Is(200)
	equal(t, "951000.10", bank, "current.liquid")
	equal(t, "1000.10", bank, "current.outstanding")
	equal(t, "1000.10", bank, "loans.0.outstanding")
	ledger := r.Ask("adam", "GET /ledger?sovereignBankId=bank-a", "").Is(200)
	require.Equal(t, []any{"lent", "reserved"}, []any{ledger.At("items.0.to"), ledger.At("items.1.to")})
	list := r.Ask("anna", "GET /actions?actionType=INJECTION", "").Is(200)
	require.Equal(t, action["id"], list.At("items.0.id"))
	require.Empty(t, r.Ask("anna", "GET /actions?actionType=WITHDRAWAL", "").Is(200)["items"])
	r.Ask("olga", "POST /inject", wish("bank-a", "10")).Refused(422, "gated", "cooldown")
}

func TestWhoProposedDoesNotApprove(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("oscar", "bank-a", "10")
	id := action.Text("id")
	r.Ask("oscar", "POST /actions/"+id+"/approve", sees(action)).Refused(403, "same_person", "oscar: must be another person")
	r.Ask("oscar", "POST /actions/"+id+"/break-glass", `{"amount":"10","version":1,"reason":"nobody is here"}`).Refused(403, "not_permitted", "break_glass")
	rejected := r.Ask("olga", "POST /actions/"+id+"/reject", `{"reason":"not today"}`).Is(200)
	require.Equal(t, "failed", rejected.At("action.phase"))
	require.Equal(t, "rejected", rejected.At("action.reason"))
	r.books("0")
}

func TestWhoIsAloneMayBreakTheGlassWhereThatIsConfigured(t *testing.T) {
	r := open(t, "  # break_glass: false ", "  break_glass: true ")
	r.look()
	action := r.proposed("olga", "bank-a", "10")
	body := fmt.Sprintf(`{"amount":"10","version":%v,"reason":"nobody is here"}`, action["version"])
	r.Ask("olga", "POST /actions/"+action.Text("id")+"/break-glass", body).Is(200)
	alerts := r.Ask("cora", "GET /alerts", "").Is(200)
	require.Equal(t, "break_glass", alerts.At("alerts.0.reason"))
	require.Equal(t, "olga: nobody is here", alerts.At("alerts.0.note"))
	r.look()
	r.books("10")
}

func TestAnApprovalThatComesTooLateMovesNothing(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "10")
	r.wait(31 * time.Minute)
	r.Ask("rita", "POST /actions/"+action.Text("id")+"/approve", sees(action)).Refused(409, "changed", "must not have expired")
	require.Equal(t, "approval_expired", r.Ask("rita", "GET /actions/"+action.Text("id"), "").Is(200)["reason"])
	r.look()
	r.Ask("rita", "POST /actions/"+action.Text("id")+"/approve", sees(action)).Refused(409, "wrong_phase", "failed")
	r.books("0")
}

func TestALiveEngineActsByItselfAndAsksForWhatIsLarge(t *testing.T) {
	r := open(t, "mode: suggest ", "mode: live ")
	plan := r.Ask("core", "POST /run", "").Is(200)
	require.Equal(t, "acting", plan["outcome"])
	small, large := plan.Of("suggestions", "sovereignBankId", "bank-a"), plan.Of("suggestions", "sovereignBankId", "bank-b")
	equal(t, "150000", small, "amount")
	require.Equal(t, true, large["needsApproval"])
	action := r.Ask("rita", "GET /actions/"+large.Text("actionId"), "").Is(200)
	require.Equal(t, "engine", action["maker"])
	r.look()
	r.books("150000")
	r.Ask("adam", "POST /actions/"+action.Text("id")+"/approve", sees(action)).Is(200)
	r.look()
	r.books("650000")
	monitor := r.Ask("olga", "GET /monitor", "").Is(200)
	equal(t, "1.1", monitor.Of("banks", "sovereignBankId", "bank-a"), "sxlr")
	equal(t, "1.05", monitor.Of("banks", "sovereignBankId", "bank-b"), "sxlr")
	equal(t, "650000", r.Ask("olga", "GET /pool", "").Is(200), "spent")

	r.wait(25 * time.Hour) // both loans are due, and bank-a needs the same again
	r.look()
	r.look()
	r.books("150000")
	returned := r.Ask("olga", "GET /actions?actionType=WITHDRAWAL", "").Is(200)
	for _, bank := range []string{"bank-a", "bank-b"} {
		action := returned.Of("items", "sovereignBankId", bank)
		require.Equal(t, "due", action["cause"])
		require.Equal(t, "settled", action["phase"])
	}
}

func TestAProcessThatDiesHalfWayPaysOnce(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000")
	r.restart()
	r.Ask("rita", "POST /actions/"+action.Text("id")+"/approve", sees(action)).Is(200)
	for range 3 {
		r.restart()
		r.look()
	}
	r.books("1000")
	require.Equal(t, "settled", r.Ask("rita", "GET /actions/"+action.Text("id"), "").Is(200)["phase"])
}

// A process dies after the command is durable and before it is answered: whoever
// asks again under the same key finds what became of it, however much later.
func TestACommandIsAnsweredAfterTheProcessThatTookItDied(t *testing.T) {
	r := open(t)
	r.look()
	first := r.Ask("olga", "POST /inject", wish("bank-a", "1000"), "Idempotency-Key: lost").Is(202)
	for range 9 {
		r.look()
	}
	r.Ask("olga", "POST /inject", wish("bank-c", "1000"), "Idempotency-Key: other").Is(202)
	forgotten, err := r.db.Requests().Forget(t.Context(), r.clock.Now().Add(time.Hour))
	require.NoError(t, err)
	require.False(t, forgotten)
	r.restart()
	again := r.Ask("olga", "POST /inject", wish("bank-a", "1000"), "Idempotency-Key: lost").Is(202)
	require.Equal(t, first.At("action.id"), again.At("action.id"))
	list := r.Ask("cora", "GET /actions", "").Is(200)
	require.Len(t, list["items"], 2)
	r.restart()
	r.Ask("olga", "POST /inject", wish("bank-a", "2000"), "Idempotency-Key: lost").Refused(422, "key_reused", "Idempotency-Key")
}

func TestADryRunSaysWhatWouldComeOfIt(t *testing.T) {
	r := open(t)
	r.look()
	would := r.Ask("olga", "POST /inject?dry_run=true", wish("bank-a", "1000")).Is(200)
	require.Equal(t, true, would["dryRun"])
	require.Equal(t, "needs_second_person", would["reply"])
	would = r.Ask("olga", "POST /withdraw?dry_run=true", wish("bank-a", "1000")).Is(200)
	require.Equal(t, "gated", would["reply"])
	require.Contains(t, would["reasons"], "nothing_outstanding")
	r.Ask("olga", "POST /inject?dry_run=true", wish("bank-x", "1000")).Refused(404, "not_found", `sovereignBankId "bank-x"`)
	require.Empty(t, r.Ask("cora", "GET /actions", "").Is(200)["items"])
	suggested := r.Ask("rita", "POST /suggest", "").Is(200)
	require.Nil(t, suggested["look"])
	equal(t, "500000", suggested.Of("suggestions", "sovereignBankId", "bank-b"), "amount")
	require.Equal(t, json.Number("1"), r.Ask("cora", "GET /monitor", "").Is(200)["look"], "only the first look is recorded")
}

func TestPeopleKeepABankOutOfThePlan(t *testing.T) {
	r := open(t)
	r.look()
	r.Ask("rita", "POST /hold", `{"sovereignBankId":"bank-a","reason":"its books are being moved"}`).Is(200)
	monitor := r.Ask("cora", "GET /monitor", "").Is(200)
	bank := monitor.Of("banks", "sovereignBankId", "bank-a")
	require.Equal(t, "its books are being moved", bank["hold"])
	require.Equal(t, []any{"manual_hold"}, bank.At("suggestion.reasons"))
	r.Ask("olga", "POST /release", `{"sovereignBankId":"bank-a"}`).Is(200)
	require.Equal(t, "INJECTION", r.Ask("cora", "GET /monitor/bank-a", "").Is(200).At("current.suggestion.action"))
}

func TestALoanIsWrittenOffByTwoPeople(t *testing.T) {
	r := open(t)
	r.look()
	action := r.proposed("olga", "bank-a", "1000")
	id := action.Text("id")
	r.Ask("rita", "POST /actions/"+id+"/approve", sees(action)).Is(200)
	r.look()
	body := `{"reason":"the bank is gone"}`
	writeOff := "POST /loans/" + id + "/0/write-off"
	require.Equal(t, "needs_second_person", r.Ask("rita", writeOff, body).Is(202)["reply"])
	require.Equal(t, "needs_second_person", r.Ask("rita", writeOff, body).Is(202)["reply"], "twice the same person is one")
	require.Equal(t, "done", r.Ask("adam", writeOff, body).Is(200)["reply"])
	pool := r.Ask("cora", "GET /pool", "").Is(200)
	equal(t, "1000", pool, "providers.0.losses")
	equal(t, "0", pool, "providers.0.lent")
	r.Ask("adam", writeOff, body).Refused(404, "not_found", "id")
	r.Ask("rita", "POST /declare", fmt.Sprintf(`{"actionId":%q,"leg":0,"outcome":"failed","reason":"x"}`, id)).Refused(409, "wrong_phase", "declare_failed")
	r.Ask("rita", "POST /declare", fmt.Sprintf(`{"actionId":%q,"leg":3,"outcome":"settled","reason":"x"}`, id)).Refused(404, "not_found", "/3")
}

func TestListsAreReadPageByPage(t *testing.T) {
	r := open(t)
	for range 3 {
		r.look()
	}
	page := r.Ask("rita", "GET /monitor?limit=2", "").Is(200)
	require.Equal(t, "bank-b", page["next"])
	page = r.Ask("rita", "GET /monitor?limit=2&after=bank-d", "").Is(200)
	require.Equal(t, "bank-e", page.At("banks.0.sovereignBankId"))
	require.Nil(t, page["next"])
	history := r.Ask("rita", "GET /monitor/bank-e?limit=2", "").Is(200)
	require.Len(t, history.At("history.items"), 2)
	rest := r.Ask("rita", "GET /monitor/bank-e?limit=2&before="+fmt.Sprint(history.At("history.next")), "").Is(200)
	require.Len(t, rest.At("history.items"), 1)
	require.Nil(t, rest.At("history.next"))
}

func TestABankSeesItself(t *testing.T) {
	r := open(t)
	r.look()
	monitor := r.Ask("anna", "GET /monitor", "").Is(200)
	require.Len(t, monitor["banks"], 1)
	require.Equal(t, "bank-a", monitor.At("banks.0.sovereignBankId"))
	action := r.proposed("olga", "bank-a", "10")
	r.Ask("anna", "GET /actions/"+action.Text("id"), "").Is(200)
	hidden := r.Ask("bert", "GET /actions/"+action.Text("id"), "")
	missing := r.Ask("bert", "GET /actions/"+strings.Repeat("0", 32), "")
	require.Equal(t, 404, hidden.Code)
	require.Equal(t, missing.Is(404)["code"], hidden.Is(404)["code"])
	r.Ask("bert", "GET /monitor/bank-a", "").Refused(404, "not_found", "bank-a")
	r.Ask("bert", "GET /stress?sovereignBankId=bank-a", "").Refused(404, "not_found", "bank-a")
	require.Empty(t, r.Ask("bert", "GET /actions", "").Is(200)["items"])
}
