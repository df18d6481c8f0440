package liquidity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// figures are what is computed about a bank once per step, and again when a
// person changes it.
type figures struct {
	effective decimal.Decimal // liquid with what is in flight
	sure      decimal.Decimal // liquid less what is on its way out: what is on its way in may be counted already
	inflight  decimal.Decimal // injections that may still settle, principal
	live      int             // actions that may still move money
	floor     decimal.Decimal // Floor × obligations; the others alike
	side      Side
	cause     Cause
	wanted    decimal.Decimal
	shortfall decimal.Decimal // wanted per obligation, to 8 decimals: the order of fairness
	share     decimal.NullDecimal
}

// room is what may still be injected in this step, over all banks.
type room struct {
	budget     decimal.NullDecimal // null is no budget
	predictive decimal.NullDecimal
	free       decimal.Decimal // above the pool's floor
}

// recount finds out what is in flight between a bank and the pool. A settled
// transfer is in flight until a later position shows it.
func (b *bank) recount(cfg Config) {
	var coming decimal.Decimal
	b.inflight, b.live = decimal.Decimal{}, 0
	if b.pos != nil {
		b.sure = b.pos.Liquid
	}
	for i := range b.acct.Actions {
		a := &b.acct.Actions[i]
		if a.Phase.live() {
			b.live++
		}
		for n := range a.Legs {
			l := &a.Legs[n]
			unseen := l.Phase == Settled && b.pos != nil && !b.pos.At.After(l.SettledAt)
			if !l.Phase.live() && !unseen {
				continue
			}
			if a.Side == Withdraw {
				b.sure = b.sure.Sub(l.Amount).Sub(l.Interest)
				continue
			}
			coming = coming.Add(l.Amount)
			if l.Phase.live() {
				b.inflight = b.inflight.Add(l.Amount)
			}
		}
	}
	b.effective = b.sure
	if !coming.IsZero() {
		b.effective = b.sure.Add(coming)
	}
	if b.pos != nil && b.pos.Obligations.IsPositive() {
		b.aim(cfg)
	}
}

// measure finds out which way a bank leans and how much it would take.
func (k *look) measure(b *bank) {
	b.side = None
	b.recount(k.cfg)
	b.out.Action = None
	if b.pos == nil || !b.pos.Obligations.IsPositive() {
		return
	}
	b.out.Ratio = b.pos.Liquid.DivRound(b.pos.Obligations, ratioPlaces)
	b.out.EffectiveRatio = b.out.Ratio
	if !b.effective.Equal(b.pos.Liquid) {
		b.out.EffectiveRatio = b.effective.DivRound(b.pos.Obligations, ratioPlaces)
	}
}

// aim sets side, cause and wanted amount by the band. Ratios are compared as
// products, so that no rounding moves a bank across an edge.
func (b *bank) aim(cfg Config) {
	owed := b.pos.Obligations
	b.side, b.cause, b.wanted = None, "", decimal.Decimal{}
	b.floor = cfg.Floor.Mul(owed)
	switch {
	case b.effective.LessThan(b.floor):
		b.side, b.cause = Inject, BelowFloor
	case !cfg.UpperTarget.IsZero() && b.sure.GreaterThan(cfg.Ceiling.Mul(owed)):
		b.side, b.cause = Withdraw, AboveCeiling
		b.wanted = b.sure.Sub(cfg.UpperTarget.Mul(owed)).Truncate(cfg.Places)
	case cfg.foresees(b.pos) && b.pos.Licensed && b.effective.LessThan(cfg.target(b.pos)):
		b.side, b.cause = Inject, Predicted
	}
	if b.side == Inject {
		b.wanted = cfg.target(b.pos).Sub(b.effective).RoundCeil(cfg.Places)
		b.shortfall = b.wanted.DivRound(owed, 8)
	}
}

// target returns Target × obligations, raised by the sovereign's risk.
func (c Config) target(p *Position) decimal.Decimal {
	ratio := c.Target
	if p.SRI.IsPositive() && c.SRITarget.IsPositive() {
		ratio = ratio.Add(ratio.Mul(c.SRITarget).Mul(p.SRI).Shift(-2))
		if !c.UpperTarget.IsZero() {
			ratio = decimal.Min(ratio, c.UpperTarget)
		}
	}
	return ratio.Mul(p.Obligations)
}

// foresees reports whether a breach is predicted, with or without a licence.
func (c Config) foresees(p *Position) bool {
	return c.PAct.IsPositive() && p.PBreach.GreaterThanOrEqual(c.PAct)
}

// budget adds up what may still be injected.
func (k *look) budget() {
	var spent, foreseen, free decimal.Decimal
	for i := range k.banks {
		b := &k.banks[i]
		if len(b.acct.Spent) == 0 && b.live == 0 {
			continue // of many banks, most
		}
		spent = spent.Add(spentBy(b.acct.Spent, k.seen.At)).Add(b.inflight)
		foreseen = foreseen.Add(spentBy(b.acct.Foreseen, k.seen.At)).Add(b.acct.foreseeing())
	}
	for _, s := range k.sources {
		free = free.Add(s.Free)
	}
	k.room = room{budget: left(k.cfg.Budget, spent), predictive: left(k.cfg.PredictiveBudget, foreseen), free: above(free, k.cfg.PoolFloor)}
}

// foreseeing returns the predictive injections in flight.
func (a *Account) foreseeing() decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Actions {
		if a.Actions[i].Cause != Predicted {
			continue
		}
		for _, l := range a.Actions[i].Legs {
			if l.Phase.live() {
				sum = sum.Add(l.Amount)
			}
		}
	}
	return sum
}

// left returns what is left of a budget, of which 0 is none at all.
func left(budget, spent decimal.Decimal) decimal.NullDecimal {
	if budget.IsZero() {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(above(budget, spent))
}

// plan makes a suggestion for each bank and, if the mode is live, carries it out.
// Withdrawals come first: they compete with nobody. Then injections, in the
// order of fairness.
func (k *look) plan() {
	var short []*bank
	for i := range k.banks {
		switch b := &k.banks[i]; b.side {
		case Inject:
			short = append(short, b)
		case Withdraw:
			k.suggest(b)
		default:
			b.out.Reasons = k.quiet(b)
		}
	}
	slices.SortFunc(short, func(x, y *bank) int {
		return cmp.Or(y.shortfall.Cmp(x.shortfall), strings.Compare(x.acct.Bank, y.acct.Bank))
	})
	booked := slices.Clone(k.next.Funds)
	if k.cfg.Fairness == ProRata {
		k.share(short)
	}
	for _, b := range short {
		k.suggest(b)
	}
	if k.cfg.Mode != Live {
		copy(k.next.Funds, booked)
	}
}

// quiet says why nothing is to be done about a bank.
func (k *look) quiet(b *bank) []Reason {
	switch {
	case b.pos == nil:
		return []Reason{NoData}
	case !b.pos.Obligations.IsPositive():
		return []Reason{NoObligations}
	case b.pos.Liquid.LessThan(b.floor):
		return []Reason{InFlightCovers}
	case k.cfg.foresees(b.pos) && !b.pos.Licensed:
		return []Reason{RatioInBand, Unlicensed}
	}
	return []Reason{RatioInBand}
}

// share divides what there is in proportion to what each would get if there were
// enough, rounded down: what rounding leaves stays in the pool.
func (k *look) share(short []*bank) {
	var total decimal.Decimal
	ample := make([]decimal.Decimal, len(short))
	for i, b := range short {
		if len(k.gates(b, b.side, b.cause)) > 0 {
			continue
		}
		ample[i] = k.limit(b, b.side, b.cause, b.wanted, room{free: b.wanted}).amount
		total = total.Add(ample[i])
	}
	there := k.room.free
	if k.room.budget.Valid {
		there = decimal.Min(there, k.room.budget.Decimal)
	}
	if total.LessThanOrEqual(there) {
		return
	}
	for i, b := range short {
		part, _ := ample[i].Mul(there).QuoRem(total, k.cfg.Places)
		b.share = decimal.NewNullDecimal(part)
	}
}

// suggest decides about a bank that is out of its band.
func (k *look) suggest(b *bank) {
	s := b.out
	s.Wanted, s.Cause = b.wanted, b.cause
	if why := k.gates(b, b.side, b.cause); len(why) > 0 {
		s.Would, s.Reasons = b.side, why
		return
	}
	c := k.clip(b, b.side, b.cause, b.wanted)
	if !c.amount.IsPositive() || c.amount.LessThan(k.cfg.MinAction) {
		c.why = append(c.why, BelowMinimum)
		s.Would, s.Reasons = b.side, c.why
		return
	}
	s.Action, s.Amount, s.Reasons = b.side, c.amount, c.why
	a := Action{Side: b.side, Cause: b.cause, Amount: c.amount, Maker: Robot}
	s.Approval = k.needsApproval(a)
	if k.cfg.Mode == Live {
		s.ID = k.begin(b, a)
		return
	}
	if k.cfg.Mode == Shadow {
		k.cast(b, a)
	}
	if b.side == Inject && !s.Approval { // what waits for a person reserves nothing
		for _, l := range k.draw(c.amount) {
			k.hold(&l, b.cause)
		}
	}
}

// take takes an injection off what is left for others.
func (r *room) take(amount decimal.Decimal, cause Cause) {
	r.free = r.free.Sub(amount)
	if r.budget.Valid {
		r.budget.Decimal = r.budget.Decimal.Sub(amount)
	}
	if cause == Predicted && r.predictive.Valid {
		r.predictive.Decimal = r.predictive.Decimal.Sub(amount)
	}
}
