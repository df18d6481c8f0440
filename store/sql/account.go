package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/reward"
)

// account is a registration on record.
type account struct {
	id    int64
	first reward.Registration
	next  reward.Registration // the last Rebind of its key; the zero time for none
}

const (
	accountColumns = `a.id, a.exchange, a.unit, a.user_key, a.address, a.signer, a.at_micros, COALESCE(n.address, ''), COALESCE(n.signer, ''), n.at_micros`
	accountTables  = `evenkeel_account a LEFT JOIN evenkeel_rebinding n ON n.exchange = a.exchange AND n.user_key = a.user_key`
	selectAccount  = `SELECT ` + accountColumns + ` FROM ` + accountTables + ` `
)

// scanAccount reads the columns of an account, and into more what follows them.
func scanAccount(rows *stdsql.Rows, more ...any) (account, error) {
	var a account
	var at int64
	var next stdsql.NullInt64
	r := &a.first
	err := rows.Scan(append([]any{&a.id, &r.Exchange, &r.Unit, &r.User, &r.Address, &r.Signer, &at, &a.next.Address, &a.next.Signer, &next}, more...)...)
	r.At = fromMicros(at)
	if next.Valid {
		a.next.At = fromMicros(next.Int64)
	}
	return a, err
}

func justAccount(rows *stdsql.Rows) (account, error) { return scanAccount(rows) }

// at returns the registration as it holds at now.
func (a account) at(now time.Time) reward.Registration {
	r := a.first
	if a.next.At.After(r.At) && !a.next.At.After(now) {
		r.Address, r.Signer, r.At = a.next.Address, a.next.Signer, a.next.At
	}
	return r
}

// Register implements reward.Ledger.
func (l *Ledger) Register(ctx context.Context, r reward.Registration) error {
	if err := checkRegistration(r); err != nil {
		return err
	}
	return l.write(ctx, func(w *writing) error {
		others, err := query(ctx, w, justAccount, selectAccount+`WHERE a.user_key = $1 AND a.exchange = $2`, r.User, r.Exchange)
		if err != nil {
			return fmt.Errorf("register %s: %w", r.Account(), err)
		}
		for _, other := range others {
			if other.first.Unit == r.Unit || other.at(r.At).Address != r.Address {
				return fmt.Errorf("%w: %s", reward.ErrRegistered, r.Account())
			}
		}
		w.accounts++
		id := int64(w.accounts)
		if _, err := w.ExecContext(ctx, `INSERT INTO evenkeel_account (id, name, exchange, unit, user_key, address, signer, at_micros)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, r.Account(), r.Exchange, r.Unit, r.User, r.Address, r.Signer, r.At.UnixMicro()); err != nil {
			return fmt.Errorf("register %s: %w", r.Account(), err)
		}
		if _, err := w.ExecContext(ctx, `INSERT INTO evenkeel_balance (account, owed, held, paid) VALUES ($1, '0', '0', '0')`, id); err != nil {
			return fmt.Errorf("register %s: %w", r.Account(), err)
		}
		return nil
	})
}

// Rebind implements reward.Ledger.
func (l *Ledger) Rebind(ctx context.Context, r reward.Registration, now time.Time) error {
	if err := checkRegistration(r); err != nil {
		return err
	}
	return l.write(ctx, func(w *writing) error {
		accounts, err := query(ctx, w, justAccount, selectAccount+`WHERE a.user_key = $1 AND a.exchange = $2`, r.User, r.Exchange)
		if err != nil {
			return fmt.Errorf("rebind %s: %w", r.Account(), err)
		}
		known := false
		for _, a := range accounts {
			known = known || a.first.Unit == r.Unit
		}
		if !known {
			return fmt.Errorf("%w: %s", reward.ErrUnregistered, r.Account())
		}
		for _, a := range accounts { // what holds by now must outlive the Rebind that said it
			holds := a.at(now)
			if _, err := w.ExecContext(ctx, `UPDATE evenkeel_account SET address = $1, signer = $2, at_micros = $3 WHERE id = $4`,
				holds.Address, holds.Signer, holds.At.UnixMicro(), a.id); err != nil {
				return fmt.Errorf("rebind %s: %w", r.Account(), err)
			}
		}
		if _, err := w.ExecContext(ctx, `INSERT INTO evenkeel_rebinding (exchange, user_key, address, signer, at_micros) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (exchange, user_key) DO UPDATE SET address = excluded.address, signer = excluded.signer, at_micros = excluded.at_micros`,
			r.Exchange, r.User, r.Address, r.Signer, r.At.UnixMicro()); err != nil {
			return fmt.Errorf("rebind %s: %w", r.Account(), err)
		}
		return nil
	})
}

func checkRegistration(r reward.Registration) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return checkFields(reward.ErrInvalid, field{"Registration.User", r.User}, field{"Registration.Exchange", r.Exchange},
		field{"Registration.Unit", r.Unit}, field{"Registration.Signer", r.Signer})
}

type field struct{ name, value string }

// checkFields is [checkText] for a port with an error of its own.
func checkFields(kind error, fields ...field) error {
	for _, f := range fields {
		if err := checkText(f.name, f.value); err != nil {
			return fmt.Errorf("%w: %w", kind, err)
		}
	}
	return nil
}

// accounts returns those of a user, oldest first.
func (l *Ledger) accounts(ctx context.Context, user string) ([]account, error) {
	if !isText(user) {
		return nil, nil // none can be registered
	}
	return query(ctx, l.db.pool, justAccount, selectAccount+`WHERE a.user_key = $1 ORDER BY a.id`, user)
}

// Registrations implements reward.Ledger.
func (l *Ledger) Registrations(ctx context.Context, user string, now time.Time) ([]reward.Registration, error) {
	accounts, err := l.accounts(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("registrations of %q: %w", user, err)
	}
	found := make([]reward.Registration, len(accounts))
	for i, a := range accounts {
		found[i] = a.at(now)
	}
	return found, nil
}

// Registered implements reward.Ledger.
func (l *Ledger) Registered(ctx context.Context) (int, error) {
	c, err := l.counts(ctx)
	return int(c.accounts), err
}
