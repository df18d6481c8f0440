package issuer

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	"github.com/evenkeelhq/evenkeel/reserve"
)

const hours = 24

// books are the issuer's. Its liquid assets lie in the banking system, where the
// pool's transfers reach them.
type books struct {
	setup      Setup
	system     *memory.System
	supply     decimal.Decimal // tokens
	securities decimal.Decimal
	waiting    decimal.Decimal // for tokens that are burnt and not yet paid for
	expected   decimal.Decimal // redemptions
	costs      decimal.Decimal // of sales
}

// newBooks opens the books at the end of a day.
func newBooks(s Setup, day tape.Day) *books {
	b := &books{setup: s, system: &memory.System{}, supply: day.Supply}
	liquid := s.Liquid.Mul(day.Supply).Truncate(cents)
	b.securities = day.Supply.Sub(liquid)
	b.system.Set(liquidity.Position{Bank: bank, Kind: liquidity.SXLR, Currency: currency, Source: "books", Liquid: liquid})
	return b
}

func (b *books) liquid() decimal.Decimal { return b.system.Position(bank).Liquid }

func (b *books) obligations() decimal.Decimal { return b.expected.Add(b.waiting) }

// order returns the securities that the desk sells on a day, below zero for what
// it buys. What is borrowed is not its own, or a loan would stop the sales that
// are to repay it.
func (b *books) order(day time.Time, borrowed decimal.Decimal) decimal.Decimal {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return decimal.Decimal{}
	}
	wants := decimal.Max(b.setup.Liquid.Mul(b.supply), band().UpperTarget.Mul(b.expected))
	lacks := wants.Sub(b.liquid().Sub(b.waiting).Sub(borrowed))
	most := b.setup.Pace.Mul(b.supply)
	return decimal.Max(decimal.Min(lacks, most, b.securities), most.Neg()).Truncate(cents)
}

// pass lets an hour go by: the desk trades, holders redeem or pay in, and the
// issuer pays what it can.
func (b *books) pass(sold, redeemed decimal.Decimal) {
	sold = decimal.Max(sold, b.liquid().Neg()) // it buys with what is there
	var cost decimal.Decimal
	if sold.IsPositive() {
		cost = sold.Mul(b.setup.CostBps).Shift(-4).RoundCeil(cents)
	}
	b.securities, b.costs = b.securities.Sub(sold), b.costs.Add(cost)
	b.system.Pay(bank, sold.Sub(cost))

	b.supply = b.supply.Sub(redeemed)
	if redeemed.IsNegative() {
		b.system.Pay(bank, redeemed.Neg())
	} else {
		b.waiting = b.waiting.Add(redeemed)
	}
	paid := decimal.Min(b.waiting, b.liquid())
	b.waiting = b.waiting.Sub(paid)
	b.system.Pay(bank, paid.Neg())

	p := b.system.Position(bank)
	p.Obligations = b.obligations()
	b.system.Set(p)
}

// part returns the share of an hour, 0 to 23, in a day's amount. The 24 sum to it.
func part(amount decimal.Decimal, hour int) decimal.Decimal {
	until := func(hour int) decimal.Decimal {
		whole, _ := amount.Mul(decimal.New(int64(hour), 0)).QuoRem(decimal.New(hours, 0), cents)
		return whole
	}
	return until(hour + 1).Sub(until(hour))
}

// redeemed returns what left on a day, below zero for what came.
func redeemed(days []tape.Day, i int) decimal.Decimal { return days[i-1].Supply.Sub(days[i].Supply) }

// expect returns what is to be expected in horizonDays, at the start of a day. A
// step of the rolling sum is a day here.
func expect(days []tape.Day, today int) (decimal.Decimal, error) {
	var left []decimal.Decimal
	for i := today - memoryDays; i < today; i++ {
		left = append(left, redeemed(days, i))
	}
	worst, err := reserve.RollingPeak(left, horizonDays)
	return decimal.Max(worst, leastExpected.Mul(days[today-1].Supply)).RoundCeil(cents), err
}
