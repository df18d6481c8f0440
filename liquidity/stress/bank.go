package stress

import (
	"fmt"
	"math"
)

// SignalClip draws in the outer 2 per cent of what is not the ratio's own: a
// common shock is rare, and a model that saw one, or none, must not bet on how
// far it carries. Distance and volatility are kept, since their ends are where
// breaches are.
const SignalClip = 0.02

// bankLogit is the logistic model of a bank: a [Logit] over a glance.
type bankLogit struct{ Logit }

// signals are the columns of bankLogit, in the order of row.
func signals() []Signal {
	return []Signal{{Name: Distance}, {Name: Volatility}, {SRI, SignalClip}, {FXVol, SignalClip}, {Flow, SignalClip}}
}

func row(g glance) []float64 {
	return []float64{g.distance, math.Log(g.vol), g.sri, g.fx, g.flow}
}

func fitBank(s Sample) (*bankLogit, error) {
	t := Table{Signals: signals(), Rows: make([][]float64, s.Len()), Breached: s.breached()}
	for i, e := range s.examples {
		t.Rows[i] = row(e.seen)
	}
	logit, err := FitLogit(t)
	return &bankLogit{logit}, err
}

func (l *bankLogit) score(g glance, _ int) (float64, []Driver) { return l.add(row(g)) }

func (l *bankLogit) validate() error {
	want := signals()
	if len(l.Terms) != len(want) {
		return fmt.Errorf("%w: logit of %d terms: must be %d", ErrInvalid, len(l.Terms), len(want))
	}
	for j, t := range l.Terms {
		if t.Name != want[j].Name || t.Scale <= 0 || t.Low > t.High {
			return fmt.Errorf("%w: logit term %d: %+v: must be %s, of Scale > 0 and Low <= High", ErrInvalid, j, t, want[j].Name)
		}
	}
	return nil
}
