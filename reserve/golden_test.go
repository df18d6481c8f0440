package reserve_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/reserve"
)

// input is the "in" of a golden case; which fields it has, and what its name
// begins with, say what is asked.
type input map[string]json.RawMessage

func (in input) has(fields ...string) bool {
	for _, f := range fields {
		if _, ok := in[f]; !ok {
			return false
		}
	}
	return true
}

func (in input) decimal(field string) decimal.Decimal {
	return decimal.RequireFromString(strings.Trim(string(in[field]), `"`))
}

// minutes reads a number of minutes, which may have a fraction.
func (in input) minutes(field string) time.Duration {
	return time.Duration(in.decimal(field).Mul(decimal.NewFromInt(int64(time.Minute))).IntPart())
}

func (in input) decimals(field string) (ds []decimal.Decimal, err error) {
	var raw []json.Number
	err = json.Unmarshal(in[field], &raw)
	for _, n := range raw {
		ds = append(ds, decimal.RequireFromString(n.String()))
	}
	return ds, err
}

func TestGoldenCases(t *testing.T) {
	const name = "reserve/cases.json"
	raw, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var cases []struct {
		Name string          `json:"name"`
		In   input           `json:"in"`
		Out  json.RawMessage `json:"out"`
	}
	require.NoError(t, json.Unmarshal(raw, &cases))

	passed, failed := 0, 0
	for i, c := range cases {
		got, err := answer(c.Name, c.In)
		if err == nil {
			err = compare(c.Out, got)
		}
		if err != nil {
			failed++
			t.Errorf("case %d %q: %v", i, c.Name, err)
			continue
		}
		passed++
	}
	vectors.Report(t, name, passed, failed)
}

// answer returns a decimal, a text, or the figures of a fit.
func answer(name string, in input) (any, error) {
	switch {
	case strings.HasPrefix(name, "gpd"):
		return answerGPD(name)
	case in.has("net", "T"):
		minutes, err := in.decimals("net")
		if err != nil {
			return nil, err
		}
		return reserve.RollingPeak(minutes, int(in.decimal("T").IntPart()))
	case in.has("net", "q"):
		minutes, err := in.decimals("net")
		if err != nil {
			return nil, err
		}
		x, err := reserve.Quantile(reserve.Floats(minutes), in.decimal("q").InexactFloat64())
		return []float64{x}, err
	case in.has("avail", "P", "T", "sf"):
		base, err := reserve.Required(decimal.NewFromInt(1), in.decimal("P"), in.minutes("T"))
		if err != nil {
			return nil, err
		}
		required, err := reserve.Required(in.decimal("sf"), in.decimal("P"), in.minutes("T"))
		return reserve.LevelOf(in.decimal("avail"), base, required).String(), err
	case in.has("avail", "need"):
		result, err := reserve.StressGate(reserve.Stress{ // all that is needed leaves within a window of one minute
			Available: in.decimal("avail"), FlowPerMinute: in.decimal("need"), Multiple: decimal.NewFromInt(1),
			Window: time.Minute, Block: 2 * time.Second,
		})
		return map[bool]string{true: "True", false: "False"}[result.Window.Survived], err
	case in.has("P", "T", "sf"):
		return reserve.Required(in.decimal("sf"), in.decimal("P"), in.minutes("T"))
	case in.has("P", "T"):
		return reserve.Required(decimal.NewFromInt(1), in.decimal("P"), in.minutes("T"))
	case in.has("outflow_per_min", "latency_min", "block_s"):
		return reserve.BridgeBuffer(in.decimal("outflow_per_min"), in.minutes("latency_min"),
			time.Duration(in.decimal("block_s").Mul(decimal.NewFromInt(int64(time.Second))).IntPart()))
	case in.has("outflow_per_min", "latency_min"):
		return reserve.BridgeReserve(in.decimal("outflow_per_min"), in.minutes("latency_min"))
	}
	return nil, fmt.Errorf("no rule for a case of this shape: %s", in)
}

var (
	gpdFit      = regexp.MustCompile(`^gpd pwm (exponential\(([\d.]+)\)|xi=([-\d.]+) beta=([\d.]+)), (\d+) midpoints$`)
	gpdQuantile = regexp.MustCompile(`^gpd ([\d.]+) quantile u=([\d.]+) xi=([-\d.]+) beta=([\d.]+) n=(\d+) nu=(\d+)$`)
)

// answerGPD reads the case from its name: a fit to the midpoint quantiles of a
// known distribution, or a quantile of a known tail.
func answerGPD(name string) (any, error) {
	number := func(s string) float64 {
		x, _ := strconv.ParseFloat(s, 64)
		return x
	}
	if m := gpdFit.FindStringSubmatch(name); m != nil {
		xi, beta := number(m[3]), number(m[4])+number(m[2])
		xi, beta, err := reserve.FitGPD(midpoints(xi, beta, int(number(m[5]))))
		return []float64{xi, beta}, err
	}
	if m := gpdQuantile.FindStringSubmatch(name); m != nil {
		tail := reserve.Tail{Threshold: number(m[2]), Xi: number(m[3]), Beta: number(m[4]), N: int(number(m[5])), Nu: int(number(m[6]))}
		x, err := tail.Quantile(number(m[1]))
		return []float64{x}, err
	}
	return nil, fmt.Errorf("no rule for a tail of this name")
}

// midpoints are the quantiles of a generalized Pareto distribution at
// (i - 1/2)/n.
func midpoints(xi, beta float64, n int) []float64 {
	xs := make([]float64, n)
	for i := range xs {
		p := (float64(i) + 0.5) / float64(n)
		if xi == 0 {
			xs[i] = -beta * math.Log(1-p)
		} else {
			xs[i] = beta / xi * (math.Pow(1-p, -xi) - 1)
		}
	}
	return xs
}

// compare wants decimals and texts exactly, and statistics to half a unit of the
// last digit that was written down.
func compare(want json.RawMessage, got any) error {
	switch got := got.(type) {
	case decimal.Decimal:
		if !got.Equal(decimal.RequireFromString(strings.Trim(string(want), `"`))) {
			return fmt.Errorf("got %s, want %s", got, want)
		}
	case string:
		if strconv.Quote(got) != string(want) {
			return fmt.Errorf("got %q, want %s", got, want)
		}
	case []float64:
		written := strings.FieldsFunc(string(want), func(r rune) bool { return strings.ContainsRune("[], \"\n", r) })
		if len(written) != len(got) {
			return fmt.Errorf("got %v, want %s", got, want)
		}
		for i, w := range written {
			_, fraction, _ := strings.Cut(w, ".")
			x, err := strconv.ParseFloat(w, 64)
			if err != nil || math.Abs(x-got[i]) > 0.51*math.Pow10(-len(fraction)) {
				return fmt.Errorf("got %v, want %s", got, want)
			}
		}
	}
	return nil
}
