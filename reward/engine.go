package reward

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// Engine is immutable and safe for concurrent use.
type Engine struct {
	cfg       Config // ranks sorted, the tightest first
	identity  [32]byte
	markets   map[marketID]int // index into cfg.Markets
	fullRound decimal.Decimal  // the most that a round can cost
}

// New reports the first thing wrong with cfg.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Markets = slices.Clone(cfg.Markets)
	e := &Engine{markets: make(map[marketID]int, len(cfg.Markets))}
	for i, m := range cfg.Markets {
		cfg.Markets[i] = m.sorted()
		e.markets[m.id()] = i
		e.fullRound = e.fullRound.Add(m.most(cfg))
	}
	written, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: config: %w", ErrInvalid, err)
	}
	e.cfg, e.identity = cfg, sha256.Sum256(written)
	return e, nil
}

// Identity implements evenkeel.Identity.
func (e *Engine) Identity() (engine string, config [32]byte) { return "reward@1", e.identity }

// Round returns the number of the round that at, 1970 or later, falls into: the
// Unix time at which it begins. Numbers therefore rise on when Every is changed.
func (e *Engine) Round(at time.Time) uint64 {
	return uint64(at.Unix() - at.Unix()%int64(e.cfg.Every/time.Second))
}

// Step books the grants and, once for each round, shares the rewards. It
// implements evenkeel.Engine; an observation that is malformed or runs back in
// time is [ErrInvalid].
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := e.validate(s, seen); err != nil {
		return s, Decision{}, err
	}
	next := s
	next.At = seen.At
	next.fund(seen.Grants)
	d := Decision{Round: e.Round(seen.At), Reason: RoundDone}
	if d.Round > s.Round {
		r := round{Engine: e, outcomes: make([]Outcome, len(seen.Orders)), ranked: make([]ranked, len(e.cfg.Markets))}
		r.judge(s.LastID, seen)
		d.Orders, d.Markets = r.outcomes, r.share()
		next.Round = d.Round
		if n := len(seen.Orders); n > 0 {
			next.LastID = max(s.LastID, seen.Orders[n-1].ID)
		}
		next.pay(&d)
	}
	d.Balance = next.Balance
	d.RunwayRounds, _ = next.Balance.QuoRem(e.fullRound, 0)
	return next, d, nil
}

// pay moves what the round credits out of the balance, all of it or nothing.
func (s *State) pay(d *Decision) {
	for _, o := range d.Orders {
		d.Paid = d.Paid.Add(o.Amount)
	}
	switch {
	case d.Paid.IsZero():
		d.Reason = Unearned
	case d.Paid.GreaterThan(s.Balance):
		d.Reason, d.Paid = GrantShort, decimal.Decimal{}
		for i := range d.Orders {
			if o := &d.Orders[i]; o.Verdict == Credited {
				o.Verdict, o.Amount = Unfunded, decimal.Decimal{}
			}
		}
	default:
		d.Reason = Paid
		s.Balance, s.Credited = s.Balance.Sub(d.Paid), s.Credited.Add(d.Paid)
	}
}
