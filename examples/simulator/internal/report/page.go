package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/uplot"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/look"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

//go:embed assets/page.html
var pageHTML string

//go:embed assets/page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

type card struct{ Label, Value, Note, Tone string }

type party struct{ Name, With, Without string }

type page struct {
	Title, Kicker, Headline, Command string
	Plain, Assumptions, Head         []string
	Band                             int64
	Cards                            []card
	Facts                            []Fact
	Parties                          []party
	Hours                            [][]cell
	Sweep                            *Sweep
	Issuer                           *Issuer
	Series                           series
	CSS, ChartCSS                    template.CSS
	JS, ChartJS                      template.JS
	ChartLicense                     string
	Closer                           bool // there are trades to look at
}

// Page writes the whole report as one HTML file that loads nothing. Command is
// the line that makes it again; sweep and coin may be nil.
func Page(w io.Writer, r weekend.Result, sweep *Sweep, coin *Issuer, command string) error {
	p := page{
		Title: "Evenkeel: " + r.Setup.Tape, Kicker: kicker(r), Headline: Headline(r), Command: command,
		Plain: Plain(r), Assumptions: r.Assumptions, Head: heads, Band: r.Setup.BandBps,
		Cards: cards(r), Facts: Facts(r), Sweep: sweep, Issuer: coin, Series: newSeries(r),
		CSS: look.CSS(), ChartCSS: template.CSS(uplot.CSS),
		JS: template.JS(pageJS), ChartJS: template.JS(uplot.JS), ChartLicense: uplot.License, Closer: r.Verdict.Trades > 0,
	}
	band := decimal.New(r.Setup.BandBps, 0)
	for _, h := range r.Hours {
		p.Hours = append(p.Hours, row(h, band, 2))
	}
	for i, with := range r.Verdict.Parties {
		p.Parties = append(p.Parties, party{with.Name, figure.Signed(with.Result), figure.Signed(r.Verdict.PartiesIdle[i].Result)})
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func cards(r weekend.Result) []card {
	v := r.Verdict
	peg := card{"peg", "held", "never left the band", "good"}
	if v.PegLost {
		peg = card{"peg", "lost", v.LostAt.Format("Mon 2 Jan 15:04") + " UTC", "bad"}
	}
	stop := card{"stopped by", "no guard", "it could have gone on", ""}
	if v.Stop != nil {
		stop = card{"stopped by", words(v.Stop.Reason), v.Stop.At.Format("Mon 2 Jan 15:04") + " UTC", ""}
	}
	result := card{"result of its trades", figure.Signed(v.FinalMark), "cUSDT, marked to market at the end", "good"}
	if v.FinalMark.IsNegative() {
		result.Tone = "bad"
	}
	return []card{
		peg, stop, result,
		{"spent", figure.Whole(v.Spent), fmt.Sprintf("cUSDT in %d trades", v.Trades), ""},
		{"peg bought", v.Bought.StringFixed(1) + " min", v.PerMillion.StringFixed(2) + " per million spent", ""},
		{"farthest from the peg", bps(v.WorstBps), "bps; with no action " + bps(v.WorstBpsIdle), ""},
	}
}

// series is what the charts draw, column by column. Floats, for nothing is
// computed from them any more.
type series struct {
	Target     float64   `json:"target"`
	Band       int64     `json:"band"`
	At         []int64   `json:"at"` // seconds since 1970
	Market     []float64 `json:"market"`
	With       []float64 `json:"with"`
	Without    []float64 `json:"without"`
	WithBps    []float64 `json:"withBps"`
	WithoutBps []float64 `json:"withoutBps"`
	Spent      []float64 `json:"spent"`
	Profit     []float64 `json:"profit"`
	Inventory  []float64 `json:"inventory"`
	Coverage   []float64 `json:"coverage"`
	From       int64     `json:"from"` // the stretch in which the stabilizer traded; 0 for none
	To         int64     `json:"to"`
}

func newSeries(r weekend.Result) series {
	s := series{Target: drawn(r.Setup.Target, 6), Band: r.Setup.BandBps}
	for _, m := range r.Minutes {
		s.At = append(s.At, m.At.Unix())
		s.Market = append(s.Market, drawn(m.Market, 5))
		s.With = append(s.With, drawn(m.With, 5))
		s.Without = append(s.Without, drawn(m.Without, 5))
		s.WithBps = append(s.WithBps, drawn(r.Setup.Bps(m.With), 1))
		s.WithoutBps = append(s.WithoutBps, drawn(r.Setup.Bps(m.Without), 1))
		s.Spent = append(s.Spent, drawn(m.Spent, 0))
		s.Profit = append(s.Profit, drawn(m.Profit, 0))
		s.Inventory = append(s.Inventory, drawn(m.Inventory, 0))
		s.Coverage = append(s.Coverage, drawn(m.Coverage, 3))
	}
	if v := r.Verdict; v.FirstTrade != nil {
		s.From, s.To = v.FirstTrade.Add(-around).Unix(), v.LastTrade.Add(around).Unix()
	}
	return s
}

// around is what the closer look shows before and after the trades.
const around = 45 * time.Minute

// drawn is where amounts become points of a chart.
func drawn(d decimal.Decimal, places int32) float64 { return d.Round(places).InexactFloat64() }
