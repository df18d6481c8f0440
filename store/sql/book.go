package sql

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward"
)

// Booked implements reward.Ledger.
func (l *Ledger) Booked(ctx context.Context) (uint64, error) {
	c, err := l.counts(ctx)
	return c.booked, err
}

// Book implements reward.Ledger. It refuses to credit a sighting that is not on
// record: then the ledger is not the one that the decision was made from.
func (l *Ledger) Book(ctx context.Context, stamp evenkeel.Stamp, d reward.Decision) error {
	return l.write(ctx, func(w *writing) error {
		switch {
		case stamp.Seq <= w.booked:
			return nil
		case stamp.Seq != w.booked+1:
			return fmt.Errorf("%w: %d after %d", reward.ErrGap, stamp.Seq, w.booked)
		}
		w.booked = stamp.Seq
		if d.Reason == reward.RoundDone {
			return nil
		}
		if err := w.book(ctx, stamp, d); err != nil {
			return fmt.Errorf("round %d: %w", d.Round, err)
		}
		return nil
	})
}

// share is what one account had of a round.
type share struct {
	provided, reward decimal.Decimal
	credited         int // orders
	outcomes         []byte
}

func (w *writing) book(ctx context.Context, stamp evenkeel.Stamp, d reward.Decision) error {
	shares, err := w.shares(ctx, d.Orders)
	if err != nil {
		return err
	}
	var credits, outcomes [][]any
	orders, earned := 0, map[int64]decimal.Decimal{}
	for _, account := range slices.Sorted(maps.Keys(shares)) {
		s := shares[account]
		outcomes = append(outcomes, []any{int64(d.Round), account, string(s.outcomes)})
		if s.credited > 0 {
			credits = append(credits, []any{int64(d.Round), account, money(s.provided), money(s.reward)})
			orders += s.credited
		}
		if s.reward.IsPositive() {
			earned[account] = s.reward
		}
	}
	if err := w.insert(ctx, `evenkeel_outcome (round, account, outcomes)`, ``, outcomes); err != nil {
		return err
	}
	if err := w.insert(ctx, `evenkeel_credit (round, account, provided, reward)`, ``, credits); err != nil {
		return err
	}
	if err := w.credit(ctx, earned); err != nil {
		return err
	}
	d.Orders = nil
	decision, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, `INSERT INTO evenkeel_round (number, seq, at_micros, taken, orders, accounts, paid, decision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		int64(d.Round), int64(stamp.Seq), stamp.At.UnixMicro(), int64(w.taken), orders, len(credits), d.Reason == reward.Paid, decision)
	return err
}

// shares gathers outcomes by account, and counts their sightings as taken up.
func (w *writing) shares(ctx context.Context, outcomes []reward.Outcome) (map[int64]*share, error) {
	if len(outcomes) == 0 {
		return nil, nil
	}
	byID := func(a, b reward.Outcome) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(outcomes, byID) {
		outcomes = slices.SortedFunc(slices.Values(outcomes), byID)
	}
	last := outcomes[len(outcomes)-1].ID
	w.taken = max(w.taken, min(last, w.sightings))
	submissions, err := query(ctx, w, scanSubmission, selectSubmission+`WHERE s.last >= $1 AND s.last - s.count < $2 ORDER BY s.last`, int64(outcomes[0].ID), int64(last))
	if err != nil {
		return nil, err
	}
	shares := map[int64]*share{}
	for _, s := range submissions {
		end, _ := slices.BinarySearchFunc(outcomes, s.last+1, func(o reward.Outcome, id uint64) int { return cmp.Compare(o.ID, id) })
		mine, known := shares[s.account.id]
		if !known {
			mine = &share{}
			shares[s.account.id] = mine
		}
		if err := mine.add(s, outcomes[:end]); err != nil {
			return nil, err
		}
		outcomes = outcomes[end:]
	}
	return shares, checkUnknown(outcomes)
}

// add takes the outcomes of one submission into s.
func (s *share) add(from submission, outcomes []reward.Outcome) error {
	amounts, err := from.amounts()
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Verdict == reward.Replayed {
			continue
		}
		if o.ID < from.first() || o.Account != from.account.first.Account() {
			if err := checkUnknown(outcomes[i : i+1]); err != nil {
				return err
			}
			continue
		}
		s.outcomes = appendOutcome(s.outcomes, o)
		if o.Verdict == reward.Credited {
			s.provided, s.reward = s.provided.Add(amounts[o.ID-from.first()]), s.reward.Add(o.Amount)
			s.credited++
		}
	}
	return nil
}

// checkUnknown refuses to credit sightings that are not on record.
func checkUnknown(outcomes []reward.Outcome) error {
	for _, o := range outcomes {
		if o.Amount.IsPositive() {
			return fmt.Errorf("%w: sighting %d of %s is credited and not on record", reward.ErrInvalid, o.ID, o.Account)
		}
	}
	return nil
}

// Round implements reward.Ledger.
func (l *Ledger) Round(ctx context.Context, number uint64) (reward.Booked, error) {
	found, err := query(ctx, l.db.pool, scanRound,
		`SELECT at_micros, orders, accounts, decision FROM evenkeel_round WHERE number = $1 OR $1 = 0 ORDER BY number DESC LIMIT 1`,
		int64(min(number, math.MaxInt64)))
	switch {
	case err != nil:
		return reward.Booked{}, fmt.Errorf("round %d: %w", number, err)
	case len(found) == 0:
		return reward.Booked{}, fmt.Errorf("%w: %d", reward.ErrUnknownRound, number)
	}
	return found[0], nil
}

func scanRound(rows *stdsql.Rows) (reward.Booked, error) {
	var b reward.Booked
	var at int64
	var decision []byte
	if err := rows.Scan(&at, &b.Orders, &b.Accounts, &decision); err != nil {
		return b, err
	}
	b.At = fromMicros(at)
	return b, json.Unmarshal(decision, &b.Decision)
}

// History implements reward.Ledger.
func (l *Ledger) History(ctx context.Context, user string, limit int) ([]reward.Earning, error) {
	rounds, err := query(ctx, l.db.pool, scanEarning,
		`SELECT number, at_micros, '0', '0' FROM evenkeel_round WHERE paid ORDER BY number DESC LIMIT $1`, limit)
	if err != nil || len(rounds) == 0 || !isText(user) {
		return rounds, wrapped("history", user, err)
	}
	had, err := query(ctx, l.db.pool, scanEarning,
		// SQLite keeps the order of a cross join, and would else read everybody's credits.
		`SELECT r.number, r.at_micros, c.provided, c.reward
		FROM evenkeel_round r CROSS JOIN evenkeel_account a CROSS JOIN evenkeel_credit c
		WHERE a.user_key = $1 AND r.paid AND r.number >= $2 AND r.number <= $3 AND c.round = r.number AND c.account = a.id`, user, int64(rounds[len(rounds)-1].Round), int64(rounds[0].Round))
	if err != nil {
		return nil, wrapped("history", user, err)
	}
	for _, h := range had {
		i := slices.IndexFunc(rounds, func(r reward.Earning) bool { return r.Round == h.Round })
		rounds[i].Provided, rounds[i].Reward = rounds[i].Provided.Add(h.Provided), rounds[i].Reward.Add(h.Reward)
	}
	return rounds, nil
}

func scanEarning(rows *stdsql.Rows) (reward.Earning, error) {
	var e reward.Earning
	var at int64
	err := rows.Scan(&e.Round, &at, &e.Provided, &e.Reward)
	e.At = fromMicros(at)
	return e, err
}
