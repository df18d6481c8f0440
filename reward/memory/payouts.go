package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

var _ payout.Ledger = (*Payouts)(nil)

// Payouts is the payout.Ledger of what a [Ledger] credited. Safe for concurrent
// use.
type Payouts struct{ ledger *Ledger }

// Payouts returns l as payouts see it. It is the same books each time.
func (l *Ledger) Payouts() *Payouts { return &Payouts{l} }

// payouts is what a Ledger keeps for Payouts.
type payouts struct {
	booked  uint64
	taken   map[string]decimal.Decimal // by account: held and paid together
	batches []*payout.Booked           // oldest first
}

// Owed implements payout.Ledger.
func (p *Payouts) Owed(ctx context.Context, now time.Time, after string, limit int) ([]payout.Debt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := p.ledger
	l.mu.RLock()
	defer l.mu.RUnlock()
	var debts []payout.Debt
	for _, r := range l.registrations {
		account := r.Account()
		if owed := l.owed(account); account > after && owed.IsPositive() {
			debts = append(debts, payout.Debt{Account: account, Address: l.asOf(r, now).Address, Amount: owed})
		}
	}
	slices.SortFunc(debts, func(x, y payout.Debt) int { return strings.Compare(x.Account, y.Account) })
	return debts[:min(len(debts), limit)], nil
}

func (l *Ledger) owed(account string) decimal.Decimal {
	return l.credited[account].Sub(l.payouts.taken[account])
}

// Booked implements payout.Ledger.
func (p *Payouts) Booked(ctx context.Context) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	p.ledger.mu.RLock()
	defer p.ledger.mu.RUnlock()
	return p.ledger.payouts.booked, nil
}

// Book implements payout.Ledger.
func (p *Payouts) Book(ctx context.Context, stamp evenkeel.Stamp, d payout.Decision) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l := p.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	switch booked := l.payouts.booked; {
	case stamp.Seq <= booked:
		return nil
	case stamp.Seq != booked+1:
		return fmt.Errorf("%w: %d after %d", payout.ErrGap, stamp.Seq, booked)
	}
	if err := l.check(d); err != nil {
		return fmt.Errorf("book %s: %w", stamp.ID(), err)
	}
	if d.Planned != nil {
		l.payouts.batches = append(l.payouts.batches, &payout.Booked{Batch: *d.Planned, Phase: payout.Planned, PlannedAt: stamp.At, MovedAt: stamp.At})
		l.take(d.Planned.Lines, false)
	}
	for _, m := range d.Moved {
		b := l.batch(m.ID)
		b.Phase, b.MovedAt = m.To, stamp.At
		if m.TxID != "" {
			b.TxID = m.TxID
		}
		if m.To == payout.Failed {
			l.take(b.Lines, true)
		}
	}
	l.payouts.booked = stamp.Seq
	return nil
}

// check finds what would keep d from being booked as a whole.
func (l *Ledger) check(d payout.Decision) error {
	planned := ""
	if d.Planned != nil {
		planned = d.Planned.ID
		asked := map[string]decimal.Decimal{}
		for _, line := range d.Planned.Lines {
			asked[line.Account] = asked[line.Account].Add(line.Amount)
			if owed := l.owed(line.Account); asked[line.Account].GreaterThan(owed) {
				return fmt.Errorf("%w: %s asks %v of %v", payout.ErrOverdrawn, line.Account, asked[line.Account], owed)
			}
		}
	}
	for _, m := range d.Moved {
		if m.ID != planned && l.batch(m.ID) == nil {
			return fmt.Errorf("%w: %s", payout.ErrUnknownBatch, m.ID)
		}
	}
	return nil
}

// take takes what the lines say from their accounts, or gives it back.
func (l *Ledger) take(lines []payout.Line, back bool) {
	if l.payouts.taken == nil {
		l.payouts.taken = map[string]decimal.Decimal{}
	}
	for _, line := range lines {
		amount := line.Amount
		if back {
			amount = amount.Neg()
		}
		l.payouts.taken[line.Account] = l.payouts.taken[line.Account].Add(amount)
	}
}

// batch returns the batch of that ID, or nil.
func (l *Ledger) batch(id string) *payout.Booked {
	for _, b := range slices.Backward(l.payouts.batches) {
		if b.ID == id {
			return b
		}
	}
	return nil
}

// Batch implements payout.Ledger.
func (p *Payouts) Batch(ctx context.Context, id string) (payout.Booked, error) {
	if err := ctx.Err(); err != nil {
		return payout.Booked{}, err
	}
	p.ledger.mu.RLock()
	defer p.ledger.mu.RUnlock()
	if b := p.ledger.batch(id); b != nil {
		return *b, nil
	}
	return payout.Booked{}, fmt.Errorf("%w: %s", payout.ErrUnknownBatch, id)
}

// Batches implements payout.Ledger.
func (p *Payouts) Batches(ctx context.Context, limit int) ([]payout.Booked, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.ledger.mu.RLock()
	defer p.ledger.mu.RUnlock()
	var newest []payout.Booked
	for _, b := range slices.Backward(p.ledger.payouts.batches) {
		if len(newest) == limit {
			break
		}
		newest = append(newest, *b)
	}
	return newest, nil
}

// Unpaid implements payout.Ledger.
func (p *Payouts) Unpaid(ctx context.Context, user string) (decimal.Decimal, error) {
	if err := ctx.Err(); err != nil {
		return decimal.Decimal{}, err
	}
	l := p.ledger
	l.mu.RLock()
	defer l.mu.RUnlock()
	var unpaid decimal.Decimal
	for account, owner := range l.users {
		if owner == user {
			unpaid = unpaid.Add(l.owed(account))
		}
	}
	for _, b := range l.payouts.batches {
		if b.Phase == payout.Paid || b.Phase == payout.Confirmed || b.Phase == payout.Failed {
			continue
		}
		for _, line := range b.Lines {
			if l.users[line.Account] == user {
				unpaid = unpaid.Add(line.Amount)
			}
		}
	}
	return unpaid, nil
}
