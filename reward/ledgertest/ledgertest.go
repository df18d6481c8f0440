package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// Run checks a reward.Ledger. open returns a new, empty one each time.
func Run(t *testing.T, open func(t *testing.T) reward.Ledger) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, reward.Ledger){
		"a registration is kept":                                  keepsRegistrations,
		"who registers a key first has it":                        bindsKeys,
		"a malformed registration is refused":                     refusesRegistrations,
		"a key is bound anew as of its time":                      rebinds,
		"what is bound anew can be taken back before it holds":    takesBack,
		"sightings are numbered as they come":                     numbersSightings,
		"the newest sightings are pending where there is a limit": limitsPending,
		"an order is known since it was first seen":               remembersFirstSightings,
		"a clock that was set back makes no order older":          forgivesClocks,
		"only registered accounts submit":                         refusesStrangers,
		"a proof counts once":                                     refusesReplays,
		"a submission is kept whole or not at all":                keepsAllOrNothing,
		"of one proof submitted many times at once one counts":    countsOneOfMany,
		"sightings submitted at once are all numbered":            numbersConcurrently,
		"a round is booked with its credits":                      booksRounds,
		"a round is booked once, and in order":                    booksOnce,
		"history tells of rounds in which anybody was paid":       tellsHistory,
		"an empty ledger says so":                                 isEmptyAtFirst,
		"a cancelled context does nothing":                        obeysContext,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

const (
	address = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"
	other   = "BLKzyvgkPw8TB7V5QKyNrt3zhfgGRVi3k5"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func registration(user, unit string) reward.Registration {
	return reward.Registration{User: user, Address: address, Exchange: "venue", Unit: unit, At: start}
}

// submission is one proof, seconds after start, of orders of 10 each.
func submission(user, unit string, seconds int, names ...string) reward.Submission {
	at := start.Add(time.Duration(seconds) * time.Second)
	s := reward.Submission{User: user, Exchange: "venue", Unit: unit, IssuedAt: at, SeenAt: at}
	for _, n := range names {
		s.Orders = append(s.Orders, reward.Order{
			Side: exchange.Bid, OrderID: n,
			Price: decimal.New(99, -2), Amount: decimal.New(10, 0), Peg: decimal.New(1, 0),
		})
	}
	return s
}

// credit is the outcome of an order that earned so many hundredths.
func credit(id uint64, account string, cents int64) reward.Outcome {
	return reward.Outcome{ID: id, Account: account, Verdict: reward.Credited, Rank: "rank_1", Share: decimal.New(5, -1), Amount: decimal.New(cents, -2)}
}

func decision(number uint64, outcomes ...reward.Outcome) reward.Decision {
	d := reward.Decision{Round: number, Reason: reward.Unearned, Orders: outcomes, Markets: []reward.Tally{{Exchange: "venue", Unit: "btc"}}}
	for _, o := range outcomes {
		d.Paid = d.Paid.Add(o.Amount)
	}
	if d.Paid.IsPositive() {
		d.Reason = reward.Paid
	}
	return d
}

func stamp(seq uint64) evenkeel.Stamp {
	return evenkeel.Stamp{Key: "reward", Seq: seq, At: start.Add(time.Duration(seq) * time.Minute)}
}

func keepsRegistrations(t *testing.T, l reward.Ledger) {
	btc, ppc := registration("ann", "btc"), registration("ann", "ppc")
	noError(t, l.Register(t.Context(), btc))
	noError(t, l.Register(t.Context(), ppc))
	noError(t, l.Register(t.Context(), registration("bob", "btc")))
	equal(t, "registrations", registrations(t, l, "ann", start), []reward.Registration{btc, ppc})
}

func bindsKeys(t *testing.T, l reward.Ledger) {
	noError(t, l.Register(t.Context(), registration("ann", "btc")))
	again := registration("ann", "btc")
	is(t, l.Register(t.Context(), again), reward.ErrRegistered)
	again.Address = other
	is(t, l.Register(t.Context(), again), reward.ErrRegistered)
	again.Unit = "ppc"
	is(t, l.Register(t.Context(), again), reward.ErrRegistered)
	again.Exchange = "elsewhere" // where the same text is another key
	noError(t, l.Register(t.Context(), again))
	equal(t, "registrations", registrations(t, l, "ann", start), []reward.Registration{registration("ann", "btc"), again})
}

func refusesRegistrations(t *testing.T, l reward.Ledger) {
	for _, r := range []reward.Registration{{}, registration("", "btc"), registration("ann", ""), registration("ann", "a/b"), {User: "ann", Address: address, Exchange: "venue", Unit: "btc"}} {
		if err := l.Register(t.Context(), r); err == nil {
			t.Errorf("Register(%+v) = nil", r)
		}
	}
	r := registration("ann", "btc")
	r.Address = address[:len(address)-1]
	is(t, l.Register(t.Context(), r), reward.ErrAddressChecksum)
	noError(t, l.Register(t.Context(), registration("ann", "btc")))
}

func rebinds(t *testing.T, l reward.Ledger) {
	moved := registration("ann", "btc")
	moved.Address, moved.Signer, moved.At = other, "key", start.Add(time.Hour)
	is(t, l.Rebind(t.Context(), moved, start), reward.ErrUnregistered)
	elsewhere := registration("ann", "btc")
	elsewhere.Exchange = "elsewhere"
	for _, r := range []reward.Registration{registration("ann", "btc"), registration("ann", "ppc"), elsewhere, registration("bob", "btc")} {
		noError(t, l.Register(t.Context(), r))
	}
	broken := moved
	broken.Address = ""
	if err := l.Rebind(t.Context(), broken, start); err == nil {
		t.Errorf("Rebind(%+v) = nil", broken)
	}
	noError(t, l.Rebind(t.Context(), moved, start))

	also := moved
	also.Unit = "ppc"
	before, after := moved.At.Add(-time.Second), moved.At
	equal(t, "ann before", registrations(t, l, "ann", before), []reward.Registration{registration("ann", "btc"), registration("ann", "ppc"), elsewhere})
	equal(t, "ann after", registrations(t, l, "ann", after), []reward.Registration{moved, also, elsewhere})
	late := registration("ann", "ltc")
	late.At = after
	is(t, l.Register(t.Context(), late), reward.ErrRegistered) // the key has another address by now
	late.Address = other
	noError(t, l.Register(t.Context(), late))
	equal(t, "bob", registrations(t, l, "bob", after), []reward.Registration{registration("bob", "btc")})
	n, err := l.Registered(t.Context())
	noError(t, err)
	equal(t, "registered", n, 5)
}

func takesBack(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	move := func(to string, at, now time.Duration) reward.Registration {
		r := registration("ann", "btc")
		r.Address, r.At = to, start.Add(at)
		noError(t, l.Rebind(t.Context(), r, start.Add(now)))
		return r
	}
	move(other, 2*time.Hour, 0)
	back := move(address, 3*time.Hour, time.Hour)
	equal(t, "when the first would have held", registrations(t, l, "ann", start.Add(150*time.Minute)), []reward.Registration{registration("ann", "btc")})
	equal(t, "when the second holds", registrations(t, l, "ann", start.Add(4*time.Hour)), []reward.Registration{back})
	move(other, 6*time.Hour, 5*time.Hour)
	equal(t, "until a third does", registrations(t, l, "ann", start.Add(5*time.Hour)), []reward.Registration{back})
}

func numbersSightings(t *testing.T, l reward.Ledger) {
	register(t, l, "ann", "bob")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a", "b")))
	noError(t, l.Submit(t.Context(), submission("bob", "btc", 2, "c")))
	all := pending(t, l, 0, 10)
	equal(t, "names", names(all), []string{"venue/btc/ann a", "venue/btc/ann b", "venue/btc/bob c"})
	for i, o := range all {
		noError(t, o.Validate())
		if i > 0 && o.ID <= all[i-1].ID {
			t.Errorf("number %d after %d", o.ID, all[i-1].ID)
		}
	}
	equal(t, "seen", all[2].SeenAt, start.Add(2*time.Second))
	equal(t, "price, amount, peg", []string{all[0].Price.String(), all[0].Amount.String(), all[0].Peg.String()}, []string{"0.99", "10", "1"})
	equal(t, "after the first", names(pending(t, l, all[0].ID, 10)), names(all[1:]))
	equal(t, "after the last", len(pending(t, l, all[2].ID, 10)), 0)
	equal(t, "after more than there are", len(pending(t, l, 1<<62, 10)), 0)
}

func limitsPending(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a", "b", "c")))
	equal(t, "the newest two", names(pending(t, l, 0, 2)), []string{"venue/btc/ann b", "venue/btc/ann c"})
}

func remembersFirstSightings(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a")))
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 61, "a", "b")))
	moved := submission("ann", "btc", 121, "a")
	moved.Orders[0].Side = exchange.Ask
	noError(t, l.Submit(t.Context(), moved))
	changed := submission("ann", "btc", 181, "a")
	changed.Orders[0].Amount, changed.Orders[0].Peg = decimal.New(3, 0), decimal.New(2, 0)
	noError(t, l.Submit(t.Context(), changed))
	noError(t, l.Register(t.Context(), registration("ann", "ppc")))
	noError(t, l.Submit(t.Context(), submission("ann", "ppc", 241, "a")))
	var since []time.Duration
	for _, o := range pending(t, l, 0, 10) {
		since = append(since, o.Since.Sub(start)/time.Second)
	}
	equal(t, "since", since, []time.Duration{1, 1, 61, 121, 1, 241})
}

func forgivesClocks(t *testing.T, l reward.Ledger) {
	register(t, l, "ann", "bob")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 61, "a")))
	noError(t, l.Submit(t.Context(), submission("bob", "btc", 1, "a"))) // the same order, by an earlier clock
	for _, o := range pending(t, l, 0, 10) {
		equal(t, "since", o.Since, o.SeenAt)
	}
}

func refusesStrangers(t *testing.T, l reward.Ledger) {
	is(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a")), reward.ErrUnregistered)
	register(t, l, "ann")
	is(t, l.Submit(t.Context(), submission("ann", "ppc", 1, "a")), reward.ErrUnregistered)
	elsewhere := submission("ann", "btc", 1, "a")
	elsewhere.Exchange = "elsewhere"
	is(t, l.Submit(t.Context(), elsewhere), reward.ErrUnregistered)
	equal(t, "pending", len(pending(t, l, 0, 10)), 0)
}

func refusesReplays(t *testing.T, l reward.Ledger) {
	register(t, l, "ann", "bob")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 5, "a")))
	is(t, l.Submit(t.Context(), submission("ann", "btc", 5, "a")), reward.ErrReplayed)
	is(t, l.Submit(t.Context(), submission("ann", "btc", 4, "b")), reward.ErrReplayed)
	noError(t, l.Submit(t.Context(), submission("bob", "btc", 4, "c")))
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 6)))
	is(t, l.Submit(t.Context(), submission("ann", "btc", 6, "a")), reward.ErrReplayed) // a proof of no orders counts too
	equal(t, "pending", names(pending(t, l, 0, 10)), []string{"venue/btc/ann a", "venue/btc/bob c"})
}

func keepsAllOrNothing(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	s := submission("ann", "btc", 1, "a", "b")
	s.Orders[1].Price = decimal.New(-1, 0)
	is(t, l.Submit(t.Context(), s), reward.ErrInvalid)
	equal(t, "pending", len(pending(t, l, 0, 10)), 0)
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a", "b"))) // that proof was not used up
	equal(t, "pending", len(pending(t, l, 0, 10)), 2)
}

func countsOneOfMany(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	errs := make([]error, 8)
	together(len(errs), func(i int) { errs[i] = l.Submit(t.Context(), submission("ann", "btc", 1, "a")) })
	accepted := 0
	for _, err := range errs {
		if err == nil {
			accepted++
			continue
		}
		is(t, err, reward.ErrReplayed)
	}
	equal(t, "accepted", accepted, 1)
	equal(t, "pending", len(pending(t, l, 0, 10)), 1)
}

// A reader that follows the numbers misses nothing, whoever writes meanwhile.
func numbersConcurrently(t *testing.T, l reward.Ledger) {
	const users, proofs = 8, 10
	var who []string
	for i := range users {
		who = append(who, fmt.Sprint("user", i))
	}
	register(t, l, who...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(users, func(i int) {
			for n := range proofs {
				if err := l.Submit(t.Context(), submission(who[i], "btc", n+1, "a", "b")); err != nil {
					t.Error(err)
				}
			}
		})
	}()
	var last uint64
	read := func() (n int) {
		for _, o := range pending(t, l, last, 1000) {
			if o.ID <= last {
				t.Errorf("number %d after %d", o.ID, last)
			}
			last = o.ID
			n++
		}
		return n
	}
	count := 0
	for writing := true; writing; {
		select {
		case <-done:
			writing = false
		default:
		}
		count += read()
	}
	equal(t, "sightings", count, users*proofs*2)
}

func booksRounds(t *testing.T, l reward.Ledger) {
	register(t, l, "ann", "bob")
	noError(t, l.Register(t.Context(), registration("ann", "ppc")))
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a", "b")))
	noError(t, l.Submit(t.Context(), submission("ann", "ppc", 1, "a")))
	noError(t, l.Submit(t.Context(), submission("bob", "btc", 1, "c")))
	all := pending(t, l, 0, 10)
	d := decision(77, credit(all[0].ID, all[0].Account, 10), credit(all[1].ID, all[1].Account, 0), credit(all[2].ID, all[2].Account, 5),
		reward.Outcome{ID: all[3].ID, Account: all[3].Account, Verdict: reward.Stale})
	noError(t, l.Book(t.Context(), stamp(1), d))
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 2, "late")))

	got, err := l.Orders(t.Context(), "ann", 10)
	noError(t, err)
	late := pending(t, l, all[3].ID, 10)[0]
	equal(t, "orders of ann", got, []reward.Sighting{
		{Order: late},
		{Order: all[2], Round: 77, Outcome: d.Orders[2]},
		{Order: all[1], Round: 77, Outcome: d.Orders[1]},
		{Order: all[0], Round: 77, Outcome: d.Orders[0]},
	})
	got, err = l.Orders(t.Context(), "ann", 2)
	noError(t, err)
	equal(t, "the newest two", len(got), 2)
	equal(t, "the newest", got[0].Order.OrderID, "late")
	got, err = l.Orders(t.Context(), "bob", 10)
	noError(t, err)
	equal(t, "verdict", got[0].Outcome.Verdict, reward.Stale)

	booked, err := l.Round(t.Context(), 77)
	noError(t, err)
	d.Orders = nil
	equal(t, "round", booked, reward.Booked{At: stamp(1).At, Decision: d, Orders: 3, Accounts: 2})
	earned(t, l, "ann", "0.15")
	earned(t, l, "bob", "0")
}

func booksOnce(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	noError(t, l.Submit(t.Context(), submission("ann", "btc", 1, "a")))
	first := pending(t, l, 0, 10)[0]
	d := decision(77, credit(first.ID, first.Account, 10))
	is(t, l.Book(t.Context(), stamp(2), d), reward.ErrGap)
	together(8, func(int) {
		if err := l.Book(t.Context(), stamp(1), d); err != nil {
			t.Error(err)
		}
	})
	earned(t, l, "ann", "0.1")

	// A decision within a round is booked and changes nothing.
	noError(t, l.Book(t.Context(), stamp(2), reward.Decision{Round: 77, Reason: reward.RoundDone}))
	// Nor does a later round touch a sighting that was taken up before.
	noError(t, l.Book(t.Context(), stamp(3), decision(78, reward.Outcome{ID: first.ID, Account: first.Account, Verdict: reward.Replayed})))
	got, err := l.Orders(t.Context(), "ann", 1)
	noError(t, err)
	equal(t, "round", got[0].Round, uint64(77))
	seq, err := l.Booked(t.Context())
	noError(t, err)
	equal(t, "booked", seq, uint64(3))
	is(t, l.Book(t.Context(), stamp(5), d), reward.ErrGap)
	earned(t, l, "ann", "0.1")
	paid, err := l.Round(t.Context(), 77)
	noError(t, err)
	equal(t, "what became of the round", paid.Decision.Reason, reward.Paid)
	newest, err := l.Round(t.Context(), 0)
	noError(t, err)
	equal(t, "the newest round", newest.Decision.Round, uint64(78))
}

func tellsHistory(t *testing.T, l reward.Ledger) {
	register(t, l, "ann", "bob")
	for n := range 4 {
		noError(t, l.Submit(t.Context(), submission("ann", "btc", n+1, "a", "b")))
		noError(t, l.Submit(t.Context(), submission("bob", "btc", n+1, "c")))
	}
	all := pending(t, l, 0, 100)
	noError(t, l.Book(t.Context(), stamp(1), decision(71, credit(all[0].ID, all[0].Account, 3), credit(all[1].ID, all[1].Account, 4))))
	noError(t, l.Book(t.Context(), stamp(2), decision(72, credit(all[3].ID, all[3].Account, 0)))) // nobody was paid
	noError(t, l.Book(t.Context(), stamp(3), decision(73, credit(all[8].ID, all[8].Account, 5))))
	ann := []reward.Earning{
		{Round: 73, At: stamp(3).At},
		{Round: 71, At: stamp(1).At, Provided: decimal.New(20, 0), Reward: decimal.New(7, -2)},
	}
	got, err := l.History(t.Context(), "ann", 50)
	noError(t, err)
	equal(t, "history of ann", got, ann)
	got, err = l.History(t.Context(), "ann", 1)
	noError(t, err)
	equal(t, "the newest", got, ann[:1])
	got, err = l.History(t.Context(), "bob", 50)
	noError(t, err)
	equal(t, "history of bob", got, []reward.Earning{
		{Round: 73, At: stamp(3).At, Provided: decimal.New(10, 0), Reward: decimal.New(5, -2)},
		{Round: 71, At: stamp(1).At},
	})
}

func isEmptyAtFirst(t *testing.T, l reward.Ledger) {
	_, err := l.Round(t.Context(), 0)
	is(t, err, reward.ErrUnknownRound)
	_, err = l.Round(t.Context(), 77)
	is(t, err, reward.ErrUnknownRound)
	seq, err := l.Booked(t.Context())
	noError(t, err)
	equal(t, "booked", seq, uint64(0))
	equal(t, "registrations", len(registrations(t, l, "ann", start)), 0)
	n, err := l.Registered(t.Context())
	noError(t, err)
	equal(t, "registered", n, 0)
	history, err := l.History(t.Context(), "ann", 50)
	noError(t, err)
	equal(t, "history", len(history), 0)
	orders, err := l.Orders(t.Context(), "ann", 50)
	noError(t, err)
	equal(t, "orders", len(orders), 0)
	earned(t, l, "ann", "0")
}

func obeysContext(t *testing.T, l reward.Ledger) {
	register(t, l, "ann")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{
		l.Register(ctx, registration("bob", "btc")),
		l.Submit(ctx, submission("ann", "btc", 1, "a")),
		l.Book(ctx, stamp(1), decision(1)),
	} {
		is(t, err, context.Canceled)
	}
	equal(t, "pending", len(pending(t, l, 0, 10)), 0)
	noError(t, l.Register(t.Context(), registration("bob", "btc")))
	noError(t, l.Book(t.Context(), stamp(1), decision(1)))
}

func register(t *testing.T, l reward.Ledger, users ...string) {
	t.Helper()
	for _, u := range users {
		noError(t, l.Register(t.Context(), registration(u, "btc")))
	}
}

func registrations(t *testing.T, l reward.Ledger, user string, now time.Time) []reward.Registration {
	t.Helper()
	found, err := l.Registrations(t.Context(), user, now)
	noError(t, err)
	return found
}

func pending(t *testing.T, l reward.Ledger, after uint64, limit int) []reward.Order {
	t.Helper()
	orders, err := l.Pending(t.Context(), after, limit)
	noError(t, err)
	return orders
}

func earned(t *testing.T, l reward.Ledger, user, want string) {
	t.Helper()
	got, err := l.Earned(t.Context(), user)
	noError(t, err)
	equal(t, "earned by "+user, got.String(), want)
}

func names(orders []reward.Order) (ns []string) {
	for _, o := range orders {
		ns = append(ns, o.Account+" "+o.OrderID)
	}
	return ns
}

// together calls do n times at once.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
