package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

var _ reward.Ledger = (*Ledger)(nil)

// Ledger is a reward.Ledger. Its zero value is ready to use. It forgets nothing,
// so it grows with every sighting. Safe for concurrent use; do not copy it after
// first use.
type Ledger struct {
	mu            sync.RWMutex
	registrations []reward.Registration
	rebound       map[owner]reward.Registration // the last Rebind
	users         map[string]string             // by account
	issued        map[string]time.Time          // newest proof, by account
	since         map[order]time.Time
	sightings     []reward.Sighting // the one numbered n at n-1
	booked        uint64
	rounds        []round                    // by number
	credited      map[string]decimal.Decimal // by account, over all rounds
	payouts       payouts
}

// owner is who a key belongs to.
type owner struct{ exchange, user string }

// order is what makes two sightings the same order.
type order struct {
	exchange, unit string
	side           exchange.Side
	id             string
}

type round struct {
	reward.Booked
	earned map[string]reward.Earning // by user
}

// Register implements reward.Ledger.
func (l *Ledger) Register(ctx context.Context, r reward.Registration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.Validate(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, other := range l.registrations {
		if other.User == r.User && other.Exchange == r.Exchange && (other.Unit == r.Unit || l.asOf(other, r.At).Address != r.Address) {
			return fmt.Errorf("%w: %s", reward.ErrRegistered, r.Account())
		}
	}
	if l.users == nil {
		l.users, l.issued, l.since = map[string]string{}, map[string]time.Time{}, map[order]time.Time{}
		l.rebound, l.credited = map[owner]reward.Registration{}, map[string]decimal.Decimal{}
	}
	l.registrations = append(l.registrations, r)
	l.users[r.Account()] = r.User
	return nil
}

// Rebind implements reward.Ledger.
func (l *Ledger) Rebind(ctx context.Context, r reward.Registration, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.Validate(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.users[r.Account()]; !ok {
		return fmt.Errorf("%w: %s", reward.ErrUnregistered, r.Account())
	}
	for i, known := range l.registrations {
		if known.User == r.User && known.Exchange == r.Exchange {
			l.registrations[i] = l.asOf(known, now)
		}
	}
	l.rebound[owner{r.Exchange, r.User}] = r
	return nil
}

// asOf returns a registration as it holds at now.
func (l *Ledger) asOf(r reward.Registration, now time.Time) reward.Registration {
	if next, ok := l.rebound[owner{r.Exchange, r.User}]; ok && next.At.After(r.At) && !next.At.After(now) {
		r.Address, r.Signer, r.At = next.Address, next.Signer, next.At
	}
	return r
}

// Registrations implements reward.Ledger.
func (l *Ledger) Registrations(ctx context.Context, user string, now time.Time) ([]reward.Registration, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []reward.Registration
	for _, r := range l.registrations {
		if r.User == user {
			found = append(found, l.asOf(r, now))
		}
	}
	return found, nil
}

// Registered implements reward.Ledger.
func (l *Ledger) Registered(ctx context.Context) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.registrations), nil
}

// Submit implements reward.Ledger.
func (l *Ledger) Submit(ctx context.Context, s reward.Submission) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	account := s.Account()
	if _, ok := l.users[account]; !ok {
		return fmt.Errorf("%w: %s", reward.ErrUnregistered, account)
	}
	orders, err := s.Sightings(uint64(len(l.sightings))+1, func(o reward.Order) time.Time { return l.since[orderOf(o)] })
	if err != nil {
		return err
	}
	if last, ok := l.issued[account]; ok && !s.IssuedAt.After(last) {
		return fmt.Errorf("%w: %s at %v, last %v", reward.ErrReplayed, account, s.IssuedAt, last)
	}
	l.issued[account] = s.IssuedAt
	for _, o := range orders {
		l.since[orderOf(o)] = o.Since
		l.sightings = append(l.sightings, reward.Sighting{Order: o})
	}
	return nil
}

func orderOf(o reward.Order) order { return order{o.Exchange, o.Unit, o.Side, o.OrderID} }

// Pending implements reward.Ledger.
func (l *Ledger) Pending(ctx context.Context, after uint64, limit int) ([]reward.Order, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	waiting := l.sightings[min(after, uint64(len(l.sightings))):]
	waiting = waiting[max(0, len(waiting)-limit):]
	orders := make([]reward.Order, len(waiting))
	for i, s := range waiting {
		orders[i] = s.Order
	}
	return orders, nil
}

// Booked implements reward.Ledger.
func (l *Ledger) Booked(ctx context.Context) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.booked, nil
}

// Book implements reward.Ledger.
func (l *Ledger) Book(ctx context.Context, stamp evenkeel.Stamp, d reward.Decision) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case stamp.Seq <= l.booked:
		return nil
	case stamp.Seq != l.booked+1:
		return fmt.Errorf("%w: %d after %d", reward.ErrGap, stamp.Seq, l.booked)
	}
	l.booked = stamp.Seq
	if d.Reason == reward.RoundDone {
		return nil
	}
	r := round{Booked: reward.Booked{At: stamp.At, Decision: d}, earned: map[string]reward.Earning{}}
	accounts := map[string]bool{}
	for _, o := range d.Orders {
		if o.Verdict == reward.Replayed || o.ID > uint64(len(l.sightings)) {
			continue
		}
		s := &l.sightings[o.ID-1]
		s.Round, s.Outcome = d.Round, o
		if o.Verdict != reward.Credited {
			continue
		}
		user := l.users[o.Account]
		e := r.earned[user]
		r.earned[user] = reward.Earning{Provided: e.Provided.Add(s.Order.Amount), Reward: e.Reward.Add(o.Amount)}
		l.credited[o.Account] = l.credited[o.Account].Add(o.Amount)
		accounts[o.Account] = true
		r.Orders++
	}
	r.Accounts, r.Decision.Orders = len(accounts), nil
	l.rounds = append(l.rounds, r)
	return nil
}

// Orders implements reward.Ledger.
func (l *Ledger) Orders(ctx context.Context, user string, limit int) ([]reward.Sighting, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []reward.Sighting
	for _, s := range slices.Backward(l.sightings) {
		if len(found) == limit {
			break
		}
		if l.users[s.Order.Account] == user {
			found = append(found, s)
		}
	}
	return found, nil
}

// Round implements reward.Ledger.
func (l *Ledger) Round(ctx context.Context, number uint64) (reward.Booked, error) {
	if err := ctx.Err(); err != nil {
		return reward.Booked{}, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, r := range slices.Backward(l.rounds) {
		if number == 0 || r.Decision.Round == number {
			return r.Booked, nil
		}
	}
	return reward.Booked{}, fmt.Errorf("%w: %d", reward.ErrUnknownRound, number)
}

// History implements reward.Ledger.
func (l *Ledger) History(ctx context.Context, user string, limit int) ([]reward.Earning, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []reward.Earning
	for _, r := range slices.Backward(l.rounds) {
		if len(found) == limit {
			break
		}
		if r.Decision.Reason == reward.Paid {
			e := r.earned[user]
			e.Round, e.At = r.Decision.Round, r.At
			found = append(found, e)
		}
	}
	return found, nil
}

// Earned implements reward.Ledger.
func (l *Ledger) Earned(ctx context.Context, user string) (decimal.Decimal, error) {
	if err := ctx.Err(); err != nil {
		return decimal.Decimal{}, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	var sum decimal.Decimal
	for _, r := range l.rounds {
		sum = sum.Add(r.earned[user].Reward)
	}
	return sum, nil
}
