package liquidity

import (
	"cmp"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Measure is the two sides of a ratio: what goes into a [Position]. What a rule
// cuts off is rounded against the bank, so a ratio is never flattered.
type Measure struct {
	Liquid, Obligations decimal.Decimal
}

// HQLA is a stock of high-quality liquid assets at market value, >= 0, by the
// levels of Basel III (BCBS 238, paragraphs 49 to 54), with secured transactions
// within the horizon unwound.
type HQLA struct {
	Level1  decimal.Decimal // cash, central bank reserves, zero-weighted sovereigns: no haircut
	Level2A decimal.Decimal // 15 %
	RMBS    decimal.Decimal // level 2B, 25 %
	Level2B decimal.Decimal // any other, 50 %
}

// Flows are those expected over the 30 stressed days, after run-off rates, >= 0.
type Flows struct {
	Outflows, Inflows decimal.Decimal
}

// places of what the caps of LCR leave: far finer than any currency.
const stockPlaces = 18

// LCR returns the stock of high-quality liquid assets and the net outflows of
// Basel III's liquidity coverage ratio, which is to be at least 1 outside of a
// stress and may fall below it within:
//
//	stock   = L1 + L2A + L2B - over15 - over40      after haircuts
//	over15  = max(L2B - 15/85 (L1 + L2A), L2B - 15/60 L1, 0)
//	over40  = max(L2A + L2B - over15 - 2/3 L1, 0)
//	net     = outflows - min(inflows, 75 % of outflows)
//
// (BCBS 238, paragraphs 46 to 54, 69 and 144, and annex 1). A negative or oversized
// number is [ErrInvalid].
func LCR(stock HQLA, flows Flows) (Measure, error) {
	if err := check(
		rule{valid.NotNegative(stock.Level1), "HQLA.Level1", stock.Level1, valid.MustBeAmount},
		rule{valid.NotNegative(stock.Level2A), "HQLA.Level2A", stock.Level2A, valid.MustBeAmount},
		rule{valid.NotNegative(stock.RMBS), "HQLA.RMBS", stock.RMBS, valid.MustBeAmount},
		rule{valid.NotNegative(stock.Level2B), "HQLA.Level2B", stock.Level2B, valid.MustBeAmount},
		rule{valid.NotNegative(flows.Outflows), "Flows.Outflows", flows.Outflows, valid.MustBeAmount},
		rule{valid.NotNegative(flows.Inflows), "Flows.Inflows", flows.Inflows, valid.MustBeAmount},
	); err != nil {
		return Measure{}, err
	}
	percent := func(d decimal.Decimal, n int64) decimal.Decimal { return d.Mul(decimal.New(n, -2)) }
	level1, level2A := stock.Level1, percent(stock.Level2A, 85)
	level2B := percent(stock.RMBS, 75).Add(percent(stock.Level2B, 50))

	most2B := decimal.Min(part(level1.Add(level2A), 15, 85), part(level1, 15, 60))
	level2B = decimal.Min(level2B, most2B)
	level2 := decimal.Min(level2A.Add(level2B), part(level1, 2, 3))
	return Measure{
		Liquid:      level1.Add(level2),
		Obligations: flows.Outflows.Sub(decimal.Min(flows.Inflows, percent(flows.Outflows, 75))),
	}, nil
}

// part returns n/of of d, rounded down.
func part(d decimal.Decimal, n, of int64) decimal.Decimal {
	q, _ := d.Mul(decimal.New(n, 0)).QuoRem(decimal.New(of, 0), stockPlaces)
	return q
}

// NSFR returns available and required stable funding over a year, both weighted,
// whose ratio is to be at least 1 (BCBS 295).
func NSFR(available, required decimal.Decimal) (Measure, error) {
	return Measure{available, required}, check(
		rule{valid.NotNegative(available), "available", available, valid.MustBeAmount},
		rule{valid.NotNegative(required), "required", required, valid.MustBeAmount},
	)
}

// Headroom returns what a bank has for the day and what it is expected to use at
// its worst moment, see [Intraday.MaxUsage].
func Headroom(opening Sources, expected decimal.Decimal) (Measure, error) {
	if err := cmp.Or(opening.validate(), check(rule{valid.NotNegative(expected), "expected", expected, valid.MustBeAmount})); err != nil {
		return Measure{}, err
	}
	return Measure{opening.Total(), expected}, nil
}
