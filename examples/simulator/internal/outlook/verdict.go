package outlook

import (
	"fmt"
	"math"
)

// Verdict says in plain words what the funding market shows of the default: one
// line for each baseline, as it came out, and how much of it may be chance.
func (r Report) Verdict() []string {
	ours := r.funding(Default)
	var lines []string
	for _, row := range r.Funding.Rows[1:] {
		skill, auc := ours.Skill-row.Skill, ours.AUC-row.AUC
		said := "beats it on both"
		switch {
		case skill <= 0 && auc <= 0:
			said = "does NOT beat it on either"
		case skill <= 0:
			said = "does NOT beat it on skill"
		case auc <= 0:
			said = "does NOT beat it on AUC"
		}
		lines = append(lines, fmt.Sprintf("Against %q the default %s: skill %+.3f, AUC %+.3f.", row.Name, said, skill, auc))
	}
	lines = append(lines, fmt.Sprintf("An AUC has a standard error of %.3f here, and more since days overlap: what differs by less is a draw.",
		standardError(ours.AUC, r.Funding.TestRate, r.Funding.TestDays)))
	if ours.Low <= 0 {
		lines = append(lines, "On this market it earns no license: the lower end of its skill is not above zero.")
	}
	return lines
}

// standardError is that of an AUC over n independent trials, a share of which is
// positive (Hanley and McNeil, "The meaning and use of the area under a receiver
// operating characteristic curve" (1982)).
func standardError(auc, share float64, n int) float64 {
	positives := share * float64(n)
	negatives := float64(n) - positives
	q1, q2 := auc/(2-auc), 2*auc*auc/(1+auc)
	squared := auc*(1-auc) + (positives-1)*(q1-auc*auc) + (negatives-1)*(q2-auc*auc)
	return math.Sqrt(squared / (positives * negatives))
}
