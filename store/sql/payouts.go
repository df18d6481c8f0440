package sql

import (
	"context"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

var _ payout.Ledger = (*Payouts)(nil)

// Payouts is the payout.Ledger of what a [Ledger] credited. Safe for concurrent
// use, also by several programs.
type Payouts struct{ ledger *Ledger }

// Payouts returns l as payouts see it.
func (l *Ledger) Payouts() *Payouts { return &Payouts{l} }

// Owed implements payout.Ledger.
func (p *Payouts) Owed(ctx context.Context, now time.Time, after string, limit int) ([]payout.Debt, error) {
	debts, err := query(ctx, p.ledger.db.pool, func(rows *stdsql.Rows) (payout.Debt, error) {
		var owed decimal.Decimal
		a, err := scanAccount(rows, &owed)
		return payout.Debt{Account: a.first.Account(), Address: a.at(now).Address, Amount: owed}, err
	}, `SELECT `+accountColumns+`, b.owed FROM `+accountTables+` JOIN evenkeel_balance b ON b.account = a.id
		WHERE b.owed <> '0' AND a.name > $1 ORDER BY a.name LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("owed after %q: %w", after, err)
	}
	return debts, nil
}

// Booked implements payout.Ledger.
func (p *Payouts) Booked(ctx context.Context) (uint64, error) {
	c, err := p.ledger.counts(ctx)
	return c.payouts, err
}

// Book implements payout.Ledger.
func (p *Payouts) Book(ctx context.Context, stamp evenkeel.Stamp, d payout.Decision) error {
	err := p.ledger.write(ctx, func(w *writing) error {
		switch {
		case stamp.Seq <= w.payouts:
			return nil
		case stamp.Seq != w.payouts+1:
			return fmt.Errorf("%w: %d after %d", payout.ErrGap, stamp.Seq, w.payouts)
		}
		w.payouts = stamp.Seq
		if d.Planned != nil {
			if err := w.plan(ctx, stamp, *d.Planned); err != nil {
				return err
			}
		}
		for _, m := range d.Moved {
			if err := w.move(ctx, stamp.At, m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("book %s: %w", stamp.ID(), err)
	}
	return nil
}

// unplanned is the phase of what is in no batch.
const unplanned payout.Phase = ""

func (w *writing) plan(ctx context.Context, stamp evenkeel.Stamp, b payout.Batch) error {
	if err := w.shift(ctx, b.Lines, unplanned, payout.Planned); err != nil {
		return err
	}
	written, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, `INSERT INTO evenkeel_payout (seq, id, phase, txid, planned_micros, moved_micros, batch) VALUES ($1, $2, $3, '', $4, $5, $6)`,
		int64(stamp.Seq), b.ID, string(payout.Planned), stamp.At.UnixMicro(), stamp.At.UnixMicro(), written)
	return err
}

func (w *writing) move(ctx context.Context, at time.Time, m payout.Move) error {
	b, err := batch(ctx, w, m.ID)
	if err != nil {
		return err
	}
	if err := w.shift(ctx, b.Lines, b.Phase, m.To); err != nil {
		return err
	}
	if m.TxID != "" {
		b.TxID = m.TxID
	}
	_, err = w.ExecContext(ctx, `UPDATE evenkeel_payout SET phase = $1, txid = $2, moved_micros = $3 WHERE id = $4`,
		string(m.To), b.TxID, at.UnixMicro(), m.ID)
	return err
}

// shift moves the amounts of a batch with its phase.
func (w *writing) shift(ctx context.Context, lines []payout.Line, from, to payout.Phase) error {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = line.Account
	}
	balances, err := among(ctx, w, w.params, scanBalance, selectBalance, "a.name", names)
	if err != nil {
		return err
	}
	byName := make(map[string]*balance, len(balances))
	for i := range balances {
		byName[balances[i].name] = &balances[i]
	}
	for _, line := range lines {
		b, known := byName[line.Account]
		if !known {
			return fmt.Errorf("%w: %s asks %v and is no account", payout.ErrOverdrawn, line.Account, line.Amount)
		}
		source, target := b.in(from), b.in(to)
		if line.Amount.IsNegative() || line.Amount.GreaterThan(*source) {
			return fmt.Errorf("%w: %s asks %v of %v", payout.ErrOverdrawn, line.Account, line.Amount, *source)
		}
		*source = source.Sub(line.Amount)
		*target = target.Add(line.Amount)
	}
	return w.setBalances(ctx, balances)
}

// in returns the part of a balance that batches of a phase take up.
func (b *balance) in(phase payout.Phase) *decimal.Decimal {
	switch phase {
	case unplanned, payout.Failed:
		return &b.owed
	case payout.Paid, payout.Confirmed:
		return &b.paid
	default:
		return &b.held
	}
}

const selectBatch = `SELECT phase, txid, planned_micros, moved_micros, batch FROM evenkeel_payout `

func scanBatch(rows *stdsql.Rows) (payout.Booked, error) {
	var b payout.Booked
	var planned, moved int64
	var written []byte
	if err := rows.Scan(&b.Phase, &b.TxID, &planned, &moved, &written); err != nil {
		return b, err
	}
	b.PlannedAt, b.MovedAt = fromMicros(planned), fromMicros(moved)
	return b, json.Unmarshal(written, &b.Batch)
}

func batch(ctx context.Context, from reader, id string) (payout.Booked, error) {
	found, err := query(ctx, from, scanBatch, selectBatch+`WHERE id = $1`, id)
	switch {
	case err != nil:
		return payout.Booked{}, fmt.Errorf("batch %q: %w", id, err)
	case len(found) == 0:
		return payout.Booked{}, fmt.Errorf("%w: %q", payout.ErrUnknownBatch, id)
	}
	return found[0], nil
}

// Batch implements payout.Ledger.
func (p *Payouts) Batch(ctx context.Context, id string) (payout.Booked, error) {
	if !isText(id) {
		return payout.Booked{}, fmt.Errorf("%w: %q", payout.ErrUnknownBatch, id)
	}
	return batch(ctx, p.ledger.db.pool, id)
}

// Batches implements payout.Ledger.
func (p *Payouts) Batches(ctx context.Context, limit int) ([]payout.Booked, error) {
	batches, err := query(ctx, p.ledger.db.pool, scanBatch, selectBatch+`ORDER BY seq DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("newest %d batches: %w", limit, err)
	}
	return batches, nil
}

// Unpaid implements payout.Ledger.
func (p *Payouts) Unpaid(ctx context.Context, user string) (decimal.Decimal, error) {
	balances, err := p.ledger.balances(ctx, user)
	var sum decimal.Decimal
	for _, b := range balances {
		sum = sum.Add(b.owed).Add(b.held)
	}
	return sum, wrapped("unpaid", user, err)
}
