package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Provider returns the executor of one provider: a transfer is made, or is never
// to be, when Send or Void returns. One that the provider cannot pay is void, with
// a note that says so.
func (s *Settlement) Provider(id string) liquidity.Executor { return executor{s, id} }

type executor struct {
	settlement *Settlement
	id         string
}

// Provider implements liquidity.Executor.
func (e executor) Provider(ctx context.Context) (liquidity.Provider, error) {
	p, err := provider(ctx, e.settlement.db.pool, e.id)
	if err != nil {
		return p, fmt.Errorf("provider %.64q: %w", e.id, err)
	}
	return p, nil
}

// Send implements liquidity.Executor.
func (e executor) Send(ctx context.Context, t liquidity.Transfer) error {
	m, err := e.move(t)
	if err != nil {
		return err
	}
	var refused string
	err = e.settlement.write(ctx, func(b *settling) error {
		made, err := b.send(ctx, m)
		refused = made.note
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("send %.64q: %w", t.ID, err)
	case refused != "":
		return fmt.Errorf("%w: send %.64q: %s", liquidity.ErrRefused, t.ID, refused)
	}
	return nil
}

// send makes a transfer and returns what came of it, now or before.
func (b *settling) send(ctx context.Context, m move) (move, error) {
	before, known, err := b.known(ctx, m.provider, m.kind, m.id)
	if err != nil || known {
		return before, err
	}
	if m.from == providerAccount(m.provider) {
		held, err := b.holdings(ctx, m.from)
		if err != nil {
			return m, err
		}
		if held[m.from].LessThan(m.amount) {
			m.done, m.note = false, fmt.Sprintf("%s holds %s", m.from, held[m.from])
		}
	}
	return m, b.post(ctx, m)
}

// move returns what a transfer moves.
func (e executor) move(t liquidity.Transfer) (move, error) {
	err := errors.Join(checkNamed("provider", e.id), checkNamed("Transfer.ID", t.ID), checkNamed("Transfer.Bank", t.Bank), checkAmount("Transfer.Amount", t.Amount),
		valid.Check(evenkeel.ErrInvalid,
			rule{t.Side == liquidity.Inject || t.Side == liquidity.Withdraw, "Transfer.Side", string(t.Side), "must be INJECT or WITHDRAW"},
			rule{valid.NotNegative(t.Interest) && (t.Side == liquidity.Withdraw || t.Interest.IsZero()), "Transfer.Interest", t.Interest, "must be >= 0, and 0 of an injection"},
		))
	m := move{
		provider: e.id, kind: transferred, id: t.ID, done: true,
		from: providerAccount(e.id), to: bankAccount(t.Bank), amount: t.Amount.Add(t.Interest), interest: t.Interest,
	}
	if t.Side == liquidity.Withdraw {
		m.from, m.to = m.to, m.from
	}
	return m, err
}

// Void implements liquidity.Executor.
func (e executor) Void(ctx context.Context, id string) error {
	if err := errors.Join(checkNamed("provider", e.id), checkNamed("id", id)); err != nil {
		return err
	}
	err := e.settlement.write(ctx, func(b *settling) error {
		before, known, err := b.known(ctx, e.id, transferred, id)
		switch {
		case err != nil:
			return err
		case known && before.done:
			return fmt.Errorf("%w: it was made", liquidity.ErrRefused)
		case known:
			return nil
		}
		return b.post(ctx, move{provider: e.id, kind: transferred, id: id, note: "void"})
	})
	if err != nil {
		return fmt.Errorf("void %.64q: %w", id, err)
	}
	return nil
}

// Find implements liquidity.Executor.
func (e executor) Find(ctx context.Context, ids []string) (map[string]liquidity.Receipt, error) {
	found := make(map[string]liquidity.Receipt, len(ids))
	for _, id := range ids {
		found[id] = liquidity.Receipt{Status: liquidity.StatusUnsent}
	}
	_, err := among(ctx, e.settlement.db.pool, e.settlement.db.dialect.params, func(rows *stdsql.Rows) (move, error) {
		m, err := scanMove(rows)
		if m.provider == e.id && m.kind == transferred {
			found[m.id] = m.receipt()
		}
		return m, err
	}, selectMove, `id`, ids)
	if err != nil {
		return nil, fmt.Errorf("find %d transfers: %w", len(ids), err)
	}
	return found, nil
}

func (m move) receipt() liquidity.Receipt {
	if !m.done {
		return liquidity.Receipt{Status: liquidity.StatusFailed, Note: m.note}
	}
	return liquidity.Receipt{Status: liquidity.StatusSettled, Amount: m.amount.Sub(m.interest)}
}
