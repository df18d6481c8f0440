package market

import (
	"math"
	"slices"

	"github.com/shopspring/decimal"
)

// Probability is the chance of being filled.
type Probability struct {
	Value decimal.Decimal `json:"value"` // 0 to 1
	// Low and High are the ends of its 90 per cent interval. Not valid where records
	// are not used.
	Low  decimal.NullDecimal `json:"low"`
	High decimal.NullDecimal `json:"high"`
	N    int                 `json:"n"` // recorded trials that went into it
}

// fill fills in the probability and the times that follow from it.
func (t trade) fill(r *Route) {
	prior := t.prior(r.Path)
	if t.policy.PriorTrials == 0 {
		r.FillProbability = Probability{Value: prior}
	} else {
		tally := t.record.tally(r.Path, t.sale.Size)
		r.FillProbability = shrink(prior, t.policy.PriorTrials, tally.fills, tally.trials)
		if p50, p90, ok := tally.quantiles(); ok {
			r.P50, r.P90, r.TimeBasis = p50, p90, Recorded
			return
		}
	}
	r.TimeBasis = Modelled
	r.P50, r.P90 = t.exitMinutes(*r, 0.5), t.exitMinutes(*r, 0.9)
}

// prior is the translator's fill probability.
func (t trade) prior(path Path) decimal.Decimal {
	switch path {
	case ByMaker:
		return t.makerPrior()
	case ByAuction:
		return t.auctionPrior()
	case ByRFQ:
		return t.rfqPrior()
	default:
		return t.p2pPrior()
	}
}

// between is a probability in hundredths, cut to its bounds.
func between(p, low, high int64) decimal.Decimal { return hundredths(max(low, min(high, p))) }

func (t trade) makerPrior() decimal.Decimal {
	m, p := t.s.Maker, int64(80)
	switch {
	case m.Quotes24h >= 20:
		p += 10
	case m.Quotes24h < 5:
		p -= 20
	}
	switch {
	case m.LastQuoteSpreadBps.LessThan(decimal.New(20, 0)):
		p += 10
	case m.LastQuoteSpreadBps.GreaterThan(hundred):
		p -= 20
	}
	switch {
	case t.sale.Size.LessThanOrEqual(m.Inventory.Target):
		p += 10
	case t.sale.Size.GreaterThan(m.Inventory.High):
		p -= 30
	}
	return between(p, 10, 95)
}

func (t trade) auctionPrior() decimal.Decimal {
	a, p := t.s.Auction, int64(60)
	switch {
	case a.Bids >= 10:
		p += 20
	case a.Bids >= 5:
		p += 10
	case a.Bids < 2:
		p -= 20
	}
	// The slope depends on the unit of size and has the wrong sign for sorted
	// bids, so an enforced policy asks whether bids cover the sale.
	var judged, good bool
	if t.policy.Strictness == Enforced {
		judged, good = len(a.Demand) > 0, t.covered()
	} else {
		slope, _ := a.slope()
		judged, good = len(a.Demand) >= 2, slope.IsPositive()
	}
	switch {
	case judged && good:
		p += 10
	case judged:
		p -= 10
	}
	return between(p, 20, 90)
}

func (t trade) rfqPrior() decimal.Decimal {
	p := int64(50)
	switch t.policy.Grade(t.s.Bond.Rating) {
	case "AAA":
		p += 20
	case "AA":
		p += 15
	case "A":
		p += 10
	case "BB":
		p -= 10
	case "B":
		p -= 20
	case "C":
		p -= 30
	case "D":
		p -= 40
	}
	switch {
	case t.sale.Size.LessThanOrEqual(decimal.New(500, 3)):
		p += 10
	case t.sale.Size.GreaterThan(decimal.New(2000, 3)):
		p -= 10
	}
	return between(p, 20, 80)
}

func (t trade) p2pPrior() decimal.Decimal {
	p := int64(40)
	if slices.Contains([]string{"AAA", "AA", "A"}, t.policy.Grade(t.s.Bond.Rating)) {
		p += 10
	}
	if t.sale.Size.GreaterThanOrEqual(million) {
		p += 10
	}
	return between(p, 20, 70)
}

// shrink is the posterior of a fill probability whose prior is worth so many
// trials,
//
//	Beta(a prior + fills, a (1 - prior) + trials - fills)
//
// its mean, and its quantiles of 5 and 95 per cent.
func shrink(prior decimal.Decimal, worth, fills, trials int) Probability {
	hits := prior.Mul(whole(worth)).Add(whole(fills))
	all := whole(worth + trials)
	p := Probability{Value: hits.DivRound(all, digits), N: trials}
	a, b := number(hits), number(all.Sub(hits))
	if a > 0 && b > 0 { // a certain prior has no interval
		p.Low = decimal.NewNullDecimal(statistic(betaQuantile(a, b, 0.05)))
		p.High = decimal.NewNullDecimal(statistic(betaQuantile(a, b, 0.95)))
	}
	return p
}

const maxWindows = 100 // that a seller is taken to wait for

// exitMinutes returns the minutes by which a seller who keeps at it is out with
// probability q. Without windows it is an even hazard that gives the route's
// probability p at its Minutes, so
//
//	t = minutes ln(1-q)/ln(1-p)
//
// and with windows each is a trial, so the k-th is the first with (1-p)^k <= 1-q.
func (t trade) exitMinutes(r Route, q float64) decimal.NullDecimal {
	p := number(r.FillProbability.Value)
	if p <= 0 || p >= 1 {
		return decimal.NullDecimal{}
	}
	tries := math.Log1p(-q) / math.Log1p(-p)
	if r.Opens.IsZero() {
		return decimal.NewNullDecimal(statistic(number(r.Minutes) * tries))
	}
	if tries > maxWindows {
		return decimal.NullDecimal{}
	}
	open := r.Opens
	if open.Before(t.s.Now) {
		open = t.s.Now
	}
	for range int(math.Ceil(tries)) - 1 {
		next, ok := t.following(r.Path, open)
		if !ok {
			return decimal.NullDecimal{}
		}
		open = next
	}
	wait := decimal.Max(decimal.Decimal{}, minutes(open.Sub(t.s.Now)))
	return decimal.NewNullDecimal(wait.Add(minutes(settle(r.Path))))
}
