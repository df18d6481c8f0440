package treasury

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// The size of charts, in units that the page scales.
const (
	wide      = 760.0
	narrow    = 370.0
	high      = 260.0
	labelled  = 250.0 // left margin of charts whose rows have names
	rowHeight = 34.0
)

// colours is how many classes s0, s1, ... the style sheet has for scenarios.
const colours = 5

func coloured(class string, i int) string { return fmt.Sprintf("%s s%d", class, i%colours) }

func short(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, "_capital_efficiency"), "_external_asset")
}

// roiBands draws from p05 to p95 for each scenario, with mean and tail.
func roiBands(lived []Lived) template.HTML {
	low, most := 0.0, 0.0
	for _, l := range lived {
		low, most = min(low, l.Card.ROICVaR95, l.Card.ROIP05), max(most, l.Card.ROIP95)
	}
	pad := 0.04 * (most - low)
	c := newChart(wide, rowHeight*float64(len(lived))+52, labelled, [2]float64{low - pad, most + pad}, [2]float64{0, 1})
	c.axes(percent, nil)
	c.line("zero", c.x.at(0), c.top, c.x.at(0), c.height-c.bottom)
	for i, l := range lived {
		y := c.top + rowHeight*(float64(i)+0.5)
		c.text("name", "end", labelled-10, y+4, short(l.Name))
		c.line("tail", c.x.at(l.Card.ROICVaR95), y, c.x.at(l.Card.ROIP05), y)
		from, to := c.x.at(l.Card.ROIP05), c.x.at(l.Card.ROIP95)
		c.rect("band", from, y-7, max(2, to-from), 14)
		c.dot("mean", c.x.at(l.Card.ROIMean), y, 4, fmt.Sprintf("%s: mean %s, 5%% %s, 95%% %s, worst 5%% %s", l.Name, percent(l.Card.ROIMean), percent(l.Card.ROIP05), percent(l.Card.ROIP95), percent(l.Card.ROICVaR95)))
	}
	return c.svg("ROI from the 5 % to the 95 % quantile, by scenario")
}

// pnl is the distribution of what paths ended with.
func pnl(card capital.Scorecard) template.HTML {
	bins := card.PNLDistribution
	if len(bins) == 0 {
		return ""
	}
	most := int64(1)
	for _, b := range bins {
		most = max(most, b.Paths)
	}
	c := newChart(narrow, 170, 40, [2]float64{bins[0].From, bins[len(bins)-1].To}, [2]float64{0, float64(most) / float64(card.Paths)})
	c.axes(percent, percent)
	for _, b := range bins {
		class, y := "bar", c.y.at(float64(b.Paths)/float64(card.Paths))
		if b.To <= 0 {
			class = "bar loss"
		}
		c.rect(class, c.x.at(b.From), y, c.x.at(b.To)-c.x.at(b.From)-0.4, c.y.from-y)
	}
	return c.svg("Share of paths by ROI")
}

// drawdowns draws the 95 % quantile with its upper bound, and the gate.
func drawdowns(lived []Lived, gate float64) template.HTML {
	most := gate
	for _, l := range lived {
		most = max(most, l.Card.MaxDrawdownUpper)
	}
	c := newChart(wide, rowHeight*float64(len(lived))+52, labelled, [2]float64{0, 1.12 * most}, [2]float64{0, 1})
	c.axes(percent, nil)
	for i, l := range lived {
		y := c.top + rowHeight*(float64(i)+0.5)
		c.text("name", "end", labelled-10, y+4, short(l.Name))
		c.rect("bar loss", c.x.from, y-7, c.x.at(l.Card.MaxDrawdownP95)-c.x.from, 14)
		c.line("tail", c.x.at(l.Card.MaxDrawdownP95), y, c.x.at(l.Card.MaxDrawdownUpper), y)
		c.text("tick", "start", c.x.at(l.Card.MaxDrawdownUpper)+6, y+4, percent(l.Card.MaxDrawdownP95))
	}
	c.line("gate", c.x.at(gate), c.top, c.x.at(gate), c.height-c.bottom)
	return c.svg("Largest drawdown, 95 % quantile, by scenario, and the gate")
}

// byLeverage draws a figure of each scenario against leverage. Candidates that
// differ in more than leverage are points without a line.
func byLeverage(r Report, of func(capital.Scorecard) float64, label string) template.HTML {
	ranked := slices.DeleteFunc(ByLeverage(r.Found), func(x capital.Ranked) bool { return len(x.Scorecards) == 0 })
	if len(ranked) == 0 {
		return ""
	}
	low, most := 0.0, 0.0
	joined := true
	for i, x := range ranked {
		for _, card := range x.Scorecards {
			low, most = min(low, of(card)), max(most, of(card))
		}
		joined = joined && (i == 0 || x.Stance.Leverage > ranked[i-1].Stance.Leverage)
	}
	pad := 0.03 * (most - low)
	c := newChart(narrow, high, 54, [2]float64{1, max(2, ranked[len(ranked)-1].Stance.Leverage)}, [2]float64{low - pad, most + pad})
	c.rect("allowed", c.x.from, c.top, c.x.at(min(r.Found.LeverageCap, c.x.most))-c.x.from, c.height-c.top-c.bottom)
	c.axes(func(x float64) string { return fmt.Sprintf("%gx", math.Round(100*x)/100) }, percent)
	for k, name := range r.Scenarios {
		var points [][2]float64
		for _, x := range ranked {
			points = append(points, [2]float64{x.Stance.Leverage, of(x.Scorecards[k])})
		}
		if joined {
			c.path(coloured("line", k), points)
		}
		for _, p := range points {
			c.dot(coloured("point", k), c.x.at(p[0]), c.y.at(p[1]), 3, fmt.Sprintf("%s at %gx: %s", name, p[0], percent(p[1])))
		}
	}
	return c.svg(label)
}

// timeline draws a share of epochs over the path, for each scenario.
func timeline(lived []Lived, of func(Stretch) float64, label string) template.HTML {
	most, epochs := 0.0, 1
	for _, l := range lived {
		for _, s := range l.Timeline {
			most, epochs = max(most, of(s)), max(epochs, s.To)
		}
	}
	c := newChart(wide, 200, 54, [2]float64{0, float64(epochs)}, [2]float64{0, 1.05 * most})
	c.axes(func(x float64) string { return fmt.Sprintf("%g", x) }, percent)
	for i, l := range lived {
		var points [][2]float64
		from := 0
		for _, s := range l.Timeline { // a step for each stretch
			points = append(points, [2]float64{float64(from), of(s)}, [2]float64{float64(s.To), of(s)})
			from = s.To
		}
		if len(points) > 0 {
			c.path(coloured("line", i), points)
		}
	}
	return c.svg(label)
}

// pareto draws every candidate by the worst drawdown and the worst ROI it had.
func pareto(found capital.Report) template.HTML {
	ranked := slices.DeleteFunc(ByLeverage(found), func(x capital.Ranked) bool { return len(x.Scorecards) == 0 })
	if len(ranked) == 0 {
		return ""
	}
	x, y := [2]float64{math.Inf(1), math.Inf(-1)}, [2]float64{math.Inf(1), math.Inf(-1)}
	byCandidate := map[int]capital.Ranked{}
	for _, r := range ranked {
		x = [2]float64{min(x[0], r.Drawdown), max(x[1], r.Drawdown)}
		y = [2]float64{min(y[0], r.ROIMean), max(y[1], r.ROIMean)}
		byCandidate[r.Candidate] = r
	}
	padX, padY := max(0.002, 0.12*(x[1]-x[0])), max(0.002, 0.12*(y[1]-y[0]))
	c := newChart(wide, 300, 60, [2]float64{max(0, x[0]-padX), x[1] + padX}, [2]float64{y[0] - padY, y[1] + padY})
	c.axes(percent, percent)
	var front [][2]float64
	for _, candidate := range found.Front {
		r := byCandidate[candidate]
		front = append(front, [2]float64{r.Drawdown, r.ROIMean})
	}
	slices.SortFunc(front, func(a, b [2]float64) int { return int(math.Copysign(1, a[0]-b[0])) })
	if len(front) > 1 {
		c.path("line front", front)
	}
	// Best first, for of labels that would overlap the first is written.
	var written [][2]float64
	for _, r := range slices.Concat(found.Deployable, found.Rejected) {
		if len(r.Scorecards) == 0 {
			continue
		}
		class, at := "point refused", [2]float64{c.x.at(r.Drawdown), c.y.at(r.ROIMean)}
		if len(r.Refusals) == 0 {
			class = "point passed"
		}
		c.dot(class, at[0], at[1], 5, fmt.Sprintf("candidate %d, %gx: ROI %s, drawdown %s", r.Candidate, r.Stance.Leverage, percent(r.ROIMean), percent(r.Drawdown)))
		near := func(w [2]float64) bool { return math.Abs(w[0]-at[0]) < 42 && math.Abs(w[1]-at[1]) < 15 }
		if !slices.ContainsFunc(written, near) {
			c.text("tick", "start", at[0]+8, at[1]-6, fmt.Sprintf("%gx", r.Stance.Leverage))
			written = append(written, at)
		}
	}
	return c.svg("Candidates by drawdown and ROI, each in its worst scenario")
}
