package score

import "github.com/shopspring/decimal"

// Leverage is what is known of an issuer's debt, in one currency. Debt and
// earnings are needed.
type Leverage struct {
	Debt     decimal.NullDecimal `json:"debt"`     // >= 0
	EBITDA   decimal.NullDecimal `json:"ebitda"`   // of a year; a loss is below 0
	Interest decimal.NullDecimal `json:"interest"` // of a year, >= 0
	Equity   decimal.NullDecimal `json:"equity"`   // below 0 if all of it is lost
}

// Score is our judgement:
//
//	debt by EBITDA       0 up to 1, 50 from 8 on
//	EBITDA by interest   0 from 6 on, 30 at 1 and below
//	debt by equity       0 up to 0.5, 20 from 3 on
//
// Debt over no earnings, or over no equity, is the worst of its line; no debt, or
// no interest, the best. Malformed input is [ErrInvalid].
func (l Leverage) Score() (Score, error) {
	signed := func(d decimal.NullDecimal) bool { return !d.Valid || amount(decimal.NewNullDecimal(d.Decimal.Abs())) }
	const must = "must be between -1e18 and 1e18, with at most 18 decimals, or not known"
	if err := check(
		rule{amount(l.Debt), "Leverage.Debt", l.Debt.Decimal, mustBeAmount},
		rule{signed(l.EBITDA), "Leverage.EBITDA", l.EBITDA.Decimal, must},
		rule{amount(l.Interest), "Leverage.Interest", l.Interest.Decimal, mustBeAmount},
		rule{signed(l.Equity), "Leverage.Equity", l.Equity.Decimal, must},
	); err != nil {
		return Score{}, err
	}
	var t tally
	t.need("debt", l.Debt, func(decimal.Decimal) decimal.Decimal { return decimal.Decimal{} })
	t.need("ebitda", l.EBITDA, func(d decimal.Decimal) decimal.Decimal { return line("1", "8", 50)(burden(l.Debt.Decimal, d, "8")) })
	t.use("interest", l.Interest, func(d decimal.Decimal) decimal.Decimal {
		if !d.IsPositive() {
			return decimal.Decimal{}
		}
		return line("6", "1", 30)(l.EBITDA.Decimal.DivRound(d, places))
	})
	t.use("equity", l.Equity, func(d decimal.Decimal) decimal.Decimal { return line("0.5", "3", 20)(burden(l.Debt.Decimal, d, "3")) })
	return t.score(), nil
}

// burden is debt by what bears it, and worst if nothing does.
func burden(debt, by decimal.Decimal, worst string) decimal.Decimal {
	switch {
	case debt.IsZero():
		return decimal.Decimal{}
	case !by.IsPositive():
		return dec(worst)
	default:
		return debt.DivRound(by, places)
	}
}
