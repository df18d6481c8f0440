//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// audit holds the books against what everybody outside knows. It returns all that
// is wrong.
func (w *world) audit(ctx context.Context, db *sql.DB) error {
	rewards, err := reward.New(w.cfg.Reward())
	if err != nil {
		return err
	}
	payer, err := payout.New(w.cfg.Payouts())
	if err != nil {
		return err
	}
	rounds, err := decided(ctx, rewards, db.Store(), pool.RewardKey)
	if err != nil {
		return err
	}
	payouts, err := decided(ctx, payer, db.Store(), pool.PayoutKey)
	if err != nil {
		return err
	}
	credited, err := w.auditRounds(ctx, db.Ledger(), rounds)
	if err != nil {
		return err
	}
	batches, err := db.Ledger().Payouts().Batches(ctx, 100_000)
	if err != nil {
		return err
	}
	return errors.Join(
		w.auditPromises(ctx, db),
		auditBooked(ctx, db.Ledger(), len(rounds), len(payouts)),
		w.auditAccounts(ctx, db.Ledger(), credited, batches),
		w.auditWallet(batches),
		w.auditProofs(),
	)
}

// decided returns the steps of a journal that is sound, from its first, and that
// the engine decides the same again (R5, R7).
func decided[S, O, D any](ctx context.Context, engine evenkeel.Engine[S, O, D], store evenkeel.Store, key string) ([]evenkeel.Replayed[S, D], error) {
	found, err := evenkeel.Verify(ctx, store, key)
	if err != nil {
		return nil, err
	}
	if found.First != 1 {
		return nil, fmt.Errorf("journal %s begins at %d", key, found.First)
	}
	var steps []evenkeel.Replayed[S, D]
	for step, err := range evenkeel.Replay(ctx, engine, store, key) {
		if err != nil {
			return nil, err
		}
		if !step.Same {
			return nil, fmt.Errorf("%s is decided otherwise: %s, was %s", step.ID(), fmt.Sprint(step.NewDecision), step.Decision)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// auditPromises wants everything that a provider was told to be so (R1), and
// nothing to be kept twice.
func (w *world) auditPromises(ctx context.Context, db *sql.DB) error {
	ledger := db.Ledger()
	var wrong []error
	for _, p := range w.people {
		registered, kept := p.told()
		found, err := ledger.Registrations(ctx, p.user, time.Now())
		if err != nil {
			return err
		}
		for _, unit := range registered {
			if !slices.ContainsFunc(found, func(r reward.Registration) bool { return r.Unit == unit && r.Address == p.address }) {
				wrong = append(wrong, fmt.Errorf("R1: %s is registered for %s, and the ledger does not know", p.user, unit))
			}
		}
		sightings, err := sightings(ctx, ledger, p.user)
		if err != nil {
			return err
		}
		for _, id := range kept {
			if len(sightings[id]) == 0 {
				wrong = append(wrong, fmt.Errorf("R1: order %s of %s was kept, and is not there", id, p.user))
			}
		}
		for id, twice := range sightings {
			if len(twice) > 1 {
				wrong = append(wrong, fmt.Errorf("R1: order %s of %s was shown once and is there %d times", id, p.user, len(twice)))
			}
		}
	}
	return errors.Join(wrong...)
}

// sightings returns a user's, by the venue's name for the order.
func sightings(ctx context.Context, ledger reward.Ledger, user string) (map[string][]reward.Sighting, error) {
	all, err := ledger.Orders(ctx, user, 1_000_000)
	if err != nil {
		return nil, err
	}
	byOrder := map[string][]reward.Sighting{}
	for _, s := range all {
		byOrder[s.Order.OrderID] = append(byOrder[s.Order.OrderID], s)
	}
	return byOrder, nil
}

// auditBooked wants the ledger to have followed both journals to their ends.
func auditBooked(ctx context.Context, ledger *sql.Ledger, rounds, payouts int) error {
	booked, err := ledger.Booked(ctx)
	if err != nil {
		return err
	}
	paid, err := ledger.Payouts().Booked(ctx)
	if err != nil {
		return err
	}
	if booked != uint64(rounds) || paid != uint64(payouts) {
		return fmt.Errorf("R3: of %d rounds %d are booked, of %d payouts %d", rounds, booked, payouts, paid)
	}
	return nil
}

// auditRounds wants each round to have shared what it had to share, once (R3). It
// returns what each account was credited.
func (w *world) auditRounds(ctx context.Context, ledger reward.Ledger, steps []evenkeel.Replayed[reward.State, reward.Decision]) (map[string]decimal.Decimal, error) {
	credited, total, last := map[string]decimal.Decimal{}, decimal.Zero, uint64(0)
	taken := map[uint64]bool{}
	var wrong []error
	for _, step := range steps {
		d := step.NewDecision
		if d.Reason == reward.RoundDone {
			continue
		}
		var paid, pots decimal.Decimal
		for _, o := range d.Orders {
			paid = paid.Add(o.Amount)
			credited[o.Account] = credited[o.Account].Add(o.Amount)
			if taken[o.ID] {
				wrong = append(wrong, fmt.Errorf("R3: sighting %d is in two rounds", o.ID))
			}
			taken[o.ID] = true
		}
		for _, m := range d.Markets {
			for _, r := range slices.Concat(m.Ask.Ranks, m.Bid.Ranks) {
				if r.Total.IsPositive() {
					pots = pots.Add(r.Pot)
				}
			}
		}
		total = total.Add(paid)
		booked, err := ledger.Round(ctx, d.Round)
		switch s := step.NewState; {
		case err != nil:
			return nil, err
		case d.Round <= last:
			wrong = append(wrong, fmt.Errorf("R3: round %d follows round %d", d.Round, last))
		case d.Reason == reward.Paid && (!paid.Equal(d.Paid) || !paid.Equal(pots)):
			wrong = append(wrong, fmt.Errorf("R3: round %d had %v to share, says %v, credited %v", d.Round, pots, d.Paid, paid))
		case !booked.Decision.Paid.Equal(d.Paid):
			wrong = append(wrong, fmt.Errorf("R3: round %d paid %v, is booked with %v", d.Round, d.Paid, booked.Decision.Paid))
		case !s.Credited.Equal(total) || !s.Balance.Add(total).Equal(s.Funded) || !s.Funded.Equal(decimal.NewFromInt(granted)):
			wrong = append(wrong, fmt.Errorf("R3: after round %d, %v funded is not %v and %v credited", d.Round, s.Funded, s.Balance, total))
		}
		last = d.Round
	}
	return credited, errors.Join(wrong...)
}

// auditAccounts wants each account's credits to be what it is owed, what batches
// hold and what was paid, and everybody who was owed something when the payout
// came to be paid, unless his batch failed (R2).
func (w *world) auditAccounts(ctx context.Context, ledger *sql.Ledger, credited map[string]decimal.Decimal, batches []payout.Booked) error {
	debts, err := ledger.Payouts().Owed(ctx, time.Now(), "", 100_000)
	if err != nil {
		return err
	}
	owed, sums, released := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}, map[string]bool{}
	for _, d := range debts {
		owed[d.Account], sums[d.Account] = d.Amount, d.Amount
	}
	for _, b := range batches {
		for _, l := range b.Lines {
			if b.Phase == payout.Failed {
				released[l.Account] = true
				continue
			}
			sums[l.Account] = sums[l.Account].Add(l.Amount)
		}
	}
	var wrong []error
	for account, sum := range sums {
		if !sum.Equal(credited[account]) {
			wrong = append(wrong, fmt.Errorf("R2: %s was credited %v; owed, held and paid are %v", account, credited[account], sum))
		}
	}
	for account, amount := range credited {
		if _, known := sums[account]; !known && amount.IsPositive() {
			wrong = append(wrong, fmt.Errorf("R2: %s was credited %v, and that is gone", account, amount))
		}
	}
	for i := range w.veterans {
		account := reward.Registration{User: veteran(i), Exchange: "test_exchange", Unit: "btc"}.Account()
		if !credited[account].Equal(decimal.NewFromInt(10)) || !owed[account].IsZero() && !released[account] {
			wrong = append(wrong, fmt.Errorf("R2: %s was credited %v before the payout, and is owed %v after it", account, credited[account], owed[account]))
		}
	}
	return errors.Join(wrong...)
}

// auditWallet wants the wallet to have paid each batch that is sent, once, and
// nothing else (R2). A batch that people had to judge it never heard of, and there
// is none where the wallet signs before it sends.
func (w *world) auditWallet(batches []payout.Booked) error {
	payments := w.wallet.payments()
	var wrong []error
	for _, b := range batches {
		switch b.Phase {
		case payout.Confirmed, payout.Paid:
			if err := settles(b, payments[b.TxID]); err != nil {
				wrong = append(wrong, err)
			}
			delete(payments, b.TxID)
		case payout.Failed:
			if w.payer != config.Sendmany {
				wrong = append(wrong, fmt.Errorf("R2: batch %s failed, and was signed before it was sent", b.ID))
			}
		default:
			wrong = append(wrong, fmt.Errorf("R2: batch %s is still %s", b.ID, b.Phase))
		}
	}
	for id, p := range payments { // one that a failed batch was paid by, or a second one
		wrong = append(wrong, fmt.Errorf("R2: the wallet paid %v in %s %s, for no batch that is sent", p.paid(), id, p.comment))
	}
	return errors.Join(wrong...)
}

// settles wants p to pay exactly what b does.
func settles(b payout.Booked, p payment) error {
	paid := p.paid()
	for _, o := range b.Outputs {
		if !paid[o.Address].Equal(o.Amount) {
			return fmt.Errorf("R2: batch %s pays %v to %s, transaction %s %v", b.ID, o.Amount, o.Address, b.TxID, paid[o.Address])
		}
		delete(paid, o.Address)
	}
	if len(paid) > 0 {
		return fmt.Errorf("R2: transaction %s pays %v that batch %s does not", b.TxID, paid, b.ID)
	}
	return nil
}

// auditProofs wants no proof to have gone to the venue twice (R6).
func (w *world) auditProofs() error {
	if most := w.market.most(); most > 1 {
		return fmt.Errorf("R6: a proof reached the venue %d times", most)
	}
	return nil
}
