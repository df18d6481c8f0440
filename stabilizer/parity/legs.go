package parity

import "slices"

// settle takes a receipt in. What was booked before, and says otherwise now, was
// in a block that a reorg took back.
func (t *turn) settle(r Receipt) {
	l := t.watched(r.ID)
	if l == nil {
		return
	}
	if r.Outcome == Mined && r.Received.IsZero() {
		r.Received = l.MinOut
	}
	if r.Outcome == NotSent && t.s.Heads[l.Chain].Number >= l.Deadline {
		r.Outcome = Expired
	}
	if r.Outcome == l.Outcome && r.Block == l.Block && r.Received.Equal(l.Received) {
		return
	}
	if l.Outcome == Mined {
		t.s.Books.trade(l, true)
	}
	l.Outcome, l.Block, l.Received = r.Outcome, r.Block, r.Received
	if l.Outcome == Mined {
		t.s.Books.trade(l, false)
	}
	if l.Outcome == Mined || l.Outcome == Reverted {
		t.s.LastExec[l.Chain] = max(t.s.LastExec[l.Chain], l.Block)
	}
}

func (t *turn) watched(id string) *Leg {
	for _, a := range t.s.Arbs {
		if i := slices.IndexFunc(a.Legs, func(l *Leg) bool { return l.ID == id }); i >= 0 {
			return a.Legs[i]
		}
	}
	return nil
}

// finish deals with an arb that is not done: it waits for the chains, sends again
// what never got through, and tries the missing leg of a partial one anew, never
// the other.
func (t *turn) finish(a *Arb) {
	t.say(Hold, Pending)
	for i := range t.cfg.Chains {
		if l := a.last(i); l.Outcome == NotSent && !a.last(1-i).failed() { // else it would be a position
			l.Outcome = ""
			t.say(Resubmit, Unsent)
			t.d.Orders = append(t.d.Orders, l.Order)
		}
	}
	if t.d.Action == Resubmit || !a.settled() {
		return
	}
	missing := 0
	if a.last(0).Outcome == Mined {
		missing = 1
	}
	t.say(Hold, Partial)
	if uint64(a.tries(missing)) > t.cfg.MaxRetries {
		a.Abandoned = true
		t.alert(LegAbandoned, a.last(missing).ID)
		return
	}
	if t.wait(missing) != "" {
		return
	}
	t.say(Retry, Partial)
	t.send(a, missing)
}

// forget counts what failed, and drops the arbs that no reorg within memory can
// reach any more.
func (t *turn) forget() {
	kept := t.s.Arbs[:0]
	for _, a := range t.s.Arbs {
		if !a.done() {
			kept = append(kept, a)
			continue
		}
		t.count(a)
		old := true
		for _, l := range a.Legs {
			old = old && max(l.Block, l.Deadline)+t.cfg.ReorgBlocks <= t.s.Heads[l.Chain].Number
		}
		if !old {
			kept = append(kept, a)
		}
	}
	t.s.Arbs = kept
}

// count adds an arb to the failures in a row, or ends them.
func (t *turn) count(a *Arb) {
	if a.Counted {
		return
	}
	a.Counted = true
	if a.last(0).Outcome == Mined && a.last(1).Outcome == Mined {
		t.s.Failures = 0
		return
	}
	if t.s.Failures++; t.s.Failures >= t.cfg.MaxFailures {
		t.halt(Failures)
	}
}
