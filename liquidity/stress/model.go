package stress

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Model is a fitted [Predictor]. It is immutable, so safe for concurrent use,
// and goes through JSON unchanged. The zero Model predicts nothing but errors.
type Model struct {
	fitted fitted
	hash   [32]byte
}

var _ Predictor = Model{}

// fitted is what a Model is made of and stored as. One of the three parts that
// give scores is there, as Method says.
type fitted struct {
	Method       Method        `json:"method"`
	Every        time.Duration `json:"every_ns"`
	Horizon      time.Duration `json:"horizon_ns"`
	KnownUntil   time.Time     `json:"known_until"` // what came later is new to the model
	BaseRate     float64       `json:"base_rate"`   // of breaches among all examples
	N            int           `json:"n"`
	CalibratedOn int           `json:"calibrated_on"`
	Logit        *bankLogit    `json:"logit,omitempty"`
	Passage      *passage      `json:"first_passage,omitempty"`
	Residuals    *residuals    `json:"residuals,omitempty"`
	Calibration  Calibration   `json:"calibration"`
}

// scorer gives log-odds before calibration and what they are made of.
type scorer interface {
	score(g glance, steps int) (float64, []Driver)
	validate() error // what was stored
}

func (f fitted) scorer() scorer {
	switch f.Method {
	case Passage:
		return f.Passage
	case Residual:
		return f.Residuals
	default:
		return f.Logit
	}
}

func newModel(f fitted) (Model, error) {
	stored, err := json.Marshal(f)
	if err != nil {
		return Model{}, err
	}
	return Model{fitted: f, hash: sha256.Sum256(stored)}, nil
}

// Identity returns "stress@1" and the hash of the model as JSON.
func (m Model) Identity() (engine string, config [32]byte) { return "stress@1", m.hash }

// Predict is [Predictor.Predict]. The history has the interval that the model
// was fitted on; only its last [Memory] observations are read.
func (m Model) Predict(h History, horizon time.Duration) (Forecast, error) {
	f := m.fitted
	first := max(len(h.Seen)-Memory, 0)
	if err := h.validate(first); err != nil {
		return Forecast{}, err
	}
	if h.Every != f.Every || horizon != f.Horizon {
		return Forecast{}, fmt.Errorf("%w: horizon %v every %v: must be %v every %v, what the model was fitted on",
			ErrInvalid, horizon, h.Every, f.Horizon, f.Every)
	}
	seen := h.Seen[first:]
	distance, fx := logs(h.Floor, seen)
	g := look(seen, distance, fx)
	if g.distance < 0 {
		return Forecast{P: 1, N: f.N, CalibratedOn: f.CalibratedOn}, nil
	}
	score, drivers := f.scorer().score(g, int(f.Horizon/f.Every))
	sortDrivers(drivers)
	p := f.Calibration.P(score)
	return Forecast{
		P: p, TimeToBreach: NewTimeToBreach(p, f.Every, f.Horizon), Drivers: drivers,
		N: f.N, CalibratedOn: f.CalibratedOn,
	}, nil
}

// Try returns what the model says at each example of a sample, as Predict would,
// and what came of it. The sample must have the model's interval and horizon.
func (m Model) Try(s Sample) ([]Trial, error) {
	f := m.fitted
	if horizon := time.Duration(s.steps) * s.every; s.every != f.Every || horizon != f.Horizon {
		return nil, fmt.Errorf("%w: sample of horizon %v every %v: must be %v every %v, what the model was fitted on",
			ErrInvalid, horizon, s.every, f.Horizon, f.Every)
	}
	scorer := f.scorer()
	return s.trials(func(e example) float64 {
		score, _ := scorer.score(e.seen, s.steps)
		return f.Calibration.P(score)
	}), nil
}

// MarshalJSON returns the model as it was fitted.
func (m Model) MarshalJSON() ([]byte, error) { return json.Marshal(m.fitted) }

// UnmarshalJSON accepts what MarshalJSON wrote. Anything that could not have
// been fitted is an [ErrInvalid].
func (m *Model) UnmarshalJSON(stored []byte) error {
	var f fitted
	if err := json.Unmarshal(stored, &f); err != nil {
		return fmt.Errorf("%w: model: %w", ErrInvalid, err)
	}
	if err := f.validate(); err != nil {
		return err
	}
	loaded, err := newModel(f)
	if err != nil {
		return err
	}
	*m = loaded
	return nil
}

// validate checks what Predict relies on.
func (f fitted) validate() error {
	parts := map[Method]bool{Logistic: f.Logit != nil, Passage: f.Passage != nil, Residual: f.Residuals != nil}
	if !parts[f.Method] {
		return fmt.Errorf("%w: Method %q: must be one whose fit is stored", ErrInvalid, f.Method)
	}
	if f.Every <= 0 {
		return fmt.Errorf("%w: Every %v: must be > 0", ErrInvalid, f.Every)
	}
	if _, err := steps(f.Every, f.Horizon); err != nil {
		return err
	}
	if err := f.scorer().validate(); err != nil {
		return err
	}
	return f.Calibration.validate()
}
