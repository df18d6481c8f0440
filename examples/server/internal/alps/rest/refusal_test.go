package rest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Nothing that makes no sense moves anything.
func TestBadInputIsNamedAndMovesNothing(t *testing.T) {
	r := open(t)
	r.look()
	waits := r.proposed("olga", "bank-a", "10")
	approve := "POST /actions/" + waits.Text("id") + "/approve"
	for _, row := range []struct {
		name, who, line, body string
		code                  int
		problem, detail       string
	}{
		{"a stranger", "", "POST /inject", wish("bank-a", "1"), 401, "unauthenticated", "Authorization"},
		{"a key that nobody has", "eve", "POST /inject", wish("bank-a", "1"), 401, "unauthenticated", "credential"},
		{"nothing", "olga", "POST /inject", "", 400, "malformed", "body"},
		{"no amount", "olga", "POST /inject", `{"sovereignBankId":"bank-a","reason":"x"}`, 422, "invalid", "amount"},
		{"no reason", "olga", "POST /inject", `{"sovereignBankId":"bank-a","amount":"1"}`, 422, "invalid", "reason"},
		{"an empty reason", "olga", "POST /inject", `{"sovereignBankId":"bank-a","amount":"1","reason":""}`, 422, "invalid", "body.reason"},
		{"no bank", "olga", "POST /inject", `{"amount":"1","reason":"x"}`, 422, "invalid", "sovereignBankId"},
		{"a field that nobody knows", "olga", "POST /inject", `{"sovereignBankId":"bank-a","amount":"1","reason":"x","fee":"0"}`, 422, "invalid", "body.fee"},
		{"a negative amount", "olga", "POST /inject", wish("bank-a", "-1"), 422, "invalid", `body.amount "-1": must be > 0`},
		{"no money at all", "olga", "POST /inject", wish("bank-a", "0.00"), 422, "invalid", "must be > 0"},
		{"not a number", "olga", "POST /inject", wish("bank-a", "NaN"), 422, "invalid", `body.amount "NaN"`},
		{"endless money", "olga", "POST /inject", wish("bank-a", "Infinity"), 422, "invalid", `body.amount "Infinity"`},
		{"an exponent", "olga", "POST /inject", wish("bank-a", "1e9"), 422, "invalid", `body.amount "1e9"`},
		{"a number instead of a string", "olga", "POST /inject", `{"sovereignBankId":"bank-a","amount":1,"reason":"x"}`, 422, "invalid", "body.amount"},
		{"less than a cent", "olga", "POST /inject", wish("bank-a", "0.001"), 422, "invalid", "must have at most 2 decimals"},
		{"another currency", "olga", "POST /inject", `{"sovereignBankId":"bank-a","amount":"1","reason":"x","currency":"USD"}`, 422, "invalid", `body.currency "USD": must be EUR`},
		{"a bank that nobody knows", "olga", "POST /inject", wish("bank-x", "1"), 404, "not_found", `sovereignBankId "bank-x"`},
		{"more than one action may be", "olga", "POST /inject", wish("bank-c", "500000.01"), 422, "gated", "clipped_per_action_cap"},
		{"a bank whose currency is restless", "otto", "POST /inject", wish("bank-d", "1"), 422, "gated", "fx_volatile"},
		{"money that was never lent", "otto", "POST /withdraw", wish("bank-e", "1"), 422, "gated", "nothing_outstanding"},
		{"an action that nobody knows", "rita", "POST /actions/0/approve", `{"amount":"1","version":1}`, 404, "not_found", `id "0"`},
		{"an approval of no amount", "rita", approve, `{"version":1}`, 422, "invalid", "amount"},
		{"an approval of nothing", "rita", approve, `{"amount":"0","version":1}`, 422, "invalid", "body.amount"},
		{"an approval without a version", "rita", approve, `{"amount":"10"}`, 422, "invalid", "version"},
		{"another amount than was proposed", "rita", approve, `{"amount":"10.01","version":1}`, 409, "changed", "amount 10.01"},
		{"another version than was proposed", "rita", approve, `{"amount":"10","version":2}`, 409, "changed", "version 2"},
		{"a rejection without a reason", "rita", "POST /actions/" + waits.Text("id") + "/reject", `{}`, 422, "invalid", "reason"},
		{"a hold without a reason", "rita", "POST /hold", `{"sovereignBankId":"bank-a"}`, 422, "invalid", "reason"},
		{"a hold of nobody", "rita", "POST /hold", `{"sovereignBankId":"bank-x","reason":"x"}`, 404, "not_found", "bank-x"},
		{"a declaration of nothing", "rita", "POST /declare", `{"actionId":"0","leg":0,"outcome":"settled","reason":"x"}`, 404, "not_found", `id "0"`},
		{"an outcome that is none", "rita", "POST /declare", `{"actionId":"0","leg":0,"outcome":"perhaps","reason":"x"}`, 422, "invalid", "body.outcome"},
		{"a loan that nobody knows", "rita", "POST /loans/0/0/write-off", `{"reason":"x"}`, 404, "not_found", `id "0"`},
		{"a loan of no number", "rita", "POST /loans/0/x/write-off", `{"reason":"x"}`, 422, "invalid", "path.leg"},
		{"a type of action that is none", "rita", "GET /actions?actionType=GIFT", "", 422, "invalid", "query.actionType"},
		{"a page too long", "rita", "GET /ledger?limit=501", "", 422, "invalid", "query.limit"},
		{"a bank to look at that nobody knows", "rita", "GET /monitor/bank-x", "", 404, "not_found", "bank-x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer := r.Ask(row.who, row.line, row.body)
			if answer.Code == 429 {
				r.restart() // a new process has counted nothing yet
				answer = r.Ask(row.who, row.line, row.body)
			}
			answer.To(t).Refused(row.code, row.problem, row.detail)
		})
	}
	r.books("0")
	require.Len(t, r.Ask("cora", "GET /actions", "").Is(200)["items"], 1)
}

func TestAnIdempotencyKeyStandsForOneRequest(t *testing.T) {
	r := open(t)
	r.look()
	r.Ask("olga", "POST /inject", wish("bank-a", "10"), "Idempotency-Key: same").Is(202)
	r.Ask("olga", "POST /inject", wish("bank-a", "11"), "Idempotency-Key: same").Refused(422, "key_reused", "same")
	r.Ask("olga", "POST /withdraw", wish("bank-a", "10"), "Idempotency-Key: same").Refused(422, "key_reused", "same")
	r.Ask("otto", "POST /inject", wish("bank-c", "10"), "Idempotency-Key: same").Is(202) // another person's keys are others
	r.Ask("olga", "POST /inject", wish("bank-a", "10"), "Idempotency-Key: ").Refused(400, "key_missing", "Idempotency-Key")
	require.Len(t, r.Ask("cora", "GET /actions", "").Is(200)["items"], 2)
}

func TestADatabaseThatIsAwayIsNobodysFault(t *testing.T) {
	r := open(t)
	r.look()
	require.NoError(t, r.db.Close())
	for _, line := range []string{"GET /monitor", "GET /actions", "GET /pool", "POST /run", "POST /suggest", "POST /inject", "POST /killswitch"} {
		body := map[string]string{"POST /inject": wish("bank-a", "1"), "POST /killswitch": "{}"}[line]
		answer := r.Ask("olga", line, body)
		answer.Refused(503, "unavailable", "the database does not answer")
		require.NotEmpty(t, answer.Head.Get("Retry-After"), line)
	}
}

const pushed = `{"sovereignBankId":"bank-p","liquid":"%s","obligations":"1000","currency":"EUR","asOf":"%s"}`

// push is a body with these positions.
func push(positions ...string) string {
	return `{"positions":[` + strings.Join(positions, ",") + `]}`
}

// as returns a time as a position tells it.
func as(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func TestSourcesPushHowBanksStand(t *testing.T) {
	r := open(t, "{name: sample, sample: true}", "{name: core, push: true}")
	now := r.clock.Now()
	kept := r.Ask("core", "POST /positions", push(fmt.Sprintf(pushed, "950", as(now)))).Is(200)
	require.Equal(t, "core", kept["source"])
	r.look()
	bank := r.Ask("rita", "GET /monitor/bank-p", "").Is(200)
	equal(t, "0.95", bank, "current.sxlr")
	require.Equal(t, "core", bank.At("current.source"))

	now = r.clock.Now()
	for _, row := range []struct {
		name, who, body string
		code            int
		problem, detail string
	}{
		{"who is no feed", "desk", push(fmt.Sprintf(pushed, "1", as(now))), 403, "forbidden", "desk: must be the name of a feed"},
		{"a person", "olga", push(fmt.Sprintf(pushed, "1", as(now))), 403, "forbidden", "olga"},
		{"nobody's position", "core", push(), 422, "invalid", "body.positions"},
		{"a position from before", "core", push(fmt.Sprintf(pushed, "1", as(start.Add(-time.Second)))), 409, "stale", "2026-03-01T11:59:59Z"},
		{"a position of yesterday", "core", push(fmt.Sprintf(pushed, "1", as(start.Add(-24*time.Hour)))), 422, "invalid", "must be within 1m0s"},
		{"a position of tomorrow", "core", push(fmt.Sprintf(pushed, "1", as(start.Add(24*time.Hour)))), 422, "invalid", "must be within 1m0s"},
		{"less than nothing", "core", push(fmt.Sprintf(pushed, "-1", as(now))), 422, "invalid", "Position.Liquid -1"},
		{"obligations of less than nothing", "core", push(strings.Replace(fmt.Sprintf(pushed, "1", as(now)), `"1000"`, `"-1"`, 1)), 422, "invalid", "Position.Obligations -1"},
		{"no obligations", "core", push(strings.Replace(fmt.Sprintf(pushed, "1", as(now)), `"obligations":"1000",`, "", 1)), 422, "invalid", "obligations"},
		{"not a number", "core", push(fmt.Sprintf(pushed, "NaN", as(now))), 422, "invalid", `"NaN"`},
		{"another currency", "core", push(strings.Replace(fmt.Sprintf(pushed, "1", as(now)), "EUR", "USD", 1)), 422, "invalid", `Position.Currency "USD": must be EUR`},
		{"no time", "core", push(strings.Replace(fmt.Sprintf(pushed, "1", as(now)), as(now), "now", 1)), 422, "invalid", "asOf"},
		{"a bank twice", "core", push(fmt.Sprintf(pushed, "1", as(now)), fmt.Sprintf(pushed, "2", as(now))), 422, "invalid", "positions[1].sovereignBankId"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r.Ask(row.who, "POST /positions", row.body).To(t).Refused(row.code, row.problem, row.detail)
		})
	}
	r.look()
	equal(t, "0.95", r.Ask("rita", "GET /monitor/bank-p", "").Is(200), "current.sxlr")
	r.wait(2 * time.Minute)
	r.look()
	require.Equal(t, []any{"stale_data"}, r.Ask("rita", "GET /monitor/bank-p", "").Is(200).At("current.suggestion.reasons"))
}

func TestOneWrongSourceOfThreeMovesNothing(t *testing.T) {
	r := open(t,
		"- {name: sample, sample: true}", "- {name: core, push: true}\n    - {name: desk, push: true}\n    - {name: back, push: true}",
		"quorum: 1 ", "quorum: 2 ", "mode: suggest ", "mode: live ")
	say := func(who, liquid string) {
		r.Ask(who, "POST /positions", push(fmt.Sprintf(pushed, liquid, as(r.clock.Now())))).Is(200)
	}
	say("core", "1150")
	r.look()
	monitor := r.Ask("rita", "GET /alerts", "").Is(200)
	require.Contains(t, monitor["faults"], "bank-p", "one source alone says nothing")
	say("core", "1150")
	say("desk", "1151")
	say("back", "1") // asks for all the money there is
	r.look()
	bank := r.Ask("rita", "GET /monitor/bank-p", "").Is(200)
	equal(t, "1.15", bank, "current.sxlr")
	require.Equal(t, []any{"ratio_in_band"}, bank.At("current.suggestion.reasons"))
	require.Empty(t, r.Ask("rita", "GET /actions", "").Is(200)["items"])
}
