package stress

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Predictor forecasts whether a bank will breach its floor.
type Predictor interface {
	// Predict forecasts the horizon after the end of a history. What is malformed,
	// or another horizon than the predictor knows, is an error that wraps
	// [ErrInvalid].
	Predict(h History, horizon time.Duration) (Forecast, error)
}

// Forecast is what a predictor says of one bank.
type Forecast struct {
	// P is the probability, in [0, 1], that the ratio is below the floor at one
	// observation of the horizon or more. It is 1 if the floor is breached already.
	P            float64      `json:"p"`
	TimeToBreach TimeToBreach `json:"time_to_breach"`
	// Drivers say what the forecast rests on, the strongest first; empty if the
	// floor is breached already.
	Drivers      []Driver `json:"drivers"`
	N            int      `json:"n"`             // examples that the model was fitted on
	CalibratedOn int      `json:"calibrated_on"` // later examples that P was calibrated on
}

// Driver is one reason for a forecast.
type Driver struct {
	Name string `json:"name"`
	// Contribution is in log-odds before calibration; > 0 makes a breach more
	// likely. For the logistic it is against the average example, so all of them
	// sum to what sets this bank apart.
	Contribution float64 `json:"contribution"`
}

// The names of drivers.
const (
	Distance   = "distance"   // how far the ratio is from the floor
	Volatility = "volatility" // how much it has moved of late
	Jumps      = "jumps"      // that it may fall at once
	SRI        = "sri"
	FXVol      = "fx_vol"
	Flow       = "flow"
)

// sortDrivers puts the strongest first; names settle ties.
func sortDrivers(drivers []Driver) {
	slices.SortFunc(drivers, func(a, b Driver) int {
		return cmp.Or(
			cmp.Compare(math.Abs(b.Contribution), math.Abs(a.Contribution)),
			cmp.Compare(a.Name, b.Name),
		)
	})
}

// TimeToBreach says when a breach comes, if it comes within the horizon: half of
// such breaches come by P50, nine in ten by P90. P50 <= P90 <= the horizon, both
// whole steps; 0 if the floor is breached already.
type TimeToBreach struct {
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
}

// NewTimeToBreach spreads a breach of probability p over the horizon H the way a
// diffusion without drift would breach. Such a diffusion at distance z, in
// standard deviations of H, has breached by t with probability
//
//	F(t) = 2 Phi(-z sqrt(H/t)) = erfc(z sqrt(H/2t))
//
// by the reflection principle. Its z is the one that gives F(H) = p, and
// F(t) = q p is solved by
//
//	t = H (erfcinv(p) / erfcinv(q p))²
//
// which is rounded up to whole steps. It needs p alone, so it holds for every
// model, calibration included. p is in [0, 1], and every > 0 divides horizon.
func NewTimeToBreach(p float64, every, horizon time.Duration) TimeToBreach {
	const least = 1e-12 // below it erfcinv has no digits left
	p = max(p, least)
	by := func(q float64) time.Duration {
		root := math.Erfcinv(p) / math.Erfcinv(q*p)
		n := max(math.Ceil(root*root*float64(horizon/every)), 1)
		return min(time.Duration(n)*every, horizon)
	}
	return TimeToBreach{P50: by(0.5), P90: by(0.9)}
}
