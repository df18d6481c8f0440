package payouttest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// RunLedger checks a payout.Ledger. open returns a new, empty one each time, and
// the reward.Ledger that credits its accounts.
func RunLedger(t *testing.T, open func(t *testing.T) (reward.Ledger, payout.Ledger)) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, *ledger){
		"an empty ledger says so":                               isEmptyAtFirst,
		"what was credited is owed":                             owesCredits,
		"debts come page by page":                               pagesDebts,
		"a debt goes to the address of its time":                followsAddresses,
		"a planned batch holds what it takes":                   holdsPlanned,
		"a batch is planned and handed over in one decision":    movesAtOnce,
		"a paid batch is paid until it is not":                  paysAndTakesBack,
		"a confirmed batch is paid for good":                    paysForGood,
		"a failed batch gives back what it held":                givesBack,
		"a stuck batch goes on holding":                         holdsStuck,
		"credits go on while batches are live":                  creditsMeanwhile,
		"a decision is booked once, and in order":               booksOnce,
		"a decision booked many times at once is booked once":   booksOnceConcurrently,
		"a line takes no more than its account is owed":         refusesOverdraft,
		"a decision that cannot be booked is not booked at all": booksAllOrNothing,
		"a move of no batch is refused":                         refusesStrangers,
		"the newest batches come first":                         tellsBatches,
		"what a user is not yet paid is told over all accounts": tellsUnpaid,
		"amounts are exact":                                     isExact,
		"a cancelled context does nothing":                      obeysContext,
	} {
		t.Run(name, func(t *testing.T) {
			credits, payouts := open(t)
			check(t, &ledger{Ledger: payouts, credits: credits})
		})
	}
}

const (
	address = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"
	other   = "BLKzyvgkPw8TB7V5QKyNrt3zhfgGRVi3k5"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ledger is one under test, with what credits it.
type ledger struct {
	payout.Ledger
	credits    reward.Ledger
	rounds     uint64
	generation uint64
}

// account is that of a user in the one market there is, unless another is named.
func account(user string) string { return "venue/btc/" + user }

func registration(user, unit string) reward.Registration {
	return reward.Registration{User: user, Address: address, Exchange: "venue", Unit: unit, At: start}
}

// register registers a user of the market btc.
func (l *ledger) register(t *testing.T, users ...string) {
	t.Helper()
	for _, u := range users {
		noError(t, l.credits.Register(t.Context(), registration(u, "btc")))
	}
}

// credit books a round that credits that amount to a user's account.
func (l *ledger) credit(t *testing.T, user, unit, amount string) {
	t.Helper()
	l.rounds++
	at := start.Add(time.Duration(l.rounds) * time.Minute)
	one := decimal.New(1, 0)
	noError(t, l.credits.Submit(t.Context(), reward.Submission{
		User: user, Exchange: "venue", Unit: unit, IssuedAt: at, SeenAt: at,
		Orders: []reward.Order{{Side: exchange.Bid, OrderID: "order", Price: one, Amount: one, Peg: one}},
	}))
	orders, err := l.credits.Pending(t.Context(), 0, 1) // the newest
	noError(t, err)
	d := reward.Decision{Round: l.rounds, Reason: reward.Paid, Paid: dec(amount)}
	d.Orders = []reward.Outcome{{ID: orders[0].ID, Account: orders[0].Account, Verdict: reward.Credited, Rank: "rank_1", Share: one, Amount: dec(amount)}}
	noError(t, l.credits.Book(t.Context(), evenkeel.Stamp{Key: "reward", Seq: l.rounds, At: at}, d))
}

// funded registers users and credits each with that amount.
func (l *ledger) funded(t *testing.T, amount string, users ...string) {
	t.Helper()
	l.register(t, users...)
	for _, u := range users {
		l.credit(t, u, "btc", amount)
	}
}

// batch takes the same amount from each account of those users.
func (l *ledger) batch(amount string, users ...string) payout.Batch {
	l.generation++
	b := payout.Batch{Pool: "pool", Generation: l.generation}
	for _, u := range users {
		b.Lines = append(b.Lines, payout.Line{Account: account(u), Address: address, Amount: dec(amount)})
		b.Total = b.Total.Add(dec(amount))
	}
	b.Outputs = []payout.Output{{Address: address, Amount: b.Total}}
	b.ID = b.Sum()
	return b
}

func (l *ledger) book(t *testing.T, seq uint64, d payout.Decision) {
	t.Helper()
	noError(t, l.Book(t.Context(), stamp(seq), d))
}

// plan is a decision that plans b and hands it to the payer.
func plan(b payout.Batch) payout.Decision {
	return payout.Decision{Reason: payout.PaysAll, Planned: &b, Moved: []payout.Move{{ID: b.ID, From: payout.Planned, To: payout.Sending}}, Pay: []string{b.ID}}
}

func move(b payout.Batch, from, to payout.Phase, txID string) payout.Decision {
	return payout.Decision{Reason: payout.NotDue, Moved: []payout.Move{{ID: b.ID, From: from, To: to, TxID: txID}}}
}

func stamp(seq uint64) evenkeel.Stamp {
	return evenkeel.Stamp{Key: "payout", Seq: seq, At: start.Add(time.Duration(seq) * time.Hour)}
}

func isEmptyAtFirst(t *testing.T, l *ledger) {
	l.register(t, "ann")
	l.owes(t)
	l.unpaid(t, "ann", "0")
	l.unpaid(t, "nobody", "0")
	l.bookedUpTo(t, 0)
	batches, err := l.Batches(t.Context(), 10)
	noError(t, err)
	equal(t, "batches", len(batches), 0)
	_, err = l.Batch(t.Context(), "none")
	is(t, err, payout.ErrUnknownBatch)
}

func owesCredits(t *testing.T, l *ledger) {
	l.register(t, "bob", "ann", "cid")
	l.credit(t, "bob", "btc", "1.5")
	l.credit(t, "ann", "btc", "0.25")
	l.credit(t, "bob", "btc", "0.000000000001")
	l.owes(t, "ann 0.25", "bob 1.500000000001")
}

func pagesDebts(t *testing.T, l *ledger) {
	l.funded(t, "1", "a", "b", "c", "d", "e")
	b := l.batch("1", "b")
	l.book(t, 1, plan(b))
	var got []string
	after := ""
	for range 3 {
		debts, err := l.Owed(t.Context(), start, after, 2)
		noError(t, err)
		for _, d := range debts {
			got, after = append(got, d.Account), d.Account
		}
	}
	equal(t, "in pages of two", got, []string{account("a"), account("c"), account("d"), account("e")})
}

func followsAddresses(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	moved := registration("ann", "btc")
	moved.Address, moved.At = other, start.Add(time.Hour)
	noError(t, l.credits.Rebind(t.Context(), moved, start))
	for at, want := range map[time.Time]string{moved.At.Add(-time.Second): address, moved.At: other} {
		debts, err := l.Owed(t.Context(), at, "", 10)
		noError(t, err)
		equal(t, "owed", debts, []payout.Debt{{Account: account("ann"), Address: want, Amount: dec("1")}})
	}
}

func holdsPlanned(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob")
	b := l.batch("0.75", "ann")
	l.book(t, 1, payout.Decision{Reason: payout.PaysAll, Planned: &b})
	l.owes(t, "ann 0.25", "bob 1")
	l.unpaid(t, "ann", "1")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Planned, PlannedAt: stamp(1).At, MovedAt: stamp(1).At})
	l.book(t, 2, move(b, payout.Planned, payout.Sending, ""))
	l.owes(t, "ann 0.25", "bob 1")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Sending, PlannedAt: stamp(1).At, MovedAt: stamp(2).At})
}

func movesAtOnce(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob")
	b := l.batch("1", "ann", "bob")
	l.book(t, 1, plan(b))
	l.owes(t)
	l.unpaid(t, "ann", "1")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Sending, PlannedAt: stamp(1).At, MovedAt: stamp(1).At})
	d := move(b, payout.Sending, payout.Stuck, "")
	d.Moved = append(d.Moved, payout.Move{ID: b.ID, From: payout.Stuck, To: payout.Failed})
	l.book(t, 2, d)
	l.owes(t, "ann 1", "bob 1")
}

func paysAndTakesBack(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	b := l.batch("0.75", "ann")
	l.book(t, 1, plan(b))
	l.book(t, 2, move(b, payout.Sending, payout.Paid, "tx1"))
	l.unpaid(t, "ann", "0.25")
	l.book(t, 3, move(b, payout.Paid, payout.Paid, "tx2"))
	l.unpaid(t, "ann", "0.25")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Paid, TxID: "tx2", PlannedAt: stamp(1).At, MovedAt: stamp(3).At})
	l.book(t, 4, move(b, payout.Paid, payout.Sending, ""))
	l.unpaid(t, "ann", "1")
	l.owes(t, "ann 0.25")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Sending, TxID: "tx2", PlannedAt: stamp(1).At, MovedAt: stamp(4).At})
	l.book(t, 5, move(b, payout.Sending, payout.Paid, "tx2"))
	l.unpaid(t, "ann", "0.25")
	l.owes(t, "ann 0.25")
}

func paysForGood(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	b := l.batch("1", "ann")
	l.book(t, 1, plan(b))
	l.book(t, 2, move(b, payout.Sending, payout.Paid, "tx"))
	l.book(t, 3, move(b, payout.Paid, payout.Confirmed, "tx"))
	l.unpaid(t, "ann", "0")
	l.owes(t)
	l.has(t, payout.Booked{Batch: b, Phase: payout.Confirmed, TxID: "tx", PlannedAt: stamp(1).At, MovedAt: stamp(3).At})
}

func givesBack(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob")
	b := l.batch("0.75", "ann", "bob")
	l.book(t, 1, plan(b))
	l.book(t, 2, move(b, payout.Sending, payout.Failed, ""))
	l.owes(t, "ann 1", "bob 1")
	l.unpaid(t, "ann", "1")
	again := l.batch("1", "ann", "bob")
	l.book(t, 3, plan(again))
	l.owes(t)
	l.has(t, payout.Booked{Batch: b, Phase: payout.Failed, PlannedAt: stamp(1).At, MovedAt: stamp(2).At})
}

func holdsStuck(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	b := l.batch("0.75", "ann")
	l.book(t, 1, plan(b))
	l.book(t, 2, move(b, payout.Sending, payout.Stuck, ""))
	l.owes(t, "ann 0.25")
	l.unpaid(t, "ann", "1")
	l.book(t, 3, move(b, payout.Stuck, payout.Paid, "tx"))
	l.unpaid(t, "ann", "0.25")
}

func creditsMeanwhile(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	first := l.batch("1", "ann")
	l.book(t, 1, plan(first))
	l.credit(t, "ann", "btc", "0.5")
	l.owes(t, "ann 0.5")
	second := l.batch("0.5", "ann")
	l.book(t, 2, plan(second))
	l.book(t, 3, move(first, payout.Sending, payout.Failed, ""))
	l.owes(t, "ann 1")
	l.unpaid(t, "ann", "1.5")
}

func booksOnce(t *testing.T, l *ledger) {
	l.funded(t, "3", "ann")
	b := l.batch("1", "ann")
	is(t, l.Book(t.Context(), stamp(2), plan(b)), payout.ErrGap)
	l.owes(t, "ann 3")
	l.book(t, 1, plan(b))
	l.book(t, 1, plan(b))
	l.owes(t, "ann 2")
	l.book(t, 2, move(b, payout.Sending, payout.Failed, ""))
	l.book(t, 1, plan(b))
	l.book(t, 2, move(b, payout.Sending, payout.Failed, ""))
	l.owes(t, "ann 3")
	l.book(t, 3, payout.Decision{Reason: payout.NotDue}) // books its number alone
	l.bookedUpTo(t, 3)
	is(t, l.Book(t.Context(), stamp(5), plan(l.batch("1", "ann"))), payout.ErrGap)
	l.owes(t, "ann 3")
}

func booksOnceConcurrently(t *testing.T, l *ledger) {
	l.funded(t, "8", "ann")
	b := l.batch("1", "ann")
	together(8, func(int) {
		if err := l.Book(t.Context(), stamp(1), plan(b)); err != nil {
			t.Error(err)
		}
	})
	l.owes(t, "ann 7")
	l.bookedUpTo(t, 1)
}

func refusesOverdraft(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob")
	is(t, l.Book(t.Context(), stamp(1), plan(l.batch("1.000000000001", "bob"))), payout.ErrOverdrawn)
	is(t, l.Book(t.Context(), stamp(1), plan(l.batch("0.6", "ann", "ann"))), payout.ErrOverdrawn)
	is(t, l.Book(t.Context(), stamp(1), plan(l.batch("1", "nobody"))), payout.ErrOverdrawn)
	l.owes(t, "ann 1", "bob 1")
	l.book(t, 1, plan(l.batch("1", "ann")))
	is(t, l.Book(t.Context(), stamp(2), plan(l.batch("0.000001", "ann"))), payout.ErrOverdrawn)
	l.owes(t, "bob 1")
}

func booksAllOrNothing(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob")
	b := l.batch("1", "ann")
	l.book(t, 1, plan(b))
	over := plan(l.batch("0.6", "bob", "ann"))
	over.Moved = append([]payout.Move{{ID: b.ID, From: payout.Sending, To: payout.Failed}}, over.Moved...)
	is(t, l.Book(t.Context(), stamp(2), over), payout.ErrOverdrawn) // the plan comes first: what a move gives back is not yet there
	l.owes(t, "bob 1")
	l.bookedUpTo(t, 1)
	l.has(t, payout.Booked{Batch: b, Phase: payout.Sending, PlannedAt: stamp(1).At, MovedAt: stamp(1).At})
	_, err := l.Batch(t.Context(), over.Planned.ID)
	is(t, err, payout.ErrUnknownBatch)
	l.book(t, 2, move(b, payout.Sending, payout.Failed, ""))
	l.owes(t, "ann 1", "bob 1")
}

func refusesStrangers(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	d := plan(l.batch("1", "ann"))
	d.Moved = append(d.Moved, payout.Move{ID: "none", From: payout.Sending, To: payout.Paid, TxID: "tx"})
	is(t, l.Book(t.Context(), stamp(1), d), payout.ErrUnknownBatch)
	l.owes(t, "ann 1")
	l.bookedUpTo(t, 0)
}

func tellsBatches(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann", "bob", "cid")
	var want []string
	for i, user := range []string{"ann", "bob", "cid"} {
		b := l.batch("1", user)
		l.book(t, uint64(i+1), plan(b))
		want = append([]string{b.ID}, want...)
	}
	for limit := 1; limit <= 4; limit++ {
		batches, err := l.Batches(t.Context(), limit)
		noError(t, err)
		var got []string
		for _, b := range batches {
			got = append(got, b.ID)
			equal(t, "what its ID says of a batch", b.Sum(), b.ID)
		}
		equal(t, fmt.Sprintf("the newest %d", limit), got, want[:min(limit, 3)])
	}
}

func tellsUnpaid(t *testing.T, l *ledger) {
	l.register(t, "ann", "bob")
	noError(t, l.credits.Register(t.Context(), registration("ann", "ppc")))
	l.credit(t, "ann", "btc", "1")
	l.credit(t, "ann", "ppc", "2")
	l.credit(t, "bob", "btc", "4")
	l.unpaid(t, "ann", "3")
	b := l.batch("1", "ann", "bob")
	l.book(t, 1, plan(b))
	l.unpaid(t, "ann", "3")
	l.unpaid(t, "bob", "4")
	l.book(t, 2, move(b, payout.Sending, payout.Paid, "tx"))
	l.unpaid(t, "ann", "2")
	l.unpaid(t, "bob", "3")
}

// A float, or a sum made of floats, would be off by the last unit.
func isExact(t *testing.T, l *ledger) {
	l.register(t, "ann")
	l.credit(t, "ann", "btc", "99999999999.999999999999")
	l.credit(t, "ann", "btc", "0.000000000001")
	l.credit(t, "ann", "btc", "0.1")
	l.credit(t, "ann", "btc", "0.2")
	l.owes(t, "ann 100000000000.3")
	b := l.batch("100000000000.299999", "ann")
	l.book(t, 1, plan(b))
	l.owes(t, "ann 0.000001")
	l.unpaid(t, "ann", "100000000000.3")
	l.has(t, payout.Booked{Batch: b, Phase: payout.Sending, PlannedAt: stamp(1).At, MovedAt: stamp(1).At})
}

func obeysContext(t *testing.T, l *ledger) {
	l.funded(t, "1", "ann")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := l.batch("1", "ann")
	is(t, l.Book(ctx, stamp(1), plan(b)), context.Canceled)
	_, err := l.Owed(ctx, start, "", 10)
	is(t, err, context.Canceled)
	l.owes(t, "ann 1")
	l.book(t, 1, plan(b))
}

// owes checks all that is owed, as "user amount" by rising account, and that the
// books of every account balance.
func (l *ledger) owes(t *testing.T, want ...string) {
	t.Helper()
	debts, err := l.Owed(t.Context(), start, "", 100)
	noError(t, err)
	var got []string
	owed := map[string]decimal.Decimal{}
	for _, d := range debts {
		got = append(got, fmt.Sprint(d.Account[len(account("")):], " ", d.Amount))
		owed[d.Account] = d.Amount
	}
	equal(t, "owed", got, want)
	l.balances(t, owed)
}

// balances checks that credited = owed + held by live batches + paid.
func (l *ledger) balances(t *testing.T, owed map[string]decimal.Decimal) {
	t.Helper()
	batches, err := l.Batches(t.Context(), 100)
	noError(t, err)
	for _, user := range []string{"ann", "bob", "cid"} {
		sum := owed[account(user)].Add(owed["venue/ppc/"+user])
		for _, b := range batches {
			for _, line := range b.Lines {
				if b.Phase != payout.Failed && line.Account == account(user) {
					sum = sum.Add(line.Amount)
				}
			}
		}
		earned, err := l.credits.Earned(t.Context(), user)
		noError(t, err)
		equal(t, "owed, held and paid of "+user, sum.String(), earned.String())
	}
}

func (l *ledger) unpaid(t *testing.T, user, want string) {
	t.Helper()
	got, err := l.Unpaid(t.Context(), user)
	noError(t, err)
	equal(t, "unpaid of "+user, got.String(), want)
}

func (l *ledger) bookedUpTo(t *testing.T, want uint64) {
	t.Helper()
	got, err := l.Booked(t.Context())
	noError(t, err)
	equal(t, "booked", got, want)
}

func (l *ledger) has(t *testing.T, want payout.Booked) {
	t.Helper()
	got, err := l.Batch(t.Context(), want.ID)
	noError(t, err)
	equal(t, "batch", got, want)
	equal(t, "what its ID says of a batch", got.Sum(), want.ID)
}
