package sql

import (
	"cmp"
	"context"
	stdsql "database/sql"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/evenkeelhq/evenkeel/reward"
)

const (
	// A disk keeps a hundred submissions in the time it takes for one. So those
	// that come while one group is written are the next group, up to
	maxGroup       = 256   // of them, with
	maxGroupOrders = 10000 // orders, or a single one

	// seenPrecision is how old the last sighting of an order may get before it is
	// written again: an order that stands for a day is written 24 times.
	seenPrecision = time.Hour
)

// submitting is one call of Submit.
type submitting struct {
	ctx  context.Context //nolint:containedctx // it lives as long as the call that waits for it
	s    reward.Submission
	err  error
	done chan struct{} // closed when err is final
}

// Submit implements reward.Ledger. Once a submission is being written, the end
// of its context stops that only if nobody else's is written with it.
func (l *Ledger) Submit(ctx context.Context, s reward.Submission) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkSubmission(s); err != nil {
		return err
	}
	s.SeenAt, s.IssuedAt = s.SeenAt.UTC().Truncate(time.Microsecond), s.IssuedAt.UTC().Truncate(time.Microsecond)
	own := &submitting{ctx: ctx, s: s, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, own)
	l.mu.Unlock()
	ended := ctx.Done()
	for {
		select {
		case <-own.done:
			return own.err
		case l.turn <- struct{}{}:
			l.writeGroup(l.nextGroup())
			<-l.turn
		case <-ended:
			if l.leave(own) {
				return fmt.Errorf("submit %s: %w", s.Account(), ctx.Err())
			}
			ended = nil // it is being written: wait for what comes of that
		}
	}
}

func checkSubmission(s reward.Submission) error {
	if err := checkNames([]string{"Submission.User", "Submission.Exchange", "Submission.Unit"}, s.User, s.Exchange, s.Unit); err != nil {
		return err
	}
	for i, o := range s.Orders {
		if err := checkNames([]string{"Order.OrderID"}, o.OrderID); err != nil {
			return fmt.Errorf("order %d: %w", i, err)
		}
	}
	return nil
}

// nextGroup takes those who have waited longest.
func (l *Ledger) nextGroup() []*submitting {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, orders := 0, 0
	for n < min(len(l.waiting), maxGroup) {
		orders += len(l.waiting[n].s.Orders)
		if n > 0 && orders > maxGroupOrders {
			break
		}
		n++
	}
	group := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	return group
}

// leave reports whether own still waited. It does no more.
func (l *Ledger) leave(own *submitting) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.waiting, own)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
	return i >= 0
}

// writeGroup writes what a group submits, in one transaction that goes on while
// any of them waits for it.
func (l *Ledger) writeGroup(group []*submitting) {
	if len(group) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(group[0].ctx))
	defer cancel()
	var left atomic.Int32
	for _, one := range group {
		stop := context.AfterFunc(one.ctx, func() {
			if int(left.Add(1)) == len(group) {
				cancel()
			}
		})
		defer stop()
	}
	err := l.write(ctx, func(w *writing) error { return w.submit(ctx, group) })
	for _, one := range group {
		if err != nil {
			one.err = fmt.Errorf("submit %s: %w", one.s.Account(), cmp.Or(one.ctx.Err(), err))
		}
		close(one.done)
	}
}

// proof is the account of a submission and the newest proof of it.
type proof struct {
	account int64
	name    string
	issued  stdsql.NullInt64
}

// known is since when an order is known, and what is on record of when it was
// last seen.
type known struct{ since, seen int64 }

// submit writes what can be written and gives everybody else an error.
func (w *writing) submit(ctx context.Context, group []*submitting) error {
	proofs, orders, err := w.lookUp(ctx, group)
	if err != nil {
		return err
	}
	var submissions [][]any
	issued, seen := map[string]proof{}, map[string]known{}
	for _, one := range group {
		one.err = nil // of an earlier try
		s := one.s
		p, registered := proofs[s.Account()]
		if !registered {
			one.err = fmt.Errorf("%w: %s", reward.ErrUnregistered, s.Account())
			continue
		}
		sightings, err := s.Sightings(w.sightings+1, func(o reward.Order) time.Time {
			if k, ok := orders[orderName(o)]; ok {
				return fromMicros(k.since)
			}
			return time.Time{}
		})
		if err != nil {
			one.err = err
			continue
		}
		if p.issued.Valid && s.IssuedAt.UnixMicro() <= p.issued.Int64 {
			one.err = fmt.Errorf("%w: %s at %v, last %v", reward.ErrReplayed, s.Account(), s.IssuedAt, fromMicros(p.issued.Int64))
			continue
		}
		p.issued = stdsql.NullInt64{Int64: s.IssuedAt.UnixMicro(), Valid: true}
		proofs[p.name], issued[p.name] = p, p
		if len(sightings) == 0 {
			continue
		}
		var lines []byte
		for _, o := range sightings {
			lines = appendOrder(lines, o)
			k := known{o.Since.UnixMicro(), o.SeenAt.UnixMicro()}
			if before, ok := orders[orderName(o)]; !ok || k.seen-before.seen >= seenPrecision.Microseconds() {
				orders[orderName(o)], seen[orderName(o)] = k, k
			}
		}
		w.sightings += uint64(len(sightings))
		submissions = append(submissions, []any{int64(w.sightings), len(sightings), p.account, s.SeenAt.UnixMicro(), string(lines)})
	}
	return w.keep(ctx, submissions, issued, seen)
}

// lookUp returns what is known of the accounts and the orders of a group, by
// name.
func (w *writing) lookUp(ctx context.Context, group []*submitting) (map[string]proof, map[string]known, error) {
	var accounts, names []string
	for _, one := range group {
		accounts = append(accounts, one.s.Account())
		for _, o := range one.s.Orders {
			o.Exchange, o.Unit = one.s.Exchange, one.s.Unit
			names = append(names, orderName(o))
		}
	}
	proofs, orders := map[string]proof{}, map[string]known{}
	_, err := among(ctx, w, func(rows *stdsql.Rows) (p proof, err error) {
		err = rows.Scan(&p.account, &p.name, &p.issued)
		proofs[p.name] = p
		return p, err
	}, `SELECT a.id, a.name, p.issued_micros FROM evenkeel_account a LEFT JOIN evenkeel_proof p ON p.account = a.id`, "a.name", accounts)
	if err != nil {
		return nil, nil, err
	}
	_, err = among(ctx, w, func(rows *stdsql.Rows) (k known, err error) {
		var name string
		err = rows.Scan(&name, &k.since, &k.seen)
		orders[name] = k
		return k, err
	}, `SELECT name, since_micros, seen_micros FROM evenkeel_order`, "name", names)
	return proofs, orders, err
}

// keep writes what a group adds.
func (w *writing) keep(ctx context.Context, submissions [][]any, issued map[string]proof, seen map[string]known) error {
	var proofs, orders [][]any
	for _, name := range slices.Sorted(maps.Keys(issued)) {
		proofs = append(proofs, []any{issued[name].account, issued[name].issued.Int64})
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		orders = append(orders, []any{name, seen[name].since, seen[name].seen})
	}
	if err := w.insert(ctx, `evenkeel_submission (last, count, account, seen_micros, orders)`, ``, submissions); err != nil {
		return err
	}
	if err := w.insert(ctx, `evenkeel_proof (account, issued_micros)`,
		`ON CONFLICT (account) DO UPDATE SET issued_micros = excluded.issued_micros`, proofs); err != nil {
		return err
	}
	return w.insert(ctx, `evenkeel_order (name, since_micros, seen_micros)`,
		`ON CONFLICT (name) DO UPDATE SET seen_micros = excluded.seen_micros`, orders)
}

// orderName names an order apart from all others: "exchange/unit/side/id". Of the
// four only the last can hold a slash.
func orderName(o reward.Order) string {
	return o.Exchange + "/" + o.Unit + "/" + o.Side.String() + "/" + o.OrderID
}
