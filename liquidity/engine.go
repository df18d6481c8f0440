package liquidity

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Engine is immutable and safe for concurrent use.
type Engine struct {
	cfg      Config
	identity [32]byte
}

// New reports the first thing wrong with cfg.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	written, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: config: %w", ErrInvalid, err)
	}
	return &Engine{cfg, sha256.Sum256(written)}, nil
}

// Identity implements evenkeel.Identity.
func (e *Engine) Identity() (engine string, config [32]byte) { return "liquidity@1", e.identity }

// Config returns the engine's configuration.
func (e *Engine) Config() Config { return e.cfg }

// Step books what became of the transfers, does what people ask for, and plans
// for every bank at once: an action, or every gate that kept it back. It
// implements evenkeel.Engine; an observation that is malformed or runs back in
// time is [ErrInvalid]. To see a plan without its effects, call Step and leave
// it at that.
//
// An action's ID is a hash of pool, bank, decision, side, cause, amount and
// maker: the same decision taken again has the same ID, any other has another.
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := e.validate(&s, &seen); err != nil {
		return s, Decision{}, err
	}
	k := look{Engine: e, seen: &seen, next: s}
	k.next.At, k.next.Epoch, k.next.Funds = seen.At, s.Epoch+1, slices.Clone(s.Funds)
	k.fund()
	k.meet(s.Accounts)
	for i := range k.banks {
		b := &k.banks[i]
		k.learn(b)
		k.measure(b)
		k.sight(b)
		k.excess(b)
		k.judge(b)
	}
	k.budget()
	k.offset()
	k.obey()
	for i := range k.banks {
		k.repay(&k.banks[i])
	}
	k.plan()
	for i := range k.banks {
		k.proceed(&k.banks[i])
	}
	k.audit()
	k.conclude()
	return k.next, k.d, nil
}

// look is one step in progress.
type look struct {
	*Engine
	seen    *Observation
	next    State
	d       Decision
	banks   []bank
	sources []source // of State.Funds, one each
	room    room
}

// bank is one bank within a step.
type bank struct {
	acct *Account
	pos  *Position   // nil if it was not seen
	out  *Suggestion // that is being made
	figures
}

// meet joins the banks that are seen with those that are known, both by rising
// bank.
func (k *look) meet(known []Account) {
	k.next.Accounts = make([]Account, 0, max(len(known), len(k.seen.Banks)))
	k.banks = make([]bank, 0, cap(k.next.Accounts))
	join := func(a Account, p *Position) {
		k.next.Accounts = append(k.next.Accounts, a)
		k.banks = append(k.banks, bank{pos: p})
	}
	for i := range k.seen.Banks {
		p := &k.seen.Banks[i]
		for len(known) > 0 && known[0].Bank < p.Bank {
			if !k.forgettable(&known[0]) {
				join(known[0].clone(), nil)
			}
			known = known[1:]
		}
		if len(known) > 0 && known[0].Bank == p.Bank {
			join(known[0].clone(), p)
			known = known[1:]
		} else {
			join(Account{Bank: p.Bank}, p)
		}
	}
	for i := range known {
		if !k.forgettable(&known[i]) {
			join(known[i].clone(), nil)
		}
	}
	k.d.Banks = make([]Suggestion, len(k.banks))
	for i := range k.banks {
		b := &k.banks[i]
		b.acct, b.out = &k.next.Accounts[i], &k.d.Banks[i]
		b.out.Bank = b.acct.Bank
	}
}

// find returns a bank by its name.
func (k *look) find(name string) (*bank, bool) {
	i, ok := slices.BinarySearchFunc(k.banks, name, func(b bank, name string) int { return strings.Compare(b.acct.Bank, name) })
	if !ok {
		return nil, false
	}
	return &k.banks[i], true
}

// sight takes in a bank's position: whether its ratio is to be believed, and
// whether its congestion eases.
func (k *look) sight(b *bank) {
	now := k.seen.At
	b.acct.Hour = slices.DeleteFunc(b.acct.Hour, func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	s := &b.acct.Seen
	if b.pos == nil || !k.fresh(b.pos) {
		return
	}
	if !b.pos.At.After(s.At) { // the same once more, or another source's
		if b.pos.At.Before(s.At) && b.pos.Source == s.Source {
			k.tripBank(b, ClockBack, fmt.Sprintf("%s: %s after %s", s.Source, b.pos.At, s.At))
		}
		return
	}
	s.Easing = b.pos.Congestion.IsZero() || !s.At.IsZero() && b.pos.Congestion.LessThan(s.Congestion)
	s.At, s.Source, s.Congestion = b.pos.At, b.pos.Source, b.pos.Congestion
	k.believe(s, b.out.Ratio)
}

// believe takes a ratio that is near the last, or near the one before it that
// was not believed.
func (k *look) believe(s *Sighting, ratio decimal.Decimal) {
	near := func(last decimal.Decimal) bool {
		return ratio.Sub(last).Abs().LessThanOrEqual(last.Mul(k.cfg.MaxJump))
	}
	if k.cfg.MaxJump.IsZero() || s.Ratio.IsZero() || ratio.Equal(s.Ratio) || near(s.Ratio) || !s.Jump.IsZero() && near(s.Jump) {
		s.Ratio, s.Jump = ratio, decimal.Decimal{}
		return
	}
	s.Jump = ratio
}

// fresh reports whether a position is of about now.
func (k *look) fresh(p *Position) bool { return k.seen.At.Sub(p.At).Abs() <= k.cfg.MaxAge }

// conclude sends nothing once all are stopped, and names the whole.
func (k *look) conclude() {
	k.d.LastSeq = k.next.LastSeq
	if k.next.Kill.Tripped {
		k.d.Send, k.d.Reason = nil, Killed
		return
	}
	k.d.Reason = Idle
	for i := range k.d.Banks {
		switch s := &k.d.Banks[i]; {
		case s.Action != None:
			k.d.Reason = Suggested
		case s.Would != "" && k.d.Reason == Idle:
			k.d.Reason = Held
		}
	}
	for i := range k.d.Moves {
		if k.d.Moves[i].To == Proposed {
			k.d.Reason = Acting
		}
	}
}
