package foresight

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// What bounds a history: how much of it is kept and fitted on, how many pages of a
// slot are read, and for how many slots a bank that is silent is taken to stand as
// before.
const (
	maxSeen   = 4_000_000 // observations of all banks together, 32 bytes each
	maxFitted = 500_000   // a second or two
	maxPages  = 20
	maxCarry  = 3
)

// history is what was seen of all banks, slot by slot. A slot ends at its number
// times every.
type history struct {
	every time.Duration
	keep  int64 // slots, at most
	from  chronicle.Chronicle

	first int64                  // number of slots[0]
	slots [][]stress.Observation // oldest first, and in each a bank by its index; a Ratio of 0 was not seen
	whole bool                   // there is nothing older
	banks []string
	index map[string]int
}

func (h *history) end(slot int64) time.Time { return time.Unix(0, slot*int64(h.every)).UTC() }

// slot returns the number of the last slot that has ended.
func (h *history) slot(now time.Time) int64 { return now.UnixNano() / int64(h.every) }

// meet reports whether there are banks that were not known before.
func (h *history) meet(ctx context.Context) (more bool, err error) {
	known, last := len(h.banks), ""
	for {
		page, err := h.from.Latest(ctx, last, chronicle.MaxPage)
		if err != nil {
			return false, err
		}
		for _, r := range page {
			last = r.Position.Bank
			h.of(last)
		}
		if len(page) < chronicle.MaxPage {
			return len(h.banks) > known, nil
		}
	}
}

// load reads what is new, and then as much of what is old as fits, until ctx ends:
// what it has read by then it keeps.
func (h *history) load(ctx context.Context, now time.Time) error {
	last := h.slot(now)
	if newest := h.first + int64(len(h.slots)) - 1; len(h.slots) == 0 || last-newest > h.keep || last < newest {
		h.first, h.slots, h.whole = last+1, nil, false
	}
	for slot := h.first + int64(len(h.slots)); slot <= last; slot++ {
		seen, err := h.read(ctx, slot)
		if err != nil {
			return err
		}
		h.slots = append(h.slots, seen)
	}
	older, err := h.older(ctx)
	slices.Reverse(older)
	h.slots = append(older, h.slots...)
	h.first -= int64(len(older))
	if over := int64(len(h.slots)) - h.most(); over > 0 {
		h.slots, h.first = slices.Clone(h.slots[over:]), h.first+over
	}
	return err
}

// most returns how many slots are kept.
func (h *history) most() int64 { return min(h.keep, maxSeen/int64(max(len(h.banks), 1))) }

// complete reports whether there is nothing older to be read.
func (h *history) complete() bool { return h.whole || int64(len(h.slots)) >= h.most() }

// older returns the slots before the first one, newest first.
func (h *history) older(ctx context.Context) (older [][]stress.Observation, err error) {
	for !h.whole && int64(len(h.slots)+len(older)) < h.most() {
		slot := h.first - int64(len(older)) - 1
		seen, err := h.read(ctx, slot)
		if err != nil {
			return older, err
		}
		if len(seen) == 0 { // the chronicle may have a gap, or begin here
			before, err := h.from.Ratios(ctx, chronicle.Query{To: h.end(slot), Limit: 1})
			if err != nil {
				return older, err
			}
			h.whole = len(before.Items) == 0
		}
		if !h.whole {
			older = append(older, seen)
		}
	}
	return older, nil
}

// read returns what was seen of each bank last in a slot.
func (h *history) read(ctx context.Context, slot int64) ([]stress.Observation, error) {
	var seen []stress.Observation
	few := min(2*len(h.banks)+1, chronicle.MaxPage) // the last look or two mostly know all banks
	q := chronicle.Query{From: h.end(slot - 1), To: h.end(slot), Limit: few}
	for range maxPages {
		page, err := h.from.Ratios(ctx, q)
		if err != nil {
			return nil, err
		}
		missing := len(h.banks)
		for _, r := range page.Items {
			i := h.of(r.Position.Bank)
			seen = append(seen, make([]stress.Observation, max(i+1-len(seen), 0))...)
			if seen[i].Ratio == 0 && r.Position.Obligations.IsPositive() {
				seen[i] = observed(r.Position)
			}
		}
		for i := range seen {
			if seen[i].Ratio > 0 {
				missing--
			}
		}
		if q.Before = page.Next; page.Next == 0 || missing == 0 {
			break
		}
	}
	return seen, nil
}

func (h *history) of(bank string) int {
	i, known := h.index[bank]
	if !known {
		i = len(h.banks)
		h.banks, h.index[bank] = append(h.banks, bank), i
	}
	return i
}

// What a logarithm can be taken of.
var (
	leastRatio      = decimal.New(1, -4)
	leastVolatility = decimal.New(1, -4)
)

// observed is a position as a forecast sees it. Nobody reports flows of CBDC yet.
func observed(p liquidity.Position) stress.Observation {
	ratio := decimal.Max(p.Liquid.DivRound(p.Obligations, 8), leastRatio)
	return stress.Observed(ratio, p.SRI, decimal.Max(p.FXVolatility, leastVolatility), decimal.Zero)
}

// run returns what was seen of a bank without a gap up to now, oldest first.
func (h *history) run(bank int) []stress.Observation {
	var run []stress.Observation
	silent := maxCarry
	for _, slot := range h.slots {
		switch {
		case bank < len(slot) && slot[bank].Ratio > 0:
			run, silent = append(run, slot[bank]), 0
		case silent < maxCarry && len(run) > 0:
			run, silent = append(run, run[len(run)-1]), silent+1
		default:
			run = run[:0]
		}
	}
	return run
}

// panel returns histories of the same length, of as many observations together as
// there can be, up to what is fitted on.
func (h *history) panel(floor float64) []stress.History {
	runs := make([][]stress.Observation, len(h.banks))
	for i := range h.banks {
		runs[i] = h.run(i)
	}
	slices.SortStableFunc(runs, func(a, b []stress.Observation) int { return cmp.Compare(len(b), len(a)) })
	count, length := 0, 0
	for i, run := range runs {
		if size := (i + 1) * len(run); size > count*length && size <= maxFitted {
			count, length = i+1, len(run)
		}
	}
	end := h.end(h.first + int64(len(h.slots)) - 1)
	panel := make([]stress.History, count)
	for i, run := range runs[:count] {
		panel[i] = stress.History{Floor: floor, Every: h.every, End: end, Seen: run[len(run)-length:]}
	}
	return panel
}
