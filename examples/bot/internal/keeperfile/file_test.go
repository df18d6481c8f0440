package keeperfile_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func read(t *testing.T, text string) keeperfile.Bot {
	t.Helper()
	b, err := keeperfile.Read(strings.NewReader(text), "keeper.yaml")
	require.NoError(t, err)
	return b
}

func TestWhatIsLeftOutStandsAsInTheSample(t *testing.T) {
	text, err := os.ReadFile("../../keeper.yaml")
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(read(t, string(text)), read(t, `
pair: cUSDT/USDT
depth_units_per_bps: 100
chain: demo
block_time: 500ms
every: 150ms
reserve: {owed: 100000, vault: demo, daily_cap: 50000, approval_above: 10000}
`)))
}

// Uncommented, every key of the sample is one that the file has.
func TestTheSampleNamesNoKeyThatIsNotThere(t *testing.T) {
	text, err := os.ReadFile("../../keeper.yaml")
	require.NoError(t, err)
	whole := strings.NewReplacer(
		"chain: demo", "chain: 138", "# rpc:", "rpc:", "# private_rpc:", "private_rpc:", "# max_head_age:", "max_head_age:",
		"# key_file:", "key_file:", "# stabilizer:", "stabilizer:", "# pool:", "pool:", "# tokens:", "tokens:", "#   cUSDT:", "  cUSDT:", "#   USDT:", "  USDT:",
		`"0x..."`, `"0x00000000000000000000000000000000000000aa"`, "vault: demo", `vault: "0x00000000000000000000000000000000000000bb"`,
		"# theta_", "theta_", "# sustain_", "sustain_", "# twap_", "twap_", "# min_", "min_", "# block_cap", "block_cap", "# max_", "max_", "# halt_", "halt_",
		"# daily_", "daily_", "# base_", "base_", "# quote_", "quote_", "# fee_", "fee_", "# allow_", "allow_", "# feeds:", "feeds:",
	).Replace(string(text))
	b := read(t, whole)
	require.NotContains(t, whole, "\n# theta")
	require.Equal(t, uint64(138), b.Place.Chain)
	require.Equal(t, []string{"binance", "kraken", "okx"}, b.Market.Names)
	require.Equal(t, chain.Address{19: 0xbb}, b.Vault)
	sample := read(t, string(text))
	require.Empty(t, cmp.Diff(sample.Engine, b.Engine), "and what it shows is what the profile says")
}

func TestEveryKeyOfTheFileCounts(t *testing.T) {
	b := read(t, `
name: other
pair: EURT/XUSD
peg: 1.1
profile: conservative
depth_units_per_bps: 7
block_time: 12s
every: 3s
chain: 5
rpc: [https://a.example, "http://127.0.0.1:8545"]
private_rpc: [https://c.example]
max_head_age: 2m
key_file: k
stabilizer: "0x0000000000000000000000000000000000000001"
pool: "0x0000000000000000000000000000000000000002"
via: XAU
tokens:
  EURT: {address: "0x0000000000000000000000000000000000000003", decimals: 6}
  XUSD: {address: "0x0000000000000000000000000000000000000004", decimals: 18}
  XAU: {address: "0x0000000000000000000000000000000000000005", decimals: 8}
state: sqlite:x.db
metrics: off
give_up: 5m
theta_enter_bps: 6
theta_exit_bps: 3
sustain_blocks: 4
twap_blocks: 5
min_blocks: 6
block_cap: 7
max_slippage_bps: 8
max_gas_gwei: 300
halt_bps: 90
daily_loss_budget: 10
base_floor: 11
quote_floor: 12
fee_bps: 3
allow_public: true
reserve: {peak_per_minute: 13, window: 4m, factor: 3, owed: 15, vault: "0x0000000000000000000000000000000000000006", daily_cap: 16, approval_above: 17}
`)
	at := func(last byte) chain.Address { return chain.Address{19: last} }
	require.Empty(t, cmp.Diff(keeperfile.Place{
		Chain: 5, RPC: []string{"https://a.example", "http://127.0.0.1:8545"}, Private: []string{"https://c.example"},
		MaxHeadAge: 2 * time.Minute, KeyFile: "k", Stabilizer: at(1), Pool: at(2),
		Tokens: map[string]stabilizer.Token{"EURT": {Address: at(3), Decimals: 6}, "XUSD": {Address: at(4), Decimals: 18}, "XAU": {Address: at(5), Decimals: 8}},
	}, b.Place))
	c := b.Engine
	require.Equal(t, stabilizer.Mesh, c.Mode())
	require.True(t, c.ProfitGuard, "the conservative profile")
	want := stabilizer.Conservative(c.Pair, "pool", dec("7"), 12*time.Second)
	want.Anchor, want.Traded, want.Route = "XAU", "private", []stabilizer.Leg{{In: "EURT", Out: "XAU"}, {In: "XAU", Out: "XUSD"}}
	want.ThetaEnterBps, want.ThetaExitBps, want.SustainBlocks, want.TWAPBlocks, want.MinBlocks = dec("6"), dec("3"), 4, 5, 6
	want.BlockCap, want.MaxSlippageBps, want.MaxGasGwei, want.EmergencyGasGwei, want.HaltBps = dec("7"), dec("8"), dec("300"), dec("300"), dec("90")
	want.DailyLossBudget, want.Base.Floor, want.Quote.Floor, want.FeeBps, want.AllowPublic = dec("10"), dec("11"), dec("12"), dec("3"), true
	require.Empty(t, cmp.Diff(want, c))
	require.Empty(t, cmp.Diff([]any{"keeper/other", "keeper/other/reserve", "1.1", "sqlite:x.db", "", 3 * time.Second, 5 * time.Minute, "15", at(6)},
		[]any{b.Key(), b.ReserveKey(), b.Peg.String(), b.State, b.Metrics, b.Every, b.GiveUp, b.Owed.String(), b.Vault}))
	require.Equal(t, []string{"13", "3", "16", "17"}, []string{
		b.Reserve.PeakPerMinute.String(), b.Reserve.Factor.String(), b.Reserve.Vault.DailyCap.String(), b.Reserve.Vault.ApprovalAbove.String(),
	})
	require.Equal(t, 4*time.Minute, b.Reserve.Window)
}

func TestAKeyInANodesAddressIsNotRepeated(t *testing.T) {
	_, err := keeperfile.Read(strings.NewReader("rpc: [http://node.example/v3/s3cret, 'http://user:s3cret@node.example', 's3cret']\nchain: 1\n"), "keeper.yaml")
	require.ErrorIs(t, err, keeperfile.ErrInvalid)
	require.NotContains(t, err.Error(), "s3cret")
}

func FuzzRead(f *testing.F) {
	f.Add("pair: A/B\ndepth_units_per_bps: 1\nchain: demo\n")
	f.Add("tokens: {A: &a {address: x}, B: *a}\nchain: 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := keeperfile.Read(strings.NewReader(text), "keeper.yaml")
		if err != nil {
			return
		}
		_, err = stabilizer.New(b.Engine)
		require.NoError(t, err)
		_, err = monitor.New(b.Reserve)
		require.NoError(t, err)
	})
}
