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
	// A disk keeps a hundred submissions in hardly more time than one. So those
	// that come while a group is written are the next group, up to a limit.
	maxGroup       = 256
	maxGroupOrders = 10_000 // of all, or of a single submission

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
		case l.submits <- struct{}{}:
			l.writeGroup(ctx, l.nextGroup())
			l.submits.give()
		case <-ended:
			if l.leave(own) {
				return fmt.Errorf("submit %s: %w", s.Account(), ctx.Err())
			}
			ended = nil // it is being written: wait for what comes of that
		}
	}
}

func checkSubmission(s reward.Submission) error {
	if err := checkFields(reward.ErrInvalid, field{"Submission.User", s.User}, field{"Submission.Exchange", s.Exchange}, field{"Submission.Unit", s.Unit}); err != nil {
		return err
	}
	for i, o := range s.Orders {
		if err := checkFields(reward.ErrInvalid, field{"Order.OrderID", o.OrderID}); err != nil {
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
	calls := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	return calls
}

// leave ends the waiting of own, and reports whether it still waited.
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
func (l *Ledger) writeGroup(ctx context.Context, calls []*submitting) {
	if len(calls) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var left atomic.Int32
	for _, call := range calls {
		stop := context.AfterFunc(call.ctx, func() { //nolint:contextcheck // each has its own
			if int(left.Add(1)) == len(calls) {
				cancel()
			}
		})
		defer stop()
	}
	err := l.write(ctx, func(w *writing) error { return w.submit(ctx, calls) })
	for _, call := range calls {
		if err != nil {
			call.err = fmt.Errorf("submit %s: %w", call.s.Account(), cmp.Or(call.ctx.Err(), err))
		}
		close(call.done)
	}
}

// proof is the account of a submission and the newest proof of it.
type proof struct {
	account int64
	name    string
	issued  stdsql.NullInt64 // microseconds
}

// known is since when an order is known, and what is on record of when it was
// last seen, in microseconds.
type known struct{ since, seen int64 }

// group is what is known by name before a group is written, and what to write.
type group struct {
	proofs map[string]proof
	orders map[string]known

	submissions [][]any
	issued      map[string]proof
	seen        map[string]known
}

// submit writes what can be written and gives everybody else an error.
func (w *writing) submit(ctx context.Context, calls []*submitting) error {
	g, err := w.lookUp(ctx, calls)
	if err != nil {
		return err
	}
	for _, call := range calls {
		call.err = w.accept(g, call.s)
	}
	return w.keep(ctx, g)
}

// lookUp finds what is known of the accounts and the orders.
func (w *writing) lookUp(ctx context.Context, calls []*submitting) (*group, error) {
	var accounts, orders []string
	for _, call := range calls {
		accounts = append(accounts, call.s.Account())
		for _, o := range call.s.Orders {
			o.Exchange, o.Unit = call.s.Exchange, call.s.Unit
			orders = append(orders, orderName(o))
		}
	}
	g := &group{proofs: map[string]proof{}, orders: map[string]known{}, issued: map[string]proof{}, seen: map[string]known{}}
	_, err := among(ctx, w, w.params, func(rows *stdsql.Rows) (p proof, err error) {
		err = rows.Scan(&p.account, &p.name, &p.issued)
		g.proofs[p.name] = p
		return p, err
	}, `SELECT a.id, a.name, p.issued_micros FROM evenkeel_account a LEFT JOIN evenkeel_proof p ON p.account = a.id`, "a.name", accounts)
	if err != nil {
		return nil, err
	}
	_, err = among(ctx, w, w.params, func(rows *stdsql.Rows) (k known, err error) {
		var name string
		err = rows.Scan(&name, &k.since, &k.seen)
		g.orders[name] = k
		return k, err
	}, `SELECT name, since_micros, seen_micros FROM evenkeel_order`, "name", orders)
	return g, err
}

// accept adds s to what is written, or says why not.
func (w *writing) accept(g *group, s reward.Submission) error {
	p, registered := g.proofs[s.Account()]
	if !registered {
		return fmt.Errorf("%w: %s", reward.ErrUnregistered, s.Account())
	}
	sightings, err := s.Sightings(w.sightings+1, func(o reward.Order) time.Time {
		if k, seen := g.orders[orderName(o)]; seen {
			return fromMicros(k.since)
		}
		return time.Time{}
	})
	if err != nil {
		return err
	}
	issued := s.IssuedAt.UnixMicro()
	if p.issued.Valid && issued <= p.issued.Int64 {
		return fmt.Errorf("%w: %s at %v, last %v", reward.ErrReplayed, p.name, s.IssuedAt, fromMicros(p.issued.Int64))
	}
	p.issued = stdsql.NullInt64{Int64: issued, Valid: true}
	g.proofs[p.name], g.issued[p.name] = p, p
	if len(sightings) == 0 {
		return nil
	}
	var lines []byte
	for _, o := range sightings {
		lines = appendOrder(lines, o)
		name, now := orderName(o), known{o.Since.UnixMicro(), o.SeenAt.UnixMicro()}
		if before, seen := g.orders[name]; !seen || now.seen-before.seen >= seenPrecision.Microseconds() {
			g.orders[name], g.seen[name] = now, now
		}
	}
	w.sightings += uint64(len(sightings))
	g.submissions = append(g.submissions, []any{int64(w.sightings), len(sightings), p.account, s.SeenAt.UnixMicro(), string(lines)})
	return nil
}

// keep writes what was accepted.
func (w *writing) keep(ctx context.Context, g *group) error {
	var proofs, orders [][]any
	for _, name := range slices.Sorted(maps.Keys(g.issued)) {
		proofs = append(proofs, []any{g.issued[name].account, g.issued[name].issued.Int64})
	}
	for _, name := range slices.Sorted(maps.Keys(g.seen)) {
		orders = append(orders, []any{name, g.seen[name].since, g.seen[name].seen})
	}
	if err := w.insert(ctx, `evenkeel_submission (last, count, account, seen_micros, orders)`, ``, g.submissions); err != nil {
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
