package parity

import (
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// Step obeys, looks, settles, judges and replenishes, in this order. It returns
// an error wrapping [ErrInvalid] for a malformed Observation only, and then the
// given state.
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := seen.validate(); err != nil {
		return s, Decision{}, err
	}
	t := turn{Engine: e, s: s, seen: &seen, now: seen.Now}
	t.own()
	t.say(None, NothingNew)
	if seen.Restarted {
		t.say(None, Restarted)
	}
	for _, c := range seen.Commands {
		t.obey(c)
	}
	for i, b := range seen.Blocks {
		t.place(i, b)
	}
	for _, r := range seen.Receipts {
		t.settle(r)
	}
	t.open(&seen)
	t.follow(seen.Passages)
	if !t.s.Conserved() {
		t.halt(Unbalanced) // an engine that cannot count does not trade
	}
	t.forget()
	t.judge()
	t.d.Counts, t.d.Command = t.s.Counts, t.s.Command
	t.d.Blocks = [2]uint64{t.s.Heads[0].Number, t.s.Heads[1].Number}
	return t.s, t.d, nil
}

// turn is one step in the making.
type turn struct {
	*Engine
	s     State
	d     Decision
	seen  *Observation
	now   time.Time
	fresh [2]bool            // the chain has a block that was not seen before
	price [2]decimal.Decimal // of the pools, once measured
	e     decimal.Decimal    // the size of the spread, bps
}

// own replaces what the state points at by copies that this step may write.
func (t *turn) own() {
	arbs := make([]*Arb, len(t.s.Arbs), len(t.s.Arbs)+1)
	for i, a := range t.s.Arbs {
		b := *a
		b.Legs = make([]*Leg, len(a.Legs), len(a.Legs)+1)
		for j, l := range a.Legs {
			m := *l
			b.Legs[j] = &m
		}
		arbs[i] = &b
	}
	transfers := make([]*Transfer, len(t.s.Transfers), len(t.s.Transfers)+4)
	for i, tr := range t.s.Transfers {
		c := *tr
		transfers[i] = &c
	}
	t.s.Arbs, t.s.Transfers = arbs, transfers
}

func (t *turn) say(a Action, r Reason) { t.d.Action, t.d.Reason = a, r }

func (t *turn) alert(code AlertCode, detail string) {
	t.d.Alerts = append(t.d.Alerts, Alert{code, detail})
}

// halt ends trading until a reset. The first reason stands.
func (t *turn) halt(r Reason) {
	if t.s.Halted == "" {
		t.s.Halted = r
	}
	t.d.Transfers = nil
	t.say(Halt, t.s.Halted)
}

func (t *turn) name(chain int) string {
	return "chain " + strconv.FormatUint(t.cfg.Chains[chain].ID, 10)
}

func (t *turn) obey(c Command) {
	if c.Seq <= t.s.Command {
		return
	}
	t.s.Command = c.Seq
	switch c.Do {
	case Pause:
		t.s.Paused = true
		t.say(None, Paused)
	case Resume:
		t.s.Paused = false
		t.say(None, Resumed)
	case Reset:
		t.s.Halted, t.s.Failures = "", 0
		t.calm()
		t.say(None, WasReset)
	case Accept:
		t.s.Accepting = true
		t.say(None, Accepted)
	default:
		t.say(None, UnknownCommand)
	}
}

// calm forgets the present spread.
func (t *turn) calm() { t.s.Counts, t.s.Sign = [2]uint64{}, 0 }

// place takes a chain's newest block in. One that is not a child of the block
// before, as far as we know, restarts the count.
func (t *turn) place(chain int, b *Block) {
	if b == nil {
		return
	}
	was := t.s.Heads[chain]
	if b.Number == was.Number && b.Hash == was.Hash {
		return
	}
	t.fresh[chain] = true
	t.s.Heads[chain] = Head{b.Number, b.Hash, b.Time}
	child := b.Number == was.Number+1 && (b.Parent == "" || b.Parent == was.Hash)
	if !child && b.Number <= was.Number+1 {
		t.calm()
	}
}

// judge decides about the spread, and about the buffers. The first thing that
// speaks against a trade is the reason.
func (t *turn) judge() {
	fresh := t.fresh[0] || t.fresh[1]
	if r := t.distrust(); r != "" {
		t.calm()
		if r == Unreachable || r == ChainHalted {
			t.d.Apart = true
			t.alert(Apart, string(r))
		}
		if !fresh && r != Unreachable && r != ChainHalted {
			return // nothing that was not said before
		}
		t.holdFor(r)
		return
	}
	short := t.reconcile()
	if !fresh {
		return
	}
	t.measure()
	open := t.s.open()
	switch r := t.guard(); {
	case t.s.Halted != "":
		t.say(Halt, t.s.Halted)
	case t.s.Paused:
		t.say(Hold, Paused)
	case open != nil:
		t.finish(open)
	case short:
		t.say(Hold, Shortage)
	case r != "":
		t.holdFor(r)
	default:
		t.trade()
	}
	t.alarm()
	if t.s.Halted == "" && !t.s.Paused && !short {
		t.replenish()
	}
}

// alarm says when a spread stays and nothing is done about it: no guard may
// silence us for long.
func (t *turn) alarm() {
	if t.s.Sign == 0 || t.d.Reason == Spread {
		t.s.Untraded = 0
		return
	}
	if t.s.Untraded++; t.s.Untraded > t.cfg.AlarmBlocks {
		t.alert(NoTrade, string(t.d.Reason))
	}
}

// holdFor holds, and tells a person if the reason is one that should not last.
func (t *turn) holdFor(r Reason) {
	if t.s.Halted != "" {
		t.say(Halt, t.s.Halted)
		return
	}
	t.say(Hold, r)
	if slices.Contains([]Reason{Gas, PriceInvalid, OracleStale, OracleDiffers}, r) {
		t.alert(Held, string(r))
	}
}
