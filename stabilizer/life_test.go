package stabilizer_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

var one = decimal.New(1, 0)

// target is the Target profile for a pool in which 100 units are one bps.
func target() stabilizer.Config {
	return stabilizer.Target(exchange.Pair{Base: "cUSDT", Quote: "USDT"}, "pool", dec("100"), 2*time.Second)
}

// mesh is target for a pair that trades through the anchor.
func mesh() stabilizer.Config {
	cfg := target()
	cfg.Anchor, cfg.Traded = "XAU", "mesh"
	cfg.Route = []stabilizer.Leg{{In: "cUSDT", Out: "XAU"}, {In: "XAU", Out: "USDT"}}
	return cfg
}

func engine(tb testing.TB, cfg stabilizer.Config) *stabilizer.Engine {
	tb.Helper()
	e, err := stabilizer.New(cfg)
	require.NoError(tb, err)
	return e
}

// block is an untroubled one: every price at target, plenty of everything.
func block(n uint64) *stabilizer.Block {
	at := start.Add(time.Duration(n) * 2 * time.Second)
	return &stabilizer.Block{
		Number: n, Hash: "a" + strconv.FormatUint(n, 10), Time: at, Head: n,
		Pool: one, Target: stabilizer.Quote{Value: one, At: at},
		Base: dec("1000000"), Quote: dec("1000000"), GasGwei: dec("20"),
	}
}

// life steps an engine through a script.
type life struct {
	t      *testing.T
	engine *stabilizer.Engine
	state  stabilizer.State
	last   stabilizer.Decision
}

// observe makes an observation of a line such as
//
//	1.0013 gas=51 n=7 h=b7     a block with that pool price
//	pause                      a command
//	mined n=8                  a receipt for the oldest unresolved intent
//
// A block follows the head unless n says otherwise.
func (l *life) observe(line string) stabilizer.Observation {
	words := strings.Fields(line)
	options := map[string]string{}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		options[key] = value
	}
	switch what := words[0]; what {
	case "pause", "resume", "reset", "dance":
		return stabilizer.Observation{Commands: []stabilizer.Command{{Seq: l.state.Command + 1, Do: stabilizer.Verb(what)}}}
	case "mined", "reverted", "cancelled", "expired", "partial", "unsent":
		return stabilizer.Observation{Receipts: []stabilizer.Receipt{l.receipt(stabilizer.Outcome(what), options)}}
	default:
		b := l.block(what, options)
		seen := stabilizer.Observation{Block: b}
		if outcome := options["tx"]; outcome != "" {
			options["n"] = strconv.FormatUint(b.Number, 10)
			seen.Receipts = []stabilizer.Receipt{l.receipt(stabilizer.Outcome(outcome), options)}
		}
		return seen
	}
}

func (l *life) receipt(outcome stabilizer.Outcome, options map[string]string) stabilizer.Receipt {
	r := stabilizer.Receipt{Outcome: outcome, Block: l.state.History.Head() + 1}
	if open := l.state.Unresolved(); len(open) > 0 {
		r.ID = open[0].TxID()
		if outcome == stabilizer.Mined {
			r.Filled = open[0].Size
		}
	}
	if outcome == stabilizer.Expired || outcome == stabilizer.Unsent {
		r.Block = 0
	}
	for key, value := range options {
		switch key {
		case "n":
			if r.Block > 0 {
				r.Block = number(l.t, value)
			}
		case "id":
			r.ID = value
		case "filled":
			r.Filled = dec(value)
		case "received":
			r.Received = dec(value)
		case "held":
			r.Held = dec(value)
		}
	}
	return r
}

func (l *life) block(pool string, options map[string]string) *stabilizer.Block {
	n := l.state.History.Head() + 1
	if text := options["n"]; text != "" {
		n = number(l.t, text)
	}
	b := block(n)
	b.Pool = dec(pool)
	for key, value := range options {
		switch key {
		case "n", "tx", "filled", "received", "held":
		case "h":
			b.Hash = value
		case "p":
			b.Parent = value
		case "head":
			b.Head = number(l.t, value)
		case "took":
			b.Time = b.Time.Add(time.Duration(dec(value).IntPart()) * time.Second)
		case "target":
			b.Target.Value = dec(value)
		case "age":
			b.Target.At = b.Time.Add(-time.Duration(number(l.t, value)) * time.Second)
		case "spread":
			b.Target.SpreadBps = dec(value)
		case "fault":
			b.Target = stabilizer.Quote{Fault: stabilizer.Reason(value)}
		case "market":
			b.Market = &stabilizer.Quote{Value: dec(value), At: b.Time}
		case "apart": // of the market's sources
			b.Market = &stabilizer.Quote{Value: dec(strings.Split(value, ",")[0]), At: b.Time, SpreadBps: dec(strings.Split(value, ",")[1])}
		case "gas":
			b.GasGwei = dec(value)
		case "base":
			b.Base = dec(value)
		case "quote":
			b.Quote = dec(value)
		case "used":
			b.CapUsed = dec(value)
		case "flow":
			b.FlowPerMin = dec(value)
		case "anchor":
			b.AnchorBps = dec(value)
		case "down":
			leg, err := stabilizer.ParseLeg(value)
			require.NoError(l.t, err)
			b.Down = []stabilizer.Leg{leg}
		case "public":
			b.PublicOnly = true
		default:
			l.t.Fatalf("unknown option %q", key)
		}
	}
	return b
}

func number(t *testing.T, text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err)
	return n
}

// step obeys one line and returns what was decided, such as
//
//	TRADE rebalance PENDING 2: SELL 1300 [block_cap] !cantilever_shortfall
func (l *life) step(line string) string {
	next, d, err := l.engine.Step(l.state, l.observe(line))
	require.NoError(l.t, err, line)
	l.state, l.last = next, d
	text := fmt.Sprintf("%s %s %s %d", d.Action, d.Reason, d.State, d.Count)
	if o := d.Order; o != nil {
		text += fmt.Sprintf(": %s %s", o.Side, o.Size)
		if !o.Bump.Equal(one) {
			text += " x" + o.Bump.String()
		}
	}
	if len(d.Limits) > 0 {
		text += fmt.Sprint(" ", d.Limits)
	}
	for _, a := range d.Alerts {
		text += " !" + string(a.Code)
	}
	return text
}
