package sql

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward"
)

// submission is what one proof showed, as it is kept: a line for each order,
//
//	bid 0.99 10 0 1 1767355200000000 "its name"
//
// with price, amount, cost, peg and since. A round reads all of it twice, in a
// fraction of the time that JSON would take.
type submission struct {
	last    uint64 // number of its last sighting
	count   uint64
	account account
	seen    int64 // microseconds
	lines   string
}

const selectSubmission = `SELECT s.last, s.count, s.seen_micros, s.orders, a.id, a.exchange, a.unit, a.user_key
	FROM evenkeel_submission s JOIN evenkeel_account a ON a.id = s.account `

func scanSubmission(rows *stdsql.Rows) (submission, error) {
	var s submission
	r := &s.account.first
	err := rows.Scan(&s.last, &s.count, &s.seen, &s.lines, &s.account.id, &r.Exchange, &r.Unit, &r.User)
	return s, err
}

// first is the number of the first sighting.
func (s submission) first() uint64 { return s.last - s.count + 1 }

// appendOrder adds the line of an order.
func appendOrder(b []byte, o reward.Order) []byte {
	b = append(b, o.Side.String()...)
	for _, number := range []decimal.Decimal{o.Price, o.Amount, o.Cost, o.Peg} {
		b = append(append(b, ' '), money(number)...)
	}
	b = strconv.AppendInt(append(b, ' '), o.Since.UnixMicro(), 10)
	b = strconv.AppendQuote(append(b, ' '), o.OrderID)
	return append(b, '\n')
}

// amounts reads what the orders offer.
func (s submission) amounts() ([]decimal.Decimal, error) {
	amounts := make([]decimal.Decimal, 0, s.count)
	for text := range strings.Lines(s.lines) {
		l := line{rest: text}
		_, _ = l.word(), l.word() // side and price
		amounts = append(amounts, l.decimal())
		if l.err != nil {
			return nil, fmt.Errorf("submission up to sighting %d: %w", s.last, l.err)
		}
	}
	return amounts, s.complete(len(amounts))
}

// complete refuses another number of orders than was kept.
func (s submission) complete(orders int) error {
	if uint64(orders) != s.count {
		return fmt.Errorf("submission up to sighting %d: sql: %d orders, %d were kept", s.last, orders, s.count)
	}
	return nil
}

// orders reads the lines.
func (s submission) orders() ([]reward.Order, error) {
	registered := s.account.first
	name, seenAt := registered.Account(), fromMicros(s.seen)
	orders := make([]reward.Order, 0, s.count)
	for text := range strings.Lines(s.lines) {
		o := reward.Order{
			ID: s.first() + uint64(len(orders)), Account: name,
			Exchange: registered.Exchange, Unit: registered.Unit, SeenAt: seenAt,
		}
		if err := readOrder(text, &o); err != nil {
			return nil, fmt.Errorf("sighting %d: %w", o.ID, err)
		}
		orders = append(orders, o)
	}
	return orders, s.complete(len(orders))
}

func readOrder(text string, o *reward.Order) error {
	l := line{rest: text}
	if err := o.Side.UnmarshalText([]byte(l.word())); err != nil {
		l.fail(err)
	}
	o.Price, o.Amount, o.Cost, o.Peg = l.decimal(), l.decimal(), l.decimal(), l.decimal()
	o.Since, o.OrderID = fromMicros(l.integer()), l.quoted()
	return l.err
}

// Pending implements reward.Ledger.
func (l *Ledger) Pending(ctx context.Context, after uint64, limit int) ([]reward.Order, error) {
	submissions, err := query(ctx, l.db.pool, scanSubmission, selectSubmission+
		`WHERE s.last > $1 AND s.last > (SELECT sightings FROM evenkeel_ledger) - $2 ORDER BY s.last`,
		int64(min(after, math.MaxInt64)), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("sightings after %d: %w", after, err)
	}
	if len(submissions) == 0 {
		return nil, nil
	}
	all := make([]reward.Order, 0, submissions[len(submissions)-1].last-submissions[0].first()+1)
	for _, s := range submissions {
		orders, err := s.orders()
		if err != nil {
			return nil, fmt.Errorf("sightings after %d: %w", after, err)
		}
		all = append(all, orders...)
	}
	all = all[max(0, len(all)-limit):]
	for len(all) > 0 && all[0].ID <= after {
		all = all[1:]
	}
	return all, nil
}

// appendOutcome adds the line of what became of a sighting:
//
//	17 credited 0.5 0.1 "rank_1"
//
// with share and amount.
func appendOutcome(b []byte, o reward.Outcome) []byte {
	b = strconv.AppendUint(b, o.ID, 10)
	b = append(append(b, ' '), o.Verdict...)
	b = append(append(b, ' '), money(o.Share)...)
	b = append(append(b, ' '), money(o.Amount)...)
	b = strconv.AppendQuote(append(b, ' '), o.Rank)
	return append(b, '\n')
}

// readOutcomes is the inverse of [appendOutcome], by number.
func readOutcomes(lines, account string) (map[uint64]reward.Outcome, error) {
	outcomes := map[uint64]reward.Outcome{}
	for text := range strings.Lines(lines) {
		l := line{rest: text}
		o := reward.Outcome{
			ID: uint64(l.integer()), Account: account, Verdict: reward.Verdict(l.word()),
			Share: l.decimal(), Amount: l.decimal(), Rank: l.quoted(),
		}
		if l.err != nil {
			return nil, fmt.Errorf("outcome of sighting %d: %w", o.ID, l.err)
		}
		outcomes[o.ID] = o
	}
	return outcomes, nil
}

// Orders implements reward.Ledger. What was told to be forgotten it leaves out.
func (l *Ledger) Orders(ctx context.Context, user string, limit int) ([]reward.Sighting, error) {
	accounts, err := l.accounts(ctx, user)
	if err != nil {
		return nil, wrapped("orders", user, err)
	}
	var found []reward.Sighting
	for _, a := range accounts {
		of, err := l.sightings(ctx, a, limit)
		if err != nil {
			return nil, wrapped("orders", user, err)
		}
		found = append(found, of...)
	}
	slices.SortFunc(found, func(a, b reward.Sighting) int { return cmp.Compare(b.Order.ID, a.Order.ID) })
	return found[:min(limit, len(found))], nil
}

// sightings returns the newest of an account, newest first. A submission is
// visible as a whole, so one round takes it up.
func (l *Ledger) sightings(ctx context.Context, a account, limit int) ([]reward.Sighting, error) {
	var found []reward.Sighting
	for s, err := range each(ctx, l.db.pool, scanSighted,
		`SELECT s.last, s.count, s.seen_micros, s.orders, COALESCE(o.round, 0), COALESCE(o.outcomes, '') FROM evenkeel_submission s
		LEFT JOIN evenkeel_outcome o ON o.account = s.account
			AND o.round = (SELECT MIN(number) FROM evenkeel_round WHERE taken > s.last - s.count)
		WHERE s.account = $1 ORDER BY s.last DESC LIMIT $2`, a.id, limit) {
		if err != nil {
			return nil, err
		}
		s.account = a
		orders, err := s.orders()
		if err != nil {
			return nil, err
		}
		outcomes, err := readOutcomes(s.outcomes, a.first.Account())
		if err != nil {
			return nil, err
		}
		for _, o := range slices.Backward(orders) {
			sighting := reward.Sighting{Order: o}
			if outcome, judged := outcomes[o.ID]; judged {
				sighting.Round, sighting.Outcome = s.round, outcome
			}
			if found = append(found, sighting); len(found) == limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// sighted is a submission and what came of it.
type sighted struct {
	submission
	round    uint64 // that took it up; 0 while it waits
	outcomes string
}

func scanSighted(rows *stdsql.Rows) (sighted, error) {
	var s sighted
	err := rows.Scan(&s.last, &s.count, &s.seen, &s.lines, &s.round, &s.outcomes)
	return s, err
}
