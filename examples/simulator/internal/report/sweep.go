package report

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

// Sweep is the table of the same weekend under other assumptions.
type Sweep struct {
	Note string
	Head []string
	Rows [][]string
}

// NewSweep returns the table of the points, nil for none.
func NewSweep(points []weekend.Point) *Sweep {
	if len(points) == 0 {
		return nil
	}
	s := &Sweep{
		Note: fmt.Sprintf("Each line is the whole weekend run with %d seeds: the median of them, and in brackets the lowest and the highest.", points[0].Seeds),
		Head: []string{"reserve", "panic share", "latency", "peg lost", "minutes bought", "per million spent", "spent", "worst mark", "final mark"},
	}
	for _, p := range points {
		s.Rows = append(s.Rows, []string{
			figure.Whole(p.Reserve), figure.Percent(p.Share), fmt.Sprint(p.Latency), fmt.Sprintf("%d of %d", p.Lost, p.Seeds),
			spread(p.Bought, 1), spread(p.PerMillion, 1), spread(p.Spent, 0), spread(p.WorstMark, 0), spread(p.FinalMark, 0),
		})
	}
	return s
}

func spread(r weekend.Range, places int32) string {
	if places == 0 {
		return fmt.Sprintf("%s [%s, %s]", figure.Whole(r.Median), figure.Whole(r.Lowest), figure.Whole(r.Highest))
	}
	return fmt.Sprintf("%s [%s, %s]", r.Median.StringFixed(places), r.Lowest.StringFixed(places), r.Highest.StringFixed(places))
}

func (s *Sweep) text() string { return "\n" + s.Note + "\n" + figures(s.Head, s.Rows, 0) + "\n" }
