package reserve_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/reserve"
)

const (
	here  = 138
	there = 651940
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func account(b reserve.Bucket) reserve.Account {
	return reserve.Account{Bucket: b, Asset: "cUSDC", Chain: here}
}

func post(b reserve.Bucket, part reserve.Part, chain uint64, amount string) reserve.Posting {
	return reserve.Posting{Account: reserve.Account{Bucket: b, Asset: "cUSDC", Chain: chain}, Part: part, Amount: dec(amount)}
}

func rules() reserve.Rules {
	return reserve.Rules{
		Vault:       map[string]reserve.Limit{"cUSDC": {DailyCap: dec("300"), ApprovalAbove: dec("100")}},
		FlashFeeBps: dec("9"),
	}
}

// funded has 1,000 cUSDC available in each bucket.
func funded(tb testing.TB) *reserve.Ledger {
	tb.Helper()
	l, err := reserve.NewLedger(rules())
	require.NoError(tb, err)
	for _, b := range []reserve.Bucket{reserve.Public, reserve.Stabilization, reserve.Flash, reserve.Bridge, reserve.Vault} {
		require.NoError(tb, l.Commit(reserve.Transaction{
			ID: "fund " + string(b), Kind: reserve.Deposit, At: noon, Postings: reserve.Pay(account(reserve.Outside), account(b), dec("1000")),
		}))
	}
	return l
}

func pay(from, to reserve.Bucket, amount string) []reserve.Posting {
	return reserve.Pay(account(from), account(to), dec(amount))
}

func TestLedgerCommit(t *testing.T) {
	xau := reserve.Account{Bucket: reserve.Stabilization, Asset: "XAU", Chain: here}
	xauOut := reserve.Account{Bucket: reserve.Outside, Asset: "XAU", Chain: here}
	long := strings.Repeat("x", reserve.MaxName+1)
	for name, r := range map[string]struct {
		kind      reserve.Kind
		approvals string
		postings  []reserve.Posting
		want      error
	}{
		"the stabilizer sells out of B": {
			kind:     reserve.Stabilize,
			postings: append(pay(reserve.Stabilization, reserve.Outside, "40"), reserve.Pay(xauOut, xau, dec("2"))...),
		},
		"the stabilizer may not spend A":  {kind: reserve.Stabilize, postings: pay(reserve.Public, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"the stabilizer may not spend E":  {kind: reserve.Stabilize, postings: pay(reserve.Vault, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"nor feed itself from C":          {kind: reserve.Stabilize, postings: pay(reserve.Flash, reserve.Stabilization, "1"), want: reserve.ErrForbidden},
		"public pools trade out of A":     {kind: reserve.Trade, postings: pay(reserve.Public, reserve.Outside, "1000")},
		"and not out of B":                {kind: reserve.Trade, postings: pay(reserve.Stabilization, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"arbitrage uses D":                {kind: reserve.Arbitrage, postings: pay(reserve.Bridge, reserve.Outside, "1")},
		"and not B":                       {kind: reserve.Arbitrage, postings: pay(reserve.Stabilization, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"a deposit may name its sender":   {kind: reserve.Deposit, postings: pay("outside/bank-7", reserve.Vault, "1")},
		"a deposit comes from outside":    {kind: reserve.Deposit, postings: pay(reserve.Public, reserve.Vault, "1"), want: reserve.ErrForbidden},
		"a deposit goes into a bucket":    {kind: reserve.Deposit, postings: pay(reserve.Outside, "lent/bank-7", "1"), want: reserve.ErrForbidden},
		"a withdrawal goes outside":       {kind: reserve.Withdraw, postings: pay(reserve.Public, reserve.Outside, "1")},
		"and not to another bucket":       {kind: reserve.Withdraw, postings: pay(reserve.Public, reserve.Stabilization, "1"), want: reserve.ErrForbidden},
		"a look-alike is not the outside": {kind: reserve.Withdraw, postings: pay(reserve.Public, "outsider", "1"), want: reserve.ErrForbidden},
		"an unknown kind may do nothing":  {kind: "gift", postings: pay(reserve.Public, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"no kind may do nothing":          {postings: pay(reserve.Public, reserve.Outside, "1"), want: reserve.ErrForbidden},

		"E refills B":                          {kind: reserve.Refill, postings: pay(reserve.Vault, reserve.Stabilization, "100")},
		"E refills D":                          {kind: reserve.Refill, postings: pay(reserve.Vault, reserve.Bridge, "100")},
		"E does not refill A":                  {kind: reserve.Refill, postings: pay(reserve.Vault, reserve.Public, "1"), want: reserve.ErrForbidden},
		"E does not refill C":                  {kind: reserve.Refill, postings: pay(reserve.Vault, reserve.Flash, "1"), want: reserve.ErrForbidden},
		"B does not flow back to E":            {kind: reserve.Refill, postings: pay(reserve.Stabilization, reserve.Vault, "1"), want: reserve.ErrForbidden},
		"above the threshold needs two people": {kind: reserve.Refill, postings: pay(reserve.Vault, reserve.Bridge, "100.01"), want: reserve.ErrUnapproved},
		"one person is not enough":             {kind: reserve.Refill, approvals: "ann", postings: pay(reserve.Vault, reserve.Bridge, "100.01"), want: reserve.ErrUnapproved},
		"the same person twice is one":         {kind: reserve.Refill, approvals: "ann ann", postings: pay(reserve.Vault, reserve.Bridge, "100.01"), want: reserve.ErrUnapproved},
		"nobody is no person":                  {kind: reserve.Refill, approvals: "ann ", postings: pay(reserve.Vault, reserve.Bridge, "100.01"), want: reserve.ErrUnapproved},
		"two people are":                       {kind: reserve.Refill, approvals: "ann bob ann", postings: pay(reserve.Vault, reserve.Bridge, "300")},
		"but not above the daily cap":          {kind: reserve.Refill, approvals: "ann bob", postings: pay(reserve.Vault, reserve.Bridge, "300.01"), want: reserve.ErrCapped},
		"a refill split over B and D counts as one": {
			kind: reserve.Refill, postings: []reserve.Posting{
				post(reserve.Vault, reserve.Available, here, "-120"), post(reserve.Stabilization, reserve.Available, here, "60"), post(reserve.Bridge, reserve.Available, here, "60"),
			}, want: reserve.ErrUnapproved,
		},
		"a withdrawal from E meets the same limit": {kind: reserve.Withdraw, postings: pay(reserve.Vault, reserve.Outside, "101"), want: reserve.ErrUnapproved},
		"an asset without a limit stays in E": {
			kind: reserve.Withdraw, approvals: "ann bob",
			postings: reserve.Pay(reserve.Account{Bucket: reserve.Vault, Asset: "XAU"}, reserve.Account{Bucket: reserve.Outside, Asset: "XAU"}, dec("1")), want: reserve.ErrCapped,
		},

		"a flash loan comes back with its fee": {kind: reserve.FlashLoan, postings: append(pay(reserve.Flash, reserve.Outside, "1000"), pay(reserve.Outside, reserve.Flash, "1000.9")...)},
		"without its fee it is refused":        {kind: reserve.FlashLoan, postings: append(pay(reserve.Flash, reserve.Outside, "1000"), pay(reserve.Outside, reserve.Flash, "1000.89")...), want: reserve.ErrForbidden},
		"a loan that does not come back":       {kind: reserve.FlashLoan, postings: pay(reserve.Flash, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"more than C has cannot be lent":       {kind: reserve.FlashLoan, postings: append(pay(reserve.Flash, reserve.Outside, "1001"), pay(reserve.Outside, reserve.Flash, "1100")...), want: reserve.ErrInsufficient},
		"B lends nothing":                      {kind: reserve.FlashLoan, postings: append(pay(reserve.Stabilization, reserve.Outside, "10"), pay(reserve.Outside, reserve.Stabilization, "11")...), want: reserve.ErrForbidden},
		"a loan returned on another chain": {
			kind: reserve.FlashLoan, postings: []reserve.Posting{
				post(reserve.Flash, reserve.Available, here, "-10"), post(reserve.Outside, reserve.Available, here, "10"),
				post(reserve.Flash, reserve.Available, there, "11"), post(reserve.Outside, reserve.Available, there, "-11"),
			}, want: reserve.ErrForbidden,
		},

		"a move holds":                     {kind: reserve.Move, postings: []reserve.Posting{post(reserve.Stabilization, reserve.Available, here, "-5"), post(reserve.Stabilization, reserve.Held, here, "5")}},
		"a move sends to a bridge":         {kind: reserve.Move, postings: []reserve.Posting{post(reserve.Bridge, reserve.Available, here, "-5"), post(reserve.Bridge, reserve.InFlight, here, "5")}},
		"a move between buckets is none":   {kind: reserve.Move, postings: pay(reserve.Public, reserve.Stabilization, "1"), want: reserve.ErrForbidden},
		"a move does not feed the outside": {kind: reserve.Move, postings: pay(reserve.Public, reserve.Outside, "1"), want: reserve.ErrForbidden},
		"value does not jump to another chain": {
			kind: reserve.Move, postings: []reserve.Posting{post(reserve.Bridge, reserve.Available, here, "-5"), post(reserve.Bridge, reserve.Available, there, "5")}, want: reserve.ErrForbidden,
		},
		"nor is it in flight only over there": {
			kind: reserve.Move, postings: []reserve.Posting{post(reserve.Bridge, reserve.Available, here, "-5"), post(reserve.Bridge, reserve.InFlight, there, "5")}, want: reserve.ErrForbidden,
		},
		"nor is part of it": {
			kind: reserve.Arbitrage, postings: []reserve.Posting{
				post(reserve.Bridge, reserve.Available, here, "-5"), post(reserve.Bridge, reserve.InFlight, here, "2"), post(reserve.Outside, reserve.Available, there, "3"),
			}, want: reserve.ErrForbidden,
		},
		"a refill does not jump either": {
			kind: reserve.Refill, postings: []reserve.Posting{post(reserve.Vault, reserve.Available, here, "-5"), post(reserve.Stabilization, reserve.Available, there, "5")}, want: reserve.ErrForbidden,
		},

		"a transfer keeps to the caller's own accounts": {kind: reserve.Transfer, postings: pay(reserve.Outside, "lent/bank-7", "1")},
		"and off the buckets":                           {kind: reserve.Transfer, postings: pay(reserve.Public, "lent/bank-7", "1"), want: reserve.ErrForbidden},
		"an own account is not overdrawn":               {kind: reserve.Transfer, postings: pay("lent/bank-7", reserve.Outside, "1"), want: reserve.ErrInsufficient},

		"an account pays no more than it has":          {kind: reserve.Stabilize, postings: pay(reserve.Stabilization, reserve.Outside, "1000.000000000000000001"), want: reserve.ErrInsufficient},
		"two payments are counted together":            {kind: reserve.Stabilize, postings: append(pay(reserve.Stabilization, reserve.Outside, "600"), pay(reserve.Stabilization, reserve.Outside, "600")...), want: reserve.ErrInsufficient},
		"what the transaction brings pays for nothing": {kind: reserve.Stabilize, postings: append(pay(reserve.Stabilization, reserve.Outside, "1001"), pay(reserve.Outside, reserve.Stabilization, "500")...), want: reserve.ErrInsufficient},
		"what is held is not available":                {kind: reserve.Stabilize, postings: []reserve.Posting{post(reserve.Stabilization, reserve.Held, here, "-1"), post(reserve.Outside, reserve.Available, here, "1")}, want: reserve.ErrInsufficient},

		"postings sum to zero": {kind: reserve.Stabilize, postings: []reserve.Posting{post(reserve.Stabilization, reserve.Available, here, "-2"), post(reserve.Outside, reserve.Available, here, "1")}, want: reserve.ErrInvalid},
		"for every asset": {
			kind: reserve.Stabilize, postings: []reserve.Posting{post(reserve.Stabilization, reserve.Available, here, "-2"), {Account: xau, Part: reserve.Available, Amount: dec("2")}}, want: reserve.ErrInvalid,
		},
		"one posting is none":             {kind: reserve.Deposit, postings: pay(reserve.Outside, reserve.Vault, "1")[:1], want: reserve.ErrInvalid},
		"nothing is not posted":           {kind: reserve.Deposit, postings: pay(reserve.Outside, reserve.Vault, "0"), want: reserve.ErrInvalid},
		"postings are limited":            {kind: reserve.Deposit, postings: make([]reserve.Posting, reserve.MaxPostings+1), want: reserve.ErrInvalid},
		"a bucket has a name":             {kind: reserve.Deposit, postings: pay(reserve.Outside, "", "1"), want: reserve.ErrInvalid},
		"and not a long one":              {kind: reserve.Transfer, postings: pay(reserve.Outside, reserve.Bucket(long), "1"), want: reserve.ErrInvalid},
		"an asset has a name":             {kind: reserve.Deposit, postings: reserve.Pay(reserve.Account{Bucket: reserve.Outside}, reserve.Account{Bucket: reserve.Vault}, dec("1")), want: reserve.ErrInvalid},
		"a part is one of three":          {kind: reserve.Deposit, postings: []reserve.Posting{post(reserve.Outside, reserve.Available, here, "-1"), post(reserve.Vault, "lost", here, "1")}, want: reserve.ErrInvalid},
		"the outside has no parts":        {kind: reserve.Deposit, postings: []reserve.Posting{post(reserve.Outside, reserve.Held, here, "-1"), post(reserve.Vault, reserve.Held, here, "1")}, want: reserve.ErrInvalid},
		"an amount has eighteen decimals": {kind: reserve.Deposit, postings: pay(reserve.Outside, reserve.Vault, "0.0000000000000000001"), want: reserve.ErrInvalid},
		"an amount is below 10^30":        {kind: reserve.Deposit, postings: pay(reserve.Outside, reserve.Vault, "1e30"), want: reserve.ErrInvalid},
		"approvals are limited":           {kind: reserve.Deposit, approvals: strings.Repeat("a ", 100), postings: pay(reserve.Outside, reserve.Vault, "1"), want: reserve.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			l := funded(t)
			before := l.State()
			tx := reserve.Transaction{ID: "tx", Kind: r.kind, At: noon, Postings: r.postings}
			if r.approvals != "" {
				tx.Approvals = strings.Split(r.approvals, " ")
			}
			err := l.Commit(tx)
			require.NoError(t, l.Audit())
			if r.want != nil {
				require.ErrorIs(t, err, r.want)
				require.Empty(t, cmp.Diff(before, l.State()), "a refused transaction leaves the ledger as it was")
				return
			}
			require.NoError(t, err)
			require.NotEmpty(t, cmp.Diff(before, l.State()))
		})
	}
}

func TestLedgerIsIdempotent(t *testing.T) {
	l := funded(t)
	tx := reserve.Transaction{ID: "s-1", Kind: reserve.Stabilize, At: noon.Add(time.Minute), Postings: pay(reserve.Stabilization, reserve.Outside, "600")}
	require.NoError(t, l.Commit(tx))
	after := l.State()

	again := tx
	again.At = noon.Add(time.Hour)
	again.Postings = []reserve.Posting{post(reserve.Outside, reserve.Available, here, "600.00"), post(reserve.Stabilization, reserve.Available, here, "-600")}
	require.NoError(t, l.Commit(again), "the same postings in other words, though B could not pay them twice")
	early := tx
	early.At = noon
	require.NoError(t, l.Commit(early), "a repetition may carry any time")
	require.Empty(t, cmp.Diff(after, l.State()))

	other := tx
	other.Postings = pay(reserve.Stabilization, reserve.Outside, "1")
	require.ErrorIs(t, l.Commit(other), reserve.ErrConflict)
	other = tx
	other.Kind = reserve.Withdraw
	require.ErrorIs(t, l.Commit(other), reserve.ErrConflict)
	require.Empty(t, cmp.Diff(after, l.State()))
}

func TestLedgerTimeRunsForward(t *testing.T) {
	l := funded(t)
	err := l.Commit(reserve.Transaction{ID: "late", Kind: reserve.Trade, At: noon.Add(-1), Postings: pay(reserve.Public, reserve.Outside, "1")})
	require.ErrorIs(t, err, reserve.ErrInvalid)
	require.ErrorIs(t, l.Commit(reserve.Transaction{Kind: reserve.Trade, At: noon, Postings: pay(reserve.Public, reserve.Outside, "1")}), reserve.ErrInvalid, "no ID")
}

func TestLedgerDailyCapSlides(t *testing.T) {
	l := funded(t)
	refill := func(id string, after time.Duration, amount string) error {
		return l.Commit(reserve.Transaction{ID: id, Kind: reserve.Refill, At: noon.Add(after), Postings: pay(reserve.Vault, reserve.Stabilization, amount)})
	}
	require.NoError(t, refill("a", 0, "100"))
	require.NoError(t, refill("b", 11*time.Hour+59*time.Minute, "100"))
	require.NoError(t, refill("c", 12*time.Hour, "100"))
	require.ErrorIs(t, refill("d", 13*time.Hour, "0.01"), reserve.ErrCapped, "a new calendar day is no new cap")
	require.ErrorIs(t, refill("d", 24*time.Hour-time.Nanosecond, "0.01"), reserve.ErrCapped)
	require.NoError(t, refill("d", 24*time.Hour, "100"), "the first has left the day")
	require.ErrorIs(t, refill("e", 24*time.Hour, "0.01"), reserve.ErrCapped)
	require.Len(t, l.State().Vault["cUSDC"], 3, "what is older than a day is forgotten")
}

func TestLedgerForgetsIDsInTime(t *testing.T) {
	r := rules()
	r.KeepIDs = 24 * time.Hour
	l, err := reserve.NewLedger(r)
	require.NoError(t, err)
	commit := func(id string, at time.Duration) error {
		return l.Commit(reserve.Transaction{ID: id, Kind: reserve.Deposit, At: noon.Add(at), Postings: pay(reserve.Outside, reserve.Public, "1")})
	}
	require.NoError(t, commit("a", 0))
	require.NoError(t, commit("b", 24*time.Hour))
	require.NoError(t, commit("a", 0), "still known")
	require.NoError(t, commit("c", 24*time.Hour+1))
	require.ErrorIs(t, commit("a", 0), reserve.ErrInvalid, "forgotten, but too old to be booked again")
	require.Len(t, l.State().Seen, 2)
	require.Equal(t, "3", l.Owned("cUSDC").String())
}

func TestNewLedgerRejects(t *testing.T) {
	for name, bad := range map[string]reserve.Rules{
		"a negative fee":             {FlashFeeBps: dec("-1")},
		"IDs forgotten within a day": {KeepIDs: time.Hour},
		"a negative cap":             {Vault: map[string]reserve.Limit{"cUSDC": {DailyCap: dec("-1")}}},
		"a negative threshold":       {Vault: map[string]reserve.Limit{"cUSDC": {ApprovalAbove: dec("-1")}}},
	} {
		_, err := reserve.NewLedger(bad)
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}

func TestRestoreLedgerRejectsWhatWasTamperedWith(t *testing.T) {
	for name, tamper := range map[string]func(*reserve.LedgerState){
		"a balance that grew":     func(s *reserve.LedgerState) { s.Accounts[0].Available = dec("1001") },
		"a balance below zero":    func(s *reserve.LedgerState) { s.Accounts[0].Held, s.Accounts[0].InFlight = dec("-1"), dec("1") },
		"an account that is gone": func(s *reserve.LedgerState) { s.Accounts = s.Accounts[1:] },
		"an account twice":        func(s *reserve.LedgerState) { s.Accounts = append(s.Accounts, s.Accounts[0]) },
	} {
		state := funded(t).State()
		tamper(&state)
		_, err := reserve.RestoreLedger(rules(), state)
		require.ErrorIs(t, err, reserve.ErrInvalid, name)
	}
}

// A buffer crosses a bridge in two transactions. On the way it is owned but
// neither available nor covering.
func TestLedgerBridge(t *testing.T) {
	l := funded(t)
	d := func(chain uint64) reserve.Balance {
		return l.Balance(reserve.Account{Bucket: reserve.Bridge, Asset: "cUSDC", Chain: chain})
	}
	commit := func(id string, postings ...reserve.Posting) {
		t.Helper()
		require.NoError(t, l.Commit(reserve.Transaction{ID: id, Kind: reserve.Move, At: noon, Postings: postings}))
		require.Equal(t, "5000", l.Owned("cUSDC").String())
	}
	commit("send", post(reserve.Bridge, reserve.Available, here, "-400"), post(reserve.Bridge, reserve.InFlight, here, "400"))
	require.Equal(t, "600", d(here).Available.String())
	require.Equal(t, "1000", d(here).Total().String())
	commit("settle", post(reserve.Bridge, reserve.InFlight, here, "-300"), post(reserve.Bridge, reserve.Available, there, "300"))
	commit("refund", post(reserve.Bridge, reserve.InFlight, here, "-100"), post(reserve.Bridge, reserve.Available, here, "100"))
	require.Equal(t, "700", d(here).Available.String())
	require.Equal(t, "300", d(there).Available.String())
	require.True(t, d(here).InFlight.IsZero())
}

func TestLedgerCovering(t *testing.T) {
	l := funded(t)
	require.Equal(t, "1000", l.Covering("cUSDC").String(), "A, C, D and E do not count")
	require.Equal(t, "5000", l.Owned("cUSDC").String())
	require.NoError(t, l.Commit(reserve.Transaction{ID: "hold", Kind: reserve.Move, At: noon, Postings: []reserve.Posting{
		post(reserve.Stabilization, reserve.Available, here, "-300"),
		post(reserve.Stabilization, reserve.Held, here, "200"), post(reserve.Stabilization, reserve.InFlight, here, "100"),
	}}))
	require.Equal(t, "700", l.Covering("cUSDC").String(), "nor what is held or in flight")
	require.Equal(t, "5000", l.Owned("cUSDC").String())
	require.Equal(t, "0", l.Owned("XAU").String())
	require.Equal(t, "0", l.Covering("XAU").String())
}

func TestLedgerKeepsNoEmptyAccounts(t *testing.T) {
	l := funded(t)
	require.NoError(t, l.Commit(reserve.Transaction{ID: "all", Kind: reserve.Trade, At: noon, Postings: pay(reserve.Public, reserve.Outside, "1000")}))
	require.Len(t, l.State().Accounts, 5)
	require.True(t, l.Balance(account(reserve.Public)).Total().IsZero())
}

func TestAllowance(t *testing.T) {
	none := reserve.Allowance(nil)
	one := none.Spend(dec("70"), noon)
	two := one.Spend(dec("50"), noon.Add(time.Hour))
	for name, r := range map[string]struct {
		allowance reserve.Allowance
		after     time.Duration
		want      string
	}{
		"nothing spent leaves the cap":            {none, 0, "100"},
		"what was spent is gone":                  {one, 0, "30"},
		"for a day less a nanosecond":             {one, 24*time.Hour - 1, "30"},
		"and back after a day":                    {one, 24 * time.Hour, "100"},
		"more than the cap leaves nothing":        {two, time.Hour, "0"},
		"each spending has a day of its own":      {two, 24 * time.Hour, "50"},
		"an allowance that was spent from stands": {one, time.Hour, "30"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, r.want, r.allowance.Left(dec("100"), noon.Add(r.after)).String())
		})
	}
	require.Len(t, two.Spend(dec("1"), noon.Add(24*time.Hour)), 2)
}

// A central bank's own release as a book: the Reserve Bank of India's money
// market operations as on 8 August 2022, crore rupees, injection positive. Its
// sums must come out of the postings.
func TestLedgerOfACentralBank(t *testing.T) {
	l, err := reserve.NewLedger(reserve.Rules{})
	require.NoError(t, err)
	rupees := func(b reserve.Bucket) reserve.Account { return reserve.Account{Bucket: b, Asset: "INR crore"} }
	banks := rupees("outside/banks")
	inject := func(facility reserve.Bucket, amount string) {
		t.Helper()
		require.NoError(t, l.Commit(reserve.Transaction{
			ID: string(facility), Kind: reserve.Transfer, At: noon, Postings: reserve.Pay(rupees(facility), banks, dec(amount)),
		}))
		require.NoError(t, l.Audit())
	}
	inject("outside/msf", "1523.00")
	inject("outside/sdf", "-175249.00")
	require.Equal(t, "-173726.00", l.Balance(banks).Available.StringFixed(2), "net of the day's operations")
	inject("outside/outstanding", "76424.83")
	require.Equal(t, "-97301.17", l.Balance(banks).Available.StringFixed(2), "net injected including the day's operations")

	sum := decimal.Zero
	for _, entry := range l.State().Accounts {
		sum = sum.Add(entry.Total())
	}
	require.True(t, sum.IsZero())
}

// Whatever is thrown at a ledger, value is conserved, nothing is overdrawn, a
// refusal and a repetition change nothing, and a book read back from JSON goes
// on as the original does.
func TestLedgerConserves(t *testing.T) {
	buckets := []reserve.Bucket{reserve.Public, reserve.Stabilization, reserve.Flash, reserve.Bridge, reserve.Vault, reserve.Outside, "outside/bank", "lent"}
	kinds := []reserve.Kind{reserve.Deposit, reserve.Withdraw, reserve.Trade, reserve.Stabilize, reserve.FlashLoan, reserve.Arbitrage, reserve.Refill, reserve.Move, reserve.Transfer}
	parts := []reserve.Part{reserve.Available, reserve.Available, reserve.Held, reserve.InFlight}
	rapid.Check(t, func(t *rapid.T) {
		l, err := reserve.NewLedger(rules())
		require.NoError(t, err)
		at := noon
		for i := range rapid.IntRange(1, 60).Draw(t, "transactions") {
			at = at.Add(time.Duration(rapid.IntRange(0, 9).Draw(t, "hours")) * time.Hour)
			tx := reserve.Transaction{
				ID: fmt.Sprint(rapid.IntRange(0, i).Draw(t, "id")), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), At: at,
				Approvals: []string{"ann", "bob"}[:rapid.IntRange(0, 2).Draw(t, "approvals")],
			}
			for range rapid.IntRange(1, 2).Draw(t, "pairs") {
				amount := dec(rapid.SampledFrom([]string{"1", "60", "99.5", "150"}).Draw(t, "amount"))
				from := reserve.Posting{Amount: amount.Neg(), Part: rapid.SampledFrom(parts).Draw(t, "from part")}
				from.Account = reserve.Account{Bucket: rapid.SampledFrom(buckets).Draw(t, "from"), Asset: "cUSDC", Chain: here}
				to := reserve.Posting{Amount: amount, Part: rapid.SampledFrom(parts).Draw(t, "to part")}
				to.Account = reserve.Account{Bucket: rapid.SampledFrom(buckets).Draw(t, "to"), Asset: "cUSDC", Chain: rapid.SampledFrom([]uint64{here, there}).Draw(t, "chain")}
				tx.Postings = append(tx.Postings, from, to)
			}
			before := l.State()
			copied, err := reserve.RestoreLedger(rules(), throughJSON(t, before))
			require.NoError(t, err)
			fork := l.Clone()

			err = l.Commit(tx)
			require.Equal(t, fmt.Sprint(err), fmt.Sprint(copied.Commit(tx)))
			require.Empty(t, cmp.Diff(l.State(), copied.State()), "a book read back goes on as the original does")
			require.Empty(t, cmp.Diff(before, fork.State()), "a clone is independent")
			require.NoError(t, l.Audit())
			outside := decimal.Zero
			for _, entry := range l.State().Accounts {
				if entry.Bucket.External() || entry.Bucket == "lent" {
					outside = outside.Add(entry.Total())
				}
			}
			require.True(t, l.Owned("cUSDC").Equal(outside.Neg()), "what we hold came from outside")
			if err != nil {
				require.Empty(t, cmp.Diff(before, l.State()), "a refusal changes nothing")
				continue
			}
			after := l.State()
			require.NoError(t, l.Commit(tx))
			require.Empty(t, cmp.Diff(after, l.State()), "a repetition changes nothing")
		}
	})
}

func throughJSON(t require.TestingT, state reserve.LedgerState) (back reserve.LedgerState) {
	written, err := json.Marshal(state)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(written, &back))
	return back
}

func BenchmarkLedgerCommit(b *testing.B) {
	l := funded(b)
	postings := [2][]reserve.Posting{pay(reserve.Stabilization, reserve.Outside, "40"), pay(reserve.Outside, reserve.Stabilization, "40")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := l.Commit(reserve.Transaction{ID: fmt.Sprint(i), Kind: reserve.Stabilize, At: noon, Postings: postings[i%2]}); err != nil {
			b.Fatal(err)
		}
	}
}
