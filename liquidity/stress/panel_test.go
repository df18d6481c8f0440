package stress_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

const horizon = 12 * time.Hour

var end = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// drawPanel is a small system of banks whose ratio drains in spells, during which
// SRI, FX volatility and CBDC flow are worse.
func drawPanel(seed uint64, banks, hours int) []stress.History {
	rng := rand.New(rand.NewPCG(seed, 0))
	panel := make([]stress.History, banks)
	for b := range panel {
		seen := make([]stress.Observation, hours)
		log, spell := 0.15, 0.0
		for t := range seen {
			switch {
			case spell == 0 && rng.Float64() < 1.0/150:
				spell = 1
			case spell == 1 && rng.Float64() < 1.0/24:
				spell = 0
			}
			log += 0.02*(0.15-log) - 0.008*spell + (0.004+0.006*spell)*rng.NormFloat64()
			if rng.Float64() < 0.004 {
				log -= 0.05 * rng.ExpFloat64()
			}
			seen[t] = stress.Observation{
				Ratio: math.Exp(log),
				SRI:   min(max(40+15*spell+8*rng.NormFloat64(), 0), 100),
				FXVol: math.Exp(2 + 0.3*spell + 0.2*rng.NormFloat64()),
				Flow:  -0.002*spell + 0.002*rng.NormFloat64(),
			}
		}
		panel[b] = stress.History{Floor: 1, Every: time.Hour, End: end, Seen: seen}
	}
	return panel
}

func newSample(t *testing.T, panel []stress.History) stress.Sample {
	t.Helper()
	s, err := stress.NewSample(panel, horizon)
	require.NoError(t, err)
	return s
}

func fit(t *testing.T, cfg stress.Config, s stress.Sample) stress.Model {
	t.Helper()
	m, err := stress.Fit(cfg, s)
	require.NoError(t, err)
	return m
}

// methods are all of them, by name.
var methods = map[string]stress.Config{
	"logistic":      {},
	"first passage": {Method: stress.Passage, Calibration: stress.Isotonic},
	"residual":      {Method: stress.Residual, Calibration: stress.Isotonic},
}

// steady is a bank that stays at a ratio, but for a small ripple.
func steady(ratio float64) stress.History {
	h := stress.History{Floor: 1, Every: time.Hour, End: end, Seen: make([]stress.Observation, stress.Memory)}
	for i := range h.Seen {
		h.Seen[i] = stress.Observation{Ratio: ratio * (1 + 0.001*float64(i%2)), SRI: 40, FXVol: 8}
	}
	return h
}

// with changes a copy of what a history has seen.
func with(h stress.History, i int, o stress.Observation) stress.History {
	seen := make([]stress.Observation, len(h.Seen))
	copy(seen, h.Seen)
	seen[i] = o
	h.Seen = seen
	return h
}
