package rpc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

func TestSendmanyAfterAFault(t *testing.T) {
	for name, row := range map[string]struct {
		fault fault
		pay   error         // nil: it was paid
		then  payout.Status // what Find says
		later payout.Status // and after the queue was drained
	}{
		"paid, and the connection was reset":       {loseAnswer, payout.ErrUnknown, payout.Sent, payout.Sent},
		"paid, and the answer never came":          {hang, payout.ErrUnknown, payout.Sent, payout.Sent},
		"paid, and the answer took 10 s":           {slow, nil, payout.Sent, payout.Sent},
		"paid, and a gateway sent a page":          {page, payout.ErrUnknown, payout.Sent, payout.Sent},
		"the request was lost":                     {loseRequest, payout.ErrUnknown, payout.Unknown, payout.Unknown},
		"it waits in the daemon's queue":           {queue, payout.ErrUnknown, payout.Unknown, payout.Sent},
		"a gateway gave up, and it waits in queue": {gateway, payout.ErrUnknown, payout.Unknown, payout.Sent},
		"refused for want of funds":                {noFunds, payout.ErrRefused, payout.Unsent, payout.Unsent},
		"refused for an invalid address":           {badAddress, payout.ErrRefused, payout.Unsent, payout.Unsent},
		"refused for want of the call":             {noMethod, payout.ErrRefused, payout.Unsent, payout.Unsent},
		"refused after the wallet kept it":         {commit, nil, payout.Sent, payout.Sent},
	} {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), &memory.Inbox{}
			b := batchOf("a", "1", "2.5")
			d.fails("sendmany", row.fault)
			err := sendmany(t, d, notes).Pay(t.Context(), b)
			if row.pay == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, row.pay)
				require.NotContains(t, err.Error(), password)
			}
			p := sendmany(t, d, notes) // after a restart
			found(t, p, b.ID, row.then)

			err = p.Pay(t.Context(), b)
			switch row.then {
			case payout.Unknown:
				require.ErrorIs(t, err, payout.ErrUnknown)
				require.ErrorContains(t, err, "attempt 1, at 2024-05-01T12:00:00Z, has no answer")
				require.Equal(t, 1, d.asked("sendmany"), "nothing is sent again")
				require.ErrorIs(t, p.Void(t.Context(), b.ID), payout.ErrUnknown)
				d.drain()
				found(t, p, b.ID, row.later)
			default:
				require.NoError(t, err)
				require.Equal(t, paysOnce(b), d.paid())
			}
			if row.later == payout.Unknown {
				require.Empty(t, d.paid())
			}
		})
	}
}

func TestSendmanyFindsItsPaymentThroughReorgs(t *testing.T) {
	for depth := 1; depth <= 6; depth++ {
		d, notes := newDaemon(t), &memory.Inbox{}
		p, b := sendmany(t, d, notes), batchOf("a", "7")
		require.NoError(t, p.Pay(t.Context(), b))
		d.mine(depth)
		require.Equal(t, depth, found(t, p, b.ID, payout.Sent).Confirmations)
		d.reorg(depth, depth%2 == 0)
		require.Zero(t, found(t, p, b.ID, payout.Sent).Confirmations)
		require.NoError(t, p.Pay(t.Context(), b))
		require.Equal(t, 1, d.asked("sendmany"))
	}
}

func TestSendmanyThatWasDisplacedIsLeftToPeople(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p, b := sendmany(t, d, notes), batchOf("a", "7")
	require.NoError(t, p.Pay(t.Context(), b))
	d.displace(found(t, p, b.ID, payout.Sent).TxID, 3)
	require.Contains(t, found(t, p, b.ID, payout.Unknown).Note, "was displaced by another one, 3 deep")
	require.ErrorIs(t, p.Pay(t.Context(), b), payout.ErrUnknown)
	require.Equal(t, 1, d.asked("sendmany"))
}

// A stranger can rewrite a signature, and with it the name of a transaction.
func TestSendmanyPrefersTheTwinThatWasConfirmed(t *testing.T) {
	for _, twinFirst := range []bool{false, true} {
		d, notes := newDaemon(t), &memory.Inbox{}
		p, b := sendmany(t, d, notes), batchOf("a", "7")
		require.NoError(t, p.Pay(t.Context(), b))
		first := found(t, p, b.ID, payout.Sent).TxID
		d.displace(first, 2)
		last := len(d.wallet) - 1
		d.wallet[last].comment = "alp:a" // the wallet copies it to a twin
		if twinFirst {
			d.swap(last, last-1)
		}
		r := found(t, p, b.ID, payout.Sent)
		require.NotEqual(t, first, r.TxID)
		require.Equal(t, 2, r.Confirmations)
	}
}

// bigBatch has more outputs than a page of the wallet's list has entries.
func bigBatch() payout.Batch {
	b := payout.Batch{ID: "big"}
	for i := range 250 {
		b.Outputs = append(b.Outputs, payout.Output{Address: fmt.Sprint("many-", i), Amount: dec("1")})
		b.Total = b.Total.Add(dec("1"))
	}
	return b
}

func TestSendmanyLooksThroughManyPages(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p := sendmany(t, d, notes)
	first, big := batchOf("first", "1"), bigBatch()
	require.NoError(t, p.Pay(t.Context(), first))
	require.NoError(t, p.Pay(t.Context(), big))
	found(t, p, "first", payout.Sent)
	found(t, p, "big", payout.Sent)

	d.fails("sendmany", loseRequest)
	require.ErrorIs(t, p.Pay(t.Context(), batchOf("lost", "1")), payout.ErrUnknown)
	before := d.asked("listtransactions")
	found(t, p, "lost", payout.Unknown)
	require.Equal(t, 3, d.asked("listtransactions")-before, "what is older than the attempt is not read")
}

func TestSendmanyFindsWhatItPaidThoughItsNotesAreLost(t *testing.T) {
	d := newDaemon(t)
	b := batchOf("a", "1")
	require.NoError(t, sendmany(t, d, &memory.Inbox{}).Pay(t.Context(), b))
	require.NoError(t, sendmany(t, d, &memory.Inbox{}).Pay(t.Context(), bigBatch()))
	d.clock.Add(47 * time.Hour)
	p := sendmany(t, d, &memory.Inbox{}) // of a backup
	found(t, p, b.ID, payout.Sent)
	require.NoError(t, p.Pay(t.Context(), b))
	require.Equal(t, 2, d.asked("sendmany"))
}

func TestSendmanyAsksForTheBalanceFirst(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p := sendmany(t, d, notes)
	err := p.Pay(t.Context(), batchOf("a", "1000.00000001"))
	require.ErrorIs(t, err, payout.ErrRefused)
	require.ErrorContains(t, err, "balance 1000 is less than the total 1000.00000001")
	found(t, p, "a", payout.Unsent)

	d.starts = true
	b := batchOf("b", "1000")
	require.ErrorContains(t, p.Pay(t.Context(), b), "Loading block index")
	d.starts = false
	d.fails("getbalance", hang)
	require.ErrorIs(t, p.Pay(t.Context(), b), payout.ErrRefused)
	found(t, p, "b", payout.Unsent)
	require.Zero(t, d.asked("sendmany"))
	require.NoError(t, p.Pay(t.Context(), b))
	require.Equal(t, paysOnce(b), d.paid())
}

func TestSendmanyThatReachesNobodyIsUnsent(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	cfg, down := d.config(), true
	cfg.RoundTripper = roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		if down && strings.Contains(string(body), `"sendmany"`) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return http.DefaultTransport.RoundTrip(r)
	})
	client, err := rpc.New(cfg)
	require.NoError(t, err)
	p, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: client, Notes: notes})
	require.NoError(t, err)
	b := batchOf("a", "1")
	require.ErrorIs(t, p.Pay(t.Context(), b), payout.ErrRefused)
	require.Contains(t, found(t, p, b.ID, payout.Unsent).Note, "connection refused")
	down = false
	require.NoError(t, p.Pay(t.Context(), b))
	require.Equal(t, paysOnce(b), d.paid())
}

func TestSendmanySpendsCoinsThatAreDeepEnough(t *testing.T) {
	d := newDaemon(t)
	p, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: d.client(), Notes: &memory.Inbox{}, MinConfirmations: 2})
	require.NoError(t, err)
	b := batchOf("a", "1")
	require.ErrorContains(t, p.Pay(t.Context(), b), "balance 0 is less than the total 1")
	d.mine(1)
	require.NoError(t, p.Pay(t.Context(), b))
}

func TestSendmanyWhoseWalletCannotBeAskedSaysNothing(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p, b := sendmany(t, d, notes), batchOf("a", "1")
	d.fails("sendmany", noFunds)
	d.fails("listtransactions", fine, hang, loseAnswer, loseRequest)
	err := p.Pay(t.Context(), b)
	require.ErrorIs(t, err, rpc.ErrNoAnswer)
	require.ErrorContains(t, err, "Insufficient funds")
	_, err = p.Find(t.Context(), b.ID)
	require.ErrorIs(t, err, rpc.ErrNoAnswer)
	require.ErrorIs(t, p.Pay(t.Context(), b), rpc.ErrNoAnswer)
	require.Equal(t, 1, d.asked("sendmany"))
	require.Contains(t, found(t, p, b.ID, payout.Unsent).Note, "Insufficient funds", "the refusal was noted")
}

func TestSendmanyWhoseNotesFail(t *testing.T) {
	for name, row := range map[string]struct {
		before, after string // the note whose writing fails
		then          payout.Status
		calls         int
	}{
		"the attempt could not be noted":             {before: "attempt 1", then: payout.Unsent},
		"the attempt was noted, and the answer lost": {after: "attempt 1", then: payout.Unsent},
	} {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), newShaky()
			notes.before[row.before], notes.after[row.after] = true, true
			b := batchOf("a", "1")
			require.ErrorIs(t, sendmany(t, d, notes).Pay(t.Context(), b), errStore)
			require.Zero(t, d.asked("sendmany"))
			p := sendmany(t, d, notes)
			found(t, p, b.ID, row.then)
			require.NoError(t, p.Pay(t.Context(), b))
			require.Equal(t, paysOnce(b), d.paid())
		})
	}
}

func TestSendmanyThatIsVoidIsNeverPaid(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p := sendmany(t, d, notes)
	fresh, refused := batchOf("a", "1"), batchOf("b", "1")
	d.fails("sendmany", noFunds)
	require.ErrorIs(t, p.Pay(t.Context(), refused), payout.ErrRefused)
	for _, b := range []payout.Batch{fresh, refused} {
		require.NoError(t, p.Void(t.Context(), b.ID))
		require.NoError(t, p.Void(t.Context(), b.ID), "again is harmless")
		found(t, sendmany(t, d, notes), b.ID, payout.Voided)
		require.ErrorIs(t, p.Pay(t.Context(), b), payout.ErrRefused)
	}
	require.Equal(t, 1, d.asked("sendmany"))
}

func TestSendmanySpeaksToANud(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	d.nud = true
	p := sendmany(t, d, notes)
	b := batchOf("a", "1.2345", "100")
	require.NoError(t, p.Pay(t.Context(), b))
	require.Equal(t, paysOnce(b), d.paid())
	found(t, p, b.ID, payout.Sent)
	require.ErrorIs(t, p.Pay(t.Context(), batchOf("b", "1.23456")), rpc.ErrInvalid, "it would round")
}

func TestSendmanyOfTheWrongDialectIsRefused(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	d.nud = true
	cfg := d.config()
	cfg.NumericAmounts = false
	client, err := rpc.New(cfg)
	require.NoError(t, err)
	p, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: client, Notes: notes})
	require.NoError(t, err)
	require.ErrorIs(t, p.Pay(t.Context(), batchOf("a", "1")), payout.ErrRefused)
	found(t, p, "a", payout.Unsent)
}
