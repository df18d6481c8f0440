package chronicle_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

// desk steps an engine that lets go of an action as soon as it may, and reads
// each record.
type desk struct {
	t      *testing.T
	engine *liquidity.Engine
	state  liquidity.State
	seq    uint64 // of the last command
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	cfg := config()
	cfg.Finality, cfg.Cooldown, cfg.ReverseCooldown, cfg.FXCalm = 0, time.Hour, 0, decimal.New(1, 0)
	engine, err := liquidity.New(cfg)
	require.NoError(t, err)
	return &desk{t: t, engine: engine}
}

// look makes one step, a minute after the last. The bank says already how it will
// stand half a minute later, and so what settles now is known to be in it.
func (d *desk) look(liquid int64, receipts map[string]liquidity.Receipt, commands ...liquidity.Command) (chronicle.Entry, liquidity.Decision) {
	d.t.Helper()
	at := noon.Add(time.Duration(d.state.Epoch) * time.Minute)
	for i := range commands {
		d.seq++
		commands[i].Seq, commands[i].Bank, commands[i].Why = d.seq, "bank", "because"
	}
	seen := liquidity.Observation{
		At: at, Receipts: receipts, Commands: commands,
		Providers: []liquidity.Provider{{ID: "glp", Contributed: decimal.New(5000, 0)}},
		Banks: []liquidity.Position{{
			Bank: "bank", Kind: liquidity.SXLR, Currency: "EUR", Source: "core", At: at.Add(30 * time.Second),
			Liquid: decimal.New(liquid, 0), Obligations: decimal.New(1000, 0),
		}},
	}
	next, decision, err := d.engine.Step(d.state, seen)
	require.NoError(d.t, err)
	rec := evenkeel.Record{Stamp: evenkeel.Stamp{Key: key, Seq: next.Epoch, At: at}, Engine: "liquidity@1"}
	rec.State, err = json.Marshal(next)
	require.NoError(d.t, err)
	rec.Seen, err = json.Marshal(seen)
	require.NoError(d.t, err)
	rec.Decision, err = json.Marshal(decision)
	require.NoError(d.t, err)
	entry, told, err := chronicle.Read(d.state, rec)
	require.NoError(d.t, err)
	require.Equal(d.t, next.Funds[0].Lent.String(), told.Funds[0].Lent.String())
	d.state = next
	return entry, decision
}

// words are what an entry tells of actions and postings.
func words(e chronicle.Entry) (all []string) {
	for _, a := range e.Actions {
		all = append(all, fmt.Sprint(a.Side, " ", a.Amount, " ", a.Maker, " ", a.Phase, " ", a.Reason, a.Note))
	}
	for _, p := range e.Postings {
		all = append(all, fmt.Sprint(p.From, " -> ", p.To, " ", p.Amount))
	}
	return all
}

func receipt(id string, status liquidity.Status, amount int64) map[string]liquidity.Receipt {
	return map[string]liquidity.Receipt{id: {Status: status, Amount: decimal.New(amount, 0), Note: "as it says"}}
}

func TestWhatEndsAndIsLetGoAtOnceIsTold(t *testing.T) {
	transfer := func(d *desk) string {
		_, decision := d.look(960, nil)
		return decision.Send[0].ID
	}
	by := func(person string, do liquidity.Verb, id string) liquidity.Command {
		return liquidity.Command{By: person, Do: do, ID: id}
	}
	for name, row := range map[string]struct {
		last func(d *desk) chronicle.Entry
		want []string
	}{
		"a transfer settles": {
			func(d *desk) chronicle.Entry {
				e, _ := d.look(1100, receipt(transfer(d), liquidity.StatusSettled, 140))
				return e
			},
			[]string{"INJECT 140 engine settled as it says", "reserved -> lent 140"},
		},
		"a transfer fails": {
			func(d *desk) chronicle.Entry {
				e, _ := d.look(1100, receipt(transfer(d), liquidity.StatusFailed, 0))
				return e
			},
			[]string{"INJECT 140 engine failed as it says", "reserved -> free 140"},
		},
		"two people say that it settled": {
			func(d *desk) chronicle.Entry {
				id := transfer(d)
				unknown := receipt(id, liquidity.StatusUnknown, 0)
				d.look(1100, unknown, by("ann", liquidity.DeclareSettled, id))
				e, _ := d.look(1100, unknown, by("bob", liquidity.DeclareSettled, id))
				return e
			},
			[]string{"INJECT 140 engine settled as it says", "reserved -> lent 140"},
		},
		"two people say that it failed": {
			func(d *desk) chronicle.Entry {
				id := transfer(d)
				unknown := receipt(id, liquidity.StatusUnknown, 0)
				d.look(1100, unknown, by("ann", liquidity.DeclareFailed, id))
				e, _ := d.look(1100, unknown, by("bob", liquidity.DeclareFailed, id))
				return e
			},
			[]string{"INJECT 140 engine failed as it says", "reserved -> free 140"},
		},
		"they say that it settled and is lost": {
			func(d *desk) chronicle.Entry {
				id := transfer(d)
				unknown := receipt(id, liquidity.StatusUnknown, 0)
				d.look(1100, unknown, by("ann", liquidity.DeclareSettled, id))
				e, _ := d.look(1100, unknown, by("bob", liquidity.DeclareSettled, id), by("ann", liquidity.WriteOff, id), by("bob", liquidity.WriteOff, id))
				return e
			},
			[]string{"INJECT 140 engine settled as it says", "reserved -> lent 140", "lent -> losses 140"},
		},
		"an injection is wanted and rejected": {
			func(d *desk) chronicle.Entry {
				want := liquidity.Command{By: "ann", Do: liquidity.AskInject, Amount: decimal.New(50, 0)}
				before := *d
				_, decision := d.look(1100, nil, want)
				*d = before
				e, _ := d.look(1100, nil, want, by("ann", liquidity.Reject, decision.Answers[0].ID))
				return e
			},
			[]string{"INJECT 50 ann failed rejected", "contributed -> free 5000"},
		},
		"a withdrawal is wanted and rejected": {
			func(d *desk) chronicle.Entry {
				d.look(1500, receipt(transfer(d), liquidity.StatusSettled, 140), by("eve", liquidity.Hold, ""))
				for range 130 { // above the ceiling for long enough
					d.look(1500, nil)
				}
				want := liquidity.Command{By: "ann", Do: liquidity.AskWithdraw, Amount: decimal.New(50, 0)}
				before := *d
				_, decision := d.look(1500, nil, by("eve", liquidity.Release, ""), want)
				*d = before
				e, _ := d.look(1500, nil, by("eve", liquidity.Release, ""), want, by("ann", liquidity.Reject, decision.Answers[1].ID), by("eve", liquidity.Hold, ""))
				return e
			},
			[]string{"WITHDRAW 50 ann failed rejected"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, row.want, words(row.last(newDesk(t))))
		})
	}
}
