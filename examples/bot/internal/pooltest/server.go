package pooltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// Config is one market.
type Config struct {
	Exchange, Unit string
	Adapter        string // of the proofs
	Pair           exchange.Pair
	Verifier       exchange.Verifier
	Price          decimal.Decimal // of one unit, in the pegged asset
	Reward, Target decimal.Decimal // half of the reward is for each side
	Tolerance      decimal.Decimal // of rank_1, which gets all; rank_2 takes any price
	Every          time.Duration   // between rounds
	Clock          clock.Clock

	Hardened bool                              // wants envelopes, and a proof with the registration
	Stubborn bool                              // credits the last six orders again and again
	Cheat    func(o alp.Order) alp.Order       // changes what is shown of a credited order; nil shows it as it is
	Refuse   func(r *http.Request) (bool, int) // answers a request with a status and nothing else; nil refuses none
}

// Server is an ALP server. Its rounds take place when their time has come and it
// is asked for something. Safe for concurrent use.
type Server struct {
	cfg Config

	mu       sync.Mutex
	users    map[string]bool
	seals    map[string]bool
	orders   []*sighting // oldest first
	next     time.Time   // round
	last     time.Time   // round; zero is never
	requests []string
}

type sighting struct {
	user  string
	order alp.Order
}

// New opens a pool whose first round is a period from now.
func New(cfg Config) *Server {
	return &Server{cfg: cfg, users: map[string]bool{}, seals: map[string]bool{}, next: cfg.Clock.Now().Add(cfg.Every)}
}

// Requests returns the posts so far, as path and status of success.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// errRefused is what the server says no with.
var errRefused = errors.New("refused")

func no(format string, args ...any) error {
	return fmt.Errorf("%w"+format, append([]any{errRefused}, args...)...)
}

// ServeHTTP answers as the ALP wire does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Refuse != nil {
		if refuse, status := s.cfg.Refuse(r); refuse {
			w.WriteHeader(status)
			return
		}
	}
	for now := s.cfg.Clock.Now(); !now.Before(s.next); s.next = s.next.Add(s.cfg.Every) {
		s.round(s.next)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	mux := http.NewServeMux()
	handle := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			message, err := do(r)
			if err != nil {
				message = err.Error()[len(errRefused.Error()):]
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"success": err == nil, "message": message})
		})
	}
	handle("POST /register", func(r *http.Request) (any, error) { return s.register(r, body) })
	handle("POST /liquidity", func(r *http.Request) (any, error) { return s.liquidity(r, body) })
	handle("GET /{user}/orders", func(r *http.Request) (any, error) { return s.listed(r.PathValue("user")) })
	handle("GET /{user}/stats", func(r *http.Request) (any, error) { return s.stats(r.PathValue("user")) })
	mux.HandleFunc("GET /exchanges", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(s.exchanges()) })
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(s.status()) })
	mux.ServeHTTP(w, r)
}

// opened checks the envelope, where one is wanted.
func (s *Server) opened(r *http.Request, body []byte) error {
	if !s.cfg.Hardened {
		return nil
	}
	e, err := alp.Open(r, body, s.cfg.Clock.Now())
	if err != nil {
		return no("%v", err)
	}
	id := fmt.Sprintf("%x %x", e.Key, e.Nonce)
	if s.seals[id] {
		return no("envelope was used before")
	}
	s.seals[id] = true
	return nil
}

func (s *Server) register(r *http.Request, body []byte) (any, error) {
	var in alp.Registration
	if err := errors.Join(json.Unmarshal(body, &in), s.opened(r, body)); err != nil {
		return nil, no("%v", err)
	}
	s.requests = append(s.requests, "register "+in.Exchange+" "+in.Unit+" "+in.Address)
	if s.cfg.Hardened {
		if _, err := s.verify(r, alp.Submission{User: in.User, Req: in.Req, Sign: in.Sign}); err != nil {
			return nil, err
		}
	}
	if s.users[in.User] {
		return nil, no("user is already registered")
	}
	s.users[in.User] = true
	return "user successfully registered", nil
}

func (s *Server) verify(r *http.Request, in alp.Submission) ([]exchange.Order, error) {
	orders, err := s.cfg.Verifier.Verify(r.Context(), in.Proof(s.cfg.Adapter, s.cfg.Pair), s.cfg.Pair, s.cfg.Clock.Now())
	if err != nil {
		return nil, no("%v", err)
	}
	return orders, nil
}

func (s *Server) liquidity(r *http.Request, body []byte) (any, error) {
	var in alp.Submission
	if err := errors.Join(json.NewDecoder(bytes.NewReader(body)).Decode(&in), s.opened(r, body)); err != nil {
		return nil, no("%v", err)
	}
	if !s.users[in.User] {
		return nil, no("user %s is not registered", in.User)
	}
	orders, err := s.verify(r, in)
	if err != nil {
		return nil, err
	}
	s.requests = append(s.requests, fmt.Sprintf("liquidity %d", len(orders)))
	if len(orders) == 0 {
		return "no orders found", nil
	}
	for _, o := range orders {
		s.orders = append(s.orders, &sighting{user: in.User, order: s.see(o)})
	}
	return "orders saved for validation", nil
}

func number(d decimal.Decimal) alp.Number { return alp.Number{Decimal: d, Given: true} }

// see ranks an order.
func (s *Server) see(o exchange.Order) alp.Order {
	one := decimal.NewFromInt(1)
	peg := one.DivRound(s.cfg.Price, 18)
	low, high := decimal.Min(peg, o.Price), decimal.Max(peg, o.Price)
	rank := "rank_2"
	if low.GreaterThanOrEqual(high.Mul(one.Sub(s.cfg.Tolerance))) {
		rank = "rank_1"
	}
	return alp.Order{
		ID: number(decimal.NewFromInt(int64(len(s.orders)) + 1)), OrderID: o.ID, Exchange: s.cfg.Exchange, Unit: s.cfg.Unit,
		Side: o.Side, Rank: rank, Amount: number(o.Remaining()), Price: number(o.Price),
	}
}

// round credits what waits; of an order that was seen twice, the last sighting.
func (s *Server) round(at time.Time) {
	s.last = at
	last := map[string]*sighting{}
	totals := map[string]decimal.Decimal{}
	for _, o := range s.orders {
		if o.order.Credited == alp.Waiting {
			if before := last[o.user+o.order.OrderID]; before != nil {
				before.order.Credited = alp.Duplicate
			}
			last[o.user+o.order.OrderID] = o
		}
	}
	if s.cfg.Stubborn && len(last) == 0 {
		for _, o := range s.orders[max(0, len(s.orders)-6):] {
			again := *o
			last[o.user+o.order.OrderID] = &again
			s.orders = append(s.orders, &again)
		}
	}
	for _, o := range last {
		for _, key := range []string{"", o.order.Side.String() + o.order.Rank} {
			totals[key] = totals[key].Add(o.order.Amount.Decimal)
		}
	}
	pot := decimal.Min(s.cfg.Reward, s.cfg.Reward.Mul(totals[""]).DivRound(s.cfg.Target, 18))
	half := decimal.New(5, -1)
	for _, o := range last {
		ratio := decimal.NewFromInt(1)
		if o.order.Rank != "rank_1" {
			ratio = decimal.Zero
		}
		total := totals[o.order.Side.String()+o.order.Rank]
		share := pot.Mul(half).Mul(ratio).Mul(o.order.Amount.Decimal).DivRound(total, 8)
		o.order.Credited = alp.Credited
		o.order.Credit = &alp.Credit{
			At: number(decimal.NewFromInt(at.Unix())), Amount: number(share),
			UnitTotal: number(totals[""]), UnitTarget: number(s.cfg.Target), UnitReward: number(s.cfg.Reward), CalculatedReward: number(pot.Round(8)),
			SideRatio: number(half), SideReward: number(pot.Mul(half).Round(8)),
			RankTotal: number(total), RankRatio: number(ratio), RankReward: number(pot.Mul(half).Mul(ratio).Round(8)),
		}
		if s.cfg.Cheat != nil {
			o.order = s.cfg.Cheat(o.order)
		}
	}
}

func (s *Server) listed(user string) (any, error) {
	if !s.users[user] {
		return nil, no("user %s is not registered", user)
	}
	orders := []alp.Order{}
	for _, o := range slices.Backward(s.orders) {
		if o.user == user && len(orders) < 100 {
			orders = append(orders, o.order)
		}
	}
	return orders, nil
}

func (s *Server) stats(user string) (any, error) {
	if !s.users[user] {
		return nil, no("user %s is not registered", user)
	}
	var total decimal.Decimal
	for _, o := range s.orders {
		if o.user == user && o.order.Credit != nil {
			total = total.Add(o.order.Credit.Amount.Decimal)
		}
	}
	return map[string]any{"total_reward": total, "current_reward": total, "history": []any{}}, nil
}

func (s *Server) exchanges() any {
	side := map[string]any{
		"ratio":  0.5,
		"rank_1": map[string]any{"ratio": 1.0, "tolerance": s.cfg.Tolerance},
		"rank_2": map[string]any{"ratio": 0.0, "tolerance": 1.0},
	}
	return map[string]any{s.cfg.Exchange: map[string]any{s.cfg.Unit: map[string]any{
		"reward": s.cfg.Reward, "target": s.cfg.Target, "ask": side, "bid": side,
	}}}
}

func (s *Server) status() any {
	if s.last.IsZero() {
		return map[string]any{"status": false, "message": "no statistics exist yet."}
	}
	inverse := decimal.NewFromInt(1).DivRound(s.cfg.Price, 8)
	return map[string]any{"status": true, "message": map[string]any{
		"meta":   map[string]any{"last-credit-time": s.last.Unix()},
		"prices": map[string]any{s.cfg.Unit: []any{s.cfg.Price, inverse}},
	}}
}
