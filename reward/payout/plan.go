package payout

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// claim is what one address could be paid now.
type claim struct {
	debts  []Debt
	owed   decimal.Decimal
	output Output
}

// plan makes a batch of what is owed, if one is due, and says when the next is.
func (k *look) plan() {
	switch {
	case k.next.Paused:
		k.d.Reason = Halted
	case len(k.next.Live) >= maxLive:
		k.d.Reason = Crowded
	case !k.due:
		k.d.Reason = NotDue
	default:
		left := k.fill(k.claims())
		k.schedule(left)
	}
}

// claims returns what each address could be paid, the largest first: what waits
// grows until it is.
func (k *look) claims() []claim {
	byAddress := map[string]int{}
	var all []claim
	for _, d := range k.seen.Debts {
		i, known := byAddress[d.Address]
		if !known {
			i = len(all)
			byAddress[d.Address] = i
			all = append(all, claim{})
		}
		all[i].debts = append(all[i].debts, d)
		all[i].owed = all[i].owed.Add(d.Amount)
	}
	for i := range all {
		all[i].output = Output{all[i].debts[0].Address, all[i].owed.Truncate(k.cfg.Places)}
	}
	payable := slices.DeleteFunc(all, func(c claim) bool {
		return c.owed.LessThan(k.cfg.Minimum) || !c.output.Amount.IsPositive()
	})
	k.d.Below = len(byAddress) - len(payable)
	slices.SortFunc(payable, func(x, y claim) int {
		return cmp.Or(y.output.Amount.Cmp(x.output.Amount), strings.Compare(x.output.Address, y.output.Address))
	})
	return payable
}

// fill plans a batch of the claims that the caps allow, and returns the others.
func (k *look) fill(claims []claim) (left []claim) {
	b := Batch{Pool: k.cfg.Pool, Generation: k.next.Generation + 1}
	for _, c := range claims {
		total := b.Total.Add(c.output.Amount)
		if len(b.Outputs) == k.cfg.MaxOutputs || !within(total, k.cfg.MaxBatch) || !within(k.next.Today.Add(total), k.cfg.MaxDay) {
			left = append(left, c)
			continue
		}
		b.Total, b.Outputs, b.Lines = total, append(b.Outputs, c.output), append(b.Lines, c.lines()...)
	}
	k.d.Left = len(left)
	switch {
	case len(claims) == 0:
		k.d.Reason = Nobody
		return nil
	case len(b.Outputs) == 0:
		k.d.Reason = Capped
		return left
	case len(left) == 0:
		k.d.Reason = PaysAll
	default:
		k.d.Reason = PaysSome
	}
	slices.SortFunc(b.Outputs, func(x, y Output) int { return strings.Compare(x.Address, y.Address) })
	slices.SortFunc(b.Lines, func(x, y Line) int { return strings.Compare(x.Account, y.Account) })
	b.ID = b.Sum()
	k.d.Planned = &b
	k.next.Generation, k.next.Today = b.Generation, k.next.Today.Add(b.Total)
	k.next.Live = append(k.next.Live, Live{ID: b.ID, Total: b.Total, Phase: Planned})
	return left
}

// lines takes the output from the accounts, one after the other: what rounding
// leaves stays with the last.
func (c claim) lines() []Line {
	var lines []Line
	rest := c.output.Amount
	for _, d := range c.debts {
		if rest.IsZero() {
			break
		}
		amount := decimal.Min(d.Amount, rest)
		lines = append(lines, Line{d.Account, d.Address, amount})
		rest = rest.Sub(amount)
	}
	return lines
}

// schedule sets when the next batch is due: at the regular time, or sooner if
// some of what is owed could be paid sooner.
func (k *look) schedule(left []claim) {
	next, soon := k.regular(), k.seen.At.Add(k.cfg.Retry)
	again := false
	for _, c := range left {
		amount := c.output.Amount
		switch {
		case !within(amount, k.cfg.MaxBatch) || !within(amount, k.cfg.MaxDay):
			// never, with these caps
		case within(k.next.Today.Add(amount), k.cfg.MaxDay):
			again, next = true, earlier(next, soon)
		default:
			next = earlier(next, k.next.Day.Add(day))
		}
	}
	switch n := len(k.seen.Debts); {
	case again:
		// there is more to be had of the same accounts
	case n == k.cfg.MaxDebts:
		k.next.After, next = k.seen.Debts[n-1].Account, earlier(next, soon)
	default:
		k.next.After = ""
	}
	k.next.NextAt = next
}

func earlier(x, y time.Time) time.Time {
	if y.Before(x) {
		return y
	}
	return x
}
