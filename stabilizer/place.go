package stabilizer

import "github.com/shopspring/decimal"

// place puts b at the head of the chain as we know it, dropping the blocks that
// it replaces, and reports whether it is to be judged. A block that is refused
// leaves no trace, but for one from beyond reorg memory: after it we know
// nothing of the chain.
func (t *turn) place(b *Block) bool {
	chain := t.s.History
	at, known := chain.find(b.Number)
	replaces := at < chain.Len() // b.Number <= head
	switch {
	case known && chain.At(at).Hash == b.Hash && at == chain.Len()-1:
		t.say(Hold, Duplicate)
		return false
	case known && chain.At(at).Hash == b.Hash:
		t.say(Hold, StaleBlock)
		return false
	case replaces && chain.Head()-b.Number >= t.cfg.ReorgBlocks:
		t.s.History, t.s.Warm = History{}, false
		t.unwind(b.Number)
		t.halt(ReorgTooDeep)
		return false
	case replaces && !known:
		t.say(Hold, LateBlock)
		return false
	case at > 0 && b.Parent != "" && chain.At(at-1).Number+1 == b.Number && chain.At(at-1).Hash != b.Parent:
		t.say(Hold, ParentMismatch)
		return false
	}
	if replaces {
		t.unwind(b.Number)
	}
	slot := Slot{Number: b.Number, Hash: b.Hash}
	if t.cfg.TimeWeighted {
		slot.Time = b.Time.UnixMicro()
	}
	// A reorg to the bottom of memory must still find a full TWAP below it.
	t.s.History = chain.add(at, slot, int(t.cfg.ReorgBlocks)+t.cfg.TWAPBlocks)
	return true
}

// unwind undoes what blocks from number on did: the count begins anew, and
// intents that settled there are unresolved again, under their own IDs. The
// cooldown stays: a reorg must not make us trade sooner.
func (t *turn) unwind(number uint64) {
	t.s.disengage()
	t.s.Depeg = 0
	for i, in := range t.s.Intents {
		if in.Dry || in.Settled != 0 && in.Settled < number {
			continue
		}
		in = t.intent(i)
		if in.Settled != 0 {
			in.Settled, in.Outcome, in.Filled, in.Since = 0, "", decimal.Zero, number
		}
		if in.HeldAt >= number {
			in.Held, in.HeldAt, in.Leg = decimal.Zero, 0, ""
		}
	}
}
