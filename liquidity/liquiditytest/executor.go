package liquiditytest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Bench is an executor under test and what its tests have to see and do.
type Bench struct {
	liquidity.Executor
	Bank   string                             // that it can lend 100 to
	Liquid func(t *testing.T) decimal.Decimal // what the bank has
	Settle func(t *testing.T)                 // waits until what was sent has settled
}

// RunExecutor checks a liquidity.Executor. open returns a new one each time.
func RunExecutor(t *testing.T, open func(t *testing.T) Bench) {
	t.Helper()
	for name, law := range map[string]func(*testing.T, Bench){
		"a transfer that was never heard of is unsent":         isUnsent,
		"a transfer moves its amount":                          moves,
		"a withdrawal moves its amount and its interest":       withdraws,
		"a transfer is made once":                              sendsOnce,
		"a transfer sent many times at once is made once":      sendsOnceConcurrently,
		"a void transfer is never made":                        voids,
		"a transfer that was made cannot be made void":         refusesToVoid,
		"of sending and making void at the same time one wins": races,
		"what is asked for many is told of each":               finds,
		"the provider's totals do not fall":                    keepsTotals,
		"a cancelled context moves nothing":                    obeysContext,
	} {
		t.Run(name, func(t *testing.T) { law(t, open(t)) })
	}
}

func (b Bench) injection(id string) liquidity.Transfer {
	return liquidity.Transfer{
		ID: id, Bank: b.Bank, Side: liquidity.Inject, Amount: decimal.New(1050, -2), Until: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func (b Bench) status(t *testing.T, id string, want liquidity.Status) {
	t.Helper()
	found, err := b.Find(t.Context(), []string{id})
	noError(t, err)
	if got, ok := found[id]; !ok || got.Status != want {
		t.Errorf("transfer %s is %+v, told %v: want %q", id, got, ok, want)
	}
}

// gained fails t unless the bank has that much more than before.
func (b Bench) gained(t *testing.T, before decimal.Decimal, want string) {
	t.Helper()
	if got := b.Liquid(t).Sub(before); !got.Equal(decimal.RequireFromString(want)) {
		t.Errorf("the bank has %s more, want %s", got, want)
	}
}

func isUnsent(t *testing.T, b Bench) { b.status(t, "a/0", liquidity.StatusUnsent) }

func moves(t *testing.T, b Bench) {
	before := b.Liquid(t)
	noError(t, b.Send(t.Context(), b.injection("a/0")))
	b.Settle(t)
	b.gained(t, before, "10.5")
	b.status(t, "a/0", liquidity.StatusSettled)
	found, err := b.Find(t.Context(), []string{"a/0"})
	noError(t, err)
	if got := found["a/0"].Amount; !got.Equal(decimal.New(1050, -2)) {
		t.Errorf("it moved %s", got)
	}
}

func withdraws(t *testing.T, b Bench) {
	noError(t, b.Send(t.Context(), b.injection("a/0")))
	b.Settle(t)
	before := b.Liquid(t)
	back := b.injection("b/0")
	back.Side, back.Loan, back.Interest = liquidity.Withdraw, "a/0", decimal.New(2, -2)
	noError(t, b.Send(t.Context(), back))
	b.Settle(t)
	b.gained(t, before, "-10.52")
	b.status(t, "b/0", liquidity.StatusSettled)
}

func sendsOnce(t *testing.T, b Bench) {
	before := b.Liquid(t)
	for range 3 {
		noError(t, b.Send(t.Context(), b.injection("a/0")))
		b.Settle(t)
	}
	b.gained(t, before, "10.5")
	noError(t, b.Send(t.Context(), b.injection("a/1")))
	b.Settle(t)
	b.gained(t, before, "21")
}

func sendsOnceConcurrently(t *testing.T, b Bench) {
	before := b.Liquid(t)
	together(16, func(int) { _ = b.Send(t.Context(), b.injection("a/0")) })
	b.Settle(t)
	b.gained(t, before, "10.5")
}

func voids(t *testing.T, b Bench) {
	before := b.Liquid(t)
	for range 2 {
		noError(t, b.Void(t.Context(), "a/0"))
	}
	b.status(t, "a/0", liquidity.StatusFailed)
	if err := b.Send(t.Context(), b.injection("a/0")); !errors.Is(err, liquidity.ErrRefused) {
		t.Errorf("sending a void transfer: %v", err)
	}
	b.Settle(t)
	b.gained(t, before, "0")
	b.status(t, "a/0", liquidity.StatusFailed)
}

func refusesToVoid(t *testing.T, b Bench) {
	noError(t, b.Send(t.Context(), b.injection("a/0")))
	b.Settle(t)
	if err := b.Void(t.Context(), "a/0"); !errors.Is(err, liquidity.ErrRefused) {
		t.Errorf("making void what was made: %v", err)
	}
	b.status(t, "a/0", liquidity.StatusSettled)
}

func races(t *testing.T, b Bench) {
	for _, id := range []string{"a/0", "b/0", "c/0", "d/0"} {
		before := b.Liquid(t)
		var sent, voided error
		together(2, func(i int) {
			if i == 0 {
				sent = b.Send(t.Context(), b.injection(id))
			} else {
				voided = b.Void(t.Context(), id)
			}
		})
		b.Settle(t)
		switch {
		case sent == nil && voided != nil:
			b.gained(t, before, "10.5")
		case sent != nil && voided == nil:
			b.gained(t, before, "0")
		default:
			t.Errorf("sent: %v, void: %v", sent, voided)
		}
	}
}

func finds(t *testing.T, b Bench) {
	noError(t, b.Send(t.Context(), b.injection("a/0")))
	noError(t, b.Void(t.Context(), "b/0"))
	b.Settle(t)
	found, err := b.Find(t.Context(), []string{"a/0", "b/0", "c/0"})
	noError(t, err)
	for id, want := range map[string]liquidity.Status{"a/0": liquidity.StatusSettled, "b/0": liquidity.StatusFailed, "c/0": liquidity.StatusUnsent} {
		if found[id].Status != want {
			t.Errorf("%s: %+v, want %s", id, found[id], want)
		}
	}
	if len(found) != 3 {
		t.Errorf("told of %d, asked for 3", len(found))
	}
}

func keepsTotals(t *testing.T, b Bench) {
	before, err := b.Provider(t.Context())
	noError(t, err)
	noError(t, b.Send(t.Context(), b.injection("a/0")))
	b.Settle(t)
	after, err := b.Provider(t.Context())
	noError(t, err)
	if !before.Contributed.Equal(after.Contributed) || !before.Redeemed.Equal(after.Redeemed) {
		t.Errorf("%+v and then %+v: a loan is no contribution", before, after)
	}
}

func obeysContext(t *testing.T, b Bench) {
	before := b.Liquid(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, providerErr := b.Provider(ctx)
	_, findErr := b.Find(ctx, []string{"a/0"})
	for name, err := range map[string]error{
		"Provider": providerErr, "Find": findErr, "Send": b.Send(ctx, b.injection("a/0")), "Void": b.Void(ctx, "a/0"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.Settle(t)
	b.gained(t, before, "0")
	b.status(t, "a/0", liquidity.StatusUnsent)
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
