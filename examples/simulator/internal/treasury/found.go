package treasury

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// ByLeverage lists all candidates of a search from the lowest leverage up.
func ByLeverage(found capital.Report) []capital.Ranked {
	all := slices.Concat(found.Deployable, found.Rejected)
	slices.SortStableFunc(all, func(a, b capital.Ranked) int {
		return cmp.Or(cmp.Compare(a.Stance.Leverage, b.Stance.Leverage), cmp.Compare(a.Candidate, b.Candidate))
	})
	return all
}

// PathsSaid says how many paths a search has lived of how many.
func PathsSaid(s capital.Search) string {
	if s.Config.FirstPaths == s.Config.Paths {
		return fmt.Sprintf("%d of %d paths", s.Paths, s.Config.Paths)
	}
	return fmt.Sprintf("%d of %d paths, from %d on the better half", s.Paths, s.Config.Paths, s.Config.FirstPaths)
}

// Verdict says in sentences what may be deployed, and what keeps the rest from it.
func Verdict(found capital.Report) []string {
	var lines []string
	switch {
	case len(found.Deployable) > 0:
		best := found.Deployable[0]
		lines = append(lines, fmt.Sprintf("DEPLOYABLE: %gx is the best that passes every gate, with a ROI of %.2f%% in its worst scenario (%s).",
			best.Stance.Leverage, 100*best.ROIMean, best.Worst))
	case found.Complete:
		lines = append(lines, "DEPLOYABLE: nothing; every candidate fails a gate.")
	default:
		lines = append(lines, "DEPLOYABLE: nothing yet.")
	}
	if len(found.Missing) > 0 {
		names := make([]string, len(found.Missing))
		for i, m := range found.Missing {
			names[i] = string(m)
		}
		lines = append(lines, fmt.Sprintf("LEVERAGE CAP: %gx by policy, until there is evidence of %s.", found.LeverageCap, strings.Join(names, ", ")))
	} else {
		lines = append(lines, fmt.Sprintf("LEVERAGE CAP: %gx by policy; every condition has its evidence.", found.LeverageCap))
	}
	for _, note := range found.Notes {
		lines = append(lines, "NOTE: "+note+".")
	}
	return append(lines, "A simulation is evidence, not authority: nothing here deploys leverage.")
}
