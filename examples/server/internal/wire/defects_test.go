package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// The defects of the ALP server, by their numbers, and what this one does instead.

const (
	saved   = "orders saved for validation"
	already = "user is already registered"
)

func TestD1EachSideShowsItsOwnRatio(t *testing.T) {
	r := open(t)
	var markets map[string]map[string]struct{ Ask, Bid struct{ Ratio float64 } }
	require.NoError(t, json.Unmarshal([]byte(r.get("/exchanges").body), &markets))
	ppc := markets["test_exchange"]["ppc"]
	require.InDelta(t, 0.6, ppc.Ask.Ratio, 0)
	require.InDelta(t, 0.4, ppc.Bid.Ratio, 0)
}

func TestD2AUserWithSeveralRegistrationsIsPaidOnceAndNobodyElseForHim(t *testing.T) {
	r := open(t, "minimum_payout: 1", "minimum_payout: 0.0001")
	_, err := r.payout() // from here on the day counts
	require.NoError(t, err)
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.register("lp", home, "ppc")
	for _, unit := range []string{"btc", "ppc"} {
		require.Equal(t, no(already), r.post("/register", `{"user":"lp","address":"`+thief+`","exchange":"test_exchange","unit":"`+unit+`"}`))
	}
	r.place(lp, "b", nbtBTC, exchange.Bid, "2500", "0.004")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.round()
	require.InDelta(t, 0.0125, r.stats("lp").Current, 1e-12)

	r.pass(24 * time.Hour)
	_, err = r.payout()
	require.NoError(t, err)
	_, err = r.payout()
	require.NoError(t, err)
	require.Equal(t, map[string]decimal.Decimal{home: dec("0.0125")}, r.paid())
}

func TestD3OrdersCountOnlyWhereTheUserIsRegistered(t *testing.T) {
	r := open(t)
	r.register("lp", home, "btc")
	require.Equal(t, no("user lp is not registered"), r.post("/liquidity", submitting("unit", `"ppc"`)))
	r.register("lp", home, "ppc")
	require.Equal(t, yes(saved), r.post("/liquidity", submitting("unit", `"ppc"`)))
}

func TestD4OrdersOfTwoUsersAreTwoAndOneSeenTwiceIsOne(t *testing.T) {
	r := open(t)
	lp, other := r.account("lp"), r.account("other")
	for user, a := range map[string]interface {
		Place(context.Context, exchange.Order) (exchange.Order, error)
	}{"lp": lp, "other": other} {
		r.register(user, home, "btc")
		_, err := a.Place(t.Context(), exchange.Order{ClientID: "same", Pair: nbtBTC, Side: exchange.Bid, Amount: dec("100"), Price: dec("0.004")})
		require.NoError(t, err)
	}
	require.Equal(t, yes(saved), r.post("/liquidity", r.proof(lp, nbtBTC)))
	require.Equal(t, yes(saved), r.post("/liquidity", r.proof(other, nbtBTC)))
	r.pass(time.Second)
	_, err := r.account("taker").Place(t.Context(), exchange.Order{ClientID: "t", Pair: nbtBTC, Side: exchange.Ask, Amount: dec("40"), Price: dec("0.004")})
	require.NoError(t, err)
	require.Equal(t, yes(saved), r.post("/liquidity", r.proof(lp, nbtBTC)))
	require.Equal(t, yes(saved), r.post("/liquidity", r.proof(other, nbtBTC)))
	r.round()
	filled := map[float64]int{}
	for _, user := range []string{"lp", "other"} {
		seen := r.orders(user)
		require.Len(t, seen, 2)
		require.Equal(t, []int{1, -1}, []int{seen[0].Credited, seen[1].Credited}, "the last sighting stands")
		require.Nil(t, seen[1].Credit)
		filled[seen[0].Amount]++
	}
	require.Equal(t, map[float64]int{60: 1, 100: 1}, filled, "the one filled in part counts with the rest of it")
}

func TestD5AProofCountsOnceAndNotForLong(t *testing.T) {
	r := open(t)
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.place(lp, "b", nbtBTC, exchange.Bid, "100", "0.004")
	first, body := r.proof(lp, nbtBTC), ""
	require.Equal(t, yes(saved), r.post("/liquidity", first))
	require.Equal(t, yes(saved), r.post("/liquidity", first), "as the ALP server would say")
	require.Len(t, r.orders("lp"), 1, "and kept once")
	r.round()
	require.Equal(t, yes(saved), r.post("/liquidity", first))
	require.Len(t, r.orders("lp"), 1, "whoever kept it in mind earns nothing with it")

	body = r.proof(lp, nbtBTC)
	r.pass(31 * time.Second)
	require.Equal(t, no("req is too old, or from the future: sign a new one"), r.post("/liquidity", body))
	require.Equal(t, no("req was used before: sign a new one"), r.post("/liquidity", body))

	require.Equal(t, yes(saved), r.post("/liquidity", r.proof(lp, nbtBTC)))
	r.pass(2 * time.Minute)
	r.round()
	require.Equal(t, -1, r.orders("lp")[0].Credited, "orders do not pile up until a round comes")
}

func TestD6AnOrderWithoutARankStopsNobody(t *testing.T) {
	r := open(t, "bid:\n        ratio: 0.5\n        rank_1: {ratio: 1.0, tolerance: 0.0105}\n        rank_2: {ratio: 0.0}",
		"bid:\n        ratio: 0.5\n        rank_1: {ratio: 1.0, tolerance: 0.0105}\n        rank_2: {ratio: 0.0, tolerance: 0.05}")
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.register("lp", home, "ppc")
	r.place(lp, "far", nbtBTC, exchange.Bid, "100", "0.001")
	r.place(lp, "near", nbtBTC, exchange.Bid, "100", "0.004")
	r.place(lp, "ppc", nbtPPC, exchange.Bid, "100", "2")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.post("/liquidity", r.proof(lp, nbtPPC))
	waits := r.orders("lp")
	require.Empty(t, waits[2].Rank)
	require.InDelta(t, 0.75, waits[2].Deviation, 0)
	require.Zero(t, waits[2].Tolerance)
	// a market is taken out before its orders had their round
	_, ppc, found := strings.Cut(r.text, "    ppc:\n      reverse")
	require.True(t, found)
	ppc, _, _ = strings.Cut(ppc, "\n\n") // the section after it stays
	r.rewrite("    ppc:\n      reverse"+ppc, "")
	require.Equal(t, reward.Paid, r.round().Reason)
	seen := r.orders("lp")
	require.Equal(t, []int{-1, 1, -1}, []int{seen[0].Credited, seen[1].Credited, seen[2].Credited})
	require.Equal(t, "rank_1", seen[1].Rank)

	require.Equal(t, no("ppc is not supported on test_exchange"), r.post("/liquidity", r.proof(lp, nbtPPC)))
	r.post("/liquidity", r.proof(lp, nbtBTC))
	require.Equal(t, reward.Paid, r.round().Reason, "and the next round comes as ever")
}

// flaky is a payer whose answers get lost while it is down, or who is not there
// at all.
type flaky struct {
	payout.Payer
	gone, deaf bool
	paid       int
}

func (f *flaky) Pay(ctx context.Context, b payout.Batch) error {
	if f.gone {
		return errors.New("connection refused")
	}
	f.paid++
	err := f.Payer.Pay(ctx, b)
	if f.deaf {
		return errors.New("connection reset")
	}
	return err
}

func (f *flaky) Find(ctx context.Context, id string) (payout.Receipt, error) {
	if f.gone {
		return payout.Receipt{}, errors.New("connection refused")
	}
	return f.Payer.Find(ctx, id)
}

// owing is a rig whose payout is due, with a payer that the test breaks.
func owing(t *testing.T) (*rig, *flaky) {
	t.Helper()
	r := open(t, "minimum_payout: 1", "minimum_payout: 0.0001")
	payer := &flaky{Payer: r.ports.Payer}
	r.ports.Payer = payer
	r.serve()
	_, err := r.payout()
	require.NoError(t, err)
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.place(lp, "b", nbtBTC, exchange.Bid, "2500", "0.004")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.round()
	r.pass(24 * time.Hour)
	return r, payer
}

func TestD7APayerThatIsDownDelaysAPayoutAndStopsNone(t *testing.T) {
	r, payer := owing(t)
	payer.gone = true
	_, err := r.payout()
	require.ErrorContains(t, err, "connection refused")
	next := r.pool.NextPayout()
	require.Equal(t, start.Add(48*time.Hour), next, "the schedule does not depend on the outcome")
	payer.gone = false
	for range 3 {
		r.pass(2 * time.Minute)
		_, err = r.payout()
		require.NoError(t, err)
	}
	require.Equal(t, map[string]decimal.Decimal{home: dec("0.0125")}, r.paid())
	require.Equal(t, next, r.pool.NextPayout())
}

func TestD8AnInvalidConfigurationIsToldOnceAndNotTakenOver(t *testing.T) {
	r := open(t)
	r.rewrite("reward: 0.025", "reward: -5", "target: 2500", "target: much")
	r.round()
	r.round()
	told := r.logged.FilterMessage("configuration not taken over").All()
	require.Len(t, told, 1)
	require.Equal(t, `pool.yaml: The reward set for test_exchange.btc is incorrect ("-5": must be a plain number > 0)`+"\n"+
		`pool.yaml: The target set for test_exchange.btc is incorrect ("much": must be a plain number > 0)`, told[0].ContextMap()["error"])
	require.Contains(t, r.get("/exchanges").body, `"reward":0.025,"target":2500.0`)

	r.rewrite("reward: -5", "reward: 0.05", "target: much", "target: 100", "name: pool", "name: other")
	r.round()
	told = r.logged.FilterMessage("configuration not taken over").All()
	require.Len(t, told, 2)
	require.Equal(t, "configuration: pool.name other: cannot change while the server runs: restart it", told[1].ContextMap()["error"])

	r.rewrite("name: other", "name: pool", "btc: {fixed: 250}", "btc: {fixed: 500}")
	r.round()
	require.Contains(t, r.get("/exchanges").body, `"reward":0.05,"target":100.0`)
	r.clock.Add(3 * time.Second)
	require.Contains(t, r.get("/status").body, `"btc":[500.0,0.002]`)
	require.Len(t, r.logged.FilterMessage("configuration taken over").All(), 1)
}

func TestD9ALostAnswerAndARestartPayNobodyTwice(t *testing.T) {
	r, payer := owing(t)
	payer.deaf = true
	_, err := r.payout()
	require.ErrorContains(t, err, "connection reset")
	r.serve() // after a crash, over the same database
	payer.deaf = false
	for range 5 {
		r.pass(2 * time.Minute)
		_, err := r.payout()
		require.NoError(t, err)
	}
	require.Equal(t, map[string]decimal.Decimal{home: dec("0.0125")}, r.paid())
	batches, err := r.ports.Payouts.Batches(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, batches, 1)
}

// broken is an exchange that fails in its own words.
type broken struct{ err error }

func (b broken) Verify(context.Context, exchange.Proof, exchange.Pair, time.Time) ([]exchange.Order, error) {
	return nil, b.err
}

func TestD10WhatIsOddIsNoReasonToBreak(t *testing.T) {
	r := open(t)
	got := r.do(http.MethodPost, "/register", map[string]string{"Content-Type": "Application/JSON; charset=utf-8"}, registering("", ""))
	require.Equal(t, yes("user successfully registered"), got)
	r.ports.Venues.Verifiers["test_exchange"] = broken{errors.New("dial tcp: connection refused")}
	require.Equal(t, no("test_exchange does not answer"), r.post("/liquidity", r.proof(r.account("lp"), nbtBTC)))
}

func TestD11AUnitWithoutAPriceDisturbsNoOther(t *testing.T) {
	r := open(t, "  ppc: {fixed: 0.5}", "  ppc: {main: {venue: kraken, pair: PPC/USD}, backups: [{venue: binance, pair: PPC/USD}]}")
	r.register("lp", home, "btc")
	r.register("lp", home, "ppc")
	require.Equal(t, no("unable to fetch current price for ppc"), r.post("/liquidity", submitting("unit", `"ppc"`)))
	require.Equal(t, yes(saved), r.post("/liquidity", submitting("", "")))
	require.Equal(t, reward.Paid, r.round().Reason)
	require.Contains(t, r.get("/status").body, `"prices":{"btc":[250.0,0.004]}`)
}

func TestD12SharesSumToTheRewardExactly(t *testing.T) {
	r := open(t)
	for i, amount := range []string{"700", "700", "700"} {
		user := fmt.Sprintf("lp%d", i)
		a := r.account(user)
		r.register(user, home, "btc")
		r.place(a, "b", nbtBTC, exchange.Bid, amount, "0.004")
		r.post("/liquidity", r.proof(a, nbtBTC))
	}
	d := r.round()
	require.Equal(t, d.Markets[0].Bid.Pot.String(), d.Paid.String())
	var sum decimal.Decimal
	for i := range 3 {
		earned, err := r.ports.Ledger.Earned(t.Context(), fmt.Sprintf("lp%d", i))
		require.NoError(t, err)
		sum = sum.Add(earned)
	}
	require.Equal(t, "0.0105", sum.String())
}

func TestD13AmountsAreInThePeggedAsset(t *testing.T) {
	btcNBT := exchange.Pair{Base: "BTC", Quote: "NBT"}
	r := open(t, "reverse: true", "reverse: false")
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.place(lp, "b", btcNBT, exchange.Bid, "2", "249")
	proof, err := lp.ProveOpenOrders(btcNBT, r.clock.Now())
	require.NoError(t, err)
	require.Equal(t, yes(saved), r.post("/liquidity", body(t, proof, "btc")))
	o := r.orders("lp")[0]
	require.InDelta(t, 498, o.Amount, 0)
	require.InDelta(t, 250, o.Peg, 0)
	require.InDelta(t, 0.004, o.Deviation, 0)
}

func TestD14WhatAnExchangeSaysIsNotRepeated(t *testing.T) {
	r := open(t)
	r.register("lp", home, "btc")
	gossip := errors.New(strings.Repeat("secret ", 1000))
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"a refused signature", exchange.ErrAuth, "test_exchange does not accept the key or the signature"},
		{"a malformed request", exchange.ErrInvalid, "req is not a signed request for the open orders of NBT/BTC at test_exchange"},
		{"a rate limit", &exchange.RateLimitError{RetryAfter: time.Second, Cause: gossip}, "test_exchange wants to be left alone for a while"},
		{"a pair that went away", exchange.ErrNotFound, "test_exchange does not know NBT/BTC"},
		{"an old request", exchange.ErrStale, "req is too old, or from the future: sign a new one"},
		{"anything else", errors.New("html"), "test_exchange does not answer"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r.pass(time.Second)
			r.ports.Venues.Verifiers["test_exchange"] = broken{fmt.Errorf("%w: %w", row.err, gossip)}
			require.Equal(t, no(row.want), r.post("/liquidity", r.proof(r.account("lp"), nbtBTC)))
		})
	}
	for _, entry := range r.logged.All() {
		for _, secret := range []string{`"sign"`, "signature\":"} {
			require.NotContains(t, fmt.Sprint(entry.ContextMap()), secret)
		}
	}
}

func TestAnEmptyGrantCreditsNothingAndSaysSo(t *testing.T) {
	r := open(t, "    amount: 1000", "    amount: 0.001")
	lp := r.account("lp")
	r.register("lp", home, "btc")
	r.place(lp, "b", nbtBTC, exchange.Bid, "2500", "0.004")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	require.Equal(t, reward.GrantShort, r.round().Reason)
	require.Zero(t, r.stats("lp").Total)

	r.rewrite("grants:\n", "grants:\n  - {approval: more, amount: 1}\n")
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.round()
	r.post("/liquidity", r.proof(lp, nbtBTC))
	r.round()
	require.NotZero(t, r.stats("lp").Total, "a grant in the file counts from the next round on")

	r.rewrite("approval: more, amount: 1}", "approval: more, amount: 2}")
	r.round()
	told := r.logged.FilterMessage("configuration not taken over").All()
	require.Len(t, told, 1, "an approval is good for one amount")
}

// asked is an exchange that remembers the proof that it was shown.
type asked struct{ proof *exchange.Proof }

func (a asked) Verify(_ context.Context, p exchange.Proof, pair exchange.Pair, _ time.Time) ([]exchange.Order, error) {
	p.Pair = pair
	*a.proof = p
	return nil, nil
}

func TestARealExchangeIsShownWhatTheProviderSignedAndNothingElse(t *testing.T) {
	r := open(t, "  test_exchange:\n", "  kraken:\n")
	var shown exchange.Proof
	r.ports.Venues.Verifiers["kraken"] = asked{&shown}
	at := func(req string) string {
		return strings.Replace(submitting("req", req), "test_exchange", "kraken", 1)
	}
	require.Equal(t, yes("user successfully registered"), r.post("/register", registering("exchange", `"kraken"`)))
	malformed := no("req is not a signed request for the open orders of NBT/BTC at kraken")
	for _, req := range []string{
		`"x"`, `1`, `[1]`, `{"nonce":"1"}`,
		`{"params":{"nonce":1},"issued_at":"2026-03-01T12:00:00Z"}`,
		`{"params":{"nonce":"1"},"issued_at":"today"}`,
		`{"params":"nonce","issued_at":"2026-03-01T12:00:00Z"}`,
	} {
		require.Equal(t, malformed, r.post("/liquidity", at(req)), req)
	}
	require.Empty(t, shown)
	signed := `{"params":{"nonce":"1"},"headers":{"h":"2"},"issued_at":"2026-03-01T13:00:00+01:00"}`
	require.Equal(t, yes("no orders found"), r.post("/liquidity", at(signed)))
	require.Equal(t, exchange.Proof{
		Exchange: "kraken", Key: "lp", Pair: nbtBTC, Signature: "s", IssuedAt: start,
		Params: map[string]string{"nonce": "1"}, Headers: map[string]string{"h": "2"},
	}, shown)
}

// careless is a ledger with a bug.
type careless struct{ reward.Ledger }

func (careless) Round(context.Context, uint64) (reward.Booked, error) { panic("a bug") }

func TestABugCostsOneAnswer(t *testing.T) {
	r := open(t)
	r.ports.Ledger = careless{r.ports.Ledger}
	r.serve()
	require.Equal(t, said{http.StatusInternalServerError, html, `{"success":false,"message":"500 error: "}`}, r.get("/status"))
	require.Equal(t, yes("ALP Server is operational"), r.get("/"))
	require.Len(t, r.logged.FilterMessage("panic").All(), 1)
}

func TestADatabaseThatIsGoneIsToldInAWord(t *testing.T) {
	r := open(t)
	r.register("lp", home, "btc")
	require.NoError(t, r.ports.Close())
	failed := said{http.StatusInternalServerError, html, `{"success":false,"message":"500 error: "}`}
	require.Equal(t, failed, r.get("/status"))
	require.Equal(t, failed, r.get("/lp/orders"))
	require.Equal(t, failed, r.get("/lp/stats"))
	require.Equal(t, failed, r.post("/register", registering("user", `"lp2"`)))
	require.Equal(t, failed, r.post("/liquidity", submitting("", "")))
	require.Equal(t, no("the pool cannot reach its database"), r.get("/health"))
	require.Equal(t, http.StatusOK, r.get("/exchanges").code)
	require.Equal(t, yes("ALP Server is operational"), r.get("/"))
}
