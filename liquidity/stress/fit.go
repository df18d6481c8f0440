package stress

import (
	"fmt"
	"time"
)

// Method names a family of models.
type Method string

// The methods.
const (
	// Logistic is the default: a logistic regression on distance, volatility, SRI,
	// FX volatility and CBDC flow.
	Logistic Method = "logistic"
	// Passage is the chance that a diffusion as volatile as the ratio of late, or
	// one of the falls that were seen before, reaches the floor.
	Passage Method = "first_passage"
	// Residual compares the distance with how far ratios have fallen within a
	// horizon, in units of their recent volatility.
	Residual Method = "ewma_quantile"
)

// Calibrator names a way to turn scores into probabilities.
type Calibrator string

// The calibrators.
const (
	Platt        Calibrator = "platt"    // the default; see [FitPlatt]
	Isotonic     Calibrator = "isotonic" // see [FitIsotonic]
	Uncalibrated Calibrator = "none"     // to see what calibration is worth
)

// Config says what to fit. The zero value is the shipped default.
type Config struct {
	Method      Method     // "" is Logistic
	Calibration Calibrator // "" is Platt
}

// FitShare is the part of a sample's time that a model is fitted on; the rest,
// which is later, calibrates it.
const FitShare = 0.8

// minBreaches is the fewest breaches that teach a model anything.
const minBreaches = 10

// Fit fits a model on the first 80 per cent of a sample's time and calibrates it
// on what comes later. The same sample gives the same bytes. A sample too small
// or too quiet to learn from is an [ErrInvalid].
func Fit(cfg Config, s Sample) (Model, error) {
	if s.Len() == 0 {
		return Model{}, fmt.Errorf("%w: sample of 0 examples: must have some", ErrInvalid)
	}
	start, end := s.examples[0].at, s.known()
	cut := start.Add(time.Duration(FitShare * float64(end.Sub(start))).Truncate(s.every))
	early, late := s.Before(cut), s.From(cut)
	if n := early.Breaches(); n < minBreaches {
		return Model{}, fmt.Errorf("%w: sample with %d breaches until %v: must have at least %d", ErrInvalid, n, cut, minBreaches)
	}
	f := fitted{
		Method: cfg.Method, Every: s.every, Horizon: time.Duration(s.steps) * s.every, KnownUntil: end.UTC(),
		BaseRate: rounded(float64(s.Breaches()) / float64(s.Len())),
		N:        early.Len(), CalibratedOn: late.Len(),
	}
	if err := f.learn(early); err != nil {
		return Model{}, err
	}
	if err := f.calibrate(cfg.Calibration, late); err != nil {
		return Model{}, err
	}
	return newModel(f)
}

// learn fits the part that gives scores.
func (f *fitted) learn(s Sample) error {
	switch f.Method {
	case Logistic, "":
		f.Method = Logistic
		logit, err := fitBank(s)
		f.Logit = logit
		return err
	case Passage:
		f.Passage = fitPassage(s)
	case Residual:
		f.Residuals = fitResiduals(s)
	default:
		return fmt.Errorf("%w: Method %q: must be %s, %s or %s", ErrInvalid, f.Method, Logistic, Passage, Residual)
	}
	return nil
}

func (f *fitted) calibrate(by Calibrator, s Sample) (err error) {
	scores, breached := make([]float64, s.Len()), s.breached()
	for i, e := range s.examples {
		scores[i], _ = f.scorer().score(e.seen, s.steps)
	}
	switch by {
	case Platt, "":
		f.Calibration, err = FitPlatt(scores, breached)
	case Isotonic:
		f.Calibration, err = FitIsotonic(scores, breached)
	case Uncalibrated:
		f.Calibration, f.CalibratedOn = identity, 0
	default:
		return fmt.Errorf("%w: Calibration %q: must be %s, %s or %s", ErrInvalid, by, Platt, Isotonic, Uncalibrated)
	}
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	return nil
}
