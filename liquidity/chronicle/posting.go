package chronicle

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// book adds the postings that lead from the state before to the one after it, in
// the order in which the engine books: what providers put in and took out, what
// became of transfers, what was written off, and what new transfers hold.
func (r *reading) book(before []liquidity.Fund) {
	for i := range r.next.Funds {
		r.bookFund(before, &r.next.Funds[i])
	}
	owed := make([][]liquidity.Loan, len(r.accounts))
	for i := range r.accounts {
		owed[i] = r.bookTransfers(&r.accounts[i])
	}
	for i := range r.accounts {
		r.bookLosses(&r.accounts[i], owed[i])
	}
	for i := range r.accounts {
		r.bookHolds(&r.accounts[i])
	}
}

// post adds one line, unless nothing moves.
func (r *reading) post(p Posting, from, to Account, amount decimal.Decimal) {
	if !amount.IsPositive() {
		return
	}
	p.Seq, p.At, p.From, p.To, p.Amount = r.entry.Seq, r.entry.At, from, to, amount
	r.entry.Postings = append(r.entry.Postings, p)
}

func (r *reading) bookFund(before []liquidity.Fund, now *liquidity.Fund) {
	var was liquidity.Fund
	if i := slices.IndexFunc(before, func(f liquidity.Fund) bool { return f.Provider == now.Provider }); i >= 0 {
		was = before[i]
	}
	p := Posting{Provider: now.Provider}
	r.post(p, Contributed, Free, now.Contributed.Sub(was.Contributed))
	r.post(p, Free, Redeemed, now.Redeemed.Sub(was.Redeemed))
}

// bookTransfers books what became of a bank's transfers, and returns its loans as
// they are after that.
func (r *reading) bookTransfers(c *account) []liquidity.Loan {
	owed := slices.Clone(c.before.Loans)
	for i, was := range c.before.Actions {
		for n := range was.Legs {
			l := &c.now[i].Legs[n]
			p := Posting{Provider: l.Provider, Bank: c.after.Bank, Transfer: transfer(&was, n)}
			settled := live(was.Legs[n].Phase) && l.Phase == liquidity.Settled
			failed := live(was.Legs[n].Phase) && l.Phase == liquidity.Failed
			reversed := was.Legs[n].Phase == liquidity.Settled && l.Phase == liquidity.Reversed
			switch inject := was.Side == liquidity.Inject; {
			case inject && settled:
				r.post(p, Reserved, Lent, l.Amount)
				owed = owe(owed, p.Transfer, l.Provider, l.Amount)
			case inject && failed:
				r.post(p, Reserved, Free, l.Amount)
			case inject && reversed:
				r.post(p, Lent, Free, l.Amount)
				owed = owe(owed, p.Transfer, l.Provider, l.Amount.Neg())
			case settled:
				r.post(p, Lent, Free, l.Amount)
				r.post(p, Interest, Free, l.Interest)
				owed = owe(owed, l.Loan.ID, l.Provider, l.Amount.Neg())
			case reversed:
				r.post(p, Free, Lent, l.Amount)
				r.post(p, Free, Interest, l.Interest)
				owed = owe(owed, l.Loan.ID, l.Provider, l.Amount)
			}
		}
	}
	return owed
}

// owe changes what is outstanding of a loan.
func owe(loans []liquidity.Loan, id, provider string, amount decimal.Decimal) []liquidity.Loan {
	for i := range loans {
		if loans[i].ID == id {
			loans[i].Outstanding = loans[i].Outstanding.Add(amount)
			return loans
		}
	}
	return append(loans, liquidity.Loan{ID: id, Provider: provider, Outstanding: amount})
}

// bookLosses books what a loan lacks and no transfer explains: it was written off.
func (r *reading) bookLosses(c *account, owed []liquidity.Loan) {
	for _, loan := range owed {
		left := decimal.Decimal{}
		if i := slices.IndexFunc(c.after.Loans, func(l liquidity.Loan) bool { return l.ID == loan.ID }); i >= 0 {
			left = c.after.Loans[i].Outstanding
		}
		r.post(Posting{Provider: loan.Provider, Bank: c.after.Bank, Transfer: loan.ID}, Lent, Losses, loan.Outstanding.Sub(left))
	}
}

// bookHolds books what transfers hold that were not there before.
func (r *reading) bookHolds(c *account) {
	for i := range c.now {
		known := 0
		if i < len(c.before.Actions) {
			known = len(c.before.Actions[i].Legs)
		}
		if c.now[i].Side != liquidity.Inject {
			continue
		}
		for n := known; n < len(c.now[i].Legs); n++ {
			l := &c.now[i].Legs[n]
			r.post(Posting{Provider: l.Provider, Bank: c.after.Bank, Transfer: transfer(&c.now[i], n)}, Free, Reserved, l.Amount)
		}
	}
}
