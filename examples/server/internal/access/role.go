package access

import "slices"

// Role is what somebody may be at the server. Its zero value is none.
type Role string

// The roles; the letters are those of the access table.
const (
	Public       Role = "public"       // P: anybody, without a credential
	Provider     Role = "provider"     // L: provides liquidity
	Retail       Role = "retail"       // R
	Professional Role = "professional" // F
	RiskManager  Role = "risk_manager" // K
	Compliance   Role = "compliance"   // C
	Operator     Role = "operator"     // O
	Bank         Role = "bank"         // B: one bank, which sees itself only
	Admin        Role = "admin"        // A
	Service      Role = "service"      // S: another program
)

// Roles returns all roles that a credential may have: all but [Public], which
// everybody has.
func Roles() []Role {
	return []Role{Provider, Retail, Professional, RiskManager, Compliance, Operator, Bank, Admin, Service}
}

// Actor is who asks. Its zero value is a stranger.
type Actor struct {
	Name  string // who answers for it; the same name is the same person, whatever the credential
	Roles []Role
	Bank  string // which one a [Bank] is; "" for every other role
}

// Anonymous reports whether the actor showed no credential.
func (a Actor) Anonymous() bool { return a.Name == "" }

// Is reports whether the actor has one of roles. Everybody is [Public].
func (a Actor) Is(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return r == Public || slices.Contains(a.Roles, r) })
}

// Caller is an actor whom a rule lets in.
type Caller struct {
	Actor
	Own bool // it may see its own bank only, which is Actor.Bank
}

// Sees reports whether the caller may know of a bank.
func (c Caller) Sees(bank string) bool { return !c.Own || c.Bank != "" && bank == c.Bank }
