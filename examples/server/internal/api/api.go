package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

// Options is what an API needs from the server.
type Options struct {
	Title, Version string // of the OpenAPI document
	Description    string // Markdown

	Access   *access.Authenticator
	Now      func() time.Time
	Requests Requests      // nil if no rule is Keyed
	Readers  []access.Role // who may read /openapi.json and /docs; none is operators

	Guard   *guard.Guard         // nil is one of its own
	Proxy   bool                 // the last X-Forwarded-For says who asks
	Log     *zap.Logger          // of what is our fault; nil is silent
	Seen    func(Seen)           // told of each answer, for metrics and audits; may be nil
	Explain func(error) *Problem // what a domain's error is to a client; nil or a nil answer is 500
}

// Seen is what there is to know about an answered request. It has no secret.
type Seen struct {
	Request string // its id
	At      time.Time
	Took    time.Duration
	Actor   string // "" for a stranger
	Route   string // a pattern such as "GET /api/v1/banks/{id}", never a path; "unmatched" if there is none
	Object  string // the bank that was asked about, "" for none
	Code    int
}

// API is an http.Handler of all groups that were declared in it. Declare
// everything first; then it is safe for concurrent use.
type API struct {
	opts   Options
	huma   huma.API
	routes *http.ServeMux
	groups []*Group
	ids    []string // of all operations
	wrong  []error  // with the declarations
}

var _ http.Handler = (*API)(nil)

// New returns an API without endpoints but its documentation. Options.Access and
// Options.Now must be there.
func New(opts Options) *API {
	if opts.Guard == nil {
		opts.Guard = guard.New()
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if opts.Seen == nil {
		opts.Seen = func(Seen) {}
	}
	if opts.Explain == nil {
		opts.Explain = func(error) *Problem { return nil }
	}
	a := &API{opts: opts, routes: http.NewServeMux()}
	a.huma = huma.NewAPI(documented(opts), a)
	a.document()
	return a
}

// Group is the endpoints of one table, below one prefix.
type Group struct {
	api    *API
	prefix string
	tag    string
	rules  map[string]access.Rule // that have no operation yet, by ID
}

// Under begins the endpoints of table below prefix, such as "/api/v1/alps"; title
// heads them in the documentation. [API.Beside] says what is wrong with them.
func (a *API) Under(prefix, title string, table []access.Rule) *Group {
	g := &Group{api: a, prefix: prefix, tag: title, rules: map[string]access.Rule{}}
	if err := access.Check(table); err != nil {
		a.wrong = append(a.wrong, fmt.Errorf("%s: %w", prefix, err))
	}
	for _, r := range table {
		if r.Keyed && a.opts.Requests == nil {
			a.wrong = append(a.wrong, fmt.Errorf("%s: %s is keyed, and Options.Requests is nil", prefix, r.ID))
		}
		if slices.Contains(a.ids, r.ID) {
			a.wrong = append(a.wrong, fmt.Errorf("%s: %s is the ID of another operation", prefix, r.ID))
		}
		a.ids = append(a.ids, r.ID)
		g.rules[r.ID] = r
	}
	a.groups = append(a.groups, g)
	return g
}

// Rest gives every rule that has no operation yet this answer, behind the same
// gate: for a test of who gets so far.
func (g *Group) Rest(answer http.HandlerFunc) {
	for _, id := range slices.Sorted(maps.Keys(g.rules)) {
		r := g.rules[id]
		g.api.handle(g.prefix+r.Path, endpoint{rule: r, takesBody: true, answer: answer})
	}
	clear(g.rules)
}

// Beside returns a handler that answers all below the prefix of each group,
// /openapi.json and /docs, and leaves the rest to rest. It is an error unless
// every rule has its operation and every operation its rule.
func (a *API) Beside(rest http.Handler) (http.Handler, error) {
	wrong := slices.Clone(a.wrong)
	for _, g := range a.groups {
		for _, id := range slices.Sorted(maps.Keys(g.rules)) {
			wrong = append(wrong, fmt.Errorf("%s: rule %q has no operation", g.prefix, id))
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.owns(r.URL.Path) {
			a.ServeHTTP(w, r)
		} else {
			rest.ServeHTTP(w, r)
		}
	}), nil
}

// owns reports whether a path is the API's to answer.
func (a *API) owns(path string) bool {
	below := func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	return path == openAPI || below(docs) || slices.ContainsFunc(a.groups, func(g *Group) bool { return below(g.prefix) })
}

// Handle implements huma.Adapter: huma's handlers stand behind ours.
func (a *API) Handle(op *huma.Operation, handler func(huma.Context)) {
	rule, ok := op.Metadata[ruleKey].(access.Rule)
	if !ok {
		panic(fmt.Sprintf("api: %s %s has no rule", op.Method, op.Path)) // only Add registers
	}
	a.handle(op.Path, endpoint{
		rule: rule, takesBody: op.RequestBody != nil,
		answer: func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(op.DefaultStatus) // unless the operation says another
			handler(humago.NewContext(op, r, w))
		},
	})
}

// endpoint is a rule and what answers where it lets somebody in.
type endpoint struct {
	rule      access.Rule
	route     string // its pattern, method and path: what limits and metrics tell apart
	takesBody bool
	answer    http.HandlerFunc
}

func (a *API) handle(path string, e endpoint) {
	e.route = e.rule.Method + " " + path
	a.routes.HandleFunc(e.route, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, e) })
}
