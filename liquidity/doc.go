// Package liquidity keeps banks liquid out of a common pool, by itself where that
// is safe, and says why wherever it does nothing.
//
// # The problem
//
// The ALPS document (Autonomous Liquidity Provision System) has it in three lines:
// below a threshold, inject what is missing. That parks every ratio on the edge,
// lends without limit, pays twice after a lost answer and trusts whatever it is
// told; [SeedRule] is that rule, to be compared with. Here money moves only if every
// gate is open, within every limit, once, and out of books that add up.
//
// # The formula
//
//	ratio      liquid / obligations
//	effective  liquid with injections in flight, without withdrawals in flight
//	inject     effective < Floor, or a licensed prediction says so:   Target × obligations - effective
//	withdraw   liquid, less what is on its way out, > Ceiling: down to UpperTarget, at most what is lent
//
// Then all gates are asked, in a fixed order, and each that is closed is told; the
// amount is shrunk by each limit, which is told too; what is left is done unless
// it is too little. Budgets count what settled in the last 24 hours and all that is
// in flight, so no day of whatever beginning sees more.
//
// # Money
//
// Each settled injection is a [Loan], with a rate, a haircut and a day on which it
// is returned by itself. What a provider put in, took out and earned is, at every
// step, what is free, reserved, lent and lost: see [Fund]. A difference stops all.
//
// # On its way
//
// An action is in the state, and so durable, before its transfers are sent, and
// an [Executor] is asked what became of them before anything else is done:
//
//	proposed -> (awaiting approval ->) reserved -> submitted -> settled | failed | unknown
//
// One that nobody can tell of is unknown: it keeps its money and makes its bank
// wait, and no other. Large and manual actions wait for a second person, whose
// approval is good for one action, its exact amount, and the account as it was.
// Anyone trips a [Switch], for one bank or all; it takes two people to reset it.
//
// # What to call first
//
// [Careful] gives a [Config], [New] an [Engine]. It suggests until its Mode says
// otherwise: call Step and look at [Decision.Banks]. To act, give it and a [World]
// to an evenkeel.Runner; a person's [Command] goes into the inbox. [LCR], [NSFR]
// and [Headroom] work out other ratios, [Monitor] a day's use of liquidity,
// [Congested] and [Offsetting] a queue of payments. Prediction is the business of
// liquidity/stress, which meets the engine in [Position.PBreach] alone.
//
// # Words
//
//   - SXLR: sovereign liquidity ratio; SRI: sovereign risk index, 0 to 100
//   - gate: a reason to do nothing; clip: a reason to do less
//   - the pool: the money of all providers; its floor stays free
//   - leg, transfer: the part of an action that one provider pays or is paid
//   - licence: a predictor's proved skill, without which it moves no money
package liquidity
