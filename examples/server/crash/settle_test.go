//go:build unix

package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// twoLooks is how long the server takes to look at its payouts twice.
const twoLooks = 2500 * time.Millisecond

// await waits until nothing is wrong with the books of a running server, or it is
// dead.
func (w *world) await(ctx context.Context, c *child, wrong func(context.Context, *sql.DB) error) (err error) {
	db, err := sql.Open(ctx, w.dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = eventually(ctx, patience, func() error {
		if c.dead() {
			return nil
		}
		return wrong(ctx, db)
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, c.said())
	}
	return nil
}

// idle waits until a server is dead, or has had the time for all that it does. It
// does not look into the books: a database that somebody else has open, or closes
// last, is not what a crash leaves behind.
func (w *world) idle(ctx context.Context, c *child) {
	const most = 12 * time.Second
	_ = eventually(ctx, most, func() error { // a server that is waited for in vain is no failure: others settle that
		paid, last := w.wallet.last()
		if !c.dead() && (paid < 2 || time.Since(last) < twoLooks || time.Since(c.began) < twoLooks) {
			return errors.New("busy")
		}
		return nil
	})
}

// finish lets a running server settle everything that the providers, who have
// gone, and the payouts left to do, ends it, and audits the books.
func (w *world) finish(ctx context.Context, program string, c *child) error {
	if err := w.await(ctx, c, w.paidOut); err != nil {
		return err
	}
	if err := w.judge(ctx, program); err != nil {
		return err
	}
	if err := w.await(ctx, c, w.takenUp); err != nil {
		return err
	}
	if c.dead() {
		return fmt.Errorf("the server died of itself: %w\n%s", c.err, c.said())
	}
	if err := c.stop(); err != nil {
		return err
	}
	return w.look(ctx, w.audit)
}

// judge has two people look at each batch that only people can judge. The wallet
// does not show it, or the payer would have found it: it was never sent.
func (w *world) judge(ctx context.Context, program string) error {
	return w.look(ctx, func(ctx context.Context, db *sql.DB) error {
		batches, err := db.Ledger().Payouts().Batches(ctx, 1000)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if b.Phase != payout.Stuck {
				continue
			}
			w.judged++
			for _, person := range []string{"ann", "bob"} {
				cmd := exec.CommandContext(ctx, program, "payouts", "declare-unsent", "--config", configFile, "--by", person, b.ID)
				cmd.Dir = w.folder
				if said, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("%v: %w: %s", cmd.Args, err, said)
				}
			}
			err := eventually(ctx, patience, func() error {
				again, err := db.Ledger().Payouts().Batch(ctx, b.ID)
				if err == nil && again.Phase == payout.Stuck { // or the wallet has shown it meanwhile
					err = fmt.Errorf("batch %s is %s after two people called it unsent", b.ID, again.Phase)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// look opens the books for as long as somebody looks at them.
func (w *world) look(ctx context.Context, at func(context.Context, *sql.DB) error) error {
	db, err := sql.Open(ctx, w.dsn)
	if err != nil {
		return err
	}
	return errors.Join(at(ctx, db), db.Close())
}

// paidOut wants every payout that is due to be over: each batch paid for good,
// unless only people can tell what became of it.
func (w *world) paidOut(ctx context.Context, db *sql.DB) error {
	last, err := db.Store().Last(ctx, pool.PayoutKey)
	if err != nil {
		return err
	}
	var d payout.Decision
	if err := json.Unmarshal(last.Decision, &d); err != nil {
		return err
	}
	if wait := time.Until(d.NextAt); wait < 5*time.Second {
		return fmt.Errorf("a payout is due in %v", wait)
	}
	batches, err := db.Ledger().Payouts().Batches(ctx, 1000)
	if err != nil {
		return err
	}
	if len(batches) < 2 {
		return fmt.Errorf("there are %d batches", len(batches))
	}
	for _, b := range batches {
		judge := b.Phase == payout.Stuck && time.Since(b.MovedAt) > twoLooks // it may still turn up
		if b.Phase != payout.Confirmed && b.Phase != payout.Failed && !judge {
			return fmt.Errorf("batch %s is %s", b.ID, b.Phase)
		}
	}
	return nil
}

// takenUp wants every order that was kept to be part of a round.
func (w *world) takenUp(ctx context.Context, db *sql.DB) error {
	ledger := db.Ledger()
	for _, p := range w.people {
		_, kept := p.told()
		sightings, err := sightings(ctx, ledger, p.user)
		if err != nil {
			return err
		}
		for _, id := range kept {
			if found := sightings[id]; len(found) > 0 && found[0].Round == 0 {
				return fmt.Errorf("order %s of %s waits for its round", id, p.user)
			}
		}
	}
	return nil
}
