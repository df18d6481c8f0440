package market

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Parameters are those of a [CalibratedModel]. Start from [DefaultParameters];
// none is fitted to data, all are judgement.
type Parameters struct {
	Window        time.Duration   `json:"window_ns"`     // of a book that states none, >= 1 s
	Horizon       time.Duration   `json:"horizon_ns"`    // within which a trade counts as likely or not, >= 1 s
	SigmaDaily    decimal.Decimal `json:"sigma_daily"`   // of returns over a day, as a fraction, > 0
	Impact        decimal.Decimal `json:"impact"`        // Y of the square root law, about 1, >= 0
	Cost50Bps     decimal.Decimal `json:"cost50_bps"`    // of a cost that scores 50, > 0
	DaysTo50      decimal.Decimal `json:"dtl50_days"`    // to liquidate, that score 50, > 0
	Participation decimal.Decimal `json:"participation"` // in a day's volume, of a sale that others hardly notice, > 0 to 1
	PriorTrades   decimal.Decimal `json:"prior_trades"`  // that a tape counts as having before anything is seen, > 0
	Floor         decimal.Decimal `json:"floor"`         // score that the mean counts at least, > 0 to 100
	Weights       Weights         `json:"weights"`

	// Of confidence.
	HalfLife     time.Duration   `json:"half_life_ns"`  // age that halves it, >= 1 s
	SampleTrades decimal.Decimal `json:"sample_trades"` // in the window, that halve what more could add, > 0
	Accuracy     decimal.Decimal `json:"accuracy"`      // of the model, 0 to 1; see [Accuracy.Skill]
}

// Weights of the components. They sum to 1.
type Weights struct {
	Cost     decimal.Decimal `json:"cost"`
	Depth    decimal.Decimal `json:"depth"`
	Activity decimal.Decimal `json:"activity"`
	Turnover decimal.Decimal `json:"turnover"`
}

// DefaultParameters suit an investment-grade corporate bond.
func DefaultParameters() Parameters {
	return Parameters{
		Window: day, Horizon: day,
		SigmaDaily: decimal.New(3, -3), Impact: one, Cost50Bps: decimal.New(25, 0), DaysTo50: one,
		Participation: hundredths(20), PriorTrades: hundredths(50), Floor: one,
		Weights:  Weights{Cost: hundredths(30), Depth: hundredths(25), Activity: hundredths(25), Turnover: hundredths(20)},
		HalfLife: 30 * time.Minute, SampleTrades: decimal.New(5, 0), Accuracy: hundredths(80),
	}
}

func (p Parameters) validate() error {
	positive := func(field string, d decimal.Decimal) rule {
		return rule{valid.Positive(d) && d.GreaterThanOrEqual(decimal.New(1, -9)) && d.LessThanOrEqual(decimal.New(1, 9)), field, d, "must be 1e-9 to 1e9"}
	}
	long := func(field string, d time.Duration) rule {
		return rule{d >= time.Second && d <= maxAge, field, d, "must be 1 s to 36500 days"}
	}
	part := func(field string, d decimal.Decimal) rule { return rule{fraction(d), field, d, "must be 0 to 1"} }
	w := p.Weights
	sum := w.Cost.Add(w.Depth).Add(w.Activity).Add(w.Turnover)
	return check(
		long("Window", p.Window), long("Horizon", p.Horizon), long("HalfLife", p.HalfLife),
		positive("SigmaDaily", p.SigmaDaily), positive("Cost50Bps", p.Cost50Bps), positive("DaysTo50", p.DaysTo50),
		rule{valid.NotNegative(p.Impact) && p.Impact.LessThanOrEqual(hundred), "Impact", p.Impact, "must be 0 to 100"},
		positive("Participation", p.Participation), part("Participation", p.Participation),
		positive("PriorTrades", p.PriorTrades), positive("SampleTrades", p.SampleTrades),
		positive("Floor", p.Floor), rule{p.Floor.LessThanOrEqual(hundred), "Floor", p.Floor, "must be at most 100"},
		part("Weights.Cost", w.Cost), part("Weights.Depth", w.Depth), part("Weights.Activity", w.Activity), part("Weights.Turnover", w.Turnover),
		rule{sum.Equal(one), "Weights", sum, "must sum to 1"},
		part("Accuracy", p.Accuracy),
	)
}

// CalibratedModel is an index for the size that is to be sold: the weighted
// geometric mean of four scores, so that the weakest link counts most.
//
//	cost      100 2^(-cost/25 bps),   cost = half spread + Y sigma sqrt(excess/ADV)
//	depth     100 D/(D + q),          D = what can be sold into the visible book
//	activity  100 (1 - e^(-rate T)),  rate = (trades + prior)/(window + last trade's age)
//	turnover  100 2^(-days),          days = q/(p ADV)
//
// with q the size, excess what exceeds the bid's size, ADV the volume of a day, p
// the participation and T the horizon; impact by the square root law (Torre,
// "BARRA Market Impact Model Handbook" (1997)). It does not depend on the unit of
// price or size. Auctions and makers do not enter: they are routes, see
// [Recommender]. A locked book says nothing of cost and is [Insufficient]; so is one
// without volume for a size that exceeds its touch.
//
// Powers and roots are float64, since scores never become an order; results keep
// 12 digits. It is immutable, so safe for concurrent use.
type CalibratedModel struct {
	p      Parameters
	config [32]byte
}

var _ IndexModel = (*CalibratedModel)(nil)

// NewCalibratedModel returns a model. A parameter out of its bounds is an
// [ErrInvalid].
func NewCalibratedModel(p Parameters) (*CalibratedModel, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &CalibratedModel{p, sha256.Sum256(text)}, nil
}

// Identity is [IndexModel.Identity].
func (c *CalibratedModel) Identity() (engine string, config [32]byte) {
	return "market-calibrated@1", c.config
}

// Estimate is what a sale of a size is expected to cost and to take.
type Estimate struct {
	HalfSpreadBps decimal.Decimal `json:"half_spread_bps"`
	// ImpactBps is what the sale moves the price itself. Not valid without volume if
	// the size exceeds the touch: there is nothing to measure it by.
	ImpactBps decimal.NullDecimal `json:"impact_bps"`
	CostBps   decimal.NullDecimal `json:"cost_bps"` // the sum of both
	// Days to liquidate at the model's participation; not valid without volume.
	Days decimal.NullDecimal `json:"days_to_liquidate"`
}

// Estimate returns what a sale of size into the book costs. Malformed input is
// an [ErrInvalid].
func (c *CalibratedModel) Estimate(s Snapshot, size decimal.Decimal) (Estimate, error) {
	if err := cmp.Or(s.Validate(), checkSize(size)); err != nil {
		return Estimate{}, err
	}
	return c.look(s, size).estimate(), nil
}

// Takes returns what the book takes in a day at the model's participation, in face
// value, and what that costs, for [Position]. Without volume it is nothing, and the cost
// of what exceeds the touch is an [ErrInsufficient]. Malformed input is an [ErrInvalid].
func (c *CalibratedModel) Takes(s Snapshot) (perDay decimal.Decimal, cost CostBps, err error) {
	if err := s.Validate(); err != nil {
		return decimal.Decimal{}, nil, err
	}
	window := decimal.New(int64(c.window(s.Book)), 0)
	volume := s.Book.Volume.Mul(decimal.New(int64(day), 0)).DivRound(window, places)
	perDay = volume.Mul(c.p.Participation).RoundDown(facePlaces)
	return perDay, func(size decimal.Decimal) (decimal.Decimal, error) {
		l := c.look(s, size)
		if !l.impactKnown {
			return decimal.Decimal{}, fmt.Errorf("%w: no volume to tell by what %s costs beyond a touch of %s", ErrInsufficient, size, s.Book.BidSize)
		}
		return l.estimate().CostBps.Decimal, nil
	}, nil
}

// facePlaces is how finely what a book takes in a day is told: to the cent.
const facePlaces = 2

// Index is [IndexModel.Index].
func (c *CalibratedModel) Index(s Snapshot, size decimal.Decimal) (Index, error) {
	if err := cmp.Or(s.Validate(), checkSize(size)); err != nil {
		return Index{}, err
	}
	l := c.look(s, size)
	index := Index{Level: Insufficient, Confidence: statistic(c.confidence(s))}
	if s.Book.Locked() {
		index.Missing = append(index.Missing, "spread")
	}
	if !l.impactKnown {
		index.Missing = append(index.Missing, "volume")
	}
	if len(index.Missing) > 0 {
		return index, nil
	}
	w := c.p.Weights
	scores := []struct {
		name   ComponentName
		score  float64
		weight decimal.Decimal
	}{
		{Cost, half(l.halfSpreadBps+l.impactBps, number(c.p.Cost50Bps)), w.Cost},
		{Depth, l.depthScore(), w.Depth},
		{Activity, 100 * -math.Expm1(-c.tradeRate(s.Book)*days(c.p.Horizon)), w.Activity},
		{Turnover, half(l.days, number(c.p.DaysTo50)), w.Turnover},
	}
	floor, logs := number(c.p.Floor), 0.0
	for _, s := range scores {
		index.Components = append(index.Components, Component{s.name, statistic(s.score), s.weight})
		logs += number(s.weight) * math.Log(max(s.score, floor))
	}
	index.Value = statistic(min(math.Exp(logs), 100))
	index.Level = LevelOf(index.Value)
	return index, nil
}

// look is a sale against a book, in floats.
type look struct {
	size, depth              float64
	halfSpreadBps, impactBps float64
	impactKnown              bool    // it is not beyond the touch without volume
	days                     float64 // to liquidate; infinite without volume
}

func (c *CalibratedModel) look(s Snapshot, size decimal.Decimal) look {
	b := s.Book
	l := look{
		size:          number(size),
		depth:         number(decimal.Max(b.BidSize, b.Depth.Mul(decimal.New(5, -1)))), // a sale meets the bids: half of what is visible, or the touch
		halfSpreadBps: number(b.SpreadBps()) / 2,
		days:          math.Inf(1),
	}
	perDay := number(b.Volume) / days(c.window(b))
	excess := number(decimal.Max(decimal.Decimal{}, size.Sub(b.BidSize)))
	l.impactKnown = perDay > 0 || excess == 0
	if perDay == 0 {
		return l
	}
	sigma := number(s.Conditions.sigma(c.p.SigmaDaily)) * 1e4
	l.impactBps = number(c.p.Impact) * sigma * math.Sqrt(excess/perDay)
	l.days = l.size / (number(c.p.Participation) * perDay)
	return l
}

func (l look) depthScore() float64 { return 100 * l.depth / (l.depth + l.size) }

func (l look) estimate() Estimate {
	e := Estimate{HalfSpreadBps: statistic(l.halfSpreadBps)}
	if l.impactKnown {
		e.ImpactBps = decimal.NewNullDecimal(statistic(l.impactBps))
		e.CostBps = decimal.NewNullDecimal(statistic(l.halfSpreadBps + l.impactBps))
	}
	if !math.IsInf(l.days, 1) {
		e.Days = decimal.NewNullDecimal(statistic(l.days))
	}
	return e
}

func (c *CalibratedModel) window(b Microstructure) time.Duration {
	if b.Window > 0 {
		return b.Window
	}
	return c.p.Window
}

// tradeRate is how many trades a day may be expected, after those in the window
// and a silence since.
func (c *CalibratedModel) tradeRate(b Microstructure) float64 {
	return (float64(b.Trades) + number(c.p.PriorTrades)) / (days(c.window(b)) + days(b.LastTradeAge))
}

// confidence is 2^(-age/half life) trades/(trades + sample) accuracy.
func (c *CalibratedModel) confidence(s Snapshot) float64 {
	age := max(s.Now.Sub(s.Book.At), 0)
	trades := float64(s.Book.Trades)
	return math.Exp2(-float64(age)/float64(c.p.HalfLife)) * trades / (trades + number(c.p.SampleTrades)) * number(c.p.Accuracy)
}

// half is 100 at 0 and halves with each step.
func half(x, step float64) float64 { return 100 * math.Exp2(-x/step) }

func days(d time.Duration) float64 { return float64(d) / float64(day) }
