package issuer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// The rules that are compared.
const (
	NoPool   = "no pool"
	SeedRule = "seed rule"
	Engine   = "engine"
)

// Result is one supply replayed under each rule. It holds no clock reading and
// no map.
type Result struct {
	Setup       Setup           `json:"setup"`
	Assumptions []string        `json:"assumptions"`
	Floor       decimal.Decimal `json:"floor"`
	Ceiling     decimal.Decimal `json:"ceiling"`
	Worst       Rush            `json:"worst_rush"`
	Cases       []Case          `json:"cases"` // no pool first, then both rules for each size
	Days        []Day           `json:"days"`  // of the first size
}

// Rush is the horizon in which most was redeemed.
type Rush struct {
	From     time.Time       `json:"from"` // its first day
	To       time.Time       `json:"to"`   // its last
	Redeemed decimal.Decimal `json:"redeemed"`
	Share    decimal.Decimal `json:"share"` // of the supply before it

	first, last int // of Result.Days
}

// Case is what one rule came to. An hour counts by the ratio at its end, before
// the pool acts on it. Amounts are USD.
type Case struct {
	Rule          string          `json:"rule"`
	Pool          decimal.Decimal `json:"pool"`
	HoursBelow    int             `json:"hours_below_floor"`
	DaysBelow     int             `json:"days_below_floor"` // with at least one such hour
	Lowest        decimal.Decimal `json:"lowest_ratio"`
	LowestAt      time.Time       `json:"lowest_at"`
	HoursUnpaid   int             `json:"hours_with_unpaid_redemptions"`
	MostUnpaid    decimal.Decimal `json:"most_unpaid"`
	SaleCosts     decimal.Decimal `json:"sale_costs"`
	Injections    int             `json:"injections"`
	Injected      decimal.Decimal `json:"injected"`
	Withdrawals   int             `json:"withdrawals"` // loans that were due, and what was taken back before
	Returned      decimal.Decimal `json:"returned"`
	Interest      decimal.Decimal `json:"interest"`
	MostLent      decimal.Decimal `json:"most_lent"`
	MostLentAt    *time.Time      `json:"most_lent_at,omitempty"`
	PeakUse       decimal.Decimal `json:"peak_use"`        // of the pool and what it earned; 0 to 1
	Lent          decimal.Decimal `json:"lent_at_the_end"` // 0 if every loan was returned
	Held          []Held          `json:"held_back,omitempty"`
	Stopped       string          `json:"stopped,omitempty"` // why its switch is tripped
	HoursCompared int             `json:"hours_compared"`    // all books, to the last cent
	Journal       *Journal        `json:"journal,omitempty"`

	days []daily
}

// Held is in how many hours below the floor a reason kept an injection back.
type Held struct {
	Reason string `json:"reason"`
	Hours  int    `json:"hours"`
}

// Journal is what was proven of an engine's journal.
type Journal struct {
	Key      string `json:"key"`
	Engine   string `json:"engine"`
	Records  uint64 `json:"records"`
	Head     string `json:"head"`
	Replayed int    `json:"replayed"` // decided again, every one the same
}

// Day is one day, with the pool of the first size and without.
type Day struct {
	Start    time.Time       `json:"day"`
	Price    decimal.Decimal `json:"lowest_price"`
	Supply   decimal.Decimal `json:"supply"`
	Redeemed decimal.Decimal `json:"redeemed"` // below zero for what was issued
	Expected decimal.Decimal `json:"expected"`
	Without  decimal.Decimal `json:"lowest_ratio_without"`
	Seed     decimal.Decimal `json:"lowest_ratio_seed_rule"`
	With     decimal.Decimal `json:"lowest_ratio"`
	Lent     decimal.Decimal `json:"lent"` // by the engine, at the end of the day
}

const places = 4 // decimals of a ratio

// daily is what a case keeps of a day.
type daily struct {
	expected, lowest, lent decimal.Decimal
}

// hour takes in how the issuer stands, before the pool acts.
func (c *Case) hour(now time.Time, b *books) {
	today := &c.days[len(c.days)-1]
	ratio := b.liquid().DivRound(b.obligations(), places)
	if c.LowestAt.IsZero() || ratio.LessThan(c.Lowest) {
		c.Lowest, c.LowestAt = ratio, now
	}
	if b.liquid().LessThan(floor().Mul(b.obligations())) {
		c.HoursBelow++
	}
	today.lowest = decimal.Min(today.lowest, ratio)
	if b.waiting.IsPositive() {
		c.HoursUnpaid++
		c.MostUnpaid = decimal.Max(c.MostUnpaid, b.waiting)
	}
}

// decided takes in what became of that.
func (c *Case) decided(now time.Time, p *pool, s liquidity.Suggestion) {
	if p.lent.GreaterThan(c.MostLent) {
		c.MostLent, c.MostLentAt = p.lent, &now
	}
	c.PeakUse = decimal.Max(c.PeakUse, p.lent.DivRound(c.Pool.Add(p.interest), places))
	if s.Would == liquidity.Inject && s.Cause == liquidity.BelowFloor {
		for _, why := range s.Reasons {
			c.held(string(why))
		}
	}
}

func (c *Case) held(reason string) {
	i := slices.IndexFunc(c.Held, func(h Held) bool { return h.Reason == reason })
	if i < 0 {
		i, c.Held = len(c.Held), append(c.Held, Held{Reason: reason})
	}
	c.Held[i].Hours++
}

// close adds up what was moved.
func (c *Case) close(b *books, p *pool) {
	c.SaleCosts = b.costs
	if p == nil {
		return
	}
	counted := map[string]bool{} // actions, of which a transfer is a part
	for _, t := range p.lender.Moved() {
		action, _, _ := strings.Cut(t.ID, "/")
		count, sum := &c.Withdrawals, &c.Returned
		if t.Side == liquidity.Inject {
			count, sum = &c.Injections, &c.Injected
		}
		*sum = sum.Add(t.Amount)
		if !counted[action] {
			*count++
		}
		counted[action] = true
	}
	c.Interest, c.Lent = p.interest, p.lent
	for _, s := range []liquidity.Switch{p.engine.state.Kill, p.engine.state.Accounts[0].Kill} {
		if s.Tripped {
			c.Stopped = s.Why
		}
	}
	slices.SortFunc(c.Held, func(x, y Held) int { return cmp.Or(y.Hours-x.Hours, cmp.Compare(x.Reason, y.Reason)) })
}

// worst finds the horizon with the largest redemptions, from a day on.
func worst(days []tape.Day, from int) Rush {
	var r Rush
	for last := from + horizonDays - 1; last < len(days); last++ {
		before := days[last-horizonDays].Supply
		if left := before.Sub(days[last].Supply); r.To.IsZero() || left.GreaterThan(r.Redeemed) {
			r = Rush{
				From: days[last-horizonDays+1].Start, To: days[last].Start, Redeemed: left, Share: left.DivRound(before, 4),
				first: last - horizonDays + 1 - from, last: last - from,
			}
		}
	}
	return r
}

// Around returns the days of the worst rush, with three before and fourteen after.
func (r Result) Around() []Day {
	return r.Days[max(r.Worst.first-3, 0):min(r.Worst.last+15, len(r.Days))]
}
