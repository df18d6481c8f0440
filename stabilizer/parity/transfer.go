package parity

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
)

// maxTransfers bounds how many transfers can be open, and with them the state.
const maxTransfers = 512

// follow moves transfers along, and brings home what is final. What was never
// sent is sent again while there is time.
func (t *turn) follow(passages []Passage) {
	at := 0 // passages usually come in the order of the transfers
	for _, p := range passages {
		named := func(tr *Transfer) bool { return tr.ID == p.ID }
		if at >= len(t.s.Transfers) || !named(t.s.Transfers[at]) {
			at = slices.IndexFunc(t.s.Transfers, named)
		}
		if at >= 0 {
			t.move(t.s.Transfers[at], p)
		}
		at++
	}
	open := t.s.Transfers[:0]
	for _, tr := range t.s.Transfers {
		if t.land(tr) {
			continue
		}
		tr.Stuck = t.now.Sub(tr.Since) > t.cfg.StuckAfter
		if tr.Stuck {
			t.alert(StuckTransfer, tr.ID+": "+string(tr.Phase))
			t.suspect(tr)
		}
		open = append(open, tr)
	}
	clear(t.s.Transfers[len(open):])
	t.s.Transfers = open
}

// move takes a passage in. Any phase may go back, for a reorg may take any block
// back; the money stays reserved all the same.
func (t *turn) move(tr *Transfer, p Passage) {
	was := tr.Phase
	tr.Sent, tr.Settled, tr.Received = p.Sent, p.Settled, p.Received
	switch p.Stage {
	case chain.Unsent:
		tr.Phase = Initiated
		switch {
		case t.s.Heads[tr.From].Number >= tr.Deadline:
			tr.Phase = Failed // nobody will send it any more
		case !t.s.Paused && t.s.Halted == "":
			t.d.Transfers = append(t.d.Transfers, tr.Sending)
		}
	case chain.Waiting:
		tr.Phase = Sent
	case chain.Departed:
		tr.Phase = Sent
		if t.final(tr, tr.From, tr.Sent) {
			tr.Phase = SourceFinal
		}
	case chain.Arrived:
		tr.Phase = DestSeen
		if t.final(tr, tr.From, tr.Sent) && t.final(tr, tr.To(), tr.Settled) {
			tr.Phase = Settled
		}
	case chain.Refunded:
		tr.Phase = DestSeen
		if t.final(tr, tr.From, tr.Settled) {
			tr.Phase = Refunded
		}
	case chain.Failed:
		tr.Phase = Sent
		if t.final(tr, tr.From, tr.Settled) {
			tr.Phase = Failed
		}
	}
	if was == SourceFinal && (tr.Phase == Initiated || tr.Phase == Sent) {
		t.alert(ReturnedBehind, tr.ID)
	}
}

// final reports whether a block of a chain is deep enough for a transfer.
func (t *turn) final(tr *Transfer, chain int, block uint64) bool {
	return block > 0 && t.s.Heads[chain].Number+1 >= block+tr.Final[chain]
}

// land books a transfer that has come to its end, and reports whether it has.
func (t *turn) land(tr *Transfer) bool {
	switch tr.Phase {
	case Settled:
		t.s.Books.land(tr, tr.To(), tr.Received)
	case Refunded:
		t.s.Books.land(tr, tr.From, tr.Received)
	case Failed:
		t.s.Books.land(tr, tr.From, tr.Amount)
	default:
		return false
	}
	return true
}

// suspect says when an overdue transfer may well have arrived: the bridge's
// node may have omitted an event. Only the bridge, or a person, can book it.
func (t *turn) suspect(tr *Transfer) {
	b := t.seen.Blocks[tr.To()]
	if b == nil || tr.Phase == DestSeen {
		return
	}
	over := Holding{b.Base, b.Quote}.minus(t.s.Books.Available[tr.To()]).of(tr.Asset)
	if over.GreaterThanOrEqual(tr.Amount) {
		t.alert(MissedArrival, fmt.Sprintf("%s: %s holds %s more than booked", tr.ID, t.name(tr.To()), over))
	}
}

// replenish sends what one chain has above its buffer to where the other's is
// short.
func (t *turn) replenish() {
	for _, a := range []Asset{Base, Quote} {
		for from := range t.cfg.Chains {
			t.refill(a, from)
		}
	}
}

func (t *turn) refill(a Asset, from int) {
	to := 1 - from
	lane := t.seen.Blocks[from].Lane
	if lane == nil || t.cfg.DryRun || len(t.s.Transfers) >= maxTransfers {
		return
	}
	coming, stuck := t.coming(a, from)
	spare := t.spendable(from, a).Sub(t.cfg.Chains[from].Buffer.of(a))
	need := t.cfg.Chains[to].Buffer.of(a).Sub(t.s.Books.Available[to].of(a)).Sub(coming)
	room := t.units(from, a, t.cfg.MaxInFlight).Sub(coming).Sub(stuck)
	amount := decimal.Min(spare, need, room, lane.of(a), t.units(from, a, t.cfg.MaxTransfer)).Truncate(t.cfg.Decimals)
	if amount.LessThan(t.units(from, a, t.cfg.MinTransfer)) || t.dearGas(from) {
		return
	}
	t.s.Seq++
	tr := &Transfer{
		Sending: Sending{
			ID: t.id() + ":" + string(a) + ":" + strconv.Itoa(from), Asset: a, From: from, Amount: amount,
			Deadline: t.seen.Blocks[from].Number + t.cfg.TransferBlocks, GasGwei: t.offer(from),
		},
		Final: t.tier(t.worth(from, a, amount)), Since: t.now, Phase: Initiated,
	}
	t.s.Books.depart(tr)
	t.s.Transfers = append(t.s.Transfers, tr)
	t.d.Transfers = append(t.d.Transfers, tr.Sending)
}

// coming returns what is on its way from one chain, and what of it is stuck: that
// has to be made up for, and comes on top when it arrives after all.
func (t *turn) coming(a Asset, from int) (coming, stuck decimal.Decimal) {
	for _, tr := range t.s.Transfers {
		switch {
		case tr.From != from || tr.Asset != a:
		case tr.Stuck:
			stuck = stuck.Add(tr.Amount)
		default:
			coming = coming.Add(tr.Amount)
		}
	}
	return coming, stuck
}

// tier returns how many blocks make an amount final.
func (t *turn) tier(worth decimal.Decimal) [2]uint64 {
	for _, tier := range t.cfg.Tiers {
		if tier.UpTo.IsZero() || worth.LessThanOrEqual(tier.UpTo) {
			return tier.Blocks
		}
	}
	return t.cfg.Tiers[len(t.cfg.Tiers)-1].Blocks
}
