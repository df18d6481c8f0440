package capital

// Outcome is what one path came to.
type Outcome struct {
	ROI             float64 `json:"roi"`      // capital at the end less 1, in [-1, 2^20)
	Drawdown        float64 `json:"drawdown"` // largest fall from a peak as a share of it, in [0, 1]
	Liquidated      bool    `json:"liquidated,omitempty"`
	Epochs          int32   `json:"epochs"`    // lived, the one of a liquidation included
	PegEvents       int32   `json:"pegEvents"` // epochs, as all that follow
	FloorViolations int32   `json:"floorViolations"`
	Throttles       int32   `json:"throttles"`
	SpreadChanges   int32   `json:"spreadChanges"`
	Delevers        int32   `json:"delevers"`
	Breakers        int32   `json:"breakers"`
}
