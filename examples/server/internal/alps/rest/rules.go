package rest

import (
	"net/http"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

// Prefix is where the API is.
const Prefix = "/api/v1/alps"

// How often one actor may ask.
var (
	reading = guard.Limit{Per: time.Second, Burst: 60}
	pushing = guard.Limit{Per: time.Second, Burst: 60}
	hurried = guard.Limit{Per: 2 * time.Second, Burst: 10}
	running = guard.Limit{Per: 30 * time.Second, Burst: 2}
	working = guard.Limit{Per: 10 * time.Second, Burst: 6}
	judging = guard.Limit{Per: time.Minute, Burst: 10}
	moving  = guard.Limit{Per: 6 * time.Minute, Burst: 5}
)

// Who is who.
var (
	watchers  = []access.Role{access.RiskManager, access.Compliance, access.Operator}
	overseers = []access.Role{access.RiskManager, access.Compliance, access.Operator, access.Admin}
	modellers = []access.Role{access.RiskManager, access.Operator, access.Service}
	runners   = []access.Role{access.Operator, access.Service}
	operators = []access.Role{access.Operator}
	approvers = []access.Role{access.RiskManager, access.Admin}
	desk      = []access.Role{access.RiskManager, access.Operator, access.Admin}
	keepers   = []access.Role{access.RiskManager, access.Operator}
	anyone    = []access.Role{access.RiskManager, access.Compliance, access.Operator, access.Admin, access.Service}
	sources   = []access.Role{access.Service}
	banks     = []access.Role{access.Bank}
)

// maxPush is room for a thousand positions.
const maxPush = 1 << 20

// Rules returns who may do what, and how often. A bank sees itself.
func Rules() []access.Rule {
	const get, post = http.MethodGet, http.MethodPost
	return []access.Rule{
		// The calls of the ALPS document.
		{ID: "run", Method: post, Path: "/run", Roles: runners, Limit: running, Keyed: true},
		{ID: "monitor", Method: get, Path: "/monitor", Roles: overseers, Own: banks, Limit: reading},
		{ID: "monitorBank", Method: get, Path: "/monitor/{sovereignBankId}", Roles: watchers, Own: banks, Object: "sovereignBankId", Limit: reading},
		{ID: "predictStress", Method: post, Path: "/stress/predict", Roles: modellers, Limit: working},
		{ID: "stress", Method: get, Path: "/stress", Roles: watchers, Own: banks, Object: "sovereignBankId", Limit: reading},
		{ID: "actions", Method: get, Path: "/actions", Roles: overseers, Own: banks, Object: "sovereignBankId", Limit: reading},
		{ID: "inject", Method: post, Path: "/inject", Roles: operators, Limit: moving, Keyed: true},
		{ID: "withdraw", Method: post, Path: "/withdraw", Roles: operators, Limit: moving, Keyed: true},

		// What people need besides.
		{ID: "suggest", Method: post, Path: "/suggest", Roles: modellers, Limit: working},
		{ID: "action", Method: get, Path: "/actions/{id}", Roles: overseers, Own: banks, Limit: reading},
		{ID: "approve", Method: post, Path: "/actions/{id}/approve", Roles: approvers, Limit: judging, Keyed: true},
		{ID: "reject", Method: post, Path: "/actions/{id}/reject", Roles: desk, Limit: judging, Keyed: true},
		{ID: "breakGlass", Method: post, Path: "/actions/{id}/break-glass", Roles: operators, Limit: moving, Keyed: true},
		{ID: "trip", Method: post, Path: "/killswitch", Roles: anyone, Limit: hurried}, // nothing is asked of who is in a hurry
		{ID: "reset", Method: post, Path: "/killswitch/reset", Roles: approvers, Limit: judging, Keyed: true},
		{ID: "hold", Method: post, Path: "/hold", Roles: keepers, Limit: judging, Keyed: true},
		{ID: "release", Method: post, Path: "/release", Roles: keepers, Limit: judging, Keyed: true},
		{ID: "declare", Method: post, Path: "/declare", Roles: desk, Limit: judging, Keyed: true},
		{ID: "writeOff", Method: post, Path: "/loans/{actionId}/{leg}/write-off", Roles: approvers, Limit: judging, Keyed: true},
		{ID: "pool", Method: get, Path: "/pool", Roles: overseers, Limit: reading},
		{ID: "ledger", Method: get, Path: "/ledger", Roles: overseers, Limit: reading},
		{ID: "alerts", Method: get, Path: "/alerts", Roles: overseers, Limit: reading},
		{ID: "push", Method: post, Path: "/positions", Roles: sources, Limit: pushing, MaxBody: maxPush}, // a position's own time is its key
	}
}
