package chronicle

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// engine is whose records can be read.
const engine = "liquidity@1"

// Read returns what a record adds to the state before it, and the state after it.
// It depends on its arguments alone and changes none. A record that is not a
// liquidity engine's, or does not follow prev, is [ErrInvalid].
func Read(prev liquidity.State, rec evenkeel.Record) (Entry, liquidity.State, error) {
	r := reading{entry: Entry{Seq: rec.Seq, At: rec.At}}
	if err := r.open(prev, rec); err != nil {
		return Entry{}, prev, fmt.Errorf("%w: record %s: %w", ErrInvalid, rec.ID(), err)
	}
	for i := range r.accounts {
		c := &r.accounts[i]
		r.follow(c)
		r.sight(c)
		r.act(c)
	}
	r.book(prev.Funds)
	return r.entry, r.next, nil
}

// reading is one record being read.
type reading struct {
	seen     liquidity.Observation
	decided  liquidity.Decision
	next     liquidity.State
	accounts []account
	commands map[uint64]liquidity.Command
	declared map[string]liquidity.Phase // by transfer, what two people said
	refused  map[string]bool            // transfers whose reversal the books could not follow
	entry    Entry
}

// account is one bank's before and after the record. The engine keeps an account
// for as long as it has actions or loans.
type account struct {
	before, after liquidity.Account
	now           []liquidity.Action // those before, as they are now, and then the new ones
}

func (r *reading) open(prev liquidity.State, rec evenkeel.Record) error {
	if rec.Engine != engine {
		return fmt.Errorf("engine %q: must be %s", rec.Engine, engine)
	}
	if err := errors.Join(json.Unmarshal(rec.State, &r.next), json.Unmarshal(rec.Seen, &r.seen), json.Unmarshal(rec.Decision, &r.decided)); err != nil {
		return err
	}
	if r.next.Epoch != prev.Epoch+1 {
		return fmt.Errorf("decision %d: must follow %d, that of the state before", r.next.Epoch, prev.Epoch)
	}
	r.hear()
	known := make(map[string]*liquidity.Account, len(prev.Accounts))
	for i := range prev.Accounts {
		known[prev.Accounts[i].Bank] = &prev.Accounts[i]
	}
	r.accounts = make([]account, len(r.next.Accounts))
	for i, after := range r.next.Accounts {
		r.accounts[i].after = after
		if before, ok := known[after.Bank]; ok {
			r.accounts[i].before = *before
		}
	}
	return nil
}

// hear notes what people declared of transfers, and what the engine could not
// book.
func (r *reading) hear() {
	r.commands = make(map[uint64]liquidity.Command, len(r.seen.Commands))
	for _, c := range r.seen.Commands {
		r.commands[c.Seq] = c
	}
	r.declared, r.refused = map[string]liquidity.Phase{}, map[string]bool{}
	for _, answer := range r.decided.Answers {
		switch c := r.commands[answer.Seq]; {
		case answer.Reply != liquidity.Done:
		case c.Do == liquidity.DeclareSettled:
			r.declared[c.ID] = liquidity.Settled
		case c.Do == liquidity.DeclareFailed:
			r.declared[c.ID] = liquidity.Failed
		}
	}
	for _, alert := range r.decided.Alerts {
		if alert.Reason == liquidity.LateReversal || alert.Reason == liquidity.Overdrawn {
			transfer, _, _ := strings.Cut(alert.Note, ":")
			r.refused[transfer] = true
		}
	}
}

// follow finds what has become of a bank's actions.
func (r *reading) follow(c *account) {
	for _, was := range c.before.Actions {
		if i := index(c.after.Actions, was.ID); i >= 0 {
			c.now = append(c.now, c.after.Actions[i])
		} else {
			c.now = append(c.now, r.ended(was))
		}
	}
	for _, is := range c.after.Actions {
		if index(c.before.Actions, is.ID) < 0 {
			c.now = append(c.now, is)
		}
	}
	for _, answer := range r.decided.Answers {
		made := r.commands[answer.Seq]
		if answer.ID != "" && made.Bank == c.after.Bank && index(c.now, answer.ID) < 0 {
			c.now = append(c.now, r.passed(answer.ID, made))
		}
	}
}

func index(actions []liquidity.Action, id string) int {
	return slices.IndexFunc(actions, func(a liquidity.Action) bool { return a.ID == id })
}

// ended returns an action that has left the state as it was in the end. Its
// transfers can move no money any more: each settled or failed.
func (r *reading) ended(a liquidity.Action) liquidity.Action {
	a.Legs = slices.Clone(a.Legs)
	for n := range a.Legs {
		l, id := &a.Legs[n], transfer(&a, n)
		receipt := r.seen.Receipts[id]
		switch {
		case l.Phase == liquidity.Settled && receipt.Status == liquidity.StatusReversed && !r.refused[id]:
			l.Phase = liquidity.Reversed
		case !live(l.Phase):
		case r.declared[id] == liquidity.Settled, receipt.Status == liquidity.StatusSettled && receipt.Amount.Equal(l.Amount):
			l.Phase, l.SettledAt = liquidity.Settled, r.next.At
		default:
			l.Phase = liquidity.Failed
		}
	}
	if to, moved := r.move(a.ID); moved {
		a.Phase = to.To
	}
	return a
}

// passed returns an action that a person wanted and that came to nothing at once.
func (r *reading) passed(id string, made liquidity.Command) liquidity.Action {
	a := liquidity.Action{
		ID: id, Side: liquidity.Inject, Cause: liquidity.Manual, Amount: made.Amount,
		Maker: made.By, Why: made.Why, At: r.next.At,
	}
	if made.Do == liquidity.AskWithdraw {
		a.Side = liquidity.Withdraw
	}
	if to, moved := r.move(id); moved {
		a.Phase = to.To
	}
	return a
}

// move returns the last move of an action in this record.
func (r *reading) move(id string) (m liquidity.Move, moved bool) {
	for _, m := range slices.Backward(r.decided.Moves) {
		if m.ID == id {
			return m, true
		}
	}
	return m, false
}

func transfer(a *liquidity.Action, leg int) string { return a.ID + "/" + strconv.Itoa(leg) }

// live reports whether a transfer may still move money.
func live(p liquidity.Phase) bool {
	return p == liquidity.Reserved || p == liquidity.Submitted || p == liquidity.Unknown
}

// sight adds the ratio of a bank that was seen anew, or for the first time.
func (r *reading) sight(c *account) {
	bank := c.after.Bank
	if c.before.Bank != "" && !c.after.Seen.At.After(c.before.Seen.At) {
		return
	}
	seen, ok := slices.BinarySearchFunc(r.seen.Banks, bank, func(p liquidity.Position, bank string) int { return strings.Compare(p.Bank, bank) })
	if !ok {
		return
	}
	ratio := Ratio{Position: r.seen.Banks[seen], SeenAt: r.entry.At, Seq: r.entry.Seq}
	if plan, ok := slices.BinarySearchFunc(r.decided.Banks, bank, func(s liquidity.Suggestion, bank string) int { return strings.Compare(s.Bank, bank) }); ok {
		ratio.Plan = r.decided.Banks[plan]
	}
	r.entry.Ratios = append(r.entry.Ratios, ratio)
}

// act adds the actions of a bank that have changed.
func (r *reading) act(c *account) {
	for i, now := range c.now {
		if i < len(c.before.Actions) && same(&c.before.Actions[i], &now) {
			continue
		}
		a := Action{Bank: c.after.Bank, Action: now, ChangedAt: r.entry.At, Seq: r.entry.Seq}
		if m, moved := r.move(now.ID); moved {
			a.Reason, a.Note = m.Reason, m.Note
		}
		for n := range now.Legs {
			if note := r.seen.Receipts[transfer(&now, n)].Note; note != "" {
				a.Note = note
			}
		}
		r.entry.Actions = append(r.entry.Actions, a)
	}
}

// same compares what can change of an action.
func same(a, b *liquidity.Action) bool {
	return a.Phase == b.Phase && a.Checker == b.Checker && slices.EqualFunc(a.Legs, b.Legs, func(a, b liquidity.Leg) bool {
		return a.Phase == b.Phase && a.AskedAt.Equal(b.AskedAt) && a.Asked == b.Asked
	})
}
