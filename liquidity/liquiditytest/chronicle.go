package liquiditytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// RunChronicle checks a chronicle.Chronicle. open returns a new, empty one each
// time.
func RunChronicle(t *testing.T, open func(t *testing.T) chronicle.Chronicle) {
	t.Helper()
	for name, law := range map[string]func(*testing.T, chronicle.Chronicle){
		"an empty chronicle says so":                              isEmpty,
		"an entry is read as it was written":                      readsBack,
		"an entry is written once":                                writesOnce,
		"an entry follows the last":                               refusesGaps,
		"an entry that many write at once is written once":        writesOnceConcurrently,
		"an action is told as it is now, under its first number":  changesActions,
		"pages follow each other to the oldest":                   turnsPages,
		"what is written meanwhile moves nothing on a later page": keepsPages,
		"a query selects by bank, side and time":                  selects,
		"a malformed query is refused":                            refusesQueries,
		"of each bank the newest ratio is told, by bank":          tellsLatest,
		"a forecast is kept once":                                 foreseesOnce,
		"forecasts are kept all or none":                          foreseesAllOrNone,
		"forecasts made by many at once are all numbered":         foreseesConcurrently,
		"what is forgotten is gone, but the newest of each bank":  forgets,
		"a cancelled context does nothing":                        chronicleObeysContext,
	} {
		t.Run(name, func(t *testing.T) { law(t, open(t)) })
	}
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 1000, time.UTC)

// at is when the entry of that number was recorded.
func at(seq uint64) time.Time { return start.Add(time.Duration(seq) * time.Minute) }

// entry is one record that saw these banks.
func entry(seq uint64, banks ...string) chronicle.Entry {
	e := chronicle.Entry{Seq: seq, At: at(seq)}
	for i, bank := range banks {
		e.Ratios = append(e.Ratios, chronicle.Ratio{
			Position: liquidity.Position{
				Bank: bank, Kind: liquidity.SXLR, Currency: "XXX", Source: "core", At: at(seq).Add(-time.Second),
				Liquid: decimal.New(int64(100+i), -2), Obligations: decimal.New(1, 0), CBDCRoom: decimal.NewNullDecimal(decimal.New(5, 0)),
			},
			Plan: liquidity.Suggestion{
				Bank: bank, Ratio: decimal.New(11, -1), EffectiveRatio: decimal.New(11, -1), Action: liquidity.None,
				Amount: decimal.Zero, Reasons: []liquidity.Reason{liquidity.RatioInBand},
			},
			SeenAt: at(seq), Seq: seq,
		})
	}
	return e
}

// action is one of a bank, changed by the record of that number.
func action(id, bank string, side liquidity.Side, phase liquidity.Phase, seq uint64) chronicle.Action {
	return chronicle.Action{
		Bank: bank, ChangedAt: at(seq), Seq: seq, Reason: liquidity.Silence, Note: "it's \"odd\"",
		Action: liquidity.Action{
			ID: id, Side: side, Cause: liquidity.BelowFloor, Amount: decimal.New(12345, -2), Phase: phase, Maker: liquidity.Robot, Version: 3, At: at(1), BeganAt: at(1),
			Legs: []liquidity.Leg{{Provider: "glp", Amount: decimal.New(12345, -2), Phase: phase, AskedAt: at(seq)}},
		},
	}
}

func posting(seq uint64, bank string, cents int64) chronicle.Posting {
	return chronicle.Posting{
		Seq: seq, At: at(seq), Provider: "glp", Bank: bank, Transfer: "a/0",
		From: chronicle.Free, To: chronicle.Reserved, Amount: decimal.New(cents, -2),
	}
}

func forecast(id, bank string, seq uint64) chronicle.StressEvent {
	return chronicle.StressEvent{
		ID: id, Bank: bank, At: at(seq), Licensed: true, Model: "stress@1/abc",
		Forecast: stress.Forecast{P: 0.25, TimeToBreach: stress.TimeToBreach{P50: time.Hour, P90: 2 * time.Hour}, Drivers: []stress.Driver{{Name: stress.Distance, Contribution: -1.5}}, N: 7},
	}
}

func written(t *testing.T, c chronicle.Chronicle, entries ...chronicle.Entry) {
	t.Helper()
	for _, e := range entries {
		noError(t, c.Write(t.Context(), e))
	}
}

// all reads every page of a query.
func all[T any](t *testing.T, q chronicle.Query, page func(context.Context, chronicle.Query) (chronicle.Page[T], error)) []T {
	t.Helper()
	var items []T
	for {
		p, err := page(t.Context(), q)
		noError(t, err)
		items = append(items, p.Items...)
		if p.Next == 0 {
			return items
		}
		q.Before = p.Next
	}
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wants fails t unless err is of that kind.
func wants(t *testing.T, kind, err error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%v, want %v", err, kind)
	}
}

// numbers are those of ratios.
func numbers(ratios []chronicle.Ratio) (all []uint64) {
	for _, r := range ratios {
		all = append(all, r.Number)
	}
	return all
}

func isEmpty(t *testing.T, c chronicle.Chronicle) {
	last, err := c.Last(t.Context())
	noError(t, err)
	equal(t, "last", uint64(0), last)
	_, err = c.Action(t.Context(), "a")
	wants(t, chronicle.ErrNotFound, err)
	equal(t, "actions", 0, len(all(t, chronicle.Query{}, c.Actions)))
	equal(t, "ratios", 0, len(all(t, chronicle.Query{}, c.Ratios)))
	equal(t, "forecasts", 0, len(all(t, chronicle.Query{}, c.Stress)))
	equal(t, "postings", 0, len(all(t, chronicle.Query{}, c.Postings)))
	latest, err := c.Latest(t.Context(), "", 10)
	noError(t, err)
	equal(t, "latest", 0, len(latest))
	more, err := c.Forget(t.Context(), at(100))
	noError(t, err)
	equal(t, "more to forget", false, more)
}

func readsBack(t *testing.T, c chronicle.Chronicle) {
	e := entry(1, "a", "b")
	e.Actions = []chronicle.Action{action("x", "a", liquidity.Inject, liquidity.Reserved, 1), action("y", "b", liquidity.Withdraw, liquidity.Unknown, 1)}
	e.Postings = []chronicle.Posting{posting(1, "a", 12345), posting(1, "", 1)}
	written(t, c, e, chronicle.Entry{Seq: 2, At: at(2)})
	noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{forecast("f", "a", 1)}))

	last, err := c.Last(t.Context())
	noError(t, err)
	equal(t, "last", uint64(2), last)
	for i := range 2 {
		e.Ratios[i].Number, e.Actions[i].Number, e.Postings[i].Number = uint64(i)+1, uint64(i)+1, uint64(i)+1
	}
	slices.Reverse(e.Ratios)
	slices.Reverse(e.Actions)
	slices.Reverse(e.Postings)
	equal(t, "ratios", e.Ratios, all(t, chronicle.Query{}, c.Ratios))
	equal(t, "actions", e.Actions, all(t, chronicle.Query{}, c.Actions))
	equal(t, "postings", e.Postings, all(t, chronicle.Query{}, c.Postings))
	one, err := c.Action(t.Context(), "y")
	noError(t, err)
	equal(t, "action", e.Actions[0], one)
	foreseen := forecast("f", "a", 1)
	foreseen.Number = 1
	equal(t, "forecasts", []chronicle.StressEvent{foreseen}, all(t, chronicle.Query{}, c.Stress))
}

func writesOnce(t *testing.T, c chronicle.Chronicle) {
	e := entry(1, "a")
	e.Actions, e.Postings = []chronicle.Action{action("x", "a", liquidity.Inject, liquidity.Reserved, 1)}, []chronicle.Posting{posting(1, "a", 1)}
	written(t, c, e, entry(2, "a"), e, entry(2, "other"))
	equal(t, "ratios", []uint64{2, 1}, numbers(all(t, chronicle.Query{}, c.Ratios)))
	equal(t, "ratios of another", 0, len(all(t, chronicle.Query{Bank: "other"}, c.Ratios)))
	equal(t, "actions", 1, len(all(t, chronicle.Query{}, c.Actions)))
	equal(t, "postings", 1, len(all(t, chronicle.Query{}, c.Postings)))
}

func refusesGaps(t *testing.T, c chronicle.Chronicle) {
	wants(t, chronicle.ErrConflict, c.Write(t.Context(), entry(2, "a")))
	written(t, c, entry(1, "a"))
	wants(t, chronicle.ErrConflict, c.Write(t.Context(), entry(3, "a")))
	equal(t, "ratios", []uint64{1}, numbers(all(t, chronicle.Query{}, c.Ratios)))
}

func writesOnceConcurrently(t *testing.T, c chronicle.Chronicle) {
	const entries = 5
	together(4, func(int) {
		for seq := range uint64(entries) {
			e := entry(seq+1, "a", "b")
			e.Actions = []chronicle.Action{action(fmt.Sprint(seq), "a", liquidity.Inject, liquidity.Reserved, seq+1)}
			e.Postings = []chronicle.Posting{posting(seq+1, "a", 1)}
			if err := c.Write(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
	})
	equal(t, "ratios", []uint64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, numbers(all(t, chronicle.Query{}, c.Ratios)))
	equal(t, "actions", entries, len(all(t, chronicle.Query{}, c.Actions)))
	equal(t, "postings", entries, len(all(t, chronicle.Query{}, c.Postings)))
}

func changesActions(t *testing.T, c chronicle.Chronicle) {
	first, second, third := entry(1), entry(2), entry(3)
	first.Actions = []chronicle.Action{action("x", "a", liquidity.Inject, liquidity.Awaiting, 1)}
	second.Actions = []chronicle.Action{action("y", "b", liquidity.Inject, liquidity.Reserved, 2)}
	third.Actions = []chronicle.Action{action("x", "a", liquidity.Inject, liquidity.Reserved, 3), action("z", "c", liquidity.Inject, liquidity.Reserved, 3)}
	written(t, c, first, second, third)
	got, err := c.Action(t.Context(), "x")
	noError(t, err)
	third.Actions[0].Number = 1
	equal(t, "the action", third.Actions[0], got)
	var order []string
	for _, a := range all(t, chronicle.Query{}, c.Actions) {
		order = append(order, fmt.Sprint(a.Number, a.ID, a.Phase))
	}
	equal(t, "all actions", []string{"3zreserved", "2yreserved", "1xreserved"}, order)
}

func turnsPages(t *testing.T, c chronicle.Chronicle) {
	for seq := range uint64(3) {
		e := entry(seq+1, "a", "b")
		e.Actions = []chronicle.Action{action(fmt.Sprint(seq), "a", liquidity.Inject, liquidity.Reserved, seq+1)}
		e.Postings = []chronicle.Posting{posting(seq+1, "a", 1), posting(seq+1, "b", 2)}
		written(t, c, e)
		noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{forecast(fmt.Sprint(seq), "a", seq)}))
	}
	for limit := 1; limit <= 7; limit++ {
		equal(t, "ratios", []uint64{6, 5, 4, 3, 2, 1}, numbers(all(t, chronicle.Query{Limit: limit}, c.Ratios)))
		equal(t, "actions", 3, len(all(t, chronicle.Query{Limit: limit}, c.Actions)))
		equal(t, "postings", 6, len(all(t, chronicle.Query{Limit: limit}, c.Postings)))
		equal(t, "forecasts", 3, len(all(t, chronicle.Query{Limit: limit}, c.Stress)))
	}
	page, err := c.Ratios(t.Context(), chronicle.Query{Limit: 6})
	noError(t, err)
	equal(t, "next of a page that holds all", uint64(0), page.Next)
}

func keepsPages(t *testing.T, c chronicle.Chronicle) {
	written(t, c, entry(1, "a", "b"), entry(2, "a", "b"))
	first, err := c.Ratios(t.Context(), chronicle.Query{Limit: 2})
	noError(t, err)
	written(t, c, entry(3, "a", "b"))
	second, err := c.Ratios(t.Context(), chronicle.Query{Limit: 2, Before: first.Next})
	noError(t, err)
	equal(t, "second page", []uint64{2, 1}, numbers(second.Items))
}

func selects(t *testing.T, c chronicle.Chronicle) {
	for seq := range uint64(4) {
		e := entry(seq+1, "a", "b")
		side := []liquidity.Side{liquidity.Inject, liquidity.Withdraw}[seq%2]
		e.Actions = []chronicle.Action{action(fmt.Sprint(seq), "a", side, liquidity.Reserved, seq+1), action(fmt.Sprint(seq, "b"), "b", liquidity.Inject, liquidity.Reserved, seq+1)}
		e.Postings = []chronicle.Posting{posting(seq+1, "a", 1), posting(seq+1, "", 1)}
		written(t, c, e)
		noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{forecast(fmt.Sprint(seq), "a", seq+1), forecast(fmt.Sprint(seq, "b"), "b", seq+1)}))
	}
	for name, row := range map[string]struct {
		q                                 chronicle.Query
		ratios, actions, stress, postings int
	}{
		"everything":                           {chronicle.Query{}, 8, 8, 8, 8},
		"of one bank":                          {chronicle.Query{Bank: "a"}, 4, 4, 4, 4},
		"of a bank that is not there":          {chronicle.Query{Bank: "c"}, 0, 0, 0, 0},
		"of one side, which only actions have": {chronicle.Query{Side: liquidity.Withdraw}, 8, 2, 8, 8},
		"of a bank and a side":                 {chronicle.Query{Bank: "b", Side: liquidity.Inject}, 4, 4, 4, 0},
		"from a time on":                       {chronicle.Query{From: at(3)}, 4, 4, 4, 4},
		"from right after it":                  {chronicle.Query{From: at(3).Add(1)}, 2, 2, 2, 2},
		"up to a time, without it":             {chronicle.Query{To: at(3)}, 4, 4, 4, 4},
		"up to right after it":                 {chronicle.Query{To: at(3).Add(1)}, 6, 6, 6, 6},
		"between, of one bank":                 {chronicle.Query{From: at(2), To: at(4), Bank: "a", Side: liquidity.Inject}, 2, 1, 2, 2},
		"before all":                           {chronicle.Query{To: at(1)}, 0, 0, 0, 0},
		"after all":                            {chronicle.Query{From: at(5)}, 0, 0, 0, 0},
	} {
		equal(t, "ratios "+name, row.ratios, len(all(t, row.q, c.Ratios)))
		equal(t, "actions "+name, row.actions, len(all(t, row.q, c.Actions)))
		equal(t, "forecasts "+name, row.stress, len(all(t, row.q, c.Stress)))
		equal(t, "postings "+name, row.postings, len(all(t, row.q, c.Postings)))
	}
}

func refusesQueries(t *testing.T, c chronicle.Chronicle) {
	for _, q := range []chronicle.Query{
		{Limit: -1}, {Limit: chronicle.MaxPage + 1}, {Side: liquidity.None}, {From: at(2), To: at(1)}, {From: at(2), To: at(2)},
	} {
		_, err := c.Actions(t.Context(), q)
		wants(t, chronicle.ErrInvalid, err)
	}
	for _, limit := range []int{-1, 0, chronicle.MaxPage + 1} {
		_, err := c.Latest(t.Context(), "", limit)
		wants(t, chronicle.ErrInvalid, err)
	}
}

func tellsLatest(t *testing.T, c chronicle.Chronicle) {
	written(t, c, entry(1, "Z", "a", "b", "ä"), entry(2, "a"), entry(3, "b", "c"))
	for after, want := range map[string][]uint64{"": {1, 5, 6}, "Z": {5, 6, 7}, "a": {6, 7, 4}, "b": {7, 4}, "bb": {7, 4}, "ä": nil} {
		latest, err := c.Latest(t.Context(), after, 3)
		noError(t, err)
		equal(t, "after "+after, want, numbers(latest))
	}
}

func foreseesOnce(t *testing.T, c chronicle.Chronicle) {
	noError(t, c.Foresee(t.Context(), nil))
	again := forecast("f", "other", 2)
	noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{forecast("f", "a", 1), again}))
	noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{again, forecast("g", "a", 2)}))
	var order []string
	for _, e := range all(t, chronicle.Query{}, c.Stress) {
		order = append(order, fmt.Sprint(e.Number, e.ID, e.Bank))
	}
	equal(t, "forecasts", []string{"2ga", "1fa"}, order)
}

func foreseesAllOrNone(t *testing.T, c chronicle.Chronicle) {
	for _, spoil := range []func(*chronicle.StressEvent){
		func(e *chronicle.StressEvent) { e.ID = "" },
		func(e *chronicle.StressEvent) { e.Bank = "" },
		func(e *chronicle.StressEvent) { e.P = 1.1 },
		func(e *chronicle.StressEvent) { e.At = time.Time{} },
	} {
		bad := forecast("bad", "a", 1)
		spoil(&bad)
		wants(t, chronicle.ErrInvalid, c.Foresee(t.Context(), []chronicle.StressEvent{forecast("f", "a", 1), bad}))
	}
	equal(t, "forecasts", 0, len(all(t, chronicle.Query{}, c.Stress)))
}

func foreseesConcurrently(t *testing.T, c chronicle.Chronicle) {
	together(4, func(i int) {
		for n := range 5 {
			if err := c.Foresee(t.Context(), []chronicle.StressEvent{forecast(fmt.Sprint(i, n), "a", 1), forecast(fmt.Sprint("all", n), "a", 1)}); err != nil {
				t.Error(err)
			}
		}
	})
	events := all(t, chronicle.Query{Limit: 7}, c.Stress)
	equal(t, "forecasts", 25, len(events))
	for i, e := range events {
		equal(t, "number", uint64(25-i), e.Number)
	}
}

func forgets(t *testing.T, c chronicle.Chronicle) {
	first := entry(1, "a", "b")
	first.Actions, first.Postings = []chronicle.Action{action("x", "a", liquidity.Inject, liquidity.Settled, 1)}, []chronicle.Posting{posting(1, "a", 1)}
	written(t, c, first, entry(2, "a"), entry(3, "a"))
	noError(t, c.Foresee(t.Context(), []chronicle.StressEvent{forecast("f", "a", 1), forecast("g", "a", 3)}))
	for more := true; more; {
		var err error
		more, err = c.Forget(t.Context(), at(3))
		noError(t, err)
	}
	equal(t, "ratios", []uint64{4, 2}, numbers(all(t, chronicle.Query{}, c.Ratios)))
	equal(t, "forecasts", 1, len(all(t, chronicle.Query{}, c.Stress)))
	equal(t, "actions", 1, len(all(t, chronicle.Query{}, c.Actions)))
	equal(t, "postings", 1, len(all(t, chronicle.Query{}, c.Postings)))
	latest, err := c.Latest(t.Context(), "", 10)
	noError(t, err)
	equal(t, "latest", []uint64{4, 2}, numbers(latest))
	written(t, c, entry(4, "b"))
	equal(t, "ratios", []uint64{5, 4, 2}, numbers(all(t, chronicle.Query{}, c.Ratios)))
}

func chronicleObeysContext(t *testing.T, c chronicle.Chronicle) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, lastErr := c.Last(ctx)
	_, pageErr := c.Ratios(ctx, chronicle.Query{})
	_, latestErr := c.Latest(ctx, "", 1)
	_, actionErr := c.Action(ctx, "x")
	_, forgetErr := c.Forget(ctx, at(1))
	for _, err := range []error{
		lastErr, pageErr, latestErr, actionErr, forgetErr,
		c.Write(ctx, entry(1, "a")), c.Foresee(ctx, []chronicle.StressEvent{forecast("f", "a", 1)}),
	} {
		wants(t, context.Canceled, err)
	}
	isEmpty(t, c)
}
