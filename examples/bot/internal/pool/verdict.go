package pool

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// shown is how far a credit may be from the exact share: the server shows eight
// decimals.
var shown = decimal.New(1, -8)

// places is more than any share of the wire has.
const places = 18

// Verdict is one round, recomputed.
type Verdict struct {
	Round    time.Time       `json:"round"`
	Orders   int             `json:"orders"`
	Credit   decimal.Decimal `json:"credit"`   // what the server says
	Expected decimal.Decimal `json:"expected"` // what the orders earn
	Wrong    []string        `json:"wrong,omitempty"`
}

// Judge recomputes a round from the totals that the server shows of it. The
// orders that we had tell whether it is about ours, and about all of them; nil is
// not known.
func Judge(round []alp.Order, had []exchange.Order) Verdict {
	v := Verdict{Orders: len(round)}
	own := map[string]exchange.Order{}
	for _, o := range had {
		own[o.ID] = o
	}
	for _, o := range round {
		v.Round = moment(o.Credit.At.Decimal)
		v.Credit = v.Credit.Add(o.Credit.Amount.Decimal)
		amount := o.Amount.Decimal
		if had != nil {
			ours, known := own[o.OrderID]
			if !known || ours.Side != o.Side || !ours.Price.Equal(o.Price.Decimal) {
				v.wrong("order %.64q, %v at %v: is not ours, or there twice", o.OrderID, o.Side, o.Price)
				continue
			}
			delete(own, o.OrderID) // so that what is left was forgotten
			if amount = ours.Remaining(); !amount.Equal(o.Amount.Decimal) {
				v.wrong("order %s: counted as %v, offers %v", o.OrderID, o.Amount, amount)
			}
		}
		expected, err := share(*o.Credit, amount)
		if err != nil {
			v.wrong("order %.64q: %v", o.OrderID, err)
			continue
		}
		v.Expected = v.Expected.Add(expected)
		if o.Credit.Amount.Sub(expected).Abs().GreaterThan(shown) {
			v.wrong("order %.64q: credited %v, earns %v", o.OrderID, o.Credit.Amount, expected.Round(12))
		}
	}
	for _, o := range had {
		if _, forgotten := own[o.ID]; forgotten {
			v.wrong("order %s, %v %v at %v: was not credited", o.ID, o.Side, o.Remaining(), o.Price)
		}
	}
	return v
}

func (v *Verdict) wrong(format string, args ...any) {
	v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...))
}

// share is what an order of that amount earns by the totals of its round.
func share(c alp.Credit, amount decimal.Decimal) (decimal.Decimal, error) {
	if !c.UnitTarget.IsPositive() || !c.RankTotal.IsPositive() {
		return decimal.Zero, fmt.Errorf("target %v, rank total %v: must be > 0", c.UnitTarget, c.RankTotal)
	}
	if amount.GreaterThan(c.RankTotal.Decimal) {
		return decimal.Zero, fmt.Errorf("rank total %v: less than our own %v", c.RankTotal, amount)
	}
	pot := c.UnitReward.Decimal
	if c.UnitTotal.LessThan(c.UnitTarget.Decimal) {
		pot = pot.Mul(c.UnitTotal.Decimal).DivRound(c.UnitTarget.Decimal, places)
	}
	// A hardened server does not count far orders towards the target, so it may
	// have less to share than the total promises, but never more.
	switch less := pot.Sub(c.CalculatedReward.Decimal); {
	case less.LessThan(shown.Neg()):
		return decimal.Zero, fmt.Errorf("reward %v: more than the %v that the total earns", c.CalculatedReward, pot)
	case less.GreaterThan(shown):
		pot = c.CalculatedReward.Decimal
	}
	return pot.Mul(c.SideRatio.Decimal).Mul(c.RankRatio.Decimal).Mul(amount).DivRound(c.RankTotal.Decimal, places), nil
}

// rounds groups the credited of orders by round, the oldest first, leaving out
// what is not after seen.
func rounds(orders []alp.Order, seen decimal.Decimal) [][]alp.Order {
	var all [][]alp.Order
	for _, o := range orders {
		if o.Credited != alp.Credited || o.Credit == nil || !o.Credit.At.GreaterThan(seen) {
			continue
		}
		i := slices.IndexFunc(all, func(round []alp.Order) bool { return round[0].Credit.At.Equal(o.Credit.At.Decimal) })
		if i < 0 {
			all = append(all, []alp.Order{o})
		} else {
			all[i] = append(all[i], o)
		}
	}
	slices.SortFunc(all, func(a, b []alp.Order) int { return a[0].Credit.At.Cmp(b[0].Credit.At.Decimal) })
	return all
}

// moment is a unix time of the wire.
func moment(seconds decimal.Decimal) time.Time {
	return time.Unix(0, seconds.Shift(9).IntPart()).UTC()
}
