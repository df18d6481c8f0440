package payouttest

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Rig is a payer and the outside that it pays in: a wallet, a chain, a person.
type Rig struct {
	// Open returns the payer as a process that starts finds it, over what earlier
	// ones left behind.
	Open func(t *testing.T) payout.Payer
	// Settle lets the outside do what it does in time: mine a block, or pay what
	// a person was asked to.
	Settle func(t *testing.T)
	// Paid returns how often the outside paid what is in b.
	Paid func(t *testing.T, b payout.Batch) int
	// Refuse makes the outside refuse what it is asked to pay, or no longer. nil
	// for one that never does.
	Refuse func(t *testing.T, refuse bool)
	// Lose lets the answer to the next payment get lost after it was made. nil for
	// an outside that does not answer.
	Lose func(t *testing.T)
}

// RunPayer checks a payout.Payer. open returns a rig of its own each time.
func RunPayer(t *testing.T, open func(t *testing.T) Rig) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Rig){
		"what was never handed over is unsent":                     knowsNothing,
		"a batch is paid":                                          pays,
		"a batch is paid once, however often that is asked":        paysOnce,
		"a payment that was decided before a restart is made once": paysOnceAcrossRestarts,
		"of many payments of a batch at once one is made":          paysOnceConcurrently,
		"two batches that pay the same are both paid":              tellsBatchesApart,
		"a void batch is never paid":                               voids,
		"a batch is void for all processes":                        voidsAcrossRestarts,
		"a paid batch is not made void":                            keepsPaid,
		"a batch is either paid or void":                           paysOrVoids,
		"a cancelled context pays nothing":                         obeysPayContext,
		"a refused batch is unsent and may be paid later":          takesRefusal,
		"a refused batch can be made void":                         voidsRefused,
		"a payment whose answer was lost is not made again":        survivesLostAnswer,
		"a payment whose answer was lost cannot be made void":      keepsLost,
		"a lost answer is not taken for another batch's":           keepsLostApart,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// batch pays a little to two addresses.
func batch(generation uint64) payout.Batch {
	b := payout.Batch{
		Pool: "pool", Generation: generation,
		Lines: []payout.Line{
			{Account: account("ann"), Address: address, Amount: dec("1.25")},
			{Account: account("bob"), Address: other, Amount: dec("0.000001")},
			{Account: account("cid"), Address: address, Amount: dec("0.1")},
		},
		Outputs: []payout.Output{{Address: other, Amount: dec("0.000001")}, {Address: address, Amount: dec("1.35")}},
		Total:   decimal.New(1350001, -6),
	}
	b.ID = b.Sum()
	return b
}

func knowsNothing(t *testing.T, r Rig) {
	equal(t, "status", status(t, r.Open(t), batch(1)), payout.Unsent)
}

func pays(t *testing.T, r Rig) {
	p, b := r.Open(t), batch(1)
	noError(t, p.Pay(t.Context(), b))
	r.settled(t, b, 1)
	before, err := p.Find(t.Context(), b.ID)
	noError(t, err)
	after, err := r.Open(t).Find(t.Context(), b.ID)
	noError(t, err)
	equal(t, "status", before.Status, payout.Sent)
	equal(t, "a transaction", before.TxID != "", true)
	equal(t, "the transaction after a restart", after.TxID, before.TxID)
	equal(t, "of another batch", status(t, p, batch(2)), payout.Unsent)
}

func paysOnce(t *testing.T, r Rig) {
	p, b := r.Open(t), batch(1)
	for range 3 {
		noError(t, p.Pay(t.Context(), b))
	}
	r.settled(t, b, 1)
	noError(t, p.Pay(t.Context(), b))
	r.settled(t, b, 1)
	equal(t, "status", status(t, p, b), payout.Sent)
}

func paysOnceAcrossRestarts(t *testing.T, r Rig) {
	b := batch(1)
	for range 3 {
		noError(t, r.Open(t).Pay(t.Context(), b))
	}
	r.settled(t, b, 1)
	noError(t, r.Open(t).Pay(t.Context(), b))
	r.settled(t, b, 1)
	equal(t, "status", status(t, r.Open(t), b), payout.Sent)
}

// What a call answers that came second is not said; that it pays nothing is.
func paysOnceConcurrently(t *testing.T, r Rig) {
	b := batch(1)
	payers := []payout.Payer{r.Open(t), r.Open(t)}
	together(8, func(i int) { _ = payers[i%2].Pay(t.Context(), b) })
	r.settled(t, b, 1)
	equal(t, "status", status(t, r.Open(t), b), payout.Sent)
}

func tellsBatchesApart(t *testing.T, r Rig) {
	p, first, second := r.Open(t), batch(1), batch(2)
	noError(t, p.Pay(t.Context(), first))
	noError(t, p.Pay(t.Context(), second))
	r.settled(t, first, 1)
	r.settled(t, second, 1)
	equal(t, "status of the first", status(t, p, first), payout.Sent)
	equal(t, "status of the second", status(t, p, second), payout.Sent)
}

func voids(t *testing.T, r Rig) {
	p, b := r.Open(t), batch(1)
	noError(t, p.Void(t.Context(), b.ID))
	noError(t, p.Void(t.Context(), b.ID))
	equal(t, "status", status(t, p, b), payout.Voided)
	is(t, p.Pay(t.Context(), b), payout.ErrRefused)
	r.settled(t, b, 0)
	equal(t, "status", status(t, p, b), payout.Voided)
	noError(t, p.Pay(t.Context(), batch(2))) // another batch is not concerned
	r.settled(t, batch(2), 1)
}

func voidsAcrossRestarts(t *testing.T, r Rig) {
	b, heldUp := batch(1), r.Open(t)
	noError(t, r.Open(t).Void(t.Context(), b.ID))
	is(t, heldUp.Pay(t.Context(), b), payout.ErrRefused)
	is(t, r.Open(t).Pay(t.Context(), b), payout.ErrRefused)
	r.settled(t, b, 0)
	equal(t, "status", status(t, r.Open(t), b), payout.Voided)
}

func keepsPaid(t *testing.T, r Rig) {
	p, b := r.Open(t), batch(1)
	noError(t, p.Pay(t.Context(), b))
	fails(t, "to make void what was handed over", r.Open(t).Void(t.Context(), b.ID))
	r.settled(t, b, 1)
	fails(t, "to make void what was paid", p.Void(t.Context(), b.ID))
	r.settled(t, b, 1)
	equal(t, "status", status(t, p, b), payout.Sent)
}

func paysOrVoids(t *testing.T, r Rig) {
	for generation := range uint64(10) {
		b, payer, other := batch(generation+1), r.Open(t), r.Open(t)
		var paid, voided error
		together(2, func(i int) {
			if i == 0 {
				paid = payer.Pay(t.Context(), b)
			} else {
				voided = other.Void(t.Context(), b.ID)
			}
		})
		if voided == nil {
			is(t, paid, payout.ErrRefused)
			r.settled(t, b, 0)
			equal(t, "status", status(t, payer, b), payout.Voided)
			continue
		}
		noError(t, payer.Pay(t.Context(), b))
		r.settled(t, b, 1)
		equal(t, "status", status(t, payer, b), payout.Sent)
	}
}

func obeysPayContext(t *testing.T, r Rig) {
	p, b := r.Open(t), batch(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, "to pay", p.Pay(ctx, b))
	fails(t, "to make void", p.Void(ctx, b.ID))
	_, err := p.Find(ctx, b.ID)
	fails(t, "to find", err)
	r.settled(t, b, 0)
	noError(t, p.Pay(t.Context(), b))
	r.settled(t, b, 1)
}

func takesRefusal(t *testing.T, r Rig) {
	if r.Refuse == nil {
		return
	}
	p, b := r.Open(t), batch(1)
	r.Refuse(t, true)
	is(t, p.Pay(t.Context(), b), payout.ErrRefused)
	is(t, r.Open(t).Pay(t.Context(), b), payout.ErrRefused)
	equal(t, "status", status(t, p, b), payout.Unsent)
	r.settled(t, b, 0)
	r.Refuse(t, false)
	equal(t, "status after a restart", status(t, r.Open(t), b), payout.Unsent)
	noError(t, p.Pay(t.Context(), b))
	r.settled(t, b, 1)
	equal(t, "status", status(t, p, b), payout.Sent)
}

func voidsRefused(t *testing.T, r Rig) {
	if r.Refuse == nil {
		return
	}
	p, b := r.Open(t), batch(1)
	r.Refuse(t, true)
	is(t, p.Pay(t.Context(), b), payout.ErrRefused)
	noError(t, r.Open(t).Void(t.Context(), b.ID))
	r.Refuse(t, false)
	is(t, p.Pay(t.Context(), b), payout.ErrRefused)
	r.settled(t, b, 0)
	equal(t, "status", status(t, p, b), payout.Voided)
}

func survivesLostAnswer(t *testing.T, r Rig) {
	if r.Lose == nil {
		return
	}
	p, b := r.Open(t), batch(1)
	r.Lose(t)
	fails(t, "to pay", p.Pay(t.Context(), b))
	_ = p.Pay(t.Context(), b) // may know by now that it paid
	_ = r.Open(t).Pay(t.Context(), b)
	r.settled(t, b, 1)
	for _, p := range []payout.Payer{p, r.Open(t)} {
		if got := status(t, p, b); got != payout.Sent && got != payout.Unknown {
			t.Errorf("status %q of a payment that was made", got)
		}
	}
}

func keepsLost(t *testing.T, r Rig) {
	if r.Lose == nil {
		return
	}
	p, b := r.Open(t), batch(1)
	r.Lose(t)
	fails(t, "to pay", p.Pay(t.Context(), b))
	fails(t, "to make void", r.Open(t).Void(t.Context(), b.ID))
	r.settled(t, b, 1)
}

func keepsLostApart(t *testing.T, r Rig) {
	if r.Lose == nil {
		return
	}
	p := r.Open(t)
	r.Lose(t)
	fails(t, "to pay", p.Pay(t.Context(), batch(1)))
	equal(t, "status", status(t, p, batch(2)), payout.Unsent)
	noError(t, p.Pay(t.Context(), batch(2)))
	r.settled(t, batch(1), 1)
	r.settled(t, batch(2), 1)
}

// settled checks how often b is paid once the outside had its time.
func (r Rig) settled(t *testing.T, b payout.Batch, want int) {
	t.Helper()
	r.Settle(t)
	equal(t, "payments", r.Paid(t, b), want)
}

func status(t *testing.T, p payout.Payer, b payout.Batch) payout.Status {
	t.Helper()
	r, err := p.Find(t.Context(), b.ID)
	noError(t, err)
	return r.Status
}

func fails(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
	}
}
