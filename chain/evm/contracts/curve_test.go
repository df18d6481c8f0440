package contracts_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

// curveCase is one line of pmm/curve.jsonl: a question to DODO's libraries and their
// answer.
type curveCase struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Side string `json:"side"` // the token sold

	I, K, B, Q, B0, Q0 string
	R                  string // 0 ONE, 1 ABOVE_ONE, 2 BELOW_ONE
	Pay                string `json:"pay"`
	LPFeeRate          string `json:"lpFeeRate"`
	MTFeeRate          string `json:"mtFeeRate"`
	X                  string `json:"x"`

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

// pmmState is PMM.sol's State.
type pmmState struct {
	I, K, B, Q, B0, Q0 *big.Int
	R                  uint8
}

func (c *curveCase) state() pmmState {
	return pmmState{wei(c.I), wei(c.K), wei(c.B), wei(c.Q), wei(c.B0), wei(c.Q0), c.R[0] - '0'}
}

// answers are the results that a kind of question has, in the order of Curve.sol.
func (c *curveCase) answers() []string {
	switch c.Kind {
	case "sell":
		return []string{c.Receive, c.NewR}
	case "query":
		return []string{c.Receive, c.MTFee, c.NewR, c.NewTarget}
	case "target":
		return []string{c.AdjB0, c.AdjQ0}
	case "mid":
		return []string{c.Mid}
	default:
		return []string{c.Y}
	}
}

// ask puts a question to the library.
func (c *curveCase) ask(curve *deployed) ([]any, error) {
	switch c.Kind {
	case "sell":
		return curve.tryAsk("sell", c.state(), c.Side == "base", wei(c.Pay))
	case "query":
		return curve.tryAsk("query", c.state(), c.Side == "base", wei(c.Pay), wei(c.LPFeeRate), wei(c.MTFeeRate))
	case "target":
		return curve.tryAsk("adjusted", c.state())
	case "mid":
		return curve.tryAsk("mid", c.state())
	case "sqrt":
		return curve.tryAsk("sqrt", wei(c.X))
	}
	return nil, fmt.Errorf("unknown kind %q", c.Kind)
}

// in our words is what a require string of DODO's means: the compiler of today checks
// arithmetic, and says less about it.
var ourWords = map[string]string{
	"ADD_ERROR":                    "arithmetic underflow or overflow",
	"SUB_ERROR":                    "arithmetic underflow or overflow",
	"MUL_ERROR":                    "arithmetic underflow or overflow",
	"DIVIDING_ERROR":               "division or modulo by zero",
	"TARGET_IS_ZERO":               "TargetIsZero()",
	"DODOMath: should not be zero": "Dust()",
	"FLASH_LOAN_FAILED":            "FlashLoanFailed()",
	"I_OUT_OF_RANGE":               "IOutOfRange(0)",
}

func TestTheCurveAnswersAsDODOs(t *testing.T) {
	m := newMachine(t)
	curve := m.deploy(owner, "Curve")
	file, err := os.Open(vectors.Path(t, "pmm/curve.jsonl"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()

	passed, failed := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var c curveCase
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
		want := c.answers()
		if c.Revert {
			want = []string{ourWords[c.Reason]}
		}
		var got []string
		results, err := c.ask(curve)
		for _, r := range results {
			got = append(got, fmt.Sprint(r))
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			failed++
			t.Errorf("%s %s %s (-DODO +ours):\n%s", c.ID, c.Kind, strings.ToLower(c.Reason), diff)
			continue
		}
		passed++
	}
	vectors.Report(t, "pmm/curve.jsonl", passed, failed)
}
