package wire

import (
	_ "embed"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
)

// Server answers for one pool. Safe for concurrent use.
type Server struct {
	pool    *pool.Pool
	guard   *guard.Guard // nil in compatible mode
	metrics *metrics.Metrics
	log     *zap.Logger
	routes  *http.ServeMux
	status  cache
}

var _ http.Handler = (*Server)(nil)

// New returns the handler of p. It is hardened if p is.
func New(p *pool.Pool, m *metrics.Metrics, log *zap.Logger) *Server {
	s := &Server{pool: p, metrics: m, log: log, routes: http.NewServeMux()}
	if p.Snapshot().Config.Hardened {
		s.guard = guard.New()
	}
	for _, r := range s.table() {
		s.routes.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { s.serve(w, q, r) })
	}
	return s
}

// route is one row of what the server answers. It has an answer for one method
// and calls anything else wrong.
type route struct {
	pattern string
	limit   guard.Limit // per actor; where nobody signs, per address
	get     func(*http.Request) answer
	post    func(http.ResponseWriter, *http.Request) answer
	sealed  bool // whether a hardened server asks get's caller who he is
}

// Limits per actor (reliability of the pool rests on the slowest of them: a
// client submits once a minute for each market).
var (
	seldom  = guard.Limit{Per: 12 * time.Minute, Burst: 3}
	minutes = guard.Limit{Per: 30 * time.Second, Burst: 6}
	public  = guard.Limit{Per: 2 * time.Second, Burst: 60}
	owners  = guard.Limit{Per: 2 * time.Second, Burst: 30}
	cheap   = guard.Limit{Per: time.Second, Burst: 120}
)

func (s *Server) table() []route {
	return []route{
		{pattern: "/{$}", limit: cheap, get: func(*http.Request) answer { return yes("ALP Server is operational") }},
		{pattern: "/health", limit: cheap, get: s.health},
		{pattern: "/favicon.ico", limit: cheap},
		{pattern: "/exchanges", limit: public, get: s.exchanges},
		{pattern: "/status", limit: public, get: s.showStatus},
		{pattern: "/register", limit: seldom, post: s.register},
		{pattern: "/liquidity", limit: minutes, post: s.liquidity},
		{pattern: "/{user}/orders", limit: owners, get: s.orders, sealed: true},
		{pattern: "/{user}/stats", limit: owners, get: s.stats, sealed: true},
		{pattern: "/api/v1/pool/prices", limit: public, get: func(*http.Request) answer { return s.timed(s.prices()) }},
		{pattern: "/api/v1/pool/{user}/value", limit: owners, get: s.value, sealed: true},
		{pattern: "/", limit: cheap},
	}
}

// ServeHTTP implements http.Handler. A path that is not clean is one that nobody
// has: the mux would send it elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.Path; p != "/" && path.Clean(p) != strings.TrimSuffix(p, "/") {
		s.serve(w, r, route{pattern: "/", limit: cheap})
		return
	}
	s.routes.ServeHTTP(w, r)
}

//go:embed favicon.ico
var favicon []byte

func (s *Server) serve(w http.ResponseWriter, r *http.Request, to route) {
	began := s.pool.Now()
	code := 0
	defer func() {
		if broken := recover(); broken != nil {
			s.log.Error("panic", zap.String("route", to.pattern), zap.Any("with", broken), zap.ByteString("stack", debug.Stack()))
			code = s.write(w, failure(http.StatusInternalServerError, "500 error: "))
		}
		s.metrics.Request(to.pattern, code, s.pool.Now().Sub(began))
	}()
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	if a := s.admit(r, to); a != nil {
		code = s.write(w, *a)
		return
	}
	switch {
	case to.pattern == "/":
		code = s.write(w, failure(http.StatusNotFound, "404 %s not found: ", address(r)))
	case to.pattern == "/favicon.ico" && reading:
		w.Header().Set("Content-Type", "image/x-icon")
		code = http.StatusOK
		_, _ = w.Write(favicon)
	case to.get != nil && reading:
		code = s.write(w, to.get(r))
	case to.post != nil && r.Method == http.MethodPost:
		code = s.write(w, to.post(w, r))
	default:
		code = s.write(w, failure(http.StatusMethodNotAllowed, "405 error. Incorrect HTTP method used: "))
	}
}

// address is the full one that was asked for.
func address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return shown(scheme + "://" + r.Host + r.URL.RequestURI())
}

// admit is what a hardened server asks first. Where nobody signs, the address is
// the actor.
func (s *Server) admit(r *http.Request, to route) *answer {
	if s.guard == nil {
		return nil
	}
	host := guard.Address(r, s.pool.Snapshot().Config.Proxy)
	wait := s.guard.Admit(to.pattern, host, to.limit, s.pool.Now())
	if wait == 0 && !to.sealed && to.post == nil {
		wait = s.guard.Allow(to.pattern, host, to.limit, s.pool.Now())
	}
	return slowly(wait)
}

func slowly(wait time.Duration) *answer {
	if wait == 0 {
		return nil
	}
	a := no(http.StatusTooManyRequests, "too many requests")
	a.wait = wait
	return &a
}
