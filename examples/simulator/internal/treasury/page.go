package treasury

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/look"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

//go:embed page.html
var pageHTML string

//go:embed chart.css
var chartCSS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Report is what a page tells.
type Report struct {
	Profile, Says, Command string
	Lived                  []Lived
	Scenarios              []string // in the order of the scorecards in Found
	Found                  capital.Report
}

// Lived is a treasury in a scenario.
type Lived struct {
	Name, About string
	Job         capital.Job
	Card        capital.Scorecard
	Timeline    []Stretch
}

// page is a report in the words of its template.
type page struct {
	Report
	CSS, ChartCSS                                             template.CSS
	Headline                                                  string
	Verdict                                                   []string
	Cards                                                     []card
	ROI, Drawdown, Liquidation, ROIByLeverage, Pareto         template.HTML
	Throttled, OffPeg, BelowMin                               template.HTML
	PNL                                                       []named
	LivedLegend, FoundLegend                                  []legend
	GateNames                                                 []string
	Candidates                                                []candidate
	FigureNames                                               []string
	FigureRows                                                [][]string
	Gate, Paths, LeverageCap, Stretches, TimelinePaths, Model string
}

type card struct{ Label, Value, Note, Tone string }

type named struct {
	Name string
	SVG  template.HTML
}

type legend struct{ Class, Name string }

// candidate is a row of the gates.
type candidate struct {
	Name, Score, ROI, Drawdown, Worst string
	Gates                             []gate
}

type gate struct{ Text, Tone string }

// Page writes the report as one HTML file that loads nothing.
func Page(w io.Writer, r Report) error {
	p := page{
		Report: r, CSS: look.CSS(), ChartCSS: template.CSS(chartCSS), Verdict: Verdict(r.Found),
		ROI: roiBands(r.Lived), Drawdown: drawdowns(r.Lived, r.Found.Policy.MaxDrawdown), Pareto: pareto(r.Found),
		Liquidation:   byLeverage(r, func(c capital.Scorecard) float64 { return c.LiquidationProbability }, "Probability of liquidation against leverage"),
		ROIByLeverage: byLeverage(r, func(c capital.Scorecard) float64 { return c.ROIMean }, "Mean ROI against leverage"),
		Throttled:     timeline(r.Lived, func(s Stretch) float64 { return s.Throttled }, "Share of epochs in which the throttle worked"),
		OffPeg:        timeline(r.Lived, func(s Stretch) float64 { return s.OffPeg }, "Share of epochs that ended off the peg"),
		BelowMin:      timeline(r.Lived, func(s Stretch) float64 { return s.BelowMin }, "Share of epochs with liquidity below its floor"),
		Gate:          percent(r.Found.Policy.MaxDrawdown), LeverageCap: fmt.Sprintf("%gx", r.Found.LeverageCap), Model: capital.Version,
	}
	p.Headline = headline(r.Found)
	p.Cards = cards(r)
	for i, l := range r.Lived {
		p.PNL = append(p.PNL, named{l.Name, pnl(l.Card)})
		p.LivedLegend = append(p.LivedLegend, legend{coloured("key", i), l.Name})
	}
	for i, name := range r.Scenarios {
		p.FoundLegend = append(p.FoundLegend, legend{coloured("key", i), name})
	}
	for _, ranked := range slices.Concat(r.Found.Deployable, r.Found.Rejected) {
		p.Candidates = append(p.Candidates, newCandidate(ranked))
	}
	for _, g := range gates() {
		p.GateNames = append(p.GateNames, strings.ReplaceAll(string(g), "_", " "))
	}
	p.figures()
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func headline(found capital.Report) string {
	if len(found.Deployable) == 0 {
		return "No candidate passes every gate"
	}
	return fmt.Sprintf("%gx is the most rewarding leverage that passes every gate", found.Deployable[0].Stance.Leverage)
}

func cards(r Report) []card {
	all := []card{{"leverage cap", fmt.Sprintf("%gx", r.Found.LeverageCap), "every condition has its evidence", ""}}
	if n := len(r.Found.Missing); n > 0 {
		all[0].Note = fmt.Sprintf("%d of %d conditions without evidence", n, len(capital.Conditions()))
	}
	if len(r.Lived) == 0 {
		return all
	}
	worst := func(of func(capital.Scorecard) float64) Lived {
		return slices.MaxFunc(r.Lived, func(a, b Lived) int { return compare(of(a.Card), of(b.Card)) })
	}
	roi := worst(func(c capital.Scorecard) float64 { return -c.ROIMean })
	drawdown := worst(func(c capital.Scorecard) float64 { return c.MaxDrawdownP95 })
	liquidated := worst(func(c capital.Scorecard) float64 { return c.LiquidationProbabilityUpper })
	peg := worst(func(c capital.Scorecard) float64 { return c.PegDeviationFrequency })
	tone := func(bad bool) string {
		if bad {
			return "bad"
		}
		return "good"
	}
	return append(
		all,
		card{"lowest mean ROI", percent(roi.Card.ROIMean), short(roi.Name), tone(roi.Card.ROIMean < 0)},
		card{"deepest drawdown, 95 %", percent(drawdown.Card.MaxDrawdownP95), short(drawdown.Name), tone(drawdown.Card.MaxDrawdownUpper > r.Found.Policy.MaxDrawdown)},
		card{"liquidation, at most", percent(liquidated.Card.LiquidationProbabilityUpper), short(liquidated.Name), tone(liquidated.Card.LiquidationProbabilityUpper > r.Found.Policy.MaxLiquidation)},
		card{"off the peg", percent(peg.Card.PegDeviationFrequency), short(peg.Name), ""},
	)
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// gates are the columns of the table of candidates.
func gates() []capital.Gate {
	return []capital.Gate{
		capital.HardLeverage, capital.SpreadRange, capital.FloorAllocation, capital.LeverageCap, capital.InitialLTV, capital.Liquidation, capital.Drawdown,
	}
}

func newCandidate(r capital.Ranked) candidate {
	s := r.Stance
	c := candidate{Name: fmt.Sprintf("%gx · %s · %.0f bps · %s", s.Leverage, percent(s.Allocation), 1e4*s.Spread, percent(s.SigmaCrit)), Worst: "not simulated"}
	simulated := len(r.Scorecards) > 0
	if simulated {
		c.Score, c.ROI, c.Drawdown, c.Worst = fmt.Sprintf("%.4f", r.Score), percent(r.ROIMean), percent(r.Drawdown), short(r.Worst)
	}
	if r.Halved {
		c.Worst += ", after fewer paths"
	}
	for _, name := range gates() {
		g := gate{"passed", "in"}
		at := slices.IndexFunc(r.Refusals, func(x capital.Refusal) bool { return x.Gate == name })
		switch {
		case at >= 0:
			g = gate{fmt.Sprintf("%.4g, limit %.4g", r.Refusals[at].Value, r.Refusals[at].Limit), "out"}
		case !simulated && (name == capital.Liquidation || name == capital.Drawdown):
			g = gate{"–", ""}
		}
		c.Gates = append(c.Gates, g)
	}
	return c
}

// figures writes every number of the scorecards: rows are figures, columns scenarios.
func (p *page) figures() {
	for _, l := range p.Lived {
		p.FigureNames = append(p.FigureNames, l.Name)
		for i, f := range Figures(l.Card) {
			if len(p.FigureRows) <= i {
				p.FigureRows = append(p.FigureRows, []string{f.Name})
			}
			p.FigureRows[i] = append(p.FigureRows[i], strconv.FormatFloat(f.Value, 'g', 7, 64))
		}
		p.Paths = figure.Count(int(l.Card.Paths))
		p.Stretches = fmt.Sprint(len(l.Timeline))
		p.TimelinePaths = figure.Count(int(min(l.Card.Paths, TimelinePaths)))
	}
}
