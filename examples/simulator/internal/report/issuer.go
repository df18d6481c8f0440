package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
)

// Issuer tells how the issuer of a stablecoin would have fared with a pool.
type Issuer struct {
	Title, Headline string
	Assumptions     []string
	Facts           []Fact
	CaseHead        []string
	Cases           [][]string
	DayHead         []string
	Days            [][]cell
	Series          issuerSeries
}

var caseHeads = []string{
	"rule", "pool", "days below", "hours", "lowest", "on", "injections", "injected", "withdrawals", "returned",
	"interest", "most lent", "pool used", "left lent",
}

var dayHeads = []string{"day", "lowest price", "supply", "redeemed", "expected", "no pool", "seed rule", "engine", "lent"}

// NewIssuer puts a result in words, nil for none.
func NewIssuer(r *issuer.Result) *Issuer {
	if r == nil {
		return nil
	}
	first, last := r.Days[0].Start, r.Days[len(r.Days)-1].Start
	none, engine := r.Cases[0], r.Cases[2]
	i := &Issuer{
		Title: fmt.Sprintf("The issuer of %s as a bank of a liquidity pool, %s to %s", r.Setup.Asset, date(first), date(last)),
		Headline: fmt.Sprintf("Liquid assets fell below the floor on %s without the pool, on %d with the engine and a pool of %s million",
			figure.Many(none.DaysBelow, "day"), engine.DaysBelow, millions(engine.Pool)),
		Assumptions: r.Assumptions, Facts: issuerFacts(*r), CaseHead: caseHeads, DayHead: dayHeads, Series: newIssuerSeries(*r),
	}
	for _, c := range r.Cases {
		i.Cases = append(i.Cases, caseRow(c))
	}
	for _, d := range r.Around() {
		i.Days = append(i.Days, dayRow(d, r.Floor))
	}
	return i
}

func issuerFacts(r issuer.Result) []Fact {
	none, seed, engine := r.Cases[0], r.Cases[1], r.Cases[2]
	facts := []Fact{
		{"the rush", fmt.Sprintf("%s %s, %s of the supply, were redeemed from %s to %s",
			figure.Whole(r.Worst.Redeemed), r.Setup.Asset, figure.Percent(r.Worst.Share), date(r.Worst.From), date(r.Worst.To))},
		{"without the pool", below(none)},
		{"seed rule", below(seed) + "; " + lending(seed)},
		{"engine", below(engine) + "; " + lending(engine)},
	}
	if len(engine.Held) > 0 {
		var held []string
		for _, h := range engine.Held {
			held = append(held, fmt.Sprintf("%s %s", words(h.Reason), figure.Many(h.Hours, "hour")))
		}
		facts = append(facts, Fact{"kept back by", strings.Join(held, ", ")})
	}
	compared, proven := 0, 0
	for _, c := range r.Cases {
		compared += c.HoursCompared
		if c.Journal != nil {
			proven += c.Journal.Replayed
		}
	}
	return append(
		facts,
		Fact{"what it costs", fmt.Sprintf("sales of securities %s without the pool, %s with it; interest on its loans %s", figure.Whole(none.SaleCosts), figure.Whole(engine.SaleCosts), figure.Whole(engine.Interest))},
		Fact{"value conserved", fmt.Sprintf("the books of issuer, provider and engine agree to the last cent after each of %s hours", figure.Count(compared))},
		Fact{"journals", fmt.Sprintf("%s, %s decisions verified and decided again, all the same byte for byte", engine.Journal.Engine, figure.Count(proven))},
	)
}

func below(c issuer.Case) string {
	text := fmt.Sprintf("never below the floor, lowest ratio %s on %s", c.Lowest.StringFixed(2), hour(c.LowestAt))
	if c.HoursBelow > 0 {
		text = fmt.Sprintf("below the floor in %s of %s, lowest ratio %s on %s",
			figure.Many(c.HoursBelow, "hour"), figure.Many(c.DaysBelow, "day"), c.Lowest.StringFixed(2), hour(c.LowestAt))
	}
	if c.HoursUnpaid > 0 {
		text += fmt.Sprintf("; %s with redemptions unpaid, at most %s", figure.Many(c.HoursUnpaid, "hour"), figure.Whole(c.MostUnpaid))
	}
	return text
}

func lending(c issuer.Case) string {
	if c.Injections == 0 {
		return "nothing was lent"
	}
	text := fmt.Sprintf("lent %s in %s, at most %s at a time on %s", figure.Whole(c.Injected), figure.Many(c.Injections, "injection"), figure.Whole(c.MostLent), hour(*c.MostLentAt))
	if c.Lent.IsZero() {
		text += ", and has all of it back"
	} else {
		text += fmt.Sprintf(", and %s was never returned", figure.Whole(c.Lent))
	}
	if c.Stopped != "" {
		text += "; its switch was tripped: " + words(c.Stopped)
	}
	return text
}

func caseRow(c issuer.Case) []string {
	row := []string{c.Rule, millions(c.Pool), fmt.Sprint(c.DaysBelow), fmt.Sprint(c.HoursBelow), c.Lowest.StringFixed(2), date(c.LowestAt)}
	if c.Rule == issuer.NoPool {
		row[1] = ""
		return append(row, make([]string, len(caseHeads)-len(row))...)
	}
	return append(
		row, fmt.Sprint(c.Injections), millions(c.Injected), fmt.Sprint(c.Withdrawals), millions(c.Returned),
		c.Interest.Shift(-6).StringFixed(2), millions(c.MostLent), c.PeakUse.Shift(2).StringFixed(0)+"%", millions(c.Lent))
}

func dayRow(d issuer.Day, floor decimal.Decimal) []cell {
	ratio := func(r decimal.Decimal) cell { return cell{r.StringFixed(2), tone(r.LessThan(floor))} }
	return []cell{
		{Text: d.Start.Format("Mon 2 Jan 2006")},
		{Text: price(d.Price)},
		{Text: millions(d.Supply)},
		{Text: millions(d.Redeemed)},
		{Text: millions(d.Expected)},
		ratio(d.Without), ratio(d.Seed), ratio(d.With),
		{Text: millions(d.Lent)},
	}
}

// text is the section of a terminal.
func (i *Issuer) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", i.Title)
	for _, line := range i.Assumptions {
		fmt.Fprintf(&b, "  · %s\n", wrap(line, 4))
	}
	days := make([][]string, len(i.Days))
	for n, row := range i.Days {
		for _, c := range row {
			days[n] = append(days[n], c.Text)
		}
	}
	fmt.Fprintf(&b, "\nThe worst days, in millions; the ratios are the lowest of each day:\n%s\n", figures(i.DayHead, days, 1))
	fmt.Fprintf(&b, "\nAll days, in millions; below is below the floor:\n%s\n", figures(i.CaseHead, i.Cases, 1))
	fmt.Fprintf(&b, "\nPOOL: %s\n", i.Headline)
	for _, f := range i.Facts {
		fmt.Fprintf(&b, "  %-22s %s\n", f.Label, wrap(f.Text, 25))
	}
	return b.String()
}

// issuerSeries is what the issuer's charts draw, a point a day.
type issuerSeries struct {
	Floor   float64   `json:"floor"`
	Ceiling float64   `json:"ceiling"`
	At      []int64   `json:"at"`
	Supply  []float64 `json:"supply"` // millions, as is Lent
	Without []float64 `json:"without"`
	Seed    []float64 `json:"seed"`
	With    []float64 `json:"with"`
	Lent    []float64 `json:"lent"`
	From    int64     `json:"from"` // the worst days
	To      int64     `json:"to"`
}

func newIssuerSeries(r issuer.Result) issuerSeries {
	worst := r.Around()
	s := issuerSeries{
		Floor: drawn(r.Floor, 2), Ceiling: drawn(r.Ceiling, 2),
		From: worst[0].Start.Unix(), To: worst[len(worst)-1].Start.Unix(),
	}
	for _, d := range r.Days {
		s.At = append(s.At, d.Start.Unix())
		s.Supply = append(s.Supply, drawn(d.Supply.Shift(-6), 0))
		s.Without = append(s.Without, drawn(d.Without, 3))
		s.Seed = append(s.Seed, drawn(d.Seed, 3))
		s.With = append(s.With, drawn(d.With, 3))
		s.Lent = append(s.Lent, drawn(d.Lent.Shift(-6), 0))
	}
	return s
}

func millions(d decimal.Decimal) string { return figure.Whole(d.Shift(-6)) }

func date(t time.Time) string { return t.Format("2 Jan 2006") }

func hour(t time.Time) string { return t.Format("2 Jan 2006 15:04") + " UTC" }
