package rest

import (
	"net/http"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

// Prefix is where the API is.
const Prefix = "/api/v1/liquidity-risk"

// How often one actor may ask.
var (
	living    = guard.Limit{Per: time.Second, Burst: 120}
	looking   = guard.Limit{Per: 200 * time.Millisecond, Burst: 100}
	adding    = guard.Limit{Per: 2 * time.Second, Burst: 20}
	listing   = guard.Limit{Per: time.Second, Burst: 60}
	auditing  = guard.Limit{Per: 2 * time.Second, Burst: 30}
	working   = guard.Limit{Per: 10 * time.Second, Burst: 6}
	following = guard.Limit{Per: time.Second, Burst: 60}
	telling   = guard.Limit{Per: time.Second, Burst: 60}

	// Within the limit of looking.
	lookingRetail = guard.Limit{Per: time.Second, Burst: 30}
	insisting     = guard.Limit{Per: 6 * time.Second, Burst: 5}
)

// Who is who.
var (
	everybody = []access.Role{access.Public}
	readers   = []access.Role{access.Retail, access.Professional, access.RiskManager, access.Compliance, access.Admin}
	auditors  = []access.Role{access.Compliance, access.RiskManager, access.Admin}
	modellers = []access.Role{access.RiskManager, access.Operator, access.Service}
	sources   = []access.Role{access.Service}
)

// maxPush is room for a hundred auctions with long demand curves.
const maxPush = 4 << 20

// Rules returns who may do what, and how often.
func Rules() []access.Rule {
	const get, post = http.MethodGet, http.MethodPost
	return []access.Rule{
		// The calls of the liquidity-risk document.
		{ID: "liquidityRiskHealth", Method: get, Path: "/health", Roles: everybody, Limit: living},
		{ID: "liquidityRisk", Method: get, Path: "/{isin}", Roles: readers, Limit: looking},
		{ID: "recompute", Method: post, Path: "/recompute", Roles: modellers, Limit: working, Keyed: true},
		{ID: "liquidityRiskAudit", Method: get, Path: "/audit/{isin}", Roles: auditors, Limit: auditing},

		// What people need besides.
		{ID: "recomputeJob", Method: get, Path: "/recompute/{id}", Roles: modellers, Limit: following},
		{ID: "portfolio", Method: post, Path: "/portfolio", Roles: readers, Limit: adding},
		{ID: "instruments", Method: get, Path: "/instruments", Roles: readers, Limit: listing},

		// What others tell. Its own time or name is its key.
		{ID: "pushMicrostructure", Method: post, Path: "/microstructure", Roles: sources, Limit: telling, MaxBody: maxPush},
		{ID: "pushAuctions", Method: post, Path: "/auctions", Roles: sources, Limit: telling, MaxBody: maxPush},
		{ID: "pushMakers", Method: post, Path: "/makers", Roles: sources, Limit: telling, MaxBody: maxPush},
		{ID: "pushBonds", Method: post, Path: "/bonds", Roles: sources, Limit: telling, MaxBody: maxPush},
		{ID: "pushRisks", Method: post, Path: "/risks", Roles: sources, Limit: telling, MaxBody: maxPush},
		{ID: "pushOutcomes", Method: post, Path: "/outcomes", Roles: sources, Limit: telling, MaxBody: maxPush},
	}
}
