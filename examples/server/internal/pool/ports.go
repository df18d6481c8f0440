package pool

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/fault"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Keys of the two journals and inboxes.
const (
	RewardKey = "reward"
	PayoutKey = "payout"
)

// Ports is everything that a pool touches.
type Ports struct {
	Store    evenkeel.Store
	Inbox    evenkeel.Inbox
	Ledger   reward.Ledger
	Payouts  payout.Ledger
	Payer    payout.Payer
	Reporter reward.Reporter // nil for none
	Venues   venue.Set
	Forget   func(ctx context.Context, before time.Time) (more bool, err error) // drops old sightings, a part of them at a time
	DB       *sql.DB                                                            // where all of it is kept, for what else is
	Close    func() error
}

// Outside is the world beyond the database; the zero Outside is the real one.
type Outside struct {
	Clock        clock.Clock
	RoundTripper http.RoundTripper
}

// OpenPorts opens all that cfg names. It asks nobody but the database.
func OpenPorts(ctx context.Context, cfg config.Config, o Outside) (Ports, error) {
	points := fault.New()
	o.RoundTripper = points.RoundTripper(o.RoundTripper)
	venues, err := venue.Open(venue.Options{Paper: cfg.Paper, Clock: o.Clock, RoundTripper: o.RoundTripper})
	if err != nil {
		return Ports{}, err
	}
	db, err := sql.Open(ctx, cfg.DSN)
	if err != nil {
		return Ports{}, err
	}
	ledger, inbox := db.Ledger(), points.Inbox(db.Inbox())
	payer, reporter, err := wallet(ctx, cfg, inbox, ledger.Payouts(), o)
	if err != nil {
		return Ports{}, errors.Join(fmt.Errorf("payer %s: %w", cfg.Payout.Payer, err), db.Close())
	}
	for name, verifier := range venues.Verifiers {
		venues.Verifiers[name] = points.Verifier(verifier)
	}
	return Ports{
		Store: points.Store(db.Store()), Inbox: inbox, Ledger: points.Ledger(ledger), Payouts: points.Payouts(ledger.Payouts()),
		Payer: points.Payer(payer), Reporter: reporter, Venues: venues, Forget: ledger.Forget, DB: db, Close: db.Close,
	}, nil
}
