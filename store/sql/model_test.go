package sql_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// twins are a ledger in a database and one in memory, which are told and asked
// the same.
type twins struct {
	*testing.T
	rng     *rand.Rand
	ledgers [2]reward.Ledger
	payouts [2]payout.Ledger
	now     time.Time
	taken   uint64 // number of the last sighting
	rounds  uint64
	moves   uint64 // decisions of payouts
	live    []payout.Booked
}

var users, units = []string{"ann", "bob", "cid"}, []string{"btc", "ppc"}

// A database would have to err in the same way as a few lines of Go.
func TestALedgerDoesWhatOneInMemoryDoes(t *testing.T) {
	const steps = 250
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			onEach(t, func(t *testing.T, dsn string) {
				ledger, model := open(t, dsn).Ledger(), new(memory.Ledger)
				w := twins{
					T: t, rng: rand.New(rand.NewPCG(seed, 0)), now: noon,
					ledgers: [2]reward.Ledger{ledger, model}, payouts: [2]payout.Ledger{ledger.Payouts(), model.Payouts()},
				}
				for range steps {
					w.now = w.now.Add(pick(w.rng, 0, time.Second, time.Minute, 2*time.Hour))
					pick(w.rng, w.register, w.rebind, w.submit, w.submit, w.submit, w.book, w.book, w.plan, w.move)()
					w.compare()
				}
				require.Greater(t, w.moves, uint64(10)) // the walk came far enough to pay
			})
		})
	}
}

func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// both tells both ledgers the same and wants the same of them.
func both[T any](w *twins, what string, tell func(reward.Ledger, payout.Ledger) (T, error)) T {
	w.Helper()
	got, gotErr := tell(w.ledgers[0], w.payouts[0])
	want, wantErr := tell(w.ledgers[1], w.payouts[1])
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.Fatalf("%s (-memory +sql):\n%s", what, diff)
	}
	for _, kind := range []error{
		reward.ErrInvalid, reward.ErrRegistered, reward.ErrUnregistered, reward.ErrReplayed, reward.ErrUnknownRound,
		reward.ErrGap, payout.ErrGap, payout.ErrOverdrawn, payout.ErrUnknownBatch,
	} {
		if errors.Is(gotErr, kind) != errors.Is(wantErr, kind) || (gotErr == nil) != (wantErr == nil) {
			w.Fatalf("%s: error %v, in memory %v", what, gotErr, wantErr)
		}
	}
	return want
}

// told is what an answer without a value is.
type told struct{}

func (w *twins) registration() reward.Registration {
	return reward.Registration{
		User: pick(w.rng, users...), Unit: pick(w.rng, units...), Exchange: pick(w.rng, "venue", "elsewhere"), Signer: pick(w.rng, "", "key"),
		Address: pick(w.rng, address, address, "BLKzyvgkPw8TB7V5QKyNrt3zhfgGRVi3k5", "B"), At: w.now,
	}
}

func (w *twins) register() {
	r := w.registration()
	both(w, "register", func(l reward.Ledger, _ payout.Ledger) (told, error) { return told{}, l.Register(w.Context(), r) })
}

func (w *twins) rebind() {
	r := w.registration()
	r.At = w.now.Add(pick(w.rng, 0, time.Minute, time.Hour))
	both(w, "rebind", func(l reward.Ledger, _ payout.Ledger) (told, error) {
		return told{}, l.Rebind(w.Context(), r, w.now)
	})
}

func (w *twins) submit() {
	s := reward.Submission{
		User: pick(w.rng, users...), Exchange: pick(w.rng, "venue", "venue", "elsewhere"), Unit: pick(w.rng, units...),
		IssuedAt: w.now.Add(-pick(w.rng, 0, time.Second)), SeenAt: w.now,
	}
	for range w.rng.IntN(4) {
		s.Orders = append(s.Orders, reward.Order{
			Side: pick(w.rng, exchange.Bid, exchange.Ask), OrderID: pick(w.rng, "a", "b", "a \"b\"\n\\/c", "ü"),
			Price:  dec(pick(w.rng, "0.99", "1.10", "0.000000000000000001", "999999999999999999")),
			Amount: dec(pick(w.rng, "10", "0", "0.5", "100", "10", "10", "10", "-1")),
			Cost:   dec(pick(w.rng, "0", "0", "0.25")), Peg: dec("1"),
		})
	}
	both(w, "submit", func(l reward.Ledger, _ payout.Ledger) (told, error) { return told{}, l.Submit(w.Context(), s) })
}

func (w *twins) book() {
	limit := pick(w.rng, 1, 2, 5, 100)
	orders := both(w, "pending", func(l reward.Ledger, _ payout.Ledger) ([]reward.Order, error) {
		return l.Pending(w.Context(), w.taken, limit)
	})
	d := reward.Decision{Round: 60 * (w.rounds + 1), Reason: pick(w.rng, reward.Paid, reward.Paid, reward.Unearned, reward.RoundDone)}
	for _, o := range orders {
		out := reward.Outcome{ID: o.ID, Account: o.Account, Verdict: reward.Unranked}
		if d.Reason == reward.Paid && w.rng.IntN(3) > 0 {
			out.Verdict, out.Rank, out.Share = reward.Credited, pick(w.rng, "near", "far \"side\""), dec("0.3333333333")
			out.Amount = dec(pick(w.rng, "0", "0.1", "0.2", "123456.000000000001"))
		}
		d.Orders, d.Paid = append(d.Orders, out), d.Paid.Add(out.Amount)
	}
	if d.Reason != reward.RoundDone && len(orders) > 0 {
		w.taken = orders[len(orders)-1].ID
	}
	w.rounds++
	for range pick(w.rng, 1, 1, 2) {
		stamp := evenkeel.Stamp{Key: poolKey, Seq: w.rounds, At: w.now}
		both(w, "book", func(l reward.Ledger, _ payout.Ledger) (told, error) { return told{}, l.Book(w.Context(), stamp, d) })
	}
}

// plan plans a batch of some of the debts, now and then of more than there is.
func (w *twins) plan() {
	debts := both(w, "owed", func(_ reward.Ledger, p payout.Ledger) ([]payout.Debt, error) {
		return p.Owed(w.Context(), w.now, "", 3)
	})
	b := payout.Batch{Pool: "pool", Generation: w.moves + 1}
	for _, debt := range debts {
		amount := pick(w.rng, debt.Amount, decimal.Min(debt.Amount, dec("0.05")), debt.Amount.Add(dec(pick(w.rng, "0", "0", "0.000000000001"))))
		b.Lines, b.Total = append(b.Lines, payout.Line{Account: debt.Account, Address: debt.Address, Amount: amount}), b.Total.Add(amount)
	}
	b.ID = b.Sum()
	d := payout.Decision{Planned: &b}
	if w.rng.IntN(2) == 0 {
		d.Moved = []payout.Move{{ID: b.ID, From: payout.Planned, To: payout.Sending}}
	}
	w.decide(d)
}

func (w *twins) move() {
	d := payout.Decision{}
	for _, b := range w.live {
		if w.rng.IntN(2) == 0 && b.Phase != payout.Failed && b.Phase != payout.Confirmed {
			to := pick(w.rng, payout.Sending, payout.Stuck, payout.Paid, payout.Confirmed, payout.Failed)
			d.Moved = append(d.Moved, payout.Move{ID: b.ID, From: b.Phase, To: to, TxID: pick(w.rng, "", "tx")})
		}
	}
	if w.rng.IntN(20) == 0 {
		d.Moved = append(d.Moved, payout.Move{ID: "none", To: payout.Paid})
	}
	w.decide(d)
}

func (w *twins) decide(d payout.Decision) {
	stamp := evenkeel.Stamp{Key: "payout", Seq: w.moves + pick(w.rng, uint64(0), 1, 1, 1, 2), At: w.now}
	both(w, "book a payout", func(_ reward.Ledger, p payout.Ledger) (told, error) {
		return told{}, p.Book(w.Context(), stamp, d)
	})
}

// compare asks both for all that they tell, and wants nothing lost of what was
// credited.
func (w *twins) compare() {
	limit := pick(w.rng, 1, 3, 100)
	both(w, "registered", func(l reward.Ledger, _ payout.Ledger) (int, error) { return l.Registered(w.Context()) })
	both(w, "booked", func(l reward.Ledger, _ payout.Ledger) (uint64, error) { return l.Booked(w.Context()) })
	both(w, "round", func(l reward.Ledger, _ payout.Ledger) (reward.Booked, error) {
		return l.Round(w.Context(), 60*w.rounds)
	})
	w.moves = both(w, "booked payouts", func(_ reward.Ledger, p payout.Ledger) (uint64, error) { return p.Booked(w.Context()) })
	w.live = both(w, "batches", func(_ reward.Ledger, p payout.Ledger) ([]payout.Booked, error) { return p.Batches(w.Context(), 4) })
	for _, user := range append(users, "nobody", "no\x00body") {
		both(w, "registrations", func(l reward.Ledger, _ payout.Ledger) ([]reward.Registration, error) {
			return l.Registrations(w.Context(), user, w.now)
		})
		both(w, "orders", func(l reward.Ledger, _ payout.Ledger) ([]reward.Sighting, error) {
			return l.Orders(w.Context(), user, limit)
		})
		both(w, "history", func(l reward.Ledger, _ payout.Ledger) ([]reward.Earning, error) {
			return l.History(w.Context(), user, limit)
		})
		both(w, "earned", func(l reward.Ledger, _ payout.Ledger) (decimal.Decimal, error) { return l.Earned(w.Context(), user) })
		both(w, "unpaid", func(_ reward.Ledger, p payout.Ledger) (decimal.Decimal, error) { return p.Unpaid(w.Context(), user) })
	}
}
