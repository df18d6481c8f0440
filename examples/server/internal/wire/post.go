package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/price"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// register answers POST /register. The first check that fails is the answer.
func (s *Server) register(w http.ResponseWriter, r *http.Request) answer {
	body, f, a := read(w, r, maxRegister)
	if a != nil {
		return *a
	}
	if a := f.missing("user", "address", "exchange", "unit"); a != nil {
		return *a
	}
	wanted := pool.Registration{User: f.text("user"), Address: f.text("address"), Exchange: f.text("exchange"), Unit: f.text("unit")}
	if a := addressed(wanted.Address); a != nil {
		return *a
	}
	market, a := s.market(wanted.Exchange, wanted.Unit)
	if a != nil {
		return *a
	}
	if a := checkUser(wanted.User); a != nil {
		return *a
	}
	if s.guard != nil {
		if wanted.Signer, a = s.sender(r, body, "/register", "", seldom); a != nil {
			return *a
		}
		if a := f.missing("sign", "req"); a != nil {
			return *a
		}
		if wanted.Proof, a = proofOf(f, market); a != nil {
			return *a
		}
		wanted.Rebind = string(f["rebind"]) == "true"
	}
	switch err := s.pool.Register(r.Context(), wanted); {
	case err == nil:
		return yes("user successfully registered")
	case errors.Is(err, pool.ErrRebinding):
		return yes("address and signer change after a delay, unless the present signer registers again")
	case errors.Is(err, reward.ErrRegistered):
		return answer{code: http.StatusOK, body: said{false, "user is already registered"}}
	case errors.Is(err, pool.ErrTaken):
		return no(http.StatusConflict, "user is already registered")
	default:
		return s.failed(r, err, wanted.User, market)
	}
}

// addressed refuses what no reward can be paid to.
func addressed(address string) *answer {
	var a answer
	switch _, err := reward.ParseAddress(address); {
	case err == nil:
		return nil
	case errors.Is(err, reward.ErrAddressPrefix):
		a = no(http.StatusBadRequest, "%s is not a valid NBT address. It should start with a 'B'", shown(address))
	default:
		a = no(http.StatusBadRequest, "%s is not a valid NBT address. The checksum doesn't match", shown(address))
	}
	return &a
}

// market returns that of exchange and unit.
func (s *Server) market(exchange, unit string) (config.Market, *answer) {
	cfg := s.pool.Snapshot().Config
	m, ok := cfg.Market(exchange, unit)
	if ok {
		return m, nil
	}
	a := no(http.StatusBadRequest, "%s is not supported on %s", shown(unit), exchange)
	if !cfg.Trades(exchange) {
		a = no(http.StatusBadRequest, "%s is not supported", shown(exchange))
	}
	return config.Market{}, &a
}

// liquidity answers POST /liquidity. The first check that fails is the answer.
func (s *Server) liquidity(w http.ResponseWriter, r *http.Request) answer {
	body, f, a := read(w, r, maxLiquidity)
	if a != nil {
		return *a
	}
	if a := f.missing("user", "sign", "exchange", "unit", "req"); a != nil {
		return *a
	}
	in := pool.Submission{User: f.text("user"), Exchange: f.text("exchange"), Unit: f.text("unit")}
	market, a := s.market(in.Exchange, in.Unit)
	if a != nil {
		return *a
	}
	var signer string
	if s.guard != nil {
		if signer, a = s.sender(r, body, "/liquidity", in.Exchange+"/"+in.Unit, minutes); a != nil {
			return *a
		}
	}
	if a := s.owned(r.Context(), in.User, func(k reward.Registration) bool {
		return k.Exchange == in.Exchange && k.Unit == in.Unit && (s.guard == nil || k.Signer == signer)
	}); a != nil {
		return *a
	}
	if in.Proof, a = proofOf(f, market); a != nil {
		return *a
	}
	switch err := s.pool.Submit(r.Context(), in); {
	case err == nil:
		return yes("orders saved for validation")
	case errors.Is(err, pool.ErrNoOrders):
		return yes("no orders found")
	case errors.Is(err, reward.ErrReplayed) && s.guard == nil:
		return yes("orders saved for validation") // once
	case errors.Is(err, reward.ErrReplayed):
		return no(http.StatusConflict, "proof was used before")
	default:
		return s.failed(r, err, in.User, market)
	}
}

// owned refuses a user who has no account of that kind.
func (s *Server) owned(ctx context.Context, user string, is func(reward.Registration) bool) *answer {
	var a answer
	switch known, err := s.pool.Ledger().Registrations(ctx, user, s.pool.Now()); {
	case err != nil:
		a = s.broken("registrations", err)
	case slices.ContainsFunc(known, is):
		return nil
	default:
		a = unregistered(user)
	}
	return &a
}

func unregistered(user string) answer {
	return no(http.StatusNotFound, "user %s is not registered", shown(user))
}

// sender returns who sealed a request and may still ask at this rate.
func (s *Server) sender(r *http.Request, body []byte, route, detail string, l guard.Limit) (signer string, a *answer) {
	signer, err := s.guard.Open(r, body, s.pool.Now())
	if err != nil {
		refused := no(http.StatusUnauthorized, "%s", shown(err.Error()))
		return "", &refused
	}
	return signer, slowly(s.guard.Allow(route, signer+" "+detail, l, s.pool.Now()))
}

// proofOf reads req and sign. test_exchange takes whatever is there, as the ALP
// server's did, for the request of a sample; what it cannot be taken for is nil.
func proofOf(f fields, m config.Market) (*exchange.Proof, *answer) {
	var req alp.Request
	err := json.Unmarshal(f["req"], &req)
	if m.Exchange == venue.Test && (err != nil || req.IssuedAt.IsZero() || req.Params["timestamp"] == "") {
		return nil, nil
	}
	if err != nil || req.IssuedAt.IsZero() {
		a := malformed(m)
		return nil, &a
	}
	req.IssuedAt = req.IssuedAt.UTC()
	p := alp.Submission{User: f.text("user"), Req: &req, Sign: f.text("sign")}.Proof(venue.Adapter(m.Exchange), m.Pair)
	return &p, nil
}

func malformed(m config.Market) answer {
	return no(http.StatusBadRequest, "req is not a signed request for the open orders of %v at %s", m.Pair, m.Exchange)
}

// failed is the answer to an error. What an exchange or a database says stays in
// the log: it may hold a stranger's text, or a secret.
func (s *Server) failed(r *http.Request, err error, user string, m config.Market) answer {
	var limited *exchange.RateLimitError
	switch {
	case errors.Is(err, pool.ErrNoMarket):
		return no(http.StatusBadRequest, "%s is not supported on %s", m.Unit, m.Exchange) // since a moment ago
	case errors.Is(err, reward.ErrUnregistered):
		return unregistered(user)
	case errors.Is(err, price.ErrNone):
		return no(http.StatusServiceUnavailable, "unable to fetch current price for %s", m.Unit).later(time.Minute)
	case errors.Is(err, pool.ErrUnproved):
		return no(http.StatusUnauthorized, "req and sign must be a fresh proof that the key is yours")
	case errors.Is(err, pool.ErrUsed):
		return no(http.StatusConflict, "req was used before: sign a new one")
	case errors.Is(err, reward.ErrReplayed):
		return no(http.StatusConflict, "proof was used before")
	case errors.Is(err, reward.ErrInvalid):
		return no(http.StatusBadRequest, "what %s shows of your orders cannot be counted", m.Exchange)
	case !errors.Is(err, pool.ErrExchange):
		return s.broken(r.URL.Path, err)
	}
	s.log.Info("exchange", zap.String("user", pool.Redacted(user)), zap.Error(err))
	switch {
	case errors.Is(err, exchange.ErrStale):
		return no(http.StatusUnauthorized, "req is too old, or from the future: sign a new one")
	case errors.Is(err, exchange.ErrAuth):
		return no(http.StatusUnauthorized, "%s does not accept the key or the signature", m.Exchange)
	case errors.Is(err, exchange.ErrInvalid):
		return malformed(m)
	case errors.Is(err, exchange.ErrNotFound):
		return no(http.StatusServiceUnavailable, "%s does not know %v", m.Exchange, m.Pair)
	case errors.As(err, &limited):
		return no(http.StatusServiceUnavailable, "%s wants to be left alone for a while", m.Exchange).later(limited.RetryAfter)
	default:
		return no(http.StatusServiceUnavailable, "%s does not answer", m.Exchange).later(time.Minute)
	}
}

// later tells when asking again makes sense.
func (a answer) later(wait time.Duration) answer {
	a.wait = wait
	return a
}

// broken is the answer when our own part fails.
func (s *Server) broken(what string, err error) answer {
	if !errors.Is(err, context.Canceled) { // who asked has gone
		s.log.Error(what, zap.Error(err))
	}
	if s.guard == nil {
		return failure(http.StatusInternalServerError, "500 error: ")
	}
	return no(http.StatusServiceUnavailable, "the pool cannot reach its database").later(5 * time.Second)
}
