package rest_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATrippedSwitchStopsAllUntilTwoPeopleResetIt(t *testing.T) {
	r := open(t, "mode: suggest ", "mode: live ")
	r.Ask("core", "POST /run", "").Is(200) // bank-b's injection waits, bank-a's is under way
	waits := r.Ask("cora", "GET /actions?sovereignBankId=bank-b", "").Is(200)
	action := waits.Sub("items.0")
	require.Equal(t, "awaiting_approval", action["phase"])
	r.Ask("cora", "POST /killswitch", `{"reason":"the feed is wrong"}`).Is(200)
	r.restart()
	for range 2 {
		r.Ask("olga", "POST /run", "").Refused(423, "kill_switch", "kill switch of the pool")
		r.Ask("olga", "POST /inject", wish("bank-a", "10")).Refused(423, "kill_switch", "bank-a")
		r.Ask("olga", "POST /withdraw", wish("bank-a", "10")).Refused(423, "kill_switch", "bank-a")
		r.Ask("rita", "POST /actions/"+action.Text("id")+"/approve", sees(action)).Refused(423, "kill_switch", "bank-b")
		r.clock.Set(r.clock.Now().Add(6 * 60e9)) // for the limits of an operator
	}
	monitor := r.Ask("adam", "GET /monitor", "").Is(200)
	require.Equal(t, "cora", monitor.At("killSwitch.by"))
	require.Equal(t, "the feed is wrong", monitor.At("killSwitch.why"))

	require.Equal(t, "needs_second_person", r.Ask("rita", "POST /killswitch/reset", "{}").Is(202)["reply"])
	require.Equal(t, "needs_second_person", r.Ask("rita", "POST /killswitch/reset", "{}").Is(202)["reply"])
	r.Ask("olga", "POST /killswitch/reset", "{}").Refused(403, "forbidden", "olga")
	require.Equal(t, "done", r.Ask("adam", "POST /killswitch/reset", "{}").Is(200)["reply"])
	r.Ask("olga", "POST /run", "").Is(200)
}

func TestASwitchOfOneBankStopsThatBank(t *testing.T) {
	r := open(t)
	r.look()
	r.Ask("core", "POST /killswitch", `{"sovereignBankId":"bank-a","reason":"it asked us to"}`).Is(200)
	r.Ask("olga", "POST /inject", wish("bank-a", "10")).Refused(423, "kill_switch", "bank-a")
	r.proposed("olga", "bank-c", "10")
	plan := r.Ask("olga", "POST /run", "").Is(200)
	require.Equal(t, []any{"kill_switch"}, plan.Of("suggestions", "sovereignBankId", "bank-a")["reasons"])
	r.Ask("core", "POST /killswitch", `{"sovereignBankId":"bank-x"}`).Refused(404, "not_found", "bank-x")
	require.Equal(t, "done", r.Ask("adam", "POST /killswitch/reset", `{"sovereignBankId":"bank-b"}`).Is(200)["reply"], "it was not tripped")
}
