package liquidity

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Payment is a payment that waits for liquidity.
type Payment struct {
	ID       string
	From, To string          // banks, not the same
	Amount   decimal.Decimal // > 0
	At       time.Time       // since when it waits
}

func (p Payment) validate() error {
	return check(
		rule{valid.Named(p.ID), "Payment.ID", p.ID, valid.MustBeNamed},
		rule{valid.Named(p.From), "Payment.From", p.From, valid.MustBeNamed},
		rule{valid.Named(p.To) && p.To != p.From, "Payment.To", p.To, "must be another bank than From, of 1 to 256 bytes of UTF-8"},
		rule{valid.Positive(p.Amount), "Payment.Amount", p.Amount, valid.MustBePositive},
	)
}

// QueueState says how congested settlement is.
type QueueState struct {
	Payments   int
	Queued     decimal.Decimal // value that waits
	Settled    decimal.Decimal // value that settled in the same period, as given
	Oldest     time.Duration   // how long the oldest payment has waited
	Congestion decimal.Decimal // queued to settled value, to 4 decimals; the queued value itself if nothing settled
	Gridlock   bool            // no payment that is next in its payer's line can settle alone, yet several could together
}

// Congested describes a queue, in which each payer's payments stand in the order
// in which it wants them settled, given what each bank can pay out of.
func Congested(queue []Payment, liquid map[string]decimal.Decimal, settled decimal.Decimal, now time.Time) (QueueState, error) {
	if err := cmp.Or(validateQueue(queue), check(rule{valid.NotNegative(settled), "settled", settled, valid.MustBeAmount})); err != nil {
		return QueueState{}, err
	}
	s := QueueState{Payments: len(queue), Settled: settled}
	waits := map[string]bool{}
	stuck := true
	for _, p := range queue {
		s.Queued = s.Queued.Add(p.Amount)
		s.Oldest = max(s.Oldest, now.Sub(p.At))
		if !waits[p.From] && liquid[p.From].GreaterThanOrEqual(p.Amount) {
			stuck = false
		}
		waits[p.From] = true
	}
	s.Congestion = s.Queued
	if settled.IsPositive() {
		s.Congestion = s.Queued.DivRound(settled, ratioPlaces)
	}
	s.Gridlock = stuck && len(offset(queue, liquid).Payments) > 0
	return s, nil
}

// Offset is a set of queued payments that can settle all at once.
type Offset struct {
	Payments []string        // IDs, in the order of the queue
	Value    decimal.Decimal // of them
	Net      []Net           // what each bank that takes part ends up with, in the order in which the queue first names it
}

// Net is what a bank receives less what it pays, in one set of payments.
type Net struct {
	Bank   string
	Amount decimal.Decimal
}

// Offsetting returns the largest set of queued payments that can settle at once
// without any bank paying more than it has and receives, if no payment overtakes
// an earlier one of the same payer. Liquidity that payments lend each other costs
// nothing: it is to be tried before a loan.
//
// It begins with the whole queue and takes back the last payment of a bank that
// cannot pay, until all can. A payment is taken back once at most, so the time is
// proportional to the queue. The result does not depend on the order in which
// banks are looked at (M. Bech and K. Soramäki, Gridlock resolution in interbank
// payment systems, Bank of Finland Discussion Papers 9/2001).
func Offsetting(queue []Payment, liquid map[string]decimal.Decimal) (Offset, error) {
	if err := validateQueue(queue); err != nil {
		return Offset{}, err
	}
	return offset(queue, liquid), nil
}

func offset(queue []Payment, liquid map[string]decimal.Decimal) Offset {
	net := map[string]decimal.Decimal{}
	lines := map[string][]int{} // each payer's payments that are still in
	for i, p := range queue {
		net[p.From], net[p.To] = net[p.From].Sub(p.Amount), net[p.To].Add(p.Amount)
		lines[p.From] = append(lines[p.From], i)
	}
	out := make([]bool, len(queue))
	var look []string // payers that may be short
	for _, p := range queue {
		look = append(look, p.From)
	}
	for len(look) > 0 {
		payer := look[len(look)-1]
		look = look[:len(look)-1]
		for line := lines[payer]; len(line) > 0 && liquid[payer].Add(net[payer]).IsNegative(); line = lines[payer] {
			last := line[len(line)-1]
			lines[payer], out[last] = line[:len(line)-1], true
			p := queue[last]
			net[payer], net[p.To] = net[payer].Add(p.Amount), net[p.To].Sub(p.Amount)
			look = append(look, p.To)
		}
	}
	return gather(queue, out, net)
}

// gather lists what stayed in.
func gather(queue []Payment, out []bool, net map[string]decimal.Decimal) Offset {
	var set Offset
	listed := map[string]bool{}
	list := func(bank string) {
		if !listed[bank] {
			listed[bank] = true
			set.Net = append(set.Net, Net{bank, net[bank]})
		}
	}
	for i, p := range queue {
		if !out[i] {
			set.Payments, set.Value = append(set.Payments, p.ID), set.Value.Add(p.Amount)
			list(p.From)
			list(p.To)
		}
	}
	return set
}

// offset looks for payments that could settle against each other, and notes for
// which banks that would be free liquidity.
func (k *look) offset() {
	gains := map[string]bool{}
	if len(k.seen.Queue) > 0 {
		liquid := map[string]decimal.Decimal{}
		for i := range k.banks {
			if b := &k.banks[i]; b.pos != nil && k.fresh(b.pos) {
				liquid[b.acct.Bank] = b.pos.Liquid
			}
		}
		if set := offset(k.seen.Queue, liquid); len(set.Payments) > 0 {
			k.d.Offset = &set
			for _, n := range set.Net {
				gains[n.Bank] = !n.Amount.IsNegative()
			}
		}
	}
	for i := range k.banks {
		switch s := &k.banks[i].acct.Seen; {
		case !gains[k.banks[i].acct.Bank]:
			s.OffsetAt = time.Time{}
		case s.OffsetAt.IsZero():
			s.OffsetAt = k.seen.At
		}
	}
}

// offsets reports whether a bank should wait for an offset. It does not for long,
// nor below the hard floor.
func (k *look) offsets(b *bank) bool {
	since := b.acct.Seen.OffsetAt
	return !since.IsZero() && k.seen.At.Sub(since) < k.cfg.OffsetWait &&
		!b.effective.LessThan(k.cfg.HardFloor.Mul(b.pos.Obligations))
}
