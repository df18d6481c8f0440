package rpc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/payout/payouttest"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// batchOf pays amounts to "<id>-0", "<id>-1" ...
func batchOf(id string, amounts ...string) payout.Batch {
	b := payout.Batch{ID: id, Generation: 1}
	for i, amount := range amounts {
		b.Outputs = append(b.Outputs, payout.Output{Address: fmt.Sprintf("%s-%d", id, i), Amount: dec(amount)})
		b.Total = b.Total.Add(dec(amount))
	}
	return b
}

// paysOnce is what a daemon must have paid for batches.
func paysOnce(batches ...payout.Batch) map[string]string {
	want := map[string]string{}
	for _, b := range batches {
		for _, o := range b.Outputs {
			want[o.Address] = o.Amount.String()
		}
	}
	return want
}

func sendmany(t *testing.T, d *daemon, notes evenkeel.Inbox) *rpc.Sendmany {
	t.Helper()
	p, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: d.client(), Notes: notes, MinConfirmations: 1})
	require.NoError(t, err)
	return p
}

func signed(t *testing.T, d *daemon, notes evenkeel.Inbox) *rpc.Signed {
	t.Helper()
	p, err := rpc.NewSigned(rpc.SignedConfig{Client: d.client(), Notes: notes})
	require.NoError(t, err)
	return p
}

// payers are both kinds over one wallet; a payer that is opened again has
// forgotten all but its notes.
var payers = map[string]func(*testing.T, *daemon, evenkeel.Inbox) payout.Payer{
	"sendmany": func(t *testing.T, d *daemon, n evenkeel.Inbox) payout.Payer { t.Helper(); return sendmany(t, d, n) },
	"signed":   func(t *testing.T, d *daemon, n evenkeel.Inbox) payout.Payer { t.Helper(); return signed(t, d, n) },
}

// found asks a payer and compares the status.
func found(t *testing.T, p payout.Payer, id string, want payout.Status) payout.Receipt {
	t.Helper()
	r, err := p.Find(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, r.Status, r.Note)
	require.Equal(t, want == payout.Sent, r.TxID != "")
	require.LessOrEqual(t, len(r.Note), 256)
	return r
}

var errStore = errors.New("the database is away")

// shaky is an inbox whose next writes fail: before or after they are done.
type shaky struct {
	evenkeel.Inbox
	mu            sync.Mutex
	before, after map[string]bool   // ids, once each
	meanwhile     map[string]func() // what somebody else does just before that id is written, once
}

func newShaky() *shaky {
	return &shaky{Inbox: &memory.Inbox{}, before: map[string]bool{}, after: map[string]bool{}, meanwhile: map[string]func(){}}
}

func (s *shaky) Put(ctx context.Context, key, id string, command []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.meanwhile[id]; other != nil {
		delete(s.meanwhile, id)
		other()
	}
	if s.before[id] {
		delete(s.before, id)
		return errStore
	}
	if err := s.Inbox.Put(ctx, key, id, command); err != nil {
		return err
	}
	if s.after[id] {
		delete(s.after, id)
		return errStore
	}
	return nil
}

// gone is an inbox that cannot be read.
type gone struct{ evenkeel.Inbox }

func (gone) Take(context.Context, string, uint64) iter.Seq2[evenkeel.Command, error] {
	return func(yield func(evenkeel.Command, error) bool) { yield(evenkeel.Command{}, errStore) }
}

// payments counts the transactions in the chain and the pool that pay a batch: by
// its comment, or by the note that every transaction has which was signed.
func payments(t *testing.T, d *daemon, notes evenkeel.Inbox, b payout.Batch) (count int) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.wallet {
		if !d.stands(k.id) || !paysAll(k, b) {
			continue
		}
		owner := strings.TrimPrefix(k.comment, "alp:")
		for c, err := range notes.Take(t.Context(), "payer/tx/"+k.id, 0) {
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(c.Body, &owner))
		}
		if owner == b.ID || owner == "" {
			count++
		}
	}
	return count
}

// paysAll reports whether a transaction pays every output of a batch.
func paysAll(k kept, b payout.Batch) bool {
	for _, o := range b.Outputs {
		if !slices.ContainsFunc(k.Outputs, func(p pays) bool { return p.Address == o.Address && p.Value.Equal(o.Amount) }) {
			return false
		}
	}
	return true
}

func TestPayersKeepTheLaws(t *testing.T) {
	calls := map[string]string{"sendmany": "sendmany", "signed": "sendrawtransaction"}
	for name, open := range payers {
		t.Run(name, func(t *testing.T) {
			payouttest.RunPayer(t, func(t *testing.T) payouttest.Rig {
				t.Helper()
				d, notes := newDaemon(t), &memory.Inbox{}
				return payouttest.Rig{
					Open:   func(t *testing.T) payout.Payer { t.Helper(); return open(t, d, notes) },
					Settle: func(t *testing.T) { t.Helper(); d.mine(1) },
					Paid:   func(t *testing.T, b payout.Batch) int { t.Helper(); return payments(t, d, notes, b) },
					Refuse: func(t *testing.T, refuse bool) { t.Helper(); d.refuses(refuse) },
					Lose:   func(t *testing.T) { t.Helper(); d.fails(calls[name], loseAnswer) },
				}
			})
		})
	}
}

func TestPayersPayWhatTheBatchSays(t *testing.T) {
	for name, open := range payers {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), &memory.Inbox{}
			p := open(t, d, notes)
			b := batchOf("a", "1.5", "0.00000001", "20")
			found(t, p, b.ID, payout.Unsent)
			require.NoError(t, p.Pay(t.Context(), b))
			require.Equal(t, paysOnce(b), d.paid())

			r := found(t, p, b.ID, payout.Sent)
			require.Zero(t, r.Confirmations)
			d.mine(3)
			r = found(t, open(t, d, notes), b.ID, payout.Sent)
			require.Equal(t, 3, r.Confirmations)
			require.Equal(t, start, r.At)

			require.NoError(t, open(t, d, notes).Pay(t.Context(), b), "again is harmless")
			require.ErrorIs(t, p.Void(t.Context(), b.ID), payout.ErrUnknown, "what is paid cannot be made void")
			require.Equal(t, paysOnce(b), d.paid())
			found(t, p, "b", payout.Unsent)
		})
	}
}

func TestPayersRefuseWhatNoDaemonCouldPay(t *testing.T) {
	twice := batchOf("a", "1", "2")
	twice.Outputs[1].Address = twice.Outputs[0].Address
	nameless := batchOf("a", "1")
	nameless.Outputs[0].Address = ""
	off := batchOf("a", "1", "2")
	off.Total = dec("3.01")
	for name, row := range map[string]struct {
		batch payout.Batch
		says  string
	}{
		"an address twice":            {twice, `Batch.Outputs "a-0": must name an address, each once`},
		"no address":                  {nameless, `Batch.Outputs "": must name an address`},
		"nothing for an address":      {batchOf("a", "1", "0"), "Batch.Outputs 0: must be > 0"},
		"less than nothing":           {batchOf("a", "1", "-1"), "Batch.Outputs -1: must be > 0"},
		"less than the coin has":      {batchOf("a", "0.000000001"), "Batch.Outputs 0.000000001: must be > 0 with at most 8 decimals"},
		"a total that is not the sum": {off, "Batch.Total 3.01: must be the sum of one output or more, is 3"},
		"no output":                   {batchOf("a"), "Batch.Total 0: must be the sum of one output or more, is 0"},
		"a batch without an identity": {batchOf("", "1"), `Batch.ID "": must not be empty`},
	} {
		for payer, open := range payers {
			t.Run(payer+": "+name, func(t *testing.T) {
				d := newDaemon(t)
				p := open(t, d, &memory.Inbox{})
				err := p.Pay(t.Context(), row.batch)
				require.ErrorIs(t, err, rpc.ErrInvalid)
				require.ErrorContains(t, err, row.says)
				require.Empty(t, d.paid())
				found(t, p, row.batch.ID, payout.Unsent)
			})
		}
	}
}

func TestPayersLeaveABatchThatTheOtherKindHasBegun(t *testing.T) {
	for name, open := range payers {
		for other, begin := range payers {
			if name == other {
				continue
			}
			t.Run(name+" after "+other, func(t *testing.T) {
				d, notes := newDaemon(t), &memory.Inbox{}
				b := batchOf("a", "1")
				require.NoError(t, begin(t, d, notes).Pay(t.Context(), b))
				p := open(t, d, notes)
				require.ErrorIs(t, p.Pay(t.Context(), b), rpc.ErrInvalid)
				_, err := p.Find(t.Context(), b.ID)
				require.ErrorContains(t, err, "another one has begun with the batch")
				require.Equal(t, paysOnce(b), d.paid())
			})
		}
	}
}

func TestPayersThatCannotReadTheirNotesDoNothing(t *testing.T) {
	for name, open := range payers {
		t.Run(name, func(t *testing.T) {
			d := newDaemon(t)
			p := open(t, d, gone{&memory.Inbox{}})
			b := batchOf("a", "1")
			require.ErrorIs(t, p.Pay(t.Context(), b), errStore)
			_, err := p.Find(t.Context(), b.ID)
			require.ErrorIs(t, err, errStore)
			require.Empty(t, d.paid())
		})
	}
}

func TestPayersWhomAnotherCallOvertakes(t *testing.T) {
	decides := map[string]string{"sendmany": "attempt 1", "signed": "transaction"} // the note that is written once
	for name, open := range payers {
		t.Run(name+" is overtaken by a payment", func(t *testing.T) {
			d, notes := newDaemon(t), newShaky()
			b := batchOf("a", "1")
			notes.meanwhile[decides[name]] = func() { require.NoError(t, open(t, d, notes.Inbox).Pay(t.Context(), b)) }
			require.NoError(t, open(t, d, notes).Pay(t.Context(), b), "it is paid, whoever did it")
			require.Equal(t, paysOnce(b), d.paid())
			d.mine(1)
			require.NoError(t, open(t, d, notes).Pay(t.Context(), batchOf("b", "999")), "no coin is left locked")
		})
		t.Run(name+" is overtaken by a void", func(t *testing.T) {
			d, notes := newDaemon(t), newShaky()
			b := batchOf("a", "1000")
			notes.meanwhile[decides[name]] = func() { require.NoError(t, open(t, d, notes.Inbox).Void(t.Context(), b.ID)) }
			require.ErrorIs(t, open(t, d, notes).Pay(t.Context(), b), payout.ErrRefused)
			require.Empty(t, d.paid())
			require.NoError(t, open(t, d, notes).Pay(t.Context(), batchOf("b", "1000")), "no coin is left locked")
		})
	}
}

func TestOfManyCallsAtOnceOnePays(t *testing.T) {
	for name, open := range payers {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), &memory.Inbox{}
			b := batchOf("a", "1", "2")
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { _ = open(t, d, notes).Pay(context.Background(), b) }) //nolint:usetesting // outlives a failure
			}
			all.Wait()
			_ = open(t, d, notes).Pay(t.Context(), b) // of two that both held the coins, neither has them now
			require.Equal(t, paysOnce(b), d.paid())
			found(t, open(t, d, notes), b.ID, payout.Sent)
		})
	}
}

func TestOfPayAndVoidAtOnceOneWins(t *testing.T) {
	for name, open := range payers {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				d, notes := newDaemon(t), &memory.Inbox{}
				b := batchOf("a", "1")
				var both sync.WaitGroup
				both.Go(func() { _ = open(t, d, notes).Pay(context.Background(), b) })     //nolint:usetesting // outlives a failure
				both.Go(func() { _ = open(t, d, notes).Void(context.Background(), b.ID) }) //nolint:usetesting // outlives a failure
				both.Wait()
				r, err := open(t, d, notes).Find(t.Context(), b.ID)
				require.NoError(t, err)
				if r.Status == payout.Voided {
					require.ErrorIs(t, open(t, d, notes).Pay(t.Context(), b), payout.ErrRefused)
					require.Empty(t, d.paid())
				} else {
					require.Equal(t, payout.Sent, r.Status)
					require.Equal(t, paysOnce(b), d.paid())
				}
			}
		})
	}
}

func TestPayersSayWhatIsMissing(t *testing.T) {
	client := newDaemon(t).client()
	for want, build := range map[string]func() error{
		"SendmanyConfig.Client": func() error {
			_, err := rpc.NewSendmany(rpc.SendmanyConfig{Notes: &memory.Inbox{}})
			return err
		},
		"SendmanyConfig.Notes": func() error { _, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: client}); return err },
		"SendmanyConfig.MinConfirmations -1: must be >= 0": func() error {
			_, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: client, Notes: &memory.Inbox{}, MinConfirmations: -1})
			return err
		},
		"SignedConfig.Client nil": func() error { _, err := rpc.NewSigned(rpc.SignedConfig{Notes: &memory.Inbox{}}); return err },
		"SignedConfig.Notes":      func() error { _, err := rpc.NewSigned(rpc.SignedConfig{Client: client}); return err },
		"SignedConfig.Client with NumericAmounts": func() error {
			nud := newDaemon(t)
			nud.nud = true
			_, err := rpc.NewSigned(rpc.SignedConfig{Client: nud.client(), Notes: &memory.Inbox{}})
			return err
		},
		"LiquidityConfig.Client": func() error {
			_, err := rpc.NewLiquidity(rpc.LiquidityConfig{GrantAddress: "B", Pool: "pool"})
			return err
		},
		"LiquidityConfig.GrantAddress": func() error {
			_, err := rpc.NewLiquidity(rpc.LiquidityConfig{Client: client, Pool: "pool"})
			return err
		},
		"LiquidityConfig.Pool": func() error {
			_, err := rpc.NewLiquidity(rpc.LiquidityConfig{Client: client, GrantAddress: "B"})
			return err
		},
	} {
		err := build()
		require.ErrorIs(t, err, rpc.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
}
