package rpc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// Calls that Signed makes until it has stored the transaction.
var preparing = []string{"walletcreatefundedpsbt", "walletprocesspsbt", "finalizepsbt", "decoderawtransaction", "lockunspent"}

func TestSignedPaysOnceWhateverBecomesOfACall(t *testing.T) {
	for _, method := range append(preparing, "sendrawtransaction") {
		for _, f := range []fault{loseRequest, loseAnswer, hang, queue, slow, page, gateway, noFunds} {
			t.Run(method+": "+string(f), func(t *testing.T) {
				d, notes := newDaemon(t), &memory.Inbox{}
				b := batchOf("a", "1", "2.5")
				d.fails(method, f)
				err := signed(t, d, notes).Pay(t.Context(), b)
				require.Equal(t, f == slow, err == nil, "%v", err)
				p := signed(t, d, notes) // after a restart
				if err != nil && method != "sendrawtransaction" {
					require.ErrorIs(t, err, payout.ErrRefused, "nothing was broadcast")
					found(t, p, b.ID, payout.Unsent)
				}
				require.NoError(t, p.Pay(t.Context(), b))
				d.drain()
				found(t, p, b.ID, payout.Sent)
				require.Equal(t, paysOnce(b), d.paid())
				d.mine(1)
				require.NoError(t, p.Pay(t.Context(), b), "it is in the chain")
				require.Equal(t, 1, found(t, p, b.ID, payout.Sent).Confirmations)
			})
		}
	}
}

func TestSignedIsSentAgainWhenItIsLost(t *testing.T) {
	for depth := 1; depth <= 6; depth++ {
		d, notes := newDaemon(t), &memory.Inbox{}
		p, b := signed(t, d, notes), batchOf("a", "7")
		require.NoError(t, p.Pay(t.Context(), b))
		d.mine(depth)
		sent := found(t, p, b.ID, payout.Sent)
		require.Equal(t, depth, sent.Confirmations)

		d.reorg(depth, true)
		found(t, p, b.ID, payout.Pending)
		require.ErrorIs(t, p.Void(t.Context(), b.ID), payout.ErrUnknown, "it may still appear")
		require.NoError(t, p.Pay(t.Context(), b))
		again := found(t, p, b.ID, payout.Sent)
		require.Equal(t, sent.TxID, again.TxID)
		require.Zero(t, again.Confirmations)
		d.mine(1)
		require.Equal(t, paysOnce(b), d.paid())
	}
}

func TestSignedThatWasDisplacedIsLeftToPeople(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p, b := signed(t, d, notes), batchOf("a", "7")
	require.NoError(t, p.Pay(t.Context(), b))
	d.displace(found(t, p, b.ID, payout.Sent).TxID, 3)
	require.Contains(t, found(t, p, b.ID, payout.Unknown).Note, "was displaced by another one, 3 deep")
	require.Error(t, p.Pay(t.Context(), b))
	require.Empty(t, d.paid())
}

// A daemon that restarts has forgotten which coins are spoken for.
func TestSignedWhoseCoinsWereTaken(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p, first, second := signed(t, d, notes), batchOf("a", "7"), batchOf("b", "8")
	d.fails("sendrawtransaction", loseRequest)
	require.ErrorIs(t, p.Pay(t.Context(), first), rpc.ErrNoAnswer)
	found(t, p, first.ID, payout.Pending)
	d.restart()
	require.NoError(t, p.Pay(t.Context(), second))

	require.Contains(t, found(t, p, first.ID, payout.Pending).Note, "txn-mempool-conflict")
	d.mine(1)
	require.Contains(t, found(t, p, first.ID, payout.Unknown).Note, "another transaction spent the coins")
	require.Error(t, p.Pay(t.Context(), first))
	require.Equal(t, paysOnce(second), d.paid())
}

// Two batches that pay the same may be signed into the same bytes, and would
// both be found paid by one payment.
func TestSignedBytesPayOneBatchOnly(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p := signed(t, d, notes)
	first, second := batchOf("a", "10"), batchOf("a", "10") // without change
	second.ID = "b"
	d.fails("sendrawtransaction", loseRequest)
	require.ErrorIs(t, p.Pay(t.Context(), first), rpc.ErrNoAnswer)
	d.restart()

	require.ErrorContains(t, p.Pay(t.Context(), second), "pays another batch")
	found(t, p, second.ID, payout.Unsent)
	require.NoError(t, p.Pay(t.Context(), first))
	d.mine(1)
	require.NoError(t, p.Pay(t.Context(), second))
	require.Equal(t, map[string]string{"a-0": "20"}, d.paid())
	require.NotEqual(t, found(t, p, first.ID, payout.Sent).TxID, found(t, p, second.ID, payout.Sent).TxID)
}

func TestSignedChecksWhatTheWalletSigned(t *testing.T) {
	replace := func(method, what, with string) func(string, string) string {
		return func(called, body string) string {
			if called == method {
				return strings.Replace(body, what, with, 1)
			}
			return body
		}
	}
	for name, row := range map[string]struct {
		grabs bool
		skips bool
		spoil func(method, body string) string
		says  string
	}{
		"an output that nobody asked for":   {grabs: true, says: `pays 1 to "thief"`},
		"an output less":                    {skips: true, says: `does not pay ["a-1"]`},
		"another amount":                    {spoil: replace("decoderawtransaction", `2.50000000`, `2.50000001`), says: `pays 2.50000001 to "a-1"`},
		"another address":                   {spoil: replace("decoderawtransaction", `"a-1"`, `"x-1"`), says: `to "x-1"`},
		"a change that is not the wallet's": {spoil: replace("walletcreatefundedpsbt", `"changepos":0`, `"changepos":1`), says: `to "own"`},
		"an address twice":                  {spoil: replace("decoderawtransaction", `"a-1"`, `"a-0"`), says: "which the batch does not"},
		"a change that is not there":        {spoil: replace("walletcreatefundedpsbt", `"changepos":0`, `"changepos":9`), says: "3 outputs and its change at 9"},
		"a signature that is missing":       {spoil: replace("finalizepsbt", `"complete":true`, `"complete":false`), says: "cannot sign all"},
		"an absurd amount":                  {spoil: replace("decoderawtransaction", `2.50000000`, `1e999999999`), says: "exponent"},
		"no identity":                       {spoil: replace("decoderawtransaction", `"txid":`, `"no":`), says: "no id"},
	} {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), &memory.Inbox{}
			d.grabs, d.skips, d.spoil = row.grabs, row.skips, row.spoil
			p, b := signed(t, d, notes), batchOf("a", "1", "2.5")
			err := p.Pay(t.Context(), b)
			require.ErrorContains(t, err, row.says)
			require.ErrorIs(t, err, payout.ErrRefused)
			found(t, p, b.ID, payout.Unsent)
			require.Zero(t, d.asked("sendrawtransaction"))
			require.Zero(t, d.asked("lockunspent"), "and no coin is locked")

			d.grabs, d.skips, d.spoil = false, false, nil
			require.NoError(t, p.Pay(t.Context(), b))
			require.Equal(t, paysOnce(b), d.paid())
		})
	}
}

func TestSignedWhoseNotesFail(t *testing.T) {
	for name, row := range map[string]struct {
		before, after string
		pay           error
		then          payout.Status
	}{
		"the transaction's name could not be noted": {before: "batch", pay: errStore, then: payout.Unsent},
		"it was noted, and the answer lost":         {after: "batch", pay: errStore, then: payout.Unsent},
		"the transaction could not be noted":        {before: "transaction", pay: errStore, then: payout.Unsent},
		"that was noted, and the answer lost":       {after: "transaction", then: payout.Sent},
	} {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), newShaky()
			notes.before[row.before], notes.after[row.after] = true, true
			p, b := signed(t, d, notes), batchOf("a", "1000") // every coin
			require.ErrorIs(t, p.Pay(t.Context(), b), row.pay)
			found(t, p, b.ID, row.then)
			require.NoError(t, p.Pay(t.Context(), b), "no coin is left locked")
			require.Equal(t, paysOnce(b), d.paid())
		})
	}
}

func TestSignedThatIsVoidIsNeverPaid(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p, b := signed(t, d, notes), batchOf("a", "1000") // every coin
	require.NoError(t, p.Void(t.Context(), b.ID))
	require.NoError(t, p.Void(t.Context(), b.ID), "again is harmless")
	found(t, signed(t, d, notes), b.ID, payout.Voided)
	require.ErrorIs(t, p.Pay(t.Context(), b), payout.ErrRefused)
	require.Zero(t, d.asked("sendrawtransaction"))
	require.NoError(t, p.Pay(t.Context(), batchOf("b", "1000")), "no coin is left locked")
}

func TestSignedWithoutFundsIsUnsent(t *testing.T) {
	d, notes := newDaemon(t), &memory.Inbox{}
	p := signed(t, d, notes)
	err := p.Pay(t.Context(), batchOf("a", "1000.00000001"))
	require.ErrorIs(t, err, payout.ErrRefused)
	require.ErrorContains(t, err, "Insufficient funds")
	found(t, p, "a", payout.Unsent)
}

func TestSignedSaysWhyANodeDoesNotTakeIt(t *testing.T) {
	for name, row := range map[string]struct {
		verdict string
		want    payout.Status
		says    string
	}{
		"the fees rose":              {`[{"allowed":false,"reject-reason":"mempool min fee not met"}]`, payout.Pending, "the node does not take it now: \"mempool min fee not met\""},
		"it would take it":           {`[{"allowed":true}]`, payout.Pending, "not in the node's pool"},
		"it has lost its parent":     {`[{"allowed":false,"reject-reason":"missing-inputs"}]`, payout.Pending, "missing-inputs"},
		"it has a twin":              {`[{"allowed":false,"reject-reason":"txn-same-nonwitness-data-in-mempool"}]`, payout.Sent, ""},
		"it says a lot, unprintably": {`[{"allowed":false,"reject-reason":"` + strings.Repeat(`\u0001`, 300) + `"}]`, payout.Pending, "x01"},
	} {
		t.Run(name, func(t *testing.T) {
			d, notes := newDaemon(t), &memory.Inbox{}
			p, b := signed(t, d, notes), batchOf("a", "1")
			require.NoError(t, p.Pay(t.Context(), b))
			d.spoil = answers("testmempoolaccept", row.verdict)
			require.Contains(t, found(t, p, b.ID, row.want).Note, row.says)
			for _, nothing := range []string{`[]`, `[{},{}]`, `null`, `{}`} {
				d.spoil = answers("testmempoolaccept", nothing)
				_, err := p.Find(t.Context(), b.ID)
				require.ErrorIs(t, err, rpc.ErrNoAnswer, nothing)
			}
		})
	}
}

// answers has a daemon answer one call with that result.
func answers(method, result string) func(string, string) string {
	return func(called, body string) string {
		if called != method {
			return body
		}
		return `{"error":null,"result":` + result + `,"id":` + body[strings.Index(body, `"id":`)+5:strings.Index(body, `,"result":`)] + `}`
	}
}

func TestSignedWhoseWalletCannotBeAskedSaysNothing(t *testing.T) {
	for _, method := range []string{"gettransaction", "testmempoolaccept"} {
		for _, f := range []fault{loseRequest, loseAnswer, hang, page, gateway, noFunds} {
			d, notes := newDaemon(t), &memory.Inbox{}
			p, b := signed(t, d, notes), batchOf("a", "1")
			require.NoError(t, p.Pay(t.Context(), b))
			d.fails(method, f)
			_, err := p.Find(t.Context(), b.ID)
			require.Error(t, err)
			found(t, p, b.ID, payout.Sent)
		}
	}
}
