//go:build faultpoint

package fault

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Ledger returns l with a point at each of its methods.
func (p *Points) Ledger(l reward.Ledger) reward.Ledger { return ledger{l, p} }

type ledger struct {
	to reward.Ledger
	p  *Points
}

func (l ledger) Register(ctx context.Context, r reward.Registration) error {
	return try(l.p, "ledger.register", func() error { return l.to.Register(ctx, r) })
}

func (l ledger) Rebind(ctx context.Context, r reward.Registration, now time.Time) error {
	return try(l.p, "ledger.rebind", func() error { return l.to.Rebind(ctx, r, now) })
}

func (l ledger) Registrations(ctx context.Context, user string, now time.Time) ([]reward.Registration, error) {
	return call(l.p, "ledger.registrations", func() ([]reward.Registration, error) { return l.to.Registrations(ctx, user, now) })
}

func (l ledger) Registered(ctx context.Context) (int, error) {
	return call(l.p, "ledger.registered", func() (int, error) { return l.to.Registered(ctx) })
}

func (l ledger) Submit(ctx context.Context, s reward.Submission) error {
	return try(l.p, "ledger.submit", func() error { return l.to.Submit(ctx, s) })
}

func (l ledger) Pending(ctx context.Context, after uint64, limit int) ([]reward.Order, error) {
	return call(l.p, "ledger.pending", func() ([]reward.Order, error) { return l.to.Pending(ctx, after, limit) })
}

func (l ledger) Booked(ctx context.Context) (uint64, error) {
	return call(l.p, "ledger.booked", func() (uint64, error) { return l.to.Booked(ctx) })
}

func (l ledger) Book(ctx context.Context, stamp evenkeel.Stamp, d reward.Decision) error {
	return try(l.p, "ledger.book", func() error { return l.to.Book(ctx, stamp, d) })
}

func (l ledger) Orders(ctx context.Context, user string, limit int) ([]reward.Sighting, error) {
	return call(l.p, "ledger.orders", func() ([]reward.Sighting, error) { return l.to.Orders(ctx, user, limit) })
}

func (l ledger) Round(ctx context.Context, number uint64) (reward.Booked, error) {
	return call(l.p, "ledger.round", func() (reward.Booked, error) { return l.to.Round(ctx, number) })
}

func (l ledger) History(ctx context.Context, user string, limit int) ([]reward.Earning, error) {
	return call(l.p, "ledger.history", func() ([]reward.Earning, error) { return l.to.History(ctx, user, limit) })
}

func (l ledger) Earned(ctx context.Context, user string) (decimal.Decimal, error) {
	return call(l.p, "ledger.earned", func() (decimal.Decimal, error) { return l.to.Earned(ctx, user) })
}

// Payouts returns l with a point at each of its methods.
func (p *Points) Payouts(l payout.Ledger) payout.Ledger { return payouts{l, p} }

type payouts struct {
	to payout.Ledger
	p  *Points
}

func (l payouts) Owed(ctx context.Context, now time.Time, after string, limit int) ([]payout.Debt, error) {
	return call(l.p, "payouts.owed", func() ([]payout.Debt, error) { return l.to.Owed(ctx, now, after, limit) })
}

func (l payouts) Booked(ctx context.Context) (uint64, error) {
	return call(l.p, "payouts.booked", func() (uint64, error) { return l.to.Booked(ctx) })
}

func (l payouts) Book(ctx context.Context, stamp evenkeel.Stamp, d payout.Decision) error {
	return try(l.p, "payouts.book", func() error { return l.to.Book(ctx, stamp, d) })
}

func (l payouts) Batch(ctx context.Context, id string) (payout.Booked, error) {
	return call(l.p, "payouts.batch", func() (payout.Booked, error) { return l.to.Batch(ctx, id) })
}

func (l payouts) Batches(ctx context.Context, limit int) ([]payout.Booked, error) {
	return call(l.p, "payouts.batches", func() ([]payout.Booked, error) { return l.to.Batches(ctx, limit) })
}

func (l payouts) Unpaid(ctx context.Context, user string) (decimal.Decimal, error) {
	return call(l.p, "payouts.unpaid", func() (decimal.Decimal, error) { return l.to.Unpaid(ctx, user) })
}
