package rest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATrippedSwitchStopsAllUntilTwoPeopleResetIt(t *testing.T) {
	r := open(t, "mode: suggest ", "mode: live ")
	r.ask("core", "POST /run", "").is(200) // bank-b's injection waits, bank-a's is under way
	waits := r.ask("cora", "GET /actions?sovereignBankId=bank-b", "").is(200)
	action := waits.sub("items.0")
	require.Equal(t, "awaiting_approval", action["phase"])
	r.ask("cora", "POST /killswitch", `{"reason":"the feed is wrong"}`).is(200)
	r.restart()
	for range 2 {
		r.ask("olga", "POST /run", "").refused(423, "kill_switch", "kill switch of the pool")
		r.ask("olga", "POST /inject", wish("bank-a", "10")).refused(423, "kill_switch", "bank-a")
		r.ask("olga", "POST /withdraw", wish("bank-a", "10")).refused(423, "kill_switch", "bank-a")
		r.ask("rita", "POST /actions/"+action.text("id")+"/approve", sees(action)).refused(423, "kill_switch", "bank-b")
		r.clock.Set(r.clock.Now().Add(6 * 60e9)) // for the limits of an operator
	}
	monitor := r.ask("adam", "GET /monitor", "").is(200)
	require.Equal(t, "cora", monitor.at("killSwitch.by"))
	require.Equal(t, "the feed is wrong", monitor.at("killSwitch.why"))

	require.Equal(t, "needs_second_person", r.ask("rita", "POST /killswitch/reset", "{}").is(202)["reply"])
	require.Equal(t, "needs_second_person", r.ask("rita", "POST /killswitch/reset", "{}").is(202)["reply"])
	r.ask("olga", "POST /killswitch/reset", "{}").refused(403, "forbidden", "olga")
	require.Equal(t, "done", r.ask("adam", "POST /killswitch/reset", "{}").is(200)["reply"])
	r.ask("olga", "POST /run", "").is(200)
}

func TestASwitchOfOneBankStopsThatBank(t *testing.T) {
	r := open(t)
	r.look()
	r.ask("core", "POST /killswitch", `{"sovereignBankId":"bank-a","reason":"it asked us to"}`).is(200)
	r.ask("olga", "POST /inject", wish("bank-a", "10")).refused(423, "kill_switch", "bank-a")
	r.proposed("olga", "bank-c", "10")
	plan := r.ask("olga", "POST /run", "").is(200)
	require.Equal(t, []any{"kill_switch"}, plan.of("suggestions", "sovereignBankId", "bank-a")["reasons"])
	r.ask("core", "POST /killswitch", `{"sovereignBankId":"bank-x"}`).refused(404, "not_found", "bank-x")
	require.Equal(t, "done", r.ask("adam", "POST /killswitch/reset", `{"sovereignBankId":"bank-b"}`).is(200)["reply"], "it was not tripped")
}
