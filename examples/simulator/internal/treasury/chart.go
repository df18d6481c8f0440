package treasury

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// chart draws one figure as SVG. Colours are classes of the style sheet, so that
// light and dark are its business.
type chart struct {
	strings.Builder
	width, height            float64
	left, right, top, bottom float64 // margins
	x, y                     scale
}

// scale maps values to places.
type scale struct{ least, most, from, to float64 }

func (s scale) at(v float64) float64 {
	return s.from + (v-s.least)/(s.most-s.least)*(s.to-s.from)
}

// newChart spans the values; a span of nothing is widened.
func newChart(width, height, left float64, x, y [2]float64) *chart {
	c := &chart{width: width, height: height, left: left, right: 18, top: 12, bottom: 30}
	c.x = scale{x[0], widened(x), left, width - c.right}
	c.y = scale{y[0], widened(y), height - c.bottom, c.top}
	return c
}

func widened(span [2]float64) float64 {
	if span[1] > span[0] {
		return span[1]
	}
	return span[0] + 0.01
}

// svg closes the figure. Label is for those who cannot see it.
func (c *chart) svg(label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %g %g" role="img" aria-label="%s">%s</svg>`, c.width, c.height, html.EscapeString(label), c.String()))
}

func (c *chart) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.Builder, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, class, x1, y1, x2, y2)
}

func (c *chart) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(&c.Builder, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, class, x, y, max(0, width), max(0, height))
}

func (c *chart) dot(class string, x, y, radius float64, title string) {
	fmt.Fprintf(&c.Builder, `<circle class="%s" cx="%.1f" cy="%.1f" r="%g"><title>%s</title></circle>`, class, x, y, radius, html.EscapeString(title))
}

func (c *chart) text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&c.Builder, `<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, class, anchor, x, y, html.EscapeString(s))
}

// path joins points.
func (c *chart) path(class string, points [][2]float64) {
	var d strings.Builder
	for i, p := range points {
		fmt.Fprintf(&d, "%c%.1f %.1f", "ML"[min(i, 1)], c.x.at(p[0]), c.y.at(p[1]))
	}
	fmt.Fprintf(&c.Builder, `<path class="%s" d="%s"/>`, class, d.String())
}

// axes draws both, with a grid.
func (c *chart) axes(xs, ys func(float64) string) {
	if ys != nil {
		for _, v := range ticks(c.y.least, c.y.most, 5) {
			y := c.y.at(v)
			c.line("grid", c.left, y, c.width-c.right, y)
			c.text("tick", "end", c.left-6, y+4, ys(v))
		}
	}
	for _, v := range ticks(c.x.least, c.x.most, int((c.x.to-c.x.from)/75)) {
		x := c.x.at(v)
		if ys == nil {
			c.line("grid", x, c.top, x, c.height-c.bottom)
		}
		c.text("tick", "middle", x, c.height-c.bottom+17, xs(v))
	}
}

// ticks are round numbers in [least, most], about so many.
func ticks(least, most float64, about int) []float64 {
	raw := (most - least) / float64(about)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, round := range []float64{5, 2} {
		if step*round <= raw*1.2 {
			step *= round
			break
		}
	}
	var all []float64
	for i := int(math.Ceil(least/step - 1e-9)); float64(i)*step <= most+step*1e-9; i++ {
		all = append(all, float64(i)*step)
	}
	return all
}

func percent(x float64) string {
	switch x = 100 * x; {
	case math.Abs(x) < 1e-9:
		return "0%"
	case math.Abs(x-math.Round(x)) < 1e-6:
		return fmt.Sprintf("%.0f%%", x)
	case math.Abs(x) < 0.1:
		return fmt.Sprintf("%.3f%%", x)
	}
	return fmt.Sprintf("%.2f%%", x)
}
