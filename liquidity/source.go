package liquidity

import (
	"slices"
	"strings"
)

// Median returns what several sources say about one bank, if at least quorum of
// them say something: the report with the middle ratio, and of two middle ones
// that with the higher, so that one more source never makes us lend more. One
// source that is wrong, in whatever way, moves nothing while two others agree.
func Median(reports []Position, quorum int) (Position, bool) {
	if len(reports) < max(quorum, 1) {
		return Position{}, false
	}
	sorted := slices.Clone(reports)
	slices.SortFunc(sorted, func(x, y Position) int {
		if c := x.Liquid.Mul(y.Obligations).Cmp(y.Liquid.Mul(x.Obligations)); c != 0 {
			return c
		}
		return strings.Compare(x.Source, y.Source)
	})
	return sorted[len(sorted)/2], true
}
