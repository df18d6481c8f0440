package liquidity_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	"github.com/evenkeelhq/evenkeel/reserve"
)

// One release of a central bank whose sums have to come out of our books: Reserve
// Bank of India, money market operations as on 8 August 2022, crore rupees,
// injection positive.
//
//	MSF   marginal standing facility, today            1,523.00
//	SDF   standing deposit facility, today          -175,249.00
//	      net of today's operations                 -173,726.00
//	      net of outstanding operations               76,424.83
//	      net injected                               -97,301.17
//
// How it is booked:
//
//   - MSF is an overnight loan that banks ask for and the facility approves: a
//     manual injection that is due a day later and comes back by itself.
//   - What is outstanding is the net of earlier operations that have not matured.
//     The release nets them to an injection, so they are one loan of that amount,
//     for longer. Its term is of another configuration; a loan keeps the terms on
//     which it was lent.
//   - SDF is the banks' money at the central bank. The engine books no deposits of
//     banks, but what a provider puts in is just that: money that comes in, stays
//     the provider's, and is redeemed. So the depositors are a provider, one that is
//     down, for what is absorbed is not to be lent again.
//
// The release has no interest and no collateral, and neither have the loans.
type facility struct {
	sys   memory.System
	state liquidity.State
	book  *reserve.Ledger // the same once more, double entry, kept from what moved
	seq   uint64
}

const (
	central = "central bank" // the provider whose money is lent
	msf     = "MSF"
	sdf     = "SDF" // both the banks that deposit and the provider that they are
	earlier = "outstanding"
)

var (
	openings = map[string]string{msf: "5000", sdf: "200000", earlier: "90000"}
	capital  = "100000"

	lastWeek  = time.Date(2022, time.August, 1, 18, 0, 0, 0, time.UTC)
	today     = time.Date(2022, time.August, 8, 18, 0, 0, 0, time.UTC)
	tomorrow  = today.Add(25 * time.Hour)
	nextMonth = lastWeek.Add(31 * 24 * time.Hour)
)

const (
	overnight = 24 * time.Hour
	longer    = 30 * 24 * time.Hour
)

// openFacility has its own capital, and banks that owe nothing yet.
func openFacility() (*facility, error) {
	book, err := reserve.NewLedger(reserve.Rules{})
	if err != nil {
		return nil, err
	}
	f := &facility{book: book}
	for bank, liquid := range openings {
		f.sys.Set(liquidity.Position{
			Bank: bank, Kind: liquidity.SXLR, Currency: "INR crore", Source: "core",
			Liquid: dec(liquid), Obligations: dec(liquid),
		})
	}
	f.sys.Provider(central).Change(func(p *liquidity.Provider) { p.Contributed = dec(capital) })
	f.sys.Provider(sdf).Change(func(p *liquidity.Provider) { p.Down = true })
	return f, f.tick(lastWeek, overnight)
}

// tick observes, decides and acts; loans are of that term. The mode only suggests, so
// that nothing is done but what people want and what is due.
func (f *facility) tick(now time.Time, term time.Duration, commands ...liquidity.Command) error {
	cfg := liquidity.Careful("facility", "INR crore", decimal.Decimal{})
	cfg.Term = term
	engine, err := liquidity.New(cfg)
	if err != nil {
		return err
	}
	world, err := liquidity.NewWorld(liquidity.WorldConfig{
		Key: key, Engine: engine, Feeds: []liquidity.Feed{&f.sys}, Quorum: 1,
		Executors: map[string]liquidity.Executor{central: f.sys.Provider(central), sdf: f.sys.Provider(sdf)},
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	seen, err := world.Observe(ctx, now, f.state)
	if err != nil {
		return err
	}
	seen.Commands = commands
	next, d, err := engine.Step(f.state, seen)
	if err != nil {
		return err
	}
	f.state = next
	if err := world.Act(ctx, now, evenkeel.Stamp{Key: key}, d); err != nil {
		return err
	}
	return f.post(now)
}

// lend gives a bank what it asks for: one person asks, another approves, and a
// minute later it has settled.
func (f *facility) lend(now time.Time, term time.Duration, bank, amount string) error {
	f.seq++
	ask := liquidity.Command{Seq: f.seq, By: bank, Do: liquidity.AskInject, Bank: bank, Amount: dec(amount), Why: "asked for"}
	if err := f.tick(now, term, ask); err != nil {
		return err
	}
	account := f.state.Accounts[slices.IndexFunc(f.state.Accounts, func(a liquidity.Account) bool { return a.Bank == bank })]
	if len(account.Actions) != 1 {
		return fmt.Errorf("%s: %d actions", bank, len(account.Actions))
	}
	asked := account.Actions[0]
	f.seq++
	approve := liquidity.Command{Seq: f.seq, By: "desk", Do: liquidity.Approve, Bank: bank, ID: asked.ID, Amount: asked.Amount, Version: asked.Version}
	if err := f.tick(now.Add(time.Minute), term, approve); err != nil {
		return err
	}
	return f.tick(now.Add(2*time.Minute), term)
}

// deposit takes the banks' money in, and gives it back if it is below zero.
func (f *facility) deposit(now time.Time, amount string) error {
	f.sys.Pay(sdf, dec(amount).Neg())
	f.sys.Provider(sdf).Change(func(p *liquidity.Provider) {
		if in := dec(amount); in.IsPositive() {
			p.Contributed = p.Contributed.Add(in)
		} else {
			p.Redeemed = p.Redeemed.Sub(in)
		}
	})
	return f.tick(now, overnight)
}

// post enters in the second book what moved and is not in it: the ledger knows a
// transfer that it has seen by its ID. What the banks of a facility have received
// of us and not returned is the balance of their account outside.
func (f *facility) post(now time.Time) error {
	pay := func(id string, from, to reserve.Bucket, amount decimal.Decimal) error {
		if amount.IsZero() {
			return nil
		}
		return f.book.Commit(reserve.Transaction{
			ID: id, Kind: reserve.Transfer, At: now, Postings: reserve.Pay(account(from), account(to), amount),
		})
	}
	for _, fund := range f.state.Funds {
		banks, ours := outside(fund.Provider), reserve.Bucket(fund.Provider)
		if err := pay(fund.Provider+" in "+fund.Contributed.String(), banks, ours, fund.Contributed); err != nil {
			return err
		}
		if err := pay(fund.Provider+" out "+fund.Redeemed.String(), ours, banks, fund.Redeemed); err != nil {
			return err
		}
	}
	for _, t := range f.sys.Provider(central).Moved() {
		from, to := reserve.Bucket(central), outside(t.Bank)
		if t.Side == liquidity.Withdraw {
			from, to = to, from
		}
		if err := pay(t.ID, from, to, t.Amount); err != nil {
			return err
		}
	}
	return f.book.Audit()
}

func outside(name string) reserve.Bucket { return reserve.Outside + "/" + reserve.Bucket(name) }

func account(b reserve.Bucket) reserve.Account { return reserve.Account{Bucket: b, Asset: "INR crore"} }

// injected returns what the banks of a facility have received, net.
func (f *facility) injected(names ...string) decimal.Decimal {
	var sum decimal.Decimal
	for _, name := range names {
		sum = sum.Add(f.book.Balance(account(outside(name))).Available)
	}
	return sum
}

// agree reports where the engine's book, the second one, and the banks' own
// balances differ.
func (f *facility) agree() error {
	if err := audited(f.state); err != nil {
		return err
	}
	received := map[string]decimal.Decimal{} // by bank, as the engine has it
	for _, a := range f.state.Accounts {
		for _, l := range a.Loans {
			received[a.Bank] = received[a.Bank].Add(l.Outstanding)
		}
	}
	for _, fund := range f.state.Funds {
		if free := f.book.Balance(account(reserve.Bucket(fund.Provider))).Available; !free.Equal(fund.Free) {
			return fmt.Errorf("%s: free %s, by the second book %s", fund.Provider, fund.Free, free)
		}
		if fund.Provider == sdf {
			received[sdf] = received[sdf].Sub(fund.Contributed).Add(fund.Redeemed)
		}
	}
	for bank, opening := range openings {
		liquid, got := f.sys.Position(bank).Liquid, f.injected(bank)
		if !got.Equal(received[bank]) || !liquid.Equal(dec(opening).Add(got)) {
			return fmt.Errorf("%s: received %s, by the second book %s, and has %s of %s", bank, received[bank], got, liquid, opening)
		}
	}
	return nil
}

func TestTheBooksComeToTheReleaseAndUnwindToTheirOpening(t *testing.T) {
	f, err := openFacility()
	require.NoError(t, err)
	require.Equal(t, []string{sdf, central}, []string{f.state.Funds[0].Provider, f.state.Funds[1].Provider})

	for _, moment := range []struct {
		name      string
		then      func() error
		want      [5]string // MSF, SDF, net of the day, outstanding, net injected
		loans     int
		available string // to be lent
		underWay  bool   // money that has moved and that the engine has yet to see
	}{
		{
			"an earlier operation is outstanding", func() error { return f.lend(lastWeek, longer, earlier, "76424.83") },
			[5]string{"0", "0", "0", "76424.83", "76424.83"},
			1, "23575.17", false,
		},
		{
			"a bank borrows overnight", func() error { return f.lend(today, overnight, msf, "1523.00") },
			[5]string{"1523", "0", "1523", "76424.83", "77947.83"},
			2, "22052.17", false,
		},
		{
			"banks deposit what they do not need: the release", func() error { return f.deposit(today.Add(time.Hour), "175249.00") },
			[5]string{"1523", "-175249", "-173726", "76424.83", "-97301.17"},
			2, "22052.17", false,
		},
		{
			"the deposits mature", func() error { return f.deposit(tomorrow, "-175249.00") },
			[5]string{"0", "0", "0", "76424.83", "76424.83"},
			2, "22052.17", true,
		},
		{
			"and so has the overnight loan, which came back by itself", func() error { return f.tick(tomorrow.Add(time.Minute), overnight) },
			[5]string{"0", "0", "0", "76424.83", "76424.83"},
			1, "23575.17", false,
		},
		{
			"the earlier operation matures", func() error { return f.tick(nextMonth, overnight) },
			[5]string{"0", "0", "0", "0", "0"},
			1, "23575.17", true,
		},
		{
			"all is as it was", func() error { return f.tick(nextMonth.Add(time.Minute), overnight) },
			[5]string{"0", "0", "0", "0", "0"},
			0, "100000", false,
		},
	} {
		require.NoError(t, moment.then(), moment.name)
		got := [5]string{
			f.injected(msf).String(), f.injected(sdf).String(), f.injected(msf, sdf).String(),
			f.injected(earlier).String(), f.injected(msf, sdf, earlier).String(),
		}
		require.Equal(t, moment.want, got, moment.name)
		loans := 0
		for _, a := range f.state.Accounts {
			loans += len(a.Loans)
		}
		require.Equal(t, moment.loans, loans, moment.name)
		require.Equal(t, moment.available, f.state.Funds[1].Free.String(), moment.name)
		if !moment.underWay {
			require.NoError(t, f.agree(), moment.name)
		}
	}
	require.True(t, f.state.Funds[0].Free.IsZero(), "every deposit is redeemed")
	for bank, liquid := range openings {
		require.Equal(t, liquid, f.sys.Position(bank).Liquid.String(), bank)
	}
}

func TestLoansKeepTheirMaturityUnderAnotherConfiguration(t *testing.T) {
	f, err := openFacility()
	require.NoError(t, err)
	require.NoError(t, f.lend(lastWeek, longer, earlier, "76424.83"))
	require.NoError(t, f.lend(today, overnight, msf, "1523.00"))
	due := map[string]time.Time{}
	for _, a := range f.state.Accounts {
		for _, l := range a.Loans {
			due[a.Bank] = l.Due
		}
	}
	const settled = 2 * time.Minute
	require.Equal(t, map[string]time.Time{
		earlier: lastWeek.Add(settled + longer), msf: today.Add(settled + overnight),
	}, due)
	require.NoError(t, f.agree())
}

func TestWhatIsAbsorbedIsNotLent(t *testing.T) {
	f, err := openFacility()
	require.NoError(t, err)
	require.NoError(t, f.deposit(today, "175249.00"))
	err = f.lend(today.Add(time.Minute), overnight, msf, "100000.01")
	require.EqualError(t, err, "MSF: 0 actions", "only the central bank's own 100,000 are there to be lent")
	require.NoError(t, f.lend(today.Add(time.Hour), overnight, msf, "100000.00"))
	require.NoError(t, f.agree())
	require.Equal(t, "175249", f.state.Funds[0].Free.String())
}

// The release out of the books: deposits and loans of the day, what is outstanding
// of earlier days, and what all of it has put into the market or taken out.
func Example_centralBank() {
	f, err := openFacility()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, operation := range []func() error{
		func() error { return f.lend(lastWeek, longer, earlier, "76424.83") },
		func() error { return f.lend(today, overnight, msf, "1523.00") },
		func() error { return f.deposit(today.Add(time.Hour), "175249.00") },
		f.agree,
	} {
		if err := operation(); err != nil {
			fmt.Println(err)
			return
		}
	}
	line := func(what string, names ...string) {
		fmt.Printf("%-24s %11s\n", what, f.injected(names...).StringFixed(2))
	}
	line("MSF", msf)
	line("SDF", sdf)
	line("net of the day", msf, sdf)
	line("outstanding operations", earlier)
	line("net injected", msf, sdf, earlier)
	// Output:
	// MSF                          1523.00
	// SDF                       -175249.00
	// net of the day            -173726.00
	// outstanding operations      76424.83
	// net injected               -97301.17
}
