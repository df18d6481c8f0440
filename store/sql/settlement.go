package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Settlement is an operator's own book of money, where the providers of a pool
// and the banks each have an account. Every move takes an amount from one account
// to another, in one transaction that is refused unless all accounts still sum to
// zero. Safe for concurrent use, also by several programs.
//
// What providers put in comes from the account outside, which therefore owes as
// much as all others hold. A provider's account never falls below zero; a bank's
// may, since it pays interest out of money that is not in this book.
type Settlement struct{ db *DB }

const outside = "outside"

func providerAccount(id string) string { return "provider/" + id }

func bankAccount(name string) string { return bankPrefix + name }

const bankPrefix = "bank/"

// Limits are what a provider lends.
type Limits struct {
	Min, Max decimal.Decimal // of one transfer, >= 0; a Max of 0 is no limit
	Down     bool            // lends nothing new
}

// The kinds of moves, each with IDs of its own.
const (
	transferred = "transfer"
	deposited   = "deposit" // or redeemed
)

// move is one line of the book, or a transfer that is never to be one.
type move struct {
	provider, kind, id string
	done               bool
	from, to           string
	amount, interest   decimal.Decimal
	note               string
}

func (m move) row(number uint64) []any {
	return []any{int64(number), m.provider, m.kind, m.id, m.done, m.from, m.to, money(m.amount), money(m.interest), m.note}
}

const (
	moveColumns = `provider, kind, id, done, from_account, to_account, amount, interest, note`
	selectMove  = `SELECT ` + moveColumns + ` FROM evenkeel_move`
)

func scanMove(rows *stdsql.Rows) (m move, err error) {
	return m, rows.Scan(&m.provider, &m.kind, &m.id, &m.done, &m.from, &m.to, &m.amount, &m.interest, &m.note)
}

// settling is a transaction that holds the book.
type settling struct {
	*transaction
	moves uint64
	total decimal.Decimal
}

// write lets change change the book, all of it or nothing.
func (s *Settlement) write(ctx context.Context, change func(b *settling) error) error {
	return s.db.write(ctx, func(tx *transaction) error {
		b, err := one(query(ctx, tx, func(rows *stdsql.Rows) (b settling, err error) {
			return b, rows.Scan(&b.moves, &b.total)
		}, `SELECT moves, total FROM evenkeel_settlement`+tx.lock))
		if err != nil {
			return err
		}
		b.transaction = tx
		if err := change(&b); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE evenkeel_settlement SET moves = $1, total = $2`, int64(b.moves), money(b.total))
		return err
	})
}

// known returns the move of that ID, if it was made or is never to be.
func (b *settling) known(ctx context.Context, provider, kind, id string) (m move, known bool, err error) {
	found, err := query(ctx, b, scanMove, selectMove+` WHERE provider = $1 AND kind = $2 AND id = $3`, provider, kind, id)
	if err != nil || len(found) == 0 {
		return move{}, false, err
	}
	return found[0], true, nil
}

// post adds a move to the book. The total is that of what is written, not of what
// was meant: an error here could not be kept.
func (b *settling) post(ctx context.Context, m move) error {
	b.moves++
	if err := b.insert(ctx, `evenkeel_move (number, `+moveColumns+`)`, ``, [][]any{m.row(b.moves)}); err != nil || !m.done {
		return err
	}
	held, err := b.holdings(ctx, m.from, m.to)
	if err != nil {
		return err
	}
	less, more := held[m.from].Sub(m.amount), held[m.to].Add(m.amount)
	b.total = b.total.Add(less.Add(more)).Sub(held[m.from].Add(held[m.to]))
	return b.insert(ctx, `evenkeel_holding (account, amount)`, `ON CONFLICT (account) DO UPDATE SET amount = excluded.amount`,
		[][]any{{m.from, money(less)}, {m.to, money(more)}})
}

// holdings returns what accounts hold; nothing if they are not there.
func (b *settling) holdings(ctx context.Context, accounts ...string) (map[string]decimal.Decimal, error) {
	held := map[string]decimal.Decimal{}
	_, err := among(ctx, b, b.params, holdingsInto(held), `SELECT account, amount FROM evenkeel_holding`, `account`, accounts)
	return held, err
}

func holdingsInto(held map[string]decimal.Decimal) func(*stdsql.Rows) (string, error) {
	return func(rows *stdsql.Rows) (account string, err error) {
		var amount decimal.Decimal
		err = rows.Scan(&account, &amount)
		held[account] = amount
		return account, err
	}
}

// Contribute puts in money for a provider, once per provider and ID. The same ID
// with another amount is [evenkeel.ErrConflict].
func (s *Settlement) Contribute(ctx context.Context, provider, id string, amount decimal.Decimal) error {
	return s.deposit(ctx, move{from: outside, to: providerAccount(provider)}, provider, id, amount)
}

// Redeem takes out money of a provider, once per provider and ID. What is not
// there, because it was lent or never put in, is [liquidity.ErrRefused]; the same
// ID with another amount, or of a contribution, is [evenkeel.ErrConflict].
func (s *Settlement) Redeem(ctx context.Context, provider, id string, amount decimal.Decimal) error {
	return s.deposit(ctx, move{from: providerAccount(provider), to: outside}, provider, id, amount)
}

func (s *Settlement) deposit(ctx context.Context, m move, provider, id string, amount decimal.Decimal) error {
	m.provider, m.kind, m.id, m.done, m.amount = provider, deposited, id, true, amount
	if err := errors.Join(checkNamed("provider", provider), checkNamed("id", id), checkAmount("amount", amount)); err != nil {
		return err
	}
	err := s.write(ctx, func(b *settling) error {
		switch before, known, err := b.known(ctx, provider, deposited, id); {
		case err != nil:
			return err
		case known && (before.from != m.from || !before.amount.Equal(amount)):
			return fmt.Errorf("%w: it was %s from %s to %s", evenkeel.ErrConflict, before.amount, before.from, before.to)
		case known:
			return nil
		}
		if err := b.count(ctx, m); err != nil {
			return err
		}
		return b.post(ctx, m)
	})
	if err != nil {
		return fmt.Errorf("move %s from %s to %s as %.64q: %w", amount, m.from, m.to, id, err)
	}
	return nil
}

func checkAmount(field string, d decimal.Decimal) error {
	return valid.Check(evenkeel.ErrInvalid, rule{valid.Positive(d), field, d, valid.MustBePositive})
}

// count adds a deposit to its provider's totals.
func (b *settling) count(ctx context.Context, m move) error {
	p, err := provider(ctx, b, m.provider)
	if err != nil {
		return err
	}
	if m.to == outside {
		held, err := b.holdings(ctx, m.from)
		if err != nil {
			return err
		}
		if held[m.from].LessThan(m.amount) {
			return fmt.Errorf("%w: it holds %s", liquidity.ErrRefused, held[m.from])
		}
		p.Redeemed = p.Redeemed.Add(m.amount)
	} else {
		p.Contributed = p.Contributed.Add(m.amount)
	}
	if !valid.InRange(p.Contributed) || !valid.InRange(p.Redeemed) {
		return fmt.Errorf("%w: the provider's total %s: must be below 1e18", evenkeel.ErrInvalid, decimal.Max(p.Contributed, p.Redeemed))
	}
	return b.keep(ctx, p)
}

// keep writes what a provider says of itself.
func (b *settling) keep(ctx context.Context, p liquidity.Provider) error {
	return b.insert(ctx, `evenkeel_provider (id, contributed, redeemed, min_amount, max_amount, down)`,
		`ON CONFLICT (id) DO UPDATE SET contributed = excluded.contributed, redeemed = excluded.redeemed,
		min_amount = excluded.min_amount, max_amount = excluded.max_amount, down = excluded.down`,
		[][]any{{p.ID, money(p.Contributed), money(p.Redeemed), money(p.Min), money(p.Max), p.Down}})
}

// provider returns what a provider says of itself; it is empty at first.
func provider(ctx context.Context, from reader, id string) (liquidity.Provider, error) {
	found, err := query(ctx, from, func(rows *stdsql.Rows) (p liquidity.Provider, err error) {
		return p, rows.Scan(&p.ID, &p.Contributed, &p.Redeemed, &p.Min, &p.Max, &p.Down)
	}, `SELECT id, contributed, redeemed, min_amount, max_amount, down FROM evenkeel_provider WHERE id = $1`, id)
	if err != nil || len(found) == 0 {
		return liquidity.Provider{ID: id}, err
	}
	return found[0], nil
}

// SetLimits sets what a provider lends from now on.
func (s *Settlement) SetLimits(ctx context.Context, id string, l Limits) error {
	if err := errors.Join(checkNamed("provider", id), valid.Check(evenkeel.ErrInvalid,
		rule{valid.NotNegative(l.Min), "Limits.Min", l.Min, valid.MustBeAmount},
		rule{valid.NotNegative(l.Max) && (l.Max.IsZero() || l.Max.GreaterThanOrEqual(l.Min)), "Limits.Max", l.Max, "must be 0 or at least Min, and below 1e18"},
	)); err != nil {
		return err
	}
	err := s.write(ctx, func(b *settling) error {
		p, err := provider(ctx, b, id)
		if err != nil {
			return err
		}
		p.Min, p.Max, p.Down = l.Min, l.Max, l.Down
		return b.keep(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("limits of provider %.64q: %w", id, err)
	}
	return nil
}

// Net returns what each bank has received less what it gave back, interest
// included: what a feed has to add that does not see the pool's transfers.
func (s *Settlement) Net(ctx context.Context) (map[string]decimal.Decimal, error) {
	held := map[string]decimal.Decimal{}
	if _, err := query(ctx, s.db.pool, holdingsInto(held), `SELECT account, amount FROM evenkeel_holding`); err != nil {
		return nil, fmt.Errorf("net of all banks: %w", err)
	}
	net := map[string]decimal.Decimal{}
	for account, amount := range held {
		if bank, is := strings.CutPrefix(account, bankPrefix); is {
			net[bank] = amount
		}
	}
	return net, nil
}

// Audit recounts every account from the book's moves and reports the first that
// differs, or a sum that is not zero, as [evenkeel.ErrBroken]. It reads all moves.
func (s *Settlement) Audit(ctx context.Context) error {
	var held, counted map[string]decimal.Decimal
	err := s.write(ctx, func(b *settling) error { // so that nothing moves meanwhile
		held, counted = map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
		if _, err := query(ctx, b, holdingsInto(held), `SELECT account, amount FROM evenkeel_holding`); err != nil {
			return err
		}
		for m, err := range each(ctx, b, scanMove, selectMove+` ORDER BY number`) {
			switch {
			case err != nil:
				return err
			case m.done:
				counted[m.from], counted[m.to] = counted[m.from].Sub(m.amount), counted[m.to].Add(m.amount)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	var total decimal.Decimal
	for account := range counted {
		if _, there := held[account]; !there {
			held[account] = decimal.Decimal{}
		}
	}
	for _, account := range slices.Sorted(maps.Keys(held)) {
		total = total.Add(held[account])
		if !held[account].Equal(counted[account]) {
			return fmt.Errorf("%w: audit: %s holds %s, its moves sum to %s", evenkeel.ErrBroken, account, held[account], counted[account])
		}
	}
	if !total.IsZero() {
		return fmt.Errorf("%w: audit: all accounts sum to %s", evenkeel.ErrBroken, total)
	}
	return nil
}
