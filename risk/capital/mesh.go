package capital

import "github.com/evenkeelhq/evenkeel/pmm/mesh"

const minutesPerYear = 365 * 24 * 60

// Measured returns p with the turnover that a simulated mesh of pools had: idle
// capital lies in such pools and earns half the spread on what it turns over, so
//
//	Turnover = 2 income / ReferenceSpread
//
// with the income per unit of pool value and epoch of p. A mesh that earned
// nothing, or lost, turns nothing over. What it paid to intervene stays with the
// mesh's own scorecard: here that is a price per unit of deviation. A summary
// without epochs is [ErrInvalid].
func (p Params) Measured(s mesh.Summary) (Params, error) {
	if err := check(
		rule{s.Epochs >= 1, "Summary.Epochs", s.Epochs, "must be >= 1"},
		rule{s.EpochMinutes >= 1, "Summary.EpochMinutes", s.EpochMinutes, "must be >= 1"},
	); err != nil {
		return Params{}, err
	}
	perEpoch := s.MarketMakingIncome * minutesPerYear / float64(s.EpochMinutes) / p.EpochsPerYear
	p.Income.Turnover = max(0, 2*perEpoch/p.Income.ReferenceSpread)
	return p, p.Validate()
}
