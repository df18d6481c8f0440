package liquidity

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Sources is the intraday liquidity that a bank has at the start of its day, by
// where it comes from, >= 0 (BCBS 248, tool A(ii)).
type Sources struct {
	Reserves    decimal.Decimal // at the central bank
	Collateral  decimal.Decimal // pledged there, that credit can be drawn on
	Systems     decimal.Decimal // pledged at ancillary systems
	Unsecured   decimal.Decimal // unencumbered assets that could be turned into liquidity
	CreditLines decimal.Decimal // of all kinds, undrawn
	Balances    decimal.Decimal // with other banks, and all else
}

// Total is all of them.
func (s Sources) Total() decimal.Decimal {
	return decimal.Sum(s.Reserves, s.Collateral, s.Systems, s.Unsecured, s.CreditLines, s.Balances)
}

func (s Sources) validate() error {
	return check(
		rule{valid.NotNegative(s.Reserves), "Sources.Reserves", s.Reserves, valid.MustBeAmount},
		rule{valid.NotNegative(s.Collateral), "Sources.Collateral", s.Collateral, valid.MustBeAmount},
		rule{valid.NotNegative(s.Systems), "Sources.Systems", s.Systems, valid.MustBeAmount},
		rule{valid.NotNegative(s.Unsecured), "Sources.Unsecured", s.Unsecured, valid.MustBeAmount},
		rule{valid.NotNegative(s.CreditLines), "Sources.CreditLines", s.CreditLines, valid.MustBeAmount},
		rule{valid.NotNegative(s.Balances), "Sources.Balances", s.Balances, valid.MustBeAmount},
	)
}

// Entry is one payment of a bank's day.
type Entry struct {
	At       time.Time       // when it settled; zero if it did not
	Amount   decimal.Decimal // received > 0, paid < 0
	Due      time.Time       // a time-specific obligation had to be paid by then; zero for none
	Customer bool            // paid or received for a correspondent's customer
}

// Intraday is the monitoring of one bank's day (BCBS 248, tools A, B(i) and C(i)).
type Intraday struct {
	Opening     Sources
	Available   decimal.Decimal // at the start of the day
	MaxUsage    decimal.Decimal // the largest net amount paid so far at any moment, >= 0
	MaxUsageAt  time.Time       // when it was reached first
	MaxSurplus  decimal.Decimal // the largest net amount received so far at any moment, >= 0
	Paid        decimal.Decimal // gross
	Received    decimal.Decimal // gross
	ForCustomer decimal.Decimal // of what was paid
	Specific    Obligations     // those with a time
	Throughput  []Hour          // hours of the day that were asked for, one after the other
}

// Obligations are payments that had to be made by a certain time.
type Obligations struct {
	Count, Missed int // Missed settled late or not at all
	Value         decimal.Decimal
	MissedValue   decimal.Decimal
}

// Hour is one point of the throughput curve.
type Hour struct {
	Until time.Time
	Part  decimal.Decimal // of the day's outgoing value that was paid before Until, 0 to 1, to 4 decimals
}

// Monitor works out a bank's day from its payments, in any order. The throughput
// curve has one point per hour after opens until closes, at most 24. Payments of
// the same instant count as one.
func Monitor(opening Sources, opens, closes time.Time, entries []Entry) (Intraday, error) {
	if err := cmp.Or(opening.validate(), validateDay(opens, closes, entries)); err != nil {
		return Intraday{}, err
	}
	settled := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.At.IsZero() })
	slices.SortStableFunc(settled, func(x, y Entry) int { return x.At.Compare(y.At) })
	d := Intraday{Opening: opening, Available: opening.Total()}
	d.flow(settled)
	d.oblige(entries)
	for until := opens.Add(time.Hour); !until.After(closes); until = until.Add(time.Hour) {
		d.Throughput = append(d.Throughput, Hour{until, d.paidBefore(settled, until)})
	}
	return d, nil
}

func validateDay(opens, closes time.Time, entries []Entry) error {
	if long := closes.Sub(opens); long < 0 || long > day {
		return invalid("closes", closes, "must be at most 24 h after opens")
	}
	for i, e := range entries {
		if err := check(
			rule{!e.Amount.IsZero() && valid.InRange(e.Amount), "Entry.Amount", e.Amount, "must not be 0, be below 1e18, with at most 18 decimals"},
			rule{e.Due.IsZero() || e.Amount.IsNegative(), "Entry.Due", e.Due, "must be of a payment out"},
			rule{!e.At.IsZero() || !e.Due.IsZero(), "Entry.At", e.At, "must be set unless it is a missed obligation"},
		); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// flow adds up what settled, in the order of time.
func (d *Intraday) flow(settled []Entry) {
	var net decimal.Decimal
	for i, e := range settled {
		net = net.Add(e.Amount)
		if e.Amount.IsPositive() {
			d.Received = d.Received.Add(e.Amount)
		} else {
			d.Paid = d.Paid.Sub(e.Amount)
			if e.Customer {
				d.ForCustomer = d.ForCustomer.Sub(e.Amount)
			}
		}
		if i+1 < len(settled) && settled[i+1].At.Equal(e.At) {
			continue
		}
		if net.Neg().GreaterThan(d.MaxUsage) {
			d.MaxUsage, d.MaxUsageAt = net.Neg(), e.At
		}
		d.MaxSurplus = decimal.Max(d.MaxSurplus, net)
	}
}

// oblige counts what had to be paid by a certain time.
func (d *Intraday) oblige(entries []Entry) {
	for _, e := range entries {
		if e.Due.IsZero() {
			continue
		}
		o := &d.Specific
		o.Count, o.Value = o.Count+1, o.Value.Sub(e.Amount)
		if e.At.IsZero() || e.At.After(e.Due) {
			o.Missed, o.MissedValue = o.Missed+1, o.MissedValue.Sub(e.Amount)
		}
	}
}

func (d *Intraday) paidBefore(settled []Entry, until time.Time) decimal.Decimal {
	var paid decimal.Decimal
	for _, e := range settled {
		if e.Amount.IsNegative() && e.At.Before(until) {
			paid = paid.Sub(e.Amount)
		}
	}
	if !d.Paid.IsPositive() {
		return decimal.Decimal{}
	}
	return paid.DivRound(d.Paid, ratioPlaces)
}

// Period reports several days as BCBS 248 asks for: the three largest usages, and
// the mean of all.
type Period struct {
	Top  []decimal.Decimal // of MaxUsage, largest first, at most 3
	Mean decimal.Decimal   // of MaxUsage, to 4 decimals
}

// Over reports the days of a period, usually a month.
func Over(days []Intraday) Period {
	if len(days) == 0 {
		return Period{}
	}
	var sum decimal.Decimal
	usages := make([]decimal.Decimal, len(days))
	for i, d := range days {
		usages[i] = d.MaxUsage
		sum = sum.Add(d.MaxUsage)
	}
	slices.SortFunc(usages, func(x, y decimal.Decimal) int { return y.Cmp(x) })
	return Period{Top: slices.Clone(usages[:min(3, len(usages))]), Mean: sum.DivRound(decimal.New(int64(len(days)), 0), ratioPlaces)}
}

// Lines returns how much intraday credit a correspondent had granted to its
// customers at its worst moment, given what each drew over the day: BCBS 248,
// tool B(ii). A draw is > 0 when it is taken and < 0 when it is paid back.
func Lines(draws []Entry) (decimal.Decimal, error) {
	drawn := make([]Entry, len(draws))
	for i, e := range draws {
		e.Amount = e.Amount.Neg()
		drawn[i] = e
	}
	d, err := Monitor(Sources{}, time.Time{}, time.Time{}, drawn)
	return d.MaxUsage, err
}
