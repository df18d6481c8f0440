package treasury

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// ErrInvalid is bands that cannot be used.
var ErrInvalid = errors.New("bands: invalid")

//go:embed data/bands.yaml
var planBands string

// Bands are what figures must lie in: profile, scenario, figure, least and most.
type Bands map[string]map[string]map[string][2]float64

// PlanBands returns the bands of the plan's scenarios.
func PlanBands() (Bands, error) { return ReadBands("bands.yaml", strings.NewReader(planBands)) }

// ReadBands reads a YAML file of them.
func ReadBands(source string, r io.Reader) (Bands, error) {
	p, err := patch.Read(source, r)
	if err != nil {
		return nil, err
	}
	bands, err := patch.Over(Bands{}, p)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range Figures(capital.Scorecard{}) {
		known[f.Name] = true
	}
	for profile, scenarios := range bands {
		for scenario, figures := range scenarios {
			for name, band := range figures {
				at := fmt.Sprintf("%s: %s.%s.%s", source, profile, scenario, name)
				switch {
				case !known[name]:
					return nil, fmt.Errorf("%w: %s: must be a figure of the scorecard", ErrInvalid, at)
				case band[0] > band[1]:
					return nil, fmt.Errorf("%w: %s %v: must be [least, most]", ErrInvalid, at, band)
				}
			}
		}
	}
	return bands, nil
}

// Checked is a figure beside its band.
type Checked struct {
	Profile  string  `json:"profile"`
	Scenario string  `json:"scenario"`
	Figure   string  `json:"figure"`
	Least    float64 `json:"least"`
	Most     float64 `json:"most"`
	Value    float64 `json:"value"`
	Met      bool    `json:"met"`
}

// Check compares a scorecard with its bands, by the figures' names. A scenario
// without bands is an error, for nothing would be checked.
func (b Bands) Check(profile, scenario string, card capital.Scorecard) ([]Checked, error) {
	figures := b[profile][scenario]
	if len(figures) == 0 {
		return nil, fmt.Errorf("%w: %s.%s: must have at least one", ErrInvalid, profile, scenario)
	}
	values := map[string]float64{}
	for _, f := range Figures(card) {
		values[f.Name] = f.Value
	}
	var all []Checked
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		band, value := figures[name], values[name]
		all = append(all, Checked{profile, scenario, name, band[0], band[1], value, value >= band[0] && value <= band[1]})
	}
	return all, nil
}
