package pmm_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// curveCase is one line of pmm/curve.jsonl: a question to the contracts'
// libraries and their answer, computed in an EVM.
type curveCase struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Side string `json:"side"` // the token sold

	I, K, B, Q, B0, Q0 uint256.Int
	R                  string      // 0 ONE, 1 ABOVE_ONE, 2 BELOW_ONE
	Pay                uint256.Int `json:"pay"`
	LPFeeRate          uint256.Int `json:"lpFeeRate"`
	MTFeeRate          uint256.Int `json:"mtFeeRate"`
	X                  uint256.Int `json:"x"`

	Revert bool   `json:"revert"`
	Reason string `json:"reason"`

	Receive   string `json:"receive"`
	NewR      string `json:"newR"`
	MTFee     string `json:"mtFee"`
	NewTarget string `json:"newTarget"`
	AdjB0     string `json:"adjB0"`
	AdjQ0     string `json:"adjQ0"`
	Mid       string `json:"mid"`
	Y         string `json:"y"`
}

func (c *curveCase) curve() pmm.Curve {
	return pmm.Curve{I: c.I, K: c.K, B: c.B, Q: c.Q, B0: c.B0, Q0: c.Q0, R: pmm.RState(c.R[0] - '0')}
}

func (c *curveCase) side() pmm.Side {
	if c.Side == "base" {
		return pmm.SellBase
	}
	return pmm.SellQuote
}

// answer asks this package the case's question, in the words of the file.
func (c *curveCase) answer() (got curveCase) {
	var err error
	switch c.Kind {
	case "sell":
		var receive uint256.Int
		var r pmm.RState
		receive, r, err = c.curve().Sell(c.side(), c.Pay)
		got.Receive, got.NewR = receive.Dec(), digit(r)
	case "query":
		pool := pmm.Pool{Kind: pmm.DSP, Curve: c.curve(), LPFeeRate: c.LPFeeRate, MTFeeRate: c.MTFeeRate}
		var q pmm.Quote
		q, err = pool.Quote(c.side(), c.Pay)
		got.Receive, got.NewR, got.MTFee, got.NewTarget = q.Receive.Dec(), digit(q.R), q.MTFee.Dec(), q.Target.Dec()
	case "target":
		var adjusted pmm.Curve
		adjusted, err = c.curve().Adjusted()
		got.AdjB0, got.AdjQ0 = adjusted.B0.Dec(), adjusted.Q0.Dec()
	case "mid":
		var mid uint256.Int
		mid, err = c.curve().Mid()
		got.Mid = mid.Dec()
	case "sqrt":
		root := pmm.Sqrt(c.X)
		got.Y = root.Dec()
	default:
		err = errors.New("unknown kind " + c.Kind)
	}
	if err != nil {
		return curveCase{Revert: true, Reason: reason(err)}
	}
	return got
}

// want is the file's answer alone.
func (c *curveCase) want() curveCase {
	return curveCase{
		Revert: c.Revert, Reason: c.Reason,
		Receive: c.Receive, NewR: c.NewR, MTFee: c.MTFee, NewTarget: c.NewTarget,
		AdjB0: c.AdjB0, AdjQ0: c.AdjQ0, Mid: c.Mid, Y: c.Y,
	}
}

func digit(r pmm.RState) string { return string(rune('0' + r)) }

// reason is the require string of a revert, or the whole text of another error.
func reason(err error) string {
	var r pmm.Revert
	if errors.As(err, &r) {
		return string(r)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func loadCurve(tb testing.TB) []curveCase {
	tb.Helper()
	file, err := os.Open(vectors.Path(tb, "pmm/curve.jsonl"))
	require.NoError(tb, err)
	defer func() { require.NoError(tb, file.Close()) }()
	var cases []curveCase
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c curveCase
		require.NoError(tb, json.Unmarshal(lines.Bytes(), &c), "line %d", len(cases)+1)
		cases = append(cases, c)
	}
	require.NoError(tb, lines.Err())
	return cases
}

func TestTheCurveAnswersAsTheContractsDo(t *testing.T) {
	passed, failed := 0, 0
	for _, c := range loadCurve(t) {
		if diff := cmp.Diff(c.want(), c.answer()); diff != "" {
			failed++
			t.Errorf("%s %s (-contract +pmm):\n%s", c.ID, c.Kind, diff)
			continue
		}
		passed++
	}
	vectors.Report(t, "pmm/curve.jsonl", passed, failed)
}
