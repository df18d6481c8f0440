package payout

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
func (e *Engine) Identity() (engine string, config [32]byte) { return "payout@1", e.identity }

// Step takes in what the payer and people say, plans a batch if one is due, and
// says what to ask of the payer. It implements evenkeel.Engine; an observation
// that is malformed or runs back in time is [ErrInvalid].
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := e.validate(s, seen); err != nil {
		return s, Decision{}, err
	}
	k := look{Engine: e, seen: seen, due: s.due(seen.At), next: s.clone()}
	k.begin()
	for i := range k.next.Live {
		k.learn(&k.next.Live[i])
	}
	for _, c := range seen.Commands {
		if c.Seq > k.next.LastSeq {
			k.next.LastSeq = c.Seq
			k.d.Answers = append(k.d.Answers, Answer{c.Seq, k.obey(c)})
		}
	}
	k.plan()
	for i := range k.next.Live {
		k.proceed(&k.next.Live[i])
	}
	k.next.Live = slices.DeleteFunc(k.next.Live, func(b Live) bool { return b.Phase.final() })
	k.d.NextAt, k.d.LastSeq = k.next.NextAt, k.next.LastSeq
	return k.next, k.d, nil
}

// look is one step in progress.
type look struct {
	*Engine
	seen Observation
	due  bool // the debts were asked for
	next State
	d    Decision
}

func (k *look) begin() {
	s, at := &k.next, k.seen.At
	s.At = at
	if s.Since.IsZero() {
		s.Since = at
		s.NextAt = k.regular()
	}
	if today := at.UTC().Truncate(day); !today.Equal(s.Day) {
		s.Day, s.Today = today, decimal.Decimal{}
	}
}

// regular returns when the schedule has its next payout: it goes on at the same
// pace whatever comes of any.
func (k *look) regular() time.Time {
	since := k.seen.At.Sub(k.next.Since)
	return k.next.Since.Add(since - since%k.cfg.Every + k.cfg.Every)
}

// learn takes in what the payer says about a batch that it was handed.
func (k *look) learn(b *Live) {
	r, ok := k.seen.Receipts[b.ID]
	if !ok || b.Phase == Planned {
		return
	}
	if to := k.phase(*b, r); to != b.Phase || r.TxID != b.TxID {
		k.move(b, to, r.TxID, r.Note)
	}
}

// phase returns the one that a batch of which the payer says r belongs into.
func (k *look) phase(b Live, r Receipt) Phase {
	switch {
	case r.Status == Sent && b.Phase == Paid && r.Confirmations >= k.cfg.Confirmations:
		return Confirmed
	case r.Status == Sent:
		return Paid
	case r.Status == Pending, r.Status == Unsent && b.Phase == Sending:
		return Sending // to be paid, again if a reorg dropped it
	case r.Status == Voided && b.Phase == Sending:
		return Failed
	}
	return Stuck // unknown, or never sent though it was or may have been: for people to judge
}

// move takes a batch into another phase, of which nothing was asked yet.
func (k *look) move(b *Live, to Phase, txID, note string) {
	k.d.Moved = append(k.d.Moved, Move{ID: b.ID, From: b.Phase, To: to, TxID: txID, Note: note})
	*b = Live{ID: b.ID, Total: b.Total, Phase: to, TxID: txID}
}

// proceed asks the payer for what a batch needs now, or says why it waits.
func (k *look) proceed(b *Live) {
	switch b.Phase {
	case Planned:
		if !within(b.Total, k.cfg.ApproveAbove) {
			k.wait(b, NeedsApproval)
			return
		}
		k.move(b, Sending, "", "")
		k.send(b)
	case Sending:
		k.send(b)
	case Stuck:
		k.wait(b, NeedsPeople)
	case Paid:
		if _, ok := k.seen.Receipts[b.ID]; !ok {
			k.wait(b, NoAnswer)
			return
		}
		k.wait(b, Unconfirmed)
	case Confirmed, Failed: // nothing is left to do
	}
}

// send pays a batch, pays it again, or gives it up.
func (k *look) send(b *Live) {
	r, answered := k.seen.Receipts[b.ID]
	fresh, spent := b.Attempts == 0 && !b.GivenUp, b.Attempts >= k.cfg.MaxAttempts
	if r.Status == Pending {
		b.GivenUp = false // something exists that may still appear
	}
	since := k.seen.At.Sub(b.TriedAt)
	switch {
	case !fresh && since < k.cfg.Retry:
		k.wait(b, Asked)
	case !fresh && !answered:
		k.wait(b, NoAnswer)
	case b.GivenUp || spent && r.Status == Unsent:
		k.void(b)
	case spent && since < k.cfg.Every:
		k.wait(b, Exhausted)
	case k.next.Paused:
		k.wait(b, OnHold)
	default:
		b.Attempts, b.TriedAt = b.Attempts+1, k.seen.At
		k.d.Pay = append(k.d.Pay, b.ID)
	}
}

// void gives a batch up. It fails once the payer says that it is void.
func (k *look) void(b *Live) {
	b.GivenUp, b.TriedAt = true, k.seen.At
	k.d.Void = append(k.d.Void, b.ID)
}

func (k *look) wait(b *Live, why Reason) {
	k.d.Waiting = append(k.d.Waiting, Wait{b.ID, why})
}
