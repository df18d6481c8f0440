package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// balance is what became of all that was credited to an account: the sum of the
// three.
type balance struct {
	account          int64
	name             string
	owed, held, paid decimal.Decimal
}

func (b balance) credited() decimal.Decimal { return b.owed.Add(b.held).Add(b.paid) }

const selectBalance = `SELECT b.account, a.name, b.owed, b.held, b.paid
	FROM evenkeel_balance b JOIN evenkeel_account a ON a.id = b.account`

func scanBalance(rows *stdsql.Rows) (balance, error) {
	var b balance
	err := rows.Scan(&b.account, &b.name, &b.owed, &b.held, &b.paid)
	return b, err
}

// balances returns those of a user.
func (l *Ledger) balances(ctx context.Context, user string) ([]balance, error) {
	if !isText(user) {
		return nil, nil // none can be registered
	}
	return query(ctx, l.db.pool, scanBalance, selectBalance+` WHERE a.user_key = $1`, user)
}

// credit adds to what accounts are owed.
func (w *writing) credit(ctx context.Context, earned map[int64]decimal.Decimal) error {
	balances, err := among(ctx, w, w.params, scanBalance, selectBalance, "b.account", slices.Sorted(maps.Keys(earned)))
	if err != nil {
		return err
	}
	for i := range balances {
		balances[i].owed = balances[i].owed.Add(earned[balances[i].account])
	}
	return w.setBalances(ctx, balances)
}

func (w *writing) setBalances(ctx context.Context, balances []balance) error {
	rows := make([][]any, len(balances))
	for i, b := range balances {
		rows[i] = []any{b.account, money(b.owed), money(b.held), money(b.paid)}
	}
	return w.insert(ctx, `evenkeel_balance (account, owed, held, paid)`,
		`ON CONFLICT (account) DO UPDATE SET owed = excluded.owed, held = excluded.held, paid = excluded.paid`, rows)
}

// Earned implements reward.Ledger.
func (l *Ledger) Earned(ctx context.Context, user string) (decimal.Decimal, error) {
	balances, err := l.balances(ctx, user)
	var sum decimal.Decimal
	for _, b := range balances {
		sum = sum.Add(b.credited())
	}
	return sum, wrapped("earned", user, err)
}

// wrapped adds what of which user was asked for to an error, if there is one.
func wrapped(what, user string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s of %q: %w", what, user, err)
	}
	return err
}
