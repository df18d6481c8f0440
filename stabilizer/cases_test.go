package stabilizer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

var (
	dec   = decimal.RequireFromString
	start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// fields is a JSON object whose values are read as they are needed, so that a
// key nobody reads can be reported.
type fields map[string]json.RawMessage

// take decodes and removes a key, and reports whether it was there.
func take[T any](tb testing.TB, f fields, key string, v *T) bool {
	tb.Helper()
	raw, found := f[key]
	if found {
		delete(f, key)
		require.NoError(tb, json.Unmarshal(raw, v), key)
	}
	return found
}

type goldenCase struct {
	ID, Title string
	Config    fields
	Events    []fields
	Expect    []fields
}

type goldenFile struct {
	Defaults fields
	Cases    []goldenCase
}

// goldenConfig reads a case's configuration over the file's defaults. It also
// returns the legs that the configuration names but no private pool serves, and
// whether pending intents fill by themselves.
func goldenConfig(t *testing.T, defaults, own fields) (cfg stabilizer.Config, down []stabilizer.Leg, autofill bool) {
	f := fields{}
	for _, part := range []fields{defaults, own} {
		for k, v := range part {
			f[k] = v
		}
	}
	var (
		routes       map[string][]string
		floor, most  decimal.Decimal
		mode         string
		age          int64
		blockTime    decimal.Decimal
		confirmation int
	)
	for key, v := range map[string]*decimal.Decimal{
		"theta_enter_bps": &cfg.ThetaEnterBps, "theta_exit_bps": &cfg.ThetaExitBps, "max_move_bps": &cfg.MaxMoveBps,
		"k_units_per_bps": &cfg.UnitsPerBps, "ki_units_per_bps_block": &cfg.UnitsPerBpsBlock, "leak": &cfg.Leak,
		"i_max_bps_blocks": &cfg.MaxIntegral, "depth_units_per_bps": &cfg.DepthUnitsPerBps, "impact_bps_per_unit": &cfg.ImpactBpsPerUnit,
		"per_block_cap_units": &cfg.BlockCap, "window_cap_units": &cfg.WindowCap, "max_slippage_bps": &cfg.MaxSlippageBps,
		"min_trade_units": &cfg.MinTrade, "lot_units": &cfg.Lot, "max_gas_gwei": &cfg.MaxGasGwei,
		"max_gas_gwei_emergency": &cfg.EmergencyGasGwei, "emergency_bps": &cfg.EmergencyBps, "halt_bps": &cfg.HaltBps,
		"max_divergence_bps": &cfg.MaxDivergenceBps, "gas_bump": &cfg.GasBump, "fee_bps": &cfg.FeeBps, "gas_cost_units": &cfg.GasCost,
		"anchor_band_bps": &cfg.AnchorBandBps, "min_profit_units": &cfg.MinProfit, "reserve_floor_units": &floor, "max_inventory_units": &most, "block_time_s": &blockTime,
	} {
		take(t, f, key, v)
	}
	for key, v := range map[string]*uint64{
		"sustain_blocks": &cfg.SustainBlocks, "min_blocks": &cfg.MinBlocks, "max_gap_blocks": &cfg.MaxGapBlocks,
		"window_blocks": &cfg.WindowBlocks, "reorg_depth_blocks": &cfg.ReorgBlocks, "stuck_blocks": &cfg.StuckBlocks,
		"max_resubmits": &cfg.MaxResubmits, "max_tx_failures": &cfg.MaxReverts,
	} {
		take(t, f, key, v)
	}
	take(t, f, "pair", &cfg.Pair)
	take(t, f, "twap_window_blocks", &cfg.TWAPBlocks)
	take(t, f, "dry_run", &cfg.DryRun)
	take(t, f, "autofill", &autofill)
	take(t, f, "routes", &routes)
	take(t, f, "profit_mode", &mode)
	take(t, f, "max_oracle_age_s", &age)
	take(t, f, "confirmations", &confirmation) // the chain adapter's
	require.Empty(t, f, "unknown configuration")

	cfg.Base = stabilizer.Holding{Floor: floor, Max: most}
	cfg.Quote = cfg.Base
	cfg.ProfitGuard = mode == "guard"
	cfg.MaxPriceAge = time.Duration(age) * time.Second
	cfg.BlockTime = time.Duration(blockTime.Shift(9).IntPart())
	cfg.DeadlineBlocks, cfg.AlarmBlocks = 2, 10
	cfg.Anchor, cfg.Observed, cfg.Traded = "XAU", "pool", "pool"
	cfg.Route, down = goldenRoute(t, cfg.Pair, cfg.Anchor, routes[cfg.Pair.String()])
	if len(cfg.Route) == 2 {
		cfg.Traded = "mesh"
	}
	return cfg, down, autofill
}

// goldenRoute returns the private legs that a pair needs, and those of them that
// the case's route lacks: a leg with a public pool only is one without a private
// pool, and New would not accept it.
func goldenRoute(t *testing.T, pair exchange.Pair, anchor string, listed []string) (route, down []stabilizer.Leg) {
	route = []stabilizer.Leg{{In: pair.Base, Out: pair.Quote}}
	if pair.Quote != anchor {
		route = []stabilizer.Leg{{In: pair.Base, Out: anchor}, {In: anchor, Out: pair.Quote}}
	}
	var have []stabilizer.Leg
	for _, text := range listed {
		leg, err := stabilizer.ParseLeg(text)
		require.NoError(t, err)
		have = append(have, leg)
	}
	for _, leg := range route {
		if !slices.Contains(have, leg) {
			down = append(down, leg)
		}
	}
	return route, down
}

// goldenBlock reads a block event. Prices that are not numbers are no prices.
func goldenBlock(t *testing.T, f fields, down []stabilizer.Leg) *stabilizer.Block {
	b := &stabilizer.Block{Time: start, Down: down}
	target := one
	take(t, f, "n", &b.Number)
	b.Time = start.Add(time.Duration(b.Number) * 2 * time.Second)
	b.Hash = fmt.Sprintf("a%d", b.Number)
	take(t, f, "h", &b.Hash)
	take(t, f, "p", &b.Parent)
	spot, _ := price(f, "spot")
	if v, given := price(f, "oracle"); given {
		target = v
	}
	b.Pool, b.Target = spot, stabilizer.Quote{Value: target, At: b.Time}
	if alt, given := price(f, "alt"); given && target.IsPositive() {
		b.Target.SpreadBps = alt.Sub(target).Abs().Shift(4).DivRound(target, 6)
	}
	for key := range f {
		switch {
		case strings.Contains(key, "age"):
			var seconds decimal.Decimal
			take(t, f, key, &seconds)
			b.Target.At = b.Time.Add(-time.Duration(seconds.Shift(9).IntPart()))
		case strings.HasPrefix(key, "anchor"), strings.HasPrefix(key, "xau"):
			take(t, f, key, &b.AnchorBps)
		}
	}
	take(t, f, "gas", &b.GasGwei)
	take(t, f, "cap_used", &b.CapUsed)
	take(t, f, "flow_per_min", &b.FlowPerMin)
	goldenInventory(t, f, b)
	var legs []string
	take(t, f, "down", &legs)
	for _, text := range legs {
		leg, err := stabilizer.ParseLeg(text)
		require.NoError(t, err)
		b.Down = append(slices.Clone(b.Down), leg)
	}
	return b
}

// goldenInventory reads what is held: "inv" of the base, "inv_..." of the quote.
// A case that does not say has enough to sell and room to buy.
func goldenInventory(t *testing.T, f fields, b *stabilizer.Block) {
	plenty := decimal.New(1, 12)
	b.Base, b.Quote = plenty, decimal.Zero
	if b.Pool.LessThan(b.Target.Value) {
		b.Base, b.Quote = decimal.Zero, plenty
	}
	take(t, f, "inv", &b.Base)
	for key := range f {
		if strings.HasPrefix(key, "inv_") {
			take(t, f, key, &b.Quote)
		}
	}
}

func price(f fields, key string) (decimal.Decimal, bool) {
	raw, given := f[key]
	delete(f, key)
	var v decimal.Decimal
	if given && json.Unmarshal(raw, &v) != nil {
		v = decimal.Zero
	}
	return v, given
}

// goldenEvent makes an observation of one event of a case.
func goldenEvent(t *testing.T, i int, f fields, s stabilizer.State, down []stabilizer.Leg, autofill bool) stabilizer.Observation {
	var kind string
	take(t, f, "t", &kind)
	defer func() { require.Empty(t, f, "unknown keys of event %d", i) }()
	open := s.Unresolved()
	switch kind {
	case "block":
		seen := stabilizer.Observation{Block: goldenBlock(t, f, down)}
		if autofill && len(open) > 0 && seen.Block.Number > s.History.Head() {
			seen.Receipts = []stabilizer.Receipt{{
				ID: open[0].ID, Outcome: stabilizer.Mined, Block: seen.Block.Number, Filled: open[0].Size,
			}}
		}
		return seen
	case "tx":
		r := stabilizer.Receipt{Block: s.History.Head() + 1}
		if len(open) > 0 {
			r.ID, r.Filled = open[0].ID, open[0].Size
		}
		take(t, f, "id", &r.ID)
		take(t, f, "n", &r.Block)
		take(t, f, "status", &r.Outcome)
		return stabilizer.Observation{Receipts: []stabilizer.Receipt{r}}
	case "restart":
		return stabilizer.Observation{Restarted: true}
	case "pause", "resume", "reset":
		return stabilizer.Observation{Commands: []stabilizer.Command{{Seq: s.Command + 1, ID: kind, Do: stabilizer.Verb(kind)}}}
	}
	t.Fatalf("event %d: unknown kind %q", i, kind)
	return stabilizer.Observation{}
}

// same compares one expected field with a decision. Numbers compare by value.
func same(t *testing.T, key string, raw json.RawMessage, d stabilizer.Decision) string {
	order := d.Order
	if order == nil {
		order = &stabilizer.Order{}
	}
	number := func(got decimal.Decimal) string {
		var want decimal.Decimal
		require.NoError(t, json.Unmarshal(raw, &want), key)
		if want.Equal(got) {
			return ""
		}
		return fmt.Sprintf("%s: want %v, got %v\n", key, want, got)
	}
	text := func(got any) string {
		encoded, err := json.Marshal(got)
		require.NoError(t, err)
		return cmp.Diff(key+" "+string(raw), key+" "+string(encoded))
	}
	list := func(got []string) string {
		want := []string{}
		require.NoError(t, json.Unmarshal(raw, &want), key)
		return cmp.Diff(want, append([]string{}, got...))
	}
	switch key {
	case "action":
		return text(d.Action)
	case "reason":
		return text(d.Reason)
	case "state":
		return text(d.State)
	case "count":
		return text(d.Count)
	case "side":
		return text(order.Side)
	case "id":
		return text(order.ID)
	case "twap_bps":
		return number(d.TWAPBps)
	case "spot_bps":
		return number(d.SpotBps)
	case "size":
		return number(order.Size)
	case "min_out_bps":
		return number(order.MinOutBps)
	case "bump":
		return number(order.Bump)
	case "pnl":
		return number(d.PnL)
	case "route":
		return list(texts(order.Route, stabilizer.Leg.String))
	case "limits":
		return list(texts(d.Limits, func(r stabilizer.Reason) string { return string(r) }))
	case "alerts":
		return list(texts(d.Alerts, func(a stabilizer.Alert) string { return string(a.Code) }))
	}
	return "unknown expectation " + key + "\n"
}

func texts[T any](list []T, text func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = text(v)
	}
	return out
}

// play replays a case and returns what differs. Every state goes through JSON
// on its way, as it does in a journal.
func play(t *testing.T, defaults fields, c goldenCase) string {
	cfg, down, autofill := goldenConfig(t, defaults, c.Config)
	engine, err := stabilizer.New(cfg)
	require.NoError(t, err)
	require.Len(t, c.Expect, len(c.Events))
	var diff strings.Builder
	var state stabilizer.State
	for i, event := range c.Events {
		next, d, err := engine.Step(state, goldenEvent(t, i, event, state, down, autofill))
		require.NoError(t, err)
		for key, raw := range c.Expect[i] {
			if line := same(t, key, raw, d); line != "" {
				fmt.Fprintf(&diff, "event %d: %s", i, line)
			}
		}
		encoded, err := json.Marshal(next)
		require.NoError(t, err)
		state = stabilizer.State{}
		require.NoError(t, json.Unmarshal(encoded, &state))
	}
	return diff.String()
}

func TestCases(t *testing.T) {
	const name = "stabilizer/cases.json"
	text, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file goldenFile
	require.NoError(t, json.Unmarshal(text, &file))
	passed, failed := 0, 0
	for _, c := range file.Cases {
		ok := t.Run(c.ID, func(t *testing.T) {
			if diff := play(t, file.Defaults, c); diff != "" {
				t.Errorf("%s\n%s", c.Title, diff)
			}
		})
		if ok {
			passed++
		} else {
			failed++
		}
	}
	vectors.Report(t, name, passed, failed)
}
