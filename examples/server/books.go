package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// with opens the pool's ports for one command.
func (s source) with(ctx context.Context, do func(config.Config, pool.Ports) error) error {
	cfg, err := s.read()
	if err != nil {
		return err
	}
	ports, err := pool.OpenPorts(ctx, cfg, pool.Outside{})
	if err != nil {
		return err
	}
	return errors.Join(do(cfg, ports), ports.Close())
}

// grant is the command that funds the pool.
type grant struct {
	source
	Approval string `required:"" help:"Who or what approved it: a grant is booked once under this name."`
	Amount   string `required:"" help:"In the pegged asset."`
}

// Run puts the grant where the next round finds it, also while a server runs.
func (g grant) Run(ctx context.Context, to streams) error {
	amount, err := decimal.NewFromString(g.Amount)
	if err != nil {
		return fmt.Errorf("%w: --amount %.40q: must be a number", errUsage, g.Amount)
	}
	return g.with(ctx, func(cfg config.Config, ports pool.Ports) error {
		engine, err := reward.New(cfg.Reward())
		if err != nil {
			return err
		}
		// Its number among the commands is not known yet.
		if err := engine.CheckGrant(reward.State{}, reward.Grant{Seq: 1, Approval: g.Approval, Amount: amount}); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if err := pool.Fund(ctx, ports.Inbox, config.Grant{Approval: g.Approval, Amount: amount}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(to.out, "granted %v under %q: it counts from the next round\n", amount, g.Approval)
		return err
	})
}

// payouts is the command that shows and decides about batches.
type payouts struct {
	List          list    `cmd:"" default:"withargs" help:"Show the newest batches (the default)."`
	Approve       approve `cmd:"" help:"Approve a planned batch: two people."`
	GiveUp        giveUp  `cmd:"" help:"Give up a batch that was never sent: its accounts are owed again."`
	DeclareSent   sent    `cmd:"" help:"An unknown batch was paid: two people."`
	DeclareUnsent unsent  `cmd:"" help:"An unknown batch was not and will never be paid: two people."`
	Halt          halt    `cmd:"" help:"Plan and pay nothing from now on."`
	Resume        resume  `cmd:"" help:"After a halt: two people."`
}

type list struct {
	source
	Last int  `default:"20" help:"How many."`
	JSON bool `help:"All of each batch, one JSON object a line."`
}

// Run prints the newest batches, newest first.
func (l list) Run(ctx context.Context, to streams) error {
	return l.with(ctx, func(_ config.Config, ports pool.Ports) error {
		batches, err := ports.Payouts.Batches(ctx, max(1, min(l.Last, 1000)))
		if err != nil {
			return err
		}
		if l.JSON {
			out := json.NewEncoder(to.out)
			for _, b := range batches {
				if err := out.Encode(b); err != nil {
					return err
				}
			}
			return nil
		}
		return printBatches(to.out, batches)
	})
}

func printBatches(out io.Writer, batches []payout.Booked) error {
	if len(batches) == 0 {
		_, err := fmt.Fprintln(out, "no batch yet")
		return err
	}
	t := table.NewWriter()
	t.AppendHeader(table.Row{"planned", "phase", "total", "addresses", "batch", "transaction"})
	for _, b := range batches {
		t.AppendRow(table.Row{b.PlannedAt.Format(time.DateTime), b.Phase, b.Total, len(b.Outputs), b.ID, b.TxID})
	}
	_, err := fmt.Fprintln(out, t.Render())
	return err
}

// decision is what a person says about payouts.
type decision struct {
	source
	By string `required:"" help:"Who says so."`
}

// batch is what a person says about one batch.
type batch struct {
	decision
	Batch string `arg:"" help:"Its name, see 'payouts'."`
}

type (
	approve struct{ batch }
	giveUp  struct{ batch }
	sent    struct {
		batch
		TxID string `arg:"" help:"The transaction that paid it."`
	}
	unsent struct{ batch }
	halt   struct{ decision }
	resume struct{ decision }
)

// Run puts the command where the next look at the payouts finds it.
func (a approve) Run(ctx context.Context, to streams) error {
	return a.send(ctx, to, payout.Command{Do: payout.Approve, Batch: a.Batch})
}

// Run is as that of approve.
func (g giveUp) Run(ctx context.Context, to streams) error {
	return g.send(ctx, to, payout.Command{Do: payout.GiveUp, Batch: g.Batch})
}

// Run is as that of approve.
func (s sent) Run(ctx context.Context, to streams) error {
	return s.send(ctx, to, payout.Command{Do: payout.DeclareSent, Batch: s.Batch, TxID: s.TxID})
}

// Run is as that of approve.
func (u unsent) Run(ctx context.Context, to streams) error {
	return u.send(ctx, to, payout.Command{Do: payout.DeclareUnsent, Batch: u.Batch})
}

// Run is as that of approve.
func (h halt) Run(ctx context.Context, to streams) error {
	return h.send(ctx, to, payout.Command{Do: payout.Halt})
}

// Run is as that of approve.
func (r resume) Run(ctx context.Context, to streams) error {
	return r.send(ctx, to, payout.Command{Do: payout.Resume})
}

// send puts c into the inbox. To say the same again later is another command.
func (d decision) send(ctx context.Context, to streams, c payout.Command) error {
	c.By = d.By
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return d.with(ctx, func(cfg config.Config, ports pool.Ports) error {
		id := fmt.Sprintf("%s %s %s at %s", c.Do, c.Batch, c.By, clock.New().Now().UTC().Format(time.RFC3339Nano))
		if err := ports.Inbox.Put(ctx, pool.PayoutKey, id, body); err != nil {
			return err
		}
		_, err := fmt.Fprintf(to.out, "noted: %s by %s; the server's log tells its answer\n", c.Do, c.By)
		return err
	})
}

// verify is the command that checks the journals.
type verify struct{ source }

// Run walks the journals, and decides each step again that was decided under the
// present configuration.
func (v verify) Run(ctx context.Context, to streams) error {
	return v.with(ctx, func(cfg config.Config, ports pool.Ports) error {
		rewards, err := reward.New(cfg.Reward())
		if err != nil {
			return err
		}
		payouts, err := payout.New(cfg.Payouts())
		if err != nil {
			return err
		}
		if err := journal(ctx, to, ports.Store, pool.RewardKey, rewards); err != nil {
			return err
		}
		if err := journal(ctx, to, ports.Store, pool.PayoutKey, payouts); err != nil {
			return err
		}
		if cfg.ALPS != nil {
			engine, err := liquidity.New(cfg.ALPS.Engine)
			if err != nil {
				return err
			}
			if err := journal(ctx, to, ports.Store, alps.Key(cfg.ALPS.Engine.Pool), engine); err != nil {
				return err
			}
		}
		if cfg.Translator == nil {
			return nil
		}
		return translations(ctx, to, *cfg.Translator, ports.DB)
	})
}

// translations walks the journals of all instruments, and the trail of who has read
// what not everybody may.
func translations(ctx context.Context, to streams, cfg config.Translator, db *sql.DB) error {
	engine, err := risk.New(cfg.Engine)
	if err != nil {
		return err
	}
	const page = 100
	journals, records, again := 0, uint64(0), 0
	for after := market.ISIN(""); ; {
		isins, err := db.Instruments().ISINs(ctx, after, page)
		if err != nil {
			return err
		}
		if len(isins) == 0 {
			break
		}
		for _, isin := range isins {
			found, same, err := sound(ctx, db.Store(), risk.Key(isin), engine)
			if errors.Is(err, evenkeel.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			journals, records, again = journals+1, records+found.Head.Seq, again+same
		}
		after = isins[len(isins)-1]
	}
	if _, err := fmt.Fprintf(to.out, "lr/: %d journals, %d records, all sound; %d decided again, all the same\n", journals, records, again); err != nil {
		return err
	}
	found, err := evenkeel.Verify(ctx, db.Store(), audit.Key)
	if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s: %d records, sound up to %x\n", audit.Key, found.Head.Seq, found.Head.Hash)
	return err
}

func journal[S, O, D any](ctx context.Context, to streams, store evenkeel.Store, key string, engine interface {
	evenkeel.Engine[S, O, D]
	evenkeel.Identity
},
) error {
	found, again, err := sound(ctx, store, key, engine)
	if errors.Is(err, evenkeel.ErrNotFound) {
		_, err = fmt.Fprintf(to.out, "%s: nothing written yet\n", key)
		return err
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.out, "%s: %d records, sound up to %x; %d decided again, all the same\n", key, found.Head.Seq, found.Head.Hash, again)
	return err
}

// sound walks one journal, and returns how many of its steps were decided again.
func sound[S, O, D any](ctx context.Context, store evenkeel.Store, key string, engine interface {
	evenkeel.Engine[S, O, D]
	evenkeel.Identity
},
) (found evenkeel.Verified, again int, err error) {
	if found, err = evenkeel.Verify(ctx, store, key); err != nil {
		return found, 0, err
	}
	_, present := engine.Identity()
	for step, err := range evenkeel.Replay(ctx, engine, store, key) {
		switch {
		case err != nil:
			return found, again, err
		case step.Config != present:
			continue
		case !step.Same:
			return found, again, fmt.Errorf("%w: %s was decided otherwise", evenkeel.ErrBroken, step.ID())
		}
		again++
	}
	return found, again, nil
}

// check is the command that says what is wrong with a file.
type check struct {
	File string `arg:"" help:"The configuration."`
}

// Run prints every problem.
func (c check) Run(to streams) error {
	if _, err := config.Read(c.File, config.Override{}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(to.out, "All complete")
	return err
}

// show is the command that prints the default configuration.
type show struct{}

// Run prints it.
func (show) Run(to streams) error {
	_, err := to.out.Write(config.DefaultYAML)
	return err
}
