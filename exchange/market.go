package exchange

import (
	"github.com/shopspring/decimal"
)

// Bounds of every number that comes from outside: wider than any price or amount
// and narrow enough that arithmetic on it stays cheap. "1e9999" is six characters
// to send and ten thousand digits to carry along.
const (
	maxIntegerDigits = 36
	maxDecimals      = 36
)

// Market is the rules of one pair at one venue.
type Market struct {
	Pair        Pair
	Tick        decimal.Decimal // Quote per Base, > 0: prices are multiples of it
	Lot         decimal.Decimal // Base, > 0: amounts are multiples of it
	MinAmount   decimal.Decimal // Base, >= 0: the smallest order; 0 is none
	MinNotional decimal.Decimal // Quote, >= 0: the smallest price x amount; 0 is none
	MakerFeeBps decimal.Decimal // of what the maker receives, -TakerFeeBps to below 10000; below 0 is a rebate
	TakerFeeBps decimal.Decimal // of what the taker receives, 0 to below 10000
}

// Validate returns [ErrInvalid], naming the field, its value and the rule,
// unless m can be traded.
func (m Market) Validate() error {
	if err := m.Pair.Validate(); err != nil {
		return err
	}
	if err := validPositive("Market.Tick", m.Tick); err != nil {
		return err
	}
	if err := validPositive("Market.Lot", m.Lot); err != nil {
		return err
	}
	if m.MinAmount.IsNegative() || outOfRange(m.MinAmount) {
		return invalid("Market.MinAmount", show(m.MinAmount), "must be >= 0")
	}
	if m.MinNotional.IsNegative() || outOfRange(m.MinNotional) {
		return invalid("Market.MinNotional", show(m.MinNotional), "must be >= 0")
	}
	if outOfRange(m.TakerFeeBps) || m.TakerFeeBps.IsNegative() || m.TakerFeeBps.GreaterThanOrEqual(whole) {
		return invalid("Market.TakerFeeBps", show(m.TakerFeeBps), "must be 0 to below 10000")
	}
	if outOfRange(m.MakerFeeBps) || m.MakerFeeBps.LessThan(m.TakerFeeBps.Neg()) || m.MakerFeeBps.GreaterThanOrEqual(whole) {
		return invalid("Market.MakerFeeBps", show(m.MakerFeeBps), "must be -TakerFeeBps to below 10000")
	}
	return nil
}

// Check returns [ErrInvalid], naming the field, its value and the rule, unless
// the venue would take o for this market.
func (m Market) Check(o Order) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return err
	}
	if o.Pair != m.Pair {
		return invalid("Order.Pair", o.Pair, "must be "+m.Pair.String())
	}
	if !o.Price.Mod(m.Tick).IsZero() {
		return invalid("Order.Price", o.Price, "must be a multiple of tick "+m.Tick.String())
	}
	if !o.Amount.Mod(m.Lot).IsZero() {
		return invalid("Order.Amount", o.Amount, "must be a multiple of lot "+m.Lot.String())
	}
	if o.Amount.LessThan(m.MinAmount) {
		return invalid("Order.Amount", o.Amount, "must be at least "+m.MinAmount.String()+" "+m.Pair.Base)
	}
	if o.Notional().LessThan(m.MinNotional) {
		return invalid("Order.Notional", o.Notional(), "must be at least "+m.MinNotional.String()+" "+m.Pair.Quote)
	}
	return nil
}

// Fit returns o as the market takes it, never at a worse price for its owner and
// never larger: a bid's price is rounded down and an ask's up to the tick, the
// amount down to the lot. It returns [ErrInvalid] when what is left is no order,
// such as one below MinNotional.
func (m Market) Fit(o Order) (Order, error) {
	if err := m.Validate(); err != nil {
		return o, err
	}
	if err := o.Validate(); err != nil {
		return o, err
	}
	fitted := o
	fitted.Price = floorTo(o.Price, m.Tick)
	if o.Side == Ask && fitted.Price.LessThan(o.Price) {
		fitted.Price = fitted.Price.Add(m.Tick)
	}
	fitted.Amount = floorTo(o.Amount, m.Lot)
	if err := m.Check(fitted); err != nil {
		return o, err
	}
	return fitted, nil
}

// whole is 10000 bps.
var whole = decimal.NewFromInt(10_000)

// floorTo rounds x, which is > 0, down to a multiple of step.
func floorTo(x, step decimal.Decimal) decimal.Decimal {
	steps, _ := x.QuoRem(step, 0)
	return steps.Mul(step)
}

func validPositive(field string, d decimal.Decimal) error {
	if outOfRange(d) || !d.IsPositive() {
		return invalid(field, show(d), "must be > 0, with at most 36 digits and 36 decimals")
	}
	return nil
}

func outOfRange(d decimal.Decimal) bool {
	if exp := d.Exponent(); exp > maxIntegerDigits || exp < -10*maxDecimals {
		return true // without counting its zeros
	}
	d = d.Normalize() // 1.000 has no decimals
	return d.Exponent() < -maxDecimals || d.NumDigits()+int(d.Exponent()) > maxIntegerDigits
}

// show keeps a number that is out of range from being written out in full.
func show(d decimal.Decimal) string {
	if outOfRange(d) {
		return "(out of range)"
	}
	return d.String()
}
