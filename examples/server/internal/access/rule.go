package access

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

var (
	// ErrAnonymous refuses a stranger what needs a credential.
	ErrAnonymous = errors.New("access: needs a credential")
	// ErrForbidden refuses an actor who has none of the roles.
	ErrForbidden = errors.New("access: needs another role")
)

// Rule declares one endpoint: who may use it, and how often.
type Rule struct {
	ID     string // of the operation, such as "inject"; once in a table
	Method string
	Path   string // below the API's prefix, as http.ServeMux reads it

	Roles  []Role // that may use it for every bank; [Public] is everybody
	Own    []Role // that may use it for their own bank; [Bank] or none
	Object string // the path or query parameter that names the bank; "" for none

	Limit   guard.Limit // for each actor; an address may 5 times as much
	MaxBody int64       // bytes; 0 is [DefaultBody]
	Keyed   bool        // it changes something, so each request has an Idempotency-Key
}

// DefaultBody is how long a body may be where its rule does not say, in bytes.
const DefaultBody = 64 << 10

// maxBody bounds what a rule may say.
const maxBody = 8 << 20

// Admit returns a as a caller, or [ErrAnonymous] or [ErrForbidden].
func (r Rule) Admit(a Actor) (Caller, error) {
	switch {
	case a.Is(r.Roles...):
		return Caller{Actor: a}, nil
	case a.Is(r.Own...) && a.Bank != "":
		return Caller{Actor: a, Own: true}, nil
	case a.Anonymous():
		return Caller{}, ErrAnonymous
	default:
		return Caller{}, ErrForbidden
	}
}

// BodyLimit returns how long a body may be, in bytes.
func (r Rule) BodyLimit() int64 {
	if r.MaxBody == 0 {
		return DefaultBody
	}
	return r.MaxBody
}

// Check returns all that is wrong with a table: each error wraps [ErrInvalid] and
// names the rule, field, value and what must be. Whether two paths collide, the
// router finds out.
func Check(table []Rule) error {
	var c checker
	seen := map[string]bool{}
	for i, r := range table {
		c.at = fmt.Sprintf("rule %d %q: ", i, r.ID)
		c.must(r.ID != "" && !seen[r.ID], "ID", r.ID, "must be there, and once in a table")
		seen[r.ID] = true
		reads := r.Method == http.MethodGet
		writes := slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, r.Method)
		c.must(reads || writes, "Method", r.Method, "must be GET, POST, PUT, PATCH or DELETE")
		c.must(strings.HasPrefix(r.Path, "/") && !strings.HasSuffix(r.Path, "/"), "Path", r.Path, "must begin with / and not end with it")
		c.must(len(r.Roles)+len(r.Own) > 0, "Roles", r.Roles, "must have one, or Own must")
		for _, role := range r.Roles {
			c.must(role == Public || role.known(), "Roles", role, "must be a role")
		}
		for _, role := range r.Own {
			c.must(role == Bank, "Own", role, "must be bank: no other role owns what it sees")
			c.must(!slices.Contains(r.Roles, role), "Own", role, "must not be in Roles as well")
		}
		c.must(r.Limit.Per > 0, "Limit.Per", r.Limit.Per, "must be > 0")
		c.must(r.Limit.Burst > 0, "Limit.Burst", r.Limit.Burst, "must be > 0")
		c.must(r.MaxBody >= 0 && r.MaxBody <= maxBody, "MaxBody", r.MaxBody, fmt.Sprintf("must be 0 to %d", maxBody))
		c.must(!r.Keyed || writes && !slices.Contains(r.Roles, Public), "Keyed", r.Keyed, "must be false where a stranger may ask, or nothing is changed")
	}
	return errors.Join(c.problems...)
}
