package makerfile_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/makerfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

const least = "pair: USDC/USDT\nbids: {wall: 100}\nasks: {wall: 100}\nfeeds: {sources: [kraken]}\n"

func read(t *testing.T, text string) makerfile.Bot {
	t.Helper()
	b, err := makerfile.Read(strings.NewReader(text), "maker.yaml")
	require.NoError(t, err)
	return b
}

func TestWhatIsLeftOutStandsAsInTheSample(t *testing.T) {
	text, err := os.ReadFile("../../maker.yaml")
	require.NoError(t, err)
	sample, short := read(t, string(text)), read(t, "venue: kraken\nkey_file: kraken.key\n"+strings.NewReplacer(
		"wall: 100", "wall: 5000, width_bps: 60, density_bps: 20", "[kraken]", "[binance, kraken, okx]",
	).Replace(least)+"skew: {by: spread, max_bps: 20}\n")
	require.Empty(t, cmp.Diff(sample, short))
	require.Equal(t, "maker/desk", sample.Key())
}

func TestEveryKeyOfTheFileCounts(t *testing.T) {
	b := read(t, `
name: other
pair: BTC/EUR
live: true
every: 2s
metrics: off
state: sqlite:x.db
bids: {offset_bps: 1, wall: 2, width_bps: 30, density_bps: 4, curve: exponential, steepness: mid, max: 5}
asks: {offset_bps: 6, wall: 7}
add_fee: false
band: {peg: 8, bps: 9, outside: widen, widen_by: 10}
skew: {by: size, target: 0.11, range: 0.12}
tolerance_price_bps: 13
tolerance_amount: 0.14
max_flow: 15
keep_aside: 0.16
max_loss: 17
max_age: 18s
cancel_all: 19s
give_up: 20s
max_retries: 21
stagger: {every: 22s, slots: 23}
dead_man: 24s
feeds: {sources: [a, b, c], quorum: 3, max_spread_bps: 25, max_divergence_bps: 26, max_jump_bps: 27}
`)
	require.Empty(t, cmp.Diff(makerfile.Bot{
		State: "sqlite:x.db", Every: 2 * time.Second, DeadMan: 24 * time.Second,
		Maker: maker.Config{
			Name: "other", Pair: exchange.Pair{Base: "BTC", Quote: "EUR"}, Mode: maker.Live,
			Bids: maker.Ladder{OffsetBps: dec("1"), Wall: dec("2"), WidthBps: dec("30"), DensityBps: dec("4"), Curve: maker.Exponential, Steepness: maker.Mid, Max: dec("5")},
			Asks: maker.Ladder{OffsetBps: dec("6"), Wall: dec("7"), Curve: maker.Linear, Steepness: maker.Low},
			Band: maker.Band{Peg: dec("8"), Bps: dec("9"), Outside: maker.Widen, WidenBy: dec("10")},
			Skew: maker.Skew{By: maker.BySize, Target: dec("0.11"), Range: dec("0.12")},

			TolerancePriceBps: dec("13"), ToleranceAmount: dec("0.14"), MaxFlow: dec("15"), KeepAside: dec("0.16"), MaxLoss: dec("17"),
			MaxAge: 18 * time.Second, CancelAll: 19 * time.Second, GiveUp: 20 * time.Second, MaxRetries: 21,
			Stagger: maker.Stagger{Every: 22 * time.Second, Slots: 23},
		},
		Feeds: yamlfile.Sources{Names: []string{"a", "b", "c"}, MaxSpreadBps: dec("25"), MaxAge: 18 * time.Second, Filter: exchange.FilterConfig{
			Quorum: 3, MaxAge: 18 * time.Second, MaxDivergenceBps: dec("26"), MaxJumpBps: dec("27"), Confirmations: 3, ConfirmWithin: 18 * time.Second,
		}},
	}, b))
}

func TestWhatIsWrongIsToldAllAtOnce(t *testing.T) {
	_, err := makerfile.Read(strings.NewReader("pair: USDC\nevery: 1h\nadd_fee: 1\nmax_retries: x\nfeeds: {sources: [kraken, kraken], quorum: 1}\nbids: {offset_bps: 1e9}\n"), "maker.yaml")
	require.ErrorIs(t, err, makerfile.ErrInvalid)
	for _, want := range []string{
		`pair "USDC": must be BASE/QUOTE`, `every "1h0m0s": must be 1s to 5m`, `add_fee "1": must be true or false`, `max_retries "x": must be a whole number`,
		`feeds.sources "kraken": must be listed once`, `feeds.quorum "1": must be more than half of the 2 sources`,
		`bids.offset_bps "1e9": must be a plain number`, `bids.wall "": must be said`, `asks.wall "": must be said`,
	} {
		require.ErrorContains(t, err, "maker configuration: maker.yaml: "+want)
	}
	_, err = makerfile.Read(strings.NewReader(""), "maker.yaml")
	require.ErrorContains(t, err, `feeds.sources "0": must name at least one exchange`)
}

func TestTheRulesOfTheEngineAreToldInTheNamesOfTheFile(t *testing.T) {
	for _, c := range []struct{ more, says string }{
		{"tolerance_price_bps: -1", "tolerance_price_bps -1: must be 0 to 1000"},
		{"band: {peg: 1, bps: 10, outside: sideways}", `band.outside "sideways": must be one of`},
		{"skew: {by: size, range: 2}", "skew.range 2: must be > 0, up to 1"},
		{"stagger: {every: 10s}", "stagger.slots 0: must be 2 to 100"},
		{"name: " + strings.Repeat("x", 65), "name "},
	} {
		_, err := makerfile.Read(strings.NewReader(least+c.more), "maker.yaml")
		require.ErrorIs(t, err, makerfile.ErrInvalid)
		require.ErrorContains(t, err, "maker.yaml: "+c.says)
	}
	_, err := makerfile.Read(strings.NewReader(strings.Replace(least, "[kraken]", "[kraken], max_jump_bps: 0", 1)), "maker.yaml")
	require.ErrorContains(t, err, "max_jump_bps 0: must be > 0")
}

func TestTextThatIsNoFileOfOurs(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"servr: x\n", "line 1: servr: must be one of the keys of maker.yaml"},
		{"bids: 5\n", "must be one value, or keys"},
		{"pair: {}\n", "must be one value, or keys"},
		{"\t", "maker.yaml: "},
		{strings.Repeat("#", yamlfile.MaxBytes+1), "must have at most 1048576 bytes"},
	} {
		_, err := makerfile.Read(strings.NewReader(c.text), "maker.yaml")
		require.ErrorIs(t, err, makerfile.ErrInvalid)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "makerfile.")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(least)
	f.Add("bids: &a {wall: 1}\nasks: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := makerfile.Read(strings.NewReader(text), "maker.yaml")
		if err == nil {
			_, err = maker.New(b.Maker)
			require.NoError(t, err)
		}
	})
}
