package treasury

import (
	"reflect"
	"strings"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// Figure is a number of a scorecard under its name in JSON.
type Figure struct {
	Name  string
	Value float64
}

// Figures lists all numbers of a scorecard, in its order.
func Figures(card capital.Scorecard) []Figure {
	var all []Figure
	v := reflect.ValueOf(card)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		switch f := v.Field(i); {
		case f.CanFloat():
			all = append(all, Figure{name, f.Float()})
		case f.CanInt():
			all = append(all, Figure{name, float64(f.Int())})
		}
	}
	return all
}
