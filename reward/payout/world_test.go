package payout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	ledger "github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var errDown = errors.New("is down")

// house is a pool and all that its payouts run on, with hooks into the ports.
type house struct {
	*pool
	wallet ledger.Wallet
	store  memory.Store
	inbox  memory.Inbox
	change func(*payout.Config)
	runner *evenkeel.Runner[payout.State, payout.Observation, payout.Decision]

	book     func() error            // before the ledger books
	batch    func(*payout.Booked)    // before a batch is handed out
	pay      func()                  // before the wallet is asked to pay
	find     func(id string) error   // before the wallet is asked what became of a batch
	receipt  func(*payout.Receipt)   // before its answer is handed out
	appended func(r evenkeel.Record) // after a record is
}

func newHouse(t *testing.T, users ...string) *house {
	t.Helper()
	h := &house{pool: newPool(t, users...)}
	h.begin()
	_, err := h.tick(0)
	require.NoError(t, err)
	return h
}

// begin starts the process, again.
func (h *house) begin() { h.runner = h.process() }

func (h *house) process() *evenkeel.Runner[payout.State, payout.Observation, payout.Decision] {
	h.t.Helper()
	e := engine(h.t, h.change)
	r, err := evenkeel.NewRunner(poolKey, e, h.world(), hookedStore{&h.store, h}, evenkeel.Options{})
	require.NoError(h.t, err)
	return r
}

func (h *house) world() *payout.World {
	h.t.Helper()
	w, err := payout.NewWorld(payout.WorldConfig{
		Key: poolKey, Engine: engine(h.t, h.change), Ledger: hookedLedger{h.ledger.Payouts(), h}, Payer: hookedWallet{&h.wallet, h},
		Store: &h.store, Inbox: &h.inbox,
	})
	require.NoError(h.t, err)
	return w
}

func (h *house) tick(after time.Duration) (payout.Decision, error) {
	h.t.Helper()
	return h.runner.Tick(h.t.Context(), start.Add(after))
}

// told is a tick in a line, with batches by their number.
func (h *house) told(after time.Duration) string {
	h.t.Helper()
	d, err := h.tick(after)
	require.NoError(h.t, err)
	line := (&life{names: h.names()}).told(d)
	for user, address := range h.address {
		line = strings.ReplaceAll(line, address, user)
	}
	return line
}

func (h *house) names() map[string]string {
	names := map[string]string{}
	batches, err := h.ledger.Payouts().Batches(h.t.Context(), 1000)
	require.NoError(h.t, err)
	for _, b := range batches {
		names[b.ID] = fmt.Sprint("b", b.Generation)
	}
	return names
}

// id is the ID of the batch of that generation.
func (h *house) id(generation int) string {
	for id, name := range h.names() {
		if name == fmt.Sprint("b", generation) {
			return id
		}
	}
	h.t.Fatalf("no batch %d", generation)
	return ""
}

func (h *house) command(id, body string) {
	h.t.Helper()
	require.NoError(h.t, h.inbox.Put(h.t.Context(), poolKey, id, []byte(body)))
}

func (h *house) received(user string) string { return h.wallet.Received(h.address[user]).String() }

type (
	hookedStore struct {
		evenkeel.Store
		h *house
	}
	hookedLedger struct {
		payout.Ledger
		h *house
	}
	hookedWallet struct {
		payout.Payer
		h *house
	}
)

func (s hookedStore) Append(ctx context.Context, r evenkeel.Record) error {
	err := s.Store.Append(ctx, r)
	if err == nil && s.h.appended != nil {
		s.h.appended(r)
	}
	return err
}

func (l hookedLedger) Book(ctx context.Context, stamp evenkeel.Stamp, d payout.Decision) error {
	if l.h.book != nil {
		if err := l.h.book(); err != nil {
			return err
		}
	}
	return l.Ledger.Book(ctx, stamp, d)
}

func (l hookedLedger) Batch(ctx context.Context, id string) (payout.Booked, error) {
	b, err := l.Ledger.Batch(ctx, id)
	if l.h.batch != nil {
		l.h.batch(&b)
	}
	return b, err
}

func (w hookedWallet) Pay(ctx context.Context, b payout.Batch) error {
	if w.h.pay != nil {
		w.h.pay()
	}
	return w.Payer.Pay(ctx, b)
}

func (w hookedWallet) Find(ctx context.Context, id string) (payout.Receipt, error) {
	if w.h.find != nil {
		if err := w.h.find(id); err != nil {
			return payout.Receipt{}, err
		}
	}
	r, err := w.Payer.Find(ctx, id)
	if w.h.receipt != nil {
		w.h.receipt(&r)
	}
	return r, err
}

const (
	minute = time.Minute
	day    = 24 * time.Hour
)

func TestHouse(t *testing.T) {
	for name, story := range map[string]func(*testing.T, *house){
		"providers are paid what they earned": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.credit("bob", "1.5000009")
			require.Equal(t, "pays_all, b1: ann 2 + bob 1.5, b1 sending, pay b1", h.told(day))
			require.Equal(t, "2 and 1.5", h.received("ann")+" and "+h.received("bob"))
			h.wallet.Mine(1)
			require.Equal(t, "not_due, b1 sent tx-"+h.id(1)+", b1 unconfirmed", h.told(day+minute))
			h.wallet.Mine(2)
			require.Equal(t, "not_due, b1 confirmed tx-"+h.id(1), h.told(day+2*minute))
			require.NoError(t, h.balanced())
		},
		"a reorg costs a delay": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.told(day)
			h.wallet.Mine(2)
			h.told(day + minute)
			h.wallet.Reorg(2)
			require.Equal(t, "not_due, b1 sending, pay b1", h.told(day+2*minute))
			h.wallet.Mine(3)
			h.told(day + 3*minute)
			require.Equal(t, "not_due, b1 confirmed tx-"+h.id(1), h.told(day+4*minute))
			require.Equal(t, "2", h.received("ann"))
		},
		"while the ledger is behind nothing is planned twice": func(t *testing.T, h *house) {
			for i, u := range h.users {
				h.credit(u, fmt.Sprint(5-i))
			}
			h.book = func() error { return errDown }
			_, err := h.tick(day) // plans three of four, and cannot book it
			require.ErrorIs(t, err, evenkeel.ErrAct)
			_, err = h.tick(day + 2*minute) // the fourth is due
			require.ErrorIs(t, err, errDown)
			require.NotErrorIs(t, err, evenkeel.ErrAct)
			require.Equal(t, "0", h.received("ann"))
			h.book = nil
			require.Equal(t, "pays_all, b2: dan 2, b2 sending, pay b1, pay b2", h.told(day+4*minute))
			for i, u := range h.users {
				require.Equal(t, fmt.Sprint(5-i), h.received(u))
			}
		},
		"one batch that cannot be asked for hides no other": func(t *testing.T, h *house) {
			for _, u := range h.users {
				h.credit(u, "2")
			}
			h.told(day)
			h.told(day + 2*minute)
			first := h.id(1)
			h.find = func(id string) error {
				if id == first {
					return errDown
				}
				return nil
			}
			require.Equal(t, "not_due, b2 sent tx-"+h.id(2)+", b1 no_answer, b2 unconfirmed", h.told(day+4*minute))
			record, err := h.store.Last(t.Context(), poolKey)
			require.NoError(t, err)
			require.Contains(t, string(record.Seen), `"Faults":{"`+first+`":"is down"}`)
		},
		"an answer that makes no sense is no answer": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.told(day)
			h.receipt = func(r *payout.Receipt) { r.Confirmations = -1 }
			require.Equal(t, "not_due, b1 asked", h.told(day+minute))
			h.receipt = func(r *payout.Receipt) { r.TxID = "" }
			require.Equal(t, "not_due, b1 no_answer", h.told(day+3*minute))
			h.receipt = func(r *payout.Receipt) { r.Note = strings.Repeat("é", 200) }
			require.Equal(t, "not_due, b1 sent tx-"+h.id(1)+" "+strings.Repeat("é", 128)+", b1 unconfirmed", h.told(day+4*minute))
		},
		"with the payer down the schedule goes on": func(t *testing.T, h *house) {
			h.wallet.Down(true)
			h.credit("ann", "2")
			d, err := h.tick(day)
			require.ErrorIs(t, err, ledger.ErrDown)
			require.Equal(t, payout.PaysAll, d.Reason)
			h.credit("bob", "2")
			d, err = h.tick(2 * day)
			require.ErrorIs(t, err, ledger.ErrDown)
			require.Equal(t, day*3, d.NextAt.Sub(start))
			h.wallet.Down(false)
			require.Equal(t, "not_due, pay b1, pay b2", h.told(2*day+3*minute))
			require.Equal(t, "2 and 2", h.received("ann")+" and "+h.received("bob"))
		},
		"one failing payment stops no other": func(t *testing.T, h *house) {
			for _, u := range h.users {
				h.credit(u, "2")
			}
			h.wallet.Down(true)
			_, err := h.tick(day)
			require.ErrorIs(t, err, ledger.ErrDown)
			h.wallet.Down(false)
			h.wallet.Script(ledger.Refuse)
			d, err := h.tick(day + 2*minute) // both are paid, and one is refused
			require.ErrorIs(t, err, payout.ErrRefused)
			require.ErrorContains(t, err, "pay "+d.Pay[0])
			require.Len(t, d.Pay, 2)
			require.Equal(t, 1, h.wallet.Payments(d.Pay[1]))
		},
		"what is no command is answered and stops nobody": func(t *testing.T, h *house) {
			for i, body := range []string{"", "{", `"halt"`, `{"Do": "halt"}`, `{"By": "ann", "Do": "dance"}`, `{"By": "` + strings.Repeat("x", 999) + `", "Do": "halt"}`} {
				h.command(fmt.Sprint(i), body)
			}
			h.credit("ann", "2")
			require.Equal(t, "pays_all, b1: ann 2, #1 malformed, #2 malformed, #3 malformed, #4 malformed, #5 malformed, #6 malformed, b1 sending, pay b1", h.told(day))
			record, err := h.store.Last(t.Context(), poolKey)
			require.NoError(t, err)
			require.NotContains(t, string(record.Seen), "xxx")
			d, err := h.tick(day + minute)
			require.NoError(t, err)
			require.Empty(t, d.Answers, "once")
		},
		"many commands are answered over several looks": func(t *testing.T, h *house) {
			for i := range 70 {
				h.command(fmt.Sprint(i), `{"Seq": 999, "By": "ann", "Do": "halt"}`)
			}
			d, err := h.tick(minute)
			require.NoError(t, err)
			require.Len(t, d.Answers, 64)
			d, err = h.tick(2 * minute)
			require.NoError(t, err)
			require.Equal(t, uint64(70), d.LastSeq)
		},
		"a halt that comes between deciding and paying is obeyed": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.appended = func(evenkeel.Record) { h.command("stop", `{"By": "ann", "Do": "halt"}`) }
			require.Equal(t, "pays_all, b1: ann 2, b1 sending, pay b1", h.told(day))
			require.Equal(t, "0", h.received("ann"))
			require.Equal(t, "halted, #1 done, b1 asked", h.told(day+minute))
			h.command("go", `{"By": "ann", "Do": "resume"}`)
			h.command("go too", `{"By": "bob", "Do": "resume"}`)
			require.Equal(t, "not_due, #2 needs_second_person, #3 done, pay b1", h.told(day+2*minute))
			require.Equal(t, "2", h.received("ann"))
		},
		"a batch given up between deciding and paying is not paid": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.credit("bob", "2")
			h.appended = func(r evenkeel.Record) {
				var d payout.Decision
				decode(t, r.Decision, &d)
				h.command("stop", `{"By": "ann", "Do": "give_up", "Batch": "`+d.Pay[0]+`"}`)
			}
			h.told(day)
			h.appended = nil
			require.Equal(t, "not_due, #1 done, b1 asked, void b1", h.told(day+minute))
			require.Equal(t, "not_due, b1 failed", h.told(day+2*minute))
			require.Equal(t, "0", h.received("ann"))
			require.Equal(t, "pays_all, b2: ann 2 + bob 2, b2 sending, pay b2", h.told(2*day))
		},
		"what is given up does not keep another batch from being paid": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.appended = func(evenkeel.Record) { h.command("stop", `{"By": "ann", "Do": "give_up", "Batch": "another"}`) }
			h.told(day)
			require.Equal(t, "2", h.received("ann"))
		},
		"the payer hears of a batch when it is approved": func(t *testing.T, h *house) {
			h.change = func(c *payout.Config) { c.ApproveAbove = dec("1") }
			h.begin()
			h.credit("ann", "2")
			h.find = func(id string) error { t.Error("asked for", id); return nil }
			require.Equal(t, "pays_all, b1: ann 2, b1 needs_approval", h.told(day))
			h.command("yes", `{"By": "ann", "Do": "approve", "Batch": "`+h.id(1)+`"}`)
			require.Equal(t, "not_due, #1 needs_second_person, b1 needs_approval", h.told(day+minute))
			require.Equal(t, "0", h.received("ann"))
			h.command("yes too", `{"By": "bob", "Do": "approve", "Batch": "`+h.id(1)+`"}`)
			require.Equal(t, "not_due, #2 done, b1 sending approved by ann and bob, pay b1", h.told(day+2*minute))
			require.Equal(t, "2", h.received("ann"))
		},
		"a batch that was changed in the ledger is not paid": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.batch = func(b *payout.Booked) { b.Outputs = []payout.Output{{Address: h.address["bob"], Amount: b.Total}} }
			_, err := h.tick(day)
			require.ErrorIs(t, err, payout.ErrInvalid)
			require.Equal(t, "0", h.received("bob"))
		},
		"a cancelled context is an error": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.told(day)
			ctx, cancel := context.WithCancel(t.Context())
			h.find = func(string) error { cancel(); return errDown }
			_, err := h.runner.Tick(ctx, start.Add(day+minute))
			require.ErrorIs(t, err, context.Canceled)
			require.NotErrorIs(t, err, evenkeel.ErrAct)
		},
		"a decision is acted on again after a restart": func(t *testing.T, h *house) {
			h.credit("ann", "2")
			h.wallet.Down(true)
			_, err := h.tick(day)
			require.ErrorIs(t, err, ledger.ErrDown)
			h.wallet.Down(false)
			h.begin()
			require.Equal(t, "not_due, b1 sent tx-"+h.id(1)+", b1 unconfirmed", h.told(day+minute))
			require.Equal(t, "2", h.received("ann"))
		},
	} {
		t.Run(name, func(t *testing.T) { story(t, newHouse(t, "ann A", "bob B", "cid C", "dan D")) })
	}
}

// While one leader is held up just before it pays, another takes over, gives the
// batch up and pays its accounts in a new one. The first must not pay then.
func TestAHeldUpLeaderPaysNothing(t *testing.T) {
	h := newHouse(t, "ann A")
	h.credit("ann", "2")
	h.pay = func() {
		h.pay = nil // the second leader is not held up
		other := h.process()
		for i := range 4 { // refused, as often as it takes to give up
			h.wallet.Script(ledger.Refuse)
			_, err := other.Tick(t.Context(), start.Add(day+time.Duration(i*2)*minute))
			if err != nil {
				require.ErrorIs(t, err, payout.ErrRefused)
			}
		}
		h.wallet.Script()
		_, err := other.Tick(t.Context(), start.Add(2*day))
		require.NoError(t, err)
		_, err = other.Tick(t.Context(), start.Add(3*day))
		require.NoError(t, err)
	}
	_, err := h.tick(day)
	require.ErrorIs(t, err, payout.ErrRefused)
	require.Equal(t, 0, h.wallet.Payments(h.id(1)))
	require.Equal(t, 1, h.wallet.Payments(h.id(2)))
	require.Equal(t, "2", h.received("ann"))
	require.NoError(t, h.balanced())

	// Nor does it when it wakes up before it has looked.
	h.pay = func() { t.Error("asked the payer for a batch that failed") }
	require.NoError(t, h.world().Act(t.Context(), start.Add(4*day), evenkeel.Stamp{Key: poolKey, Seq: 2}, payout.Decision{Pay: []string{h.id(1)}}))
}

func TestNewWorldRejects(t *testing.T) {
	whole := payout.WorldConfig{Key: poolKey, Engine: engine(t, nil), Ledger: new(ledger.Ledger).Payouts(), Payer: new(ledger.Wallet), Store: new(memory.Store)}
	world, err := payout.NewWorld(whole)
	require.NoError(t, err)
	seen, err := world.Observe(t.Context(), start, payout.State{})
	require.NoError(t, err, "without an inbox")
	require.Empty(t, seen.Commands)
	for field, change := range map[string]func(*payout.WorldConfig){
		"Key":    func(c *payout.WorldConfig) { c.Key = "" },
		"Engine": func(c *payout.WorldConfig) { c.Engine = nil },
		"Ledger": func(c *payout.WorldConfig) { c.Ledger = nil },
		"Payer":  func(c *payout.WorldConfig) { c.Payer = nil },
		"Store":  func(c *payout.WorldConfig) { c.Store = nil },
	} {
		cfg := whole
		change(&cfg)
		_, err := payout.NewWorld(cfg)
		require.ErrorIs(t, err, payout.ErrInvalid)
		require.ErrorContains(t, err, "payout: invalid: "+field)
	}
}
