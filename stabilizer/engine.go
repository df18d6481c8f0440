package stabilizer

import "github.com/shopspring/decimal"

// Step obeys, places, settles and judges, in this order. It returns an error
// wrapping [ErrInvalid] for a malformed Observation only, and then the given
// state.
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := seen.validate(); err != nil {
		return s, Decision{}, err
	}
	t := turn{Engine: e, s: s}
	t.say(None, NothingNew)
	if seen.Restarted {
		t.say(None, Restarted)
	}
	for _, c := range seen.Commands {
		t.obey(c)
	}
	fresh := seen.Block != nil && t.place(seen.Block)
	for _, r := range seen.Receipts {
		if err := t.settle(r); err != nil {
			return s, Decision{}, err
		}
	}
	if fresh {
		t.judge(seen.Block)
	}
	t.d.State, t.d.Count = t.s.Phase(), t.s.Count
	t.d.Block, t.d.Command = t.s.History.Head(), t.s.Command
	return t.s, t.d, nil
}

// turn is one step in the making.
type turn struct {
	*Engine
	s     State
	d     Decision
	e     decimal.Decimal // what TWAP and spot agree on: the smaller distance from the target, bps
	owned bool            // s.Intents is a copy of our own
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
	t.say(Halt, t.s.Halted)
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
		t.s.Halted = ""
		t.s.disengage()
		t.s.Depeg, t.s.Reverts, t.s.Misses = 0, 0, 0
		t.s.Spent = decimal.Zero
		t.say(None, WasReset)
	default:
		t.say(None, UnknownCommand)
	}
}

// judge decides on a block that was placed at the head. The first thing that
// speaks against a trade is the reason.
func (t *turn) judge(b *Block) {
	if day := b.Time.Unix() / secondsPerDay; day > t.s.Day {
		t.s.Day, t.s.Spent = day, decimal.Zero
	}
	if r := t.distrust(b); r != "" {
		t.s.disengage()
		if r == Depeg {
			t.halt(Depeg)
			return
		}
		t.holdFor(r)
		return
	}
	t.record(b)
	if !t.measure(b) {
		t.s.Warm = false
		t.s.disengage()
		t.say(Hold, Warmup)
		return
	}
	t.s.Warm = true
	if t.s.Untraded++; t.s.Count == 0 {
		t.s.Untraded = 0
	}
	far := t.d.TWAPBps.Abs().Cmp(t.cfg.HaltBps) >= 0
	if far && b.Market != nil { // and the market is not, or we would not be here
		t.alert(PoolFarOff, "market "+b.Market.Value.String())
	}
	pending := t.s.unresolved()
	switch r := t.guard(b); {
	case t.s.Halted != "":
		t.say(Halt, t.s.Halted)
	case t.s.Paused:
		t.say(Hold, Paused)
	case far && b.Market == nil && t.s.Count >= t.cfg.SustainBlocks:
		t.halt(Depeg)
	case pending >= 0:
		t.wait(pending, b)
	case r != "":
		t.holdFor(r)
	default:
		t.trade(b)
	}
	if t.s.Untraded > t.cfg.AlarmBlocks && t.d.Reason != Rebalance {
		t.alert(NoTrade, string(t.d.Reason))
	}
}
