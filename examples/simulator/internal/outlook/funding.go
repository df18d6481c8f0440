package outlook

import (
	"math"
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// The stress of the funding market: SOFR well above what it was of late, unless
// the policy rate moved. All rates are in half basis points, in which medians of
// even counts are whole.
const (
	eventAt     = 2 * 7  // above the median of the trailing days
	policyMoved = 2 * 15 // between that median and the one of the days ahead
	pressedAt   = eventAt / 2
	trailing    = 10                  // days
	ahead       = 5                   // days: the horizon
	warmUp      = 60                  // days before the first that is judged
	monthEnd    = 6                   // days before a month's turn that the calendar rule counts
	season      = 45 * 24 * time.Hour // a block: longer than an episode
)

// turn is when the funding market's training ends and its test begins.
var turn = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)

// market is the table with what is derived from it, by day.
type market struct {
	days     []day
	pressure []int  // SOFR less its trailing median
	event    []bool // stress
}

func newMarket(days []day) market {
	m := market{days: days, pressure: make([]int, len(days)), event: make([]bool, len(days))}
	for i, d := range days {
		usual := d.sofr
		if i > 3 {
			usual = m.median(i-trailing, i)
		}
		m.pressure[i] = d.sofr - usual
		moved := 0
		if i+ahead+1 < len(days) {
			moved = m.median(i+1, i+1+ahead) - usual
		}
		m.event[i] = m.pressure[i] >= eventAt && moved <= policyMoved && moved >= -policyMoved
	}
	return m
}

func (m market) median(from, to int) int {
	var rates []int
	for _, d := range m.days[max(from, 0):to] {
		rates = append(rates, d.sofr)
	}
	slices.Sort(rates)
	n := len(rates)
	return (rates[(n-1)/2] + rates[n/2]) / 2
}

// signals are what the logistic sees of the market, clipped as those of a bank
// are; the calendar cannot surprise.
var signals = []stress.Signal{
	{Name: stress.Distance},
	{Name: stress.Volatility},
	{Name: "reverse_repo", Clip: stress.SignalClip},
	{Name: stress.FXVol, Clip: stress.SignalClip},
	{Name: "balance_sheet", Clip: stress.SignalClip},
	{Name: "month_end"},
	{Name: "quarter_end"},
}

// row is what was known on day i. That some figures are published a day or two
// late is not modelled.
func (m market) row(i int) []float64 {
	const perPercent = 200
	size := 0.0 // of the pressure, mean over six days
	for _, p := range m.pressure[i-5 : i+1] {
		size += math.Abs(float64(p)) / perPercent / 6
	}
	squares := 0.0 // of the dollar's moves, mean over 21 days
	for k := i - 20; k <= i; k++ {
		change := math.Log(m.days[k].dollar / m.days[k-1].dollar)
		squares += change * change / 21
	}
	return []float64{
		float64(eventAt-m.pressure[i]) / perPercent,
		size,
		math.Log1p(m.days[i].reverseRepo),
		math.Sqrt(252 * squares),
		m.days[i].assets/m.days[i-warmUp].assets - 1,
		one(m.monthEnds(i)),
		one(m.monthEnds(i) && m.days[i].date.Month()%3 == 0),
	}
}

// monthEnds is the calendar rule: stress comes with the turn of a month.
func (m market) monthEnds(i int) bool {
	date := m.days[i].date
	next := time.Date(date.Year(), date.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	return next.Sub(date) <= monthEnd*24*time.Hour
}

func (m market) isPressed(i int) bool { return m.pressure[i] >= pressedAt }

func (m market) wasStressed(i int) bool { return slices.Contains(m.event[i-ahead+1:i+1], true) }

// span is a range of days, the last one excluded.
type span struct{ from, to int }

// try forecasts each day of a span.
func (m market) try(s span, forecast func(i int) float64) []stress.Trial {
	trials := make([]stress.Trial, 0, s.to-s.from)
	for i := s.from; i < s.to; i++ {
		t := stress.Trial{At: m.days[i].date, P: forecast(i)}
		if next := slices.Index(m.event[i+1:i+1+ahead], true); next >= 0 {
			t.After = m.days[i+1+next].date.Sub(t.At)
		}
		trials = append(trials, t)
	}
	return trials
}

// logistic is the default's recipe on the market's signals: fitted on the first
// part of a span, calibrated on what is later, a horizon apart.
func (m market) logistic(past span) (func(i int) float64, error) {
	cut := past.from + int(stress.FitShare*float64(past.to-past.from))
	unknown := func(int) float64 { return 0 }
	table := stress.Table{Signals: signals}
	for k, t := range m.try(span{past.from, cut - ahead}, unknown) {
		table.Rows = append(table.Rows, m.row(past.from+k))
		table.Breached = append(table.Breached, t.Breached())
	}
	logit, err := stress.FitLogit(table)
	if err != nil {
		return nil, err
	}
	var scores []float64
	var breached []bool
	for k, t := range m.try(span{cut, past.to}, unknown) {
		score, _, err := logit.Score(m.row(cut + k))
		if err != nil {
			return nil, err
		}
		scores, breached = append(scores, score), append(breached, t.Breached())
	}
	calibration, err := stress.FitPlatt(scores, breached)
	return func(i int) float64 {
		score, _, _ := logit.Score(m.row(i)) // its rows were accepted when it was fitted
		return calibration.P(score)
	}, err
}

// Funding is the predictors' outcome on the funding market.
type Funding struct {
	TrainDays int          `json:"train_days"`
	TrainRate float64      `json:"train_rate"` // of days with stress within the horizon
	TestDays  int          `json:"test_days"`
	TestRate  float64      `json:"test_rate"`
	Rows      []FundingRow `json:"rows"`
}

// FundingRow is one forecaster.
type FundingRow struct {
	Name string `json:"name"`
	Score
}

// The baselines of the funding market; its default is the SDK's, its persistence
// looks back a horizon.
const (
	Calendar       = "calendar: month end in 6 days"
	FundingLevel   = "level: 3.5 bp above the median"
	FundingPersist = "persistence: stress in 5 days"
)

// judgeFunding trains to the end of 2022 and tests from 2023 on.
func judgeFunding() (Funding, error) {
	days, err := readDays()
	if err != nil {
		return Funding{}, err
	}
	m := newMarket(days)
	first := slices.IndexFunc(days, func(d day) bool { return !d.date.Before(turn) })
	past, held := span{warmUp, first - ahead}, span{first, len(days) - ahead - 1}
	outcomes := m.try(past, func(int) float64 { return 0 })
	base := rateOf(outcomes)
	f := Funding{TrainDays: len(outcomes), TrainRate: base}

	add := func(name string, trials []stress.Trial) error {
		score, err := newScore(trials, base, season)
		f.TestDays, f.TestRate = len(trials), rateOf(trials)
		f.Rows = append(f.Rows, FundingRow{name, score})
		return err
	}
	forecast, err := m.logistic(past)
	if err != nil {
		return Funding{}, err
	}
	if err := add(Default, m.try(held, forecast)); err != nil {
		return Funding{}, err
	}
	for _, baseline := range []struct {
		name  string
		holds func(i int) bool
	}{{Calendar, m.monthEnds}, {FundingLevel, m.isPressed}, {FundingPersist, m.wasStressed}} {
		holds := func(i int) float64 { return one(baseline.holds(i)) }
		if err := add(baseline.name, newRule(m.try(past, holds)).apply(m.try(held, holds))); err != nil {
			return Funding{}, err
		}
	}
	return f, nil
}
