package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

// call is one request on its walk.
type call struct {
	id     string
	route  string
	object string // the bank that is asked about, "" for none
	caller access.Caller
	once   attempt
}

type callKey struct{}

// callOf returns the call that an operation belongs to.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil { // outside of serve nobody asks
		c = &call{}
	}
	return c
}

// unmatched is the rule of a request that no rule of a table mentions.
var unmatched = access.Rule{Roles: []access.Role{access.Public}, Limit: guard.Limit{Per: time.Second, Burst: 60}}

// ServeHTTP implements http.Handler. A path that is not clean is one that nobody
// has: the mux would send it elsewhere.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, pattern := a.routes.Handler(r)
	if p := r.URL.Path; pattern != "" && (p == path.Clean(p) || p == postman) {
		a.routes.ServeHTTP(w, r)
		return
	}
	a.serve(w, r, endpoint{rule: unmatched, route: "unmatched", answer: func(w http.ResponseWriter, r *http.Request) {
		c, without := callOf(r.Context()), newReply()
		handler.ServeHTTP(without, r)
		if without.code == http.StatusMethodNotAllowed {
			allow := without.Header().Get("Allow")
			w.Header().Set("Allow", allow)
			write(w, c, Fail(without.code, WrongMethod, "method %s: must be %s here", r.Method, allow))
			return
		}
		write(w, c, Unknown("path", r.URL.Path))
	}})
}

// serve answers one request. What it answers is whole before the first byte is
// sent, so a panic half way is a clean 500.
func (a *API) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	began := a.opts.Now()
	c := &call{id: identify(r), route: e.route}
	ctx := context.WithValue(r.Context(), callKey{}, c)
	out := a.answer(w, r.WithContext(ctx), c, e)
	a.finish(ctx, c, out)
	if c.once.kept != nil {
		out = c.once.kept.reply()
	}
	harden(w.Header(), r)
	w.Header().Set("X-Request-Id", c.id)
	out.send(w)
	a.opts.Seen(Seen{
		Request: c.id, At: began, Took: a.opts.Now().Sub(began),
		Actor: c.caller.Name, Route: e.route, Object: c.object, Code: out.code,
	})
}

func (a *API) answer(w http.ResponseWriter, r *http.Request, c *call, e endpoint) (out *reply) {
	out = newReply()
	defer func() {
		if with := recover(); with != nil {
			a.opts.Log.Error("panic", zap.String("request", c.id), zap.String("route", c.route), zap.Any("with", with), zap.ByteString("stack", debug.Stack()))
			out = newReply()
			write(out, c, broken())
		}
	}()
	if p := a.admit(r, c, e.rule); p != nil {
		write(out, c, p)
		return out
	}
	if p := a.prepare(w, r, c, e); p != nil {
		write(out, c, p)
		return out
	}
	e.answer(out, r)
	return out
}

// prepare reads the query, the body, and the key if there must be one.
func (a *API) prepare(w http.ResponseWriter, r *http.Request, c *call, e endpoint) *Problem {
	if e.rule.ID == "" {
		return nil // nothing will be done with it
	}
	if p := settle(r); p != nil {
		return p
	}
	body, p := read(w, r, e)
	if p != nil || !e.rule.Keyed {
		return p
	}
	c.once.hash = hashOf(r, body)
	c.once.key, p = keyOf(r)
	return p
}

// admit asks all that can be asked before the body is read.
func (a *API) admit(r *http.Request, c *call, rule access.Rule) *Problem {
	now, from := a.opts.Now(), guard.Address(r, a.opts.Proxy)
	if wait := a.opts.Guard.Admit(c.route, from, rule.Limit, now); wait > 0 {
		return later(wait)
	}
	if access.Shown(r) {
		if wait := a.opts.Guard.Locked(from, now); wait > 0 {
			return Fail(http.StatusTooManyRequests, TooMany, "credential: must not be wrong so often").After(wait)
		}
	}
	actor, err := a.opts.Access.Authenticate(r, now)
	if err != nil {
		a.opts.Guard.Failed(from, now)
		return Fail(http.StatusUnauthorized, Unauthenticated, "%v", err)
	}
	switch c.caller, err = rule.Admit(actor); {
	case errors.Is(err, access.ErrAnonymous):
		return Fail(http.StatusUnauthorized, Unauthenticated, "Authorization: must be Bearer and an API key or token")
	case err != nil:
		c.caller.Actor = actor // for the audit
		return Fail(http.StatusForbidden, Forbidden, "%s: must have another role for this", actor.Name)
	}
	name := actor.Name
	if actor.Anonymous() {
		name = "at " + from // no name has a space
	}
	if wait := a.opts.Guard.Allow(c.route, name, rule.Limit, now); wait > 0 {
		return later(wait)
	}
	if rule.Object != "" {
		if c.object = r.PathValue(rule.Object); c.object == "" {
			c.object = r.URL.Query().Get(rule.Object)
		}
		if c.object != "" && !c.caller.Sees(c.object) {
			return Unknown(rule.Object, c.object)
		}
	}
	return nil
}

func later(wait time.Duration) *Problem {
	return Fail(http.StatusTooManyRequests, TooMany, "requests: must be fewer in this time").After(wait)
}

// identify returns the id that a request brought, if it is short and plain, or a
// new one.
func identify(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	plain := strings.TrimFunc(id, func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
	}) == ""
	if plain && id != "" && len(id) <= 64 {
		return id
	}
	return rand.Text()
}

// harden keeps browsers from making more of an answer than it is.
func harden(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// reply is an answer that nobody has seen yet.
type reply struct {
	code   int
	header http.Header
	body   bytes.Buffer
}

func newReply() *reply { return &reply{code: http.StatusOK, header: http.Header{}} }

// Header implements http.ResponseWriter.
func (o *reply) Header() http.Header { return o.header }

// WriteHeader implements http.ResponseWriter, but 0, of a [Reply], leaves what was
// said before.
func (o *reply) WriteHeader(code int) {
	if code != 0 {
		o.code = code
	}
}

// Write implements http.ResponseWriter.
func (o *reply) Write(text []byte) (int, error) { return o.body.Write(text) }

// send sends it. What the endpoint said of its own headers counts.
func (o *reply) send(w http.ResponseWriter) {
	for name, values := range o.header {
		w.Header()[name] = values
	}
	if o.code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(o.body.Len()))
	}
	w.WriteHeader(o.code)
	_, _ = w.Write(o.body.Bytes()) // who does not listen misses it
}

// write answers with a problem.
func write(w http.ResponseWriter, c *call, p *Problem) {
	numbered := *p
	numbered.Request = c.id
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(numbered) // into memory
}
