package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// leastTranslator is all that a file must say for a translator.
const leastTranslator = least + `
translator:
  feeds:
    - {name: core, push: true}
`

func TestTheDefaultTranslatorIsCareful(t *testing.T) {
	c, err := config.Default()
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(risk.Careful(dec("100000")), c.Translator.Engine))
	require.Equal(t, []config.Feed{{Name: "sample", Sample: true}, {Name: "example-service", Push: true}}, c.Translator.Feeds)
	least, err := parse(t, leastTranslator)
	require.NoError(t, err)
	want := *c.Translator
	want.Feeds = []config.Feed{{Name: "core", Push: true}}
	require.Empty(t, cmp.Diff(want, *least.Translator), "what a file leaves out of it is as in the default")
}

func TestTheEnvironmentWinsOverTheTranslatorsSection(t *testing.T) {
	for name, row := range map[string]struct {
		value string
		is    func(config.Translator) any
		want  any
	}{
		"REDIS_URL":                                  {"redis://cache:6379", func(c config.Translator) any { return c.Redis }, "redis://cache:6379"},
		"LIQUIDITY_RISK_SERVICE_VERSION":             {"2.1.0", func(c config.Translator) any { return c.Version }, "2.1.0"},
		"LIQUIDITY_RISK_CACHE_TTL_HOURS":             {"12", func(c config.Translator) any { return []time.Duration{c.Risk, c.Engine.FactsFor} }, []time.Duration{12 * time.Hour, 12 * time.Hour}},
		"LIQUIDITY_RISK_WEBSOCKET_HEARTBEAT_SECONDS": {"15", func(c config.Translator) any { return c.Heartbeat }, 15 * time.Second},
		"LIQUIDITY_INDEX_WEIGHTS_SPREAD":             {"0.29", func(c config.Translator) any { return c.Engine.Parameters.Weights.Cost.String() }, "0.29"},
		"LIQUIDITY_INDEX_WEIGHTS_DEPTH":              {"0.26", func(c config.Translator) any { return c.Engine.Parameters.Weights.Depth.String() }, "0.26"},
		"LIQUIDITY_INDEX_WEIGHTS_TURNOVER":           {"0.24", func(c config.Translator) any { return c.Engine.Parameters.Weights.Activity.String() }, "0.24"},
		"LIQUIDITY_INDEX_WEIGHTS_VOLUME":             {"0.21", func(c config.Translator) any { return c.Engine.Parameters.Weights.Turnover.String() }, "0.21"},
		"EXIT_POLICY_MM_MIN_SPREAD_BPS":              {"7.5", func(c config.Translator) any { return c.Engine.Policy.MakerMinSpreadBps.String() }, "7.5"},
		"EXIT_POLICY_AUCTION_CADENCE_HOURS":          {"6", func(c config.Translator) any { return c.Engine.Policy.AuctionCadence }, 6 * time.Hour},
		"EXIT_POLICY_RFQ_WINDOW_HOURS":               {"1.5", func(c config.Translator) any { return c.Engine.Policy.RFQWindow }, 90 * time.Minute},
		"EXIT_POLICY_TOKENIZED_MIN_LOT":              {"50000", func(c config.Translator) any { return c.Engine.Policy.P2PMinLot.String() }, "50000"},
	} {
		t.Run(name, func(t *testing.T) {
			// Weights sum to 1: another one makes room.
			text := strings.Replace(leastTranslator, "translator:\n", "translator:\n  index_weights: "+map[string]string{
				"LIQUIDITY_INDEX_WEIGHTS_SPREAD": "{depth: 0.26}", "LIQUIDITY_INDEX_WEIGHTS_DEPTH": "{spread: 0.29}",
				"LIQUIDITY_INDEX_WEIGHTS_TURNOVER": "{volume: 0.21}", "LIQUIDITY_INDEX_WEIGHTS_VOLUME": "{turnover: 0.24}",
			}[name]+"\n", 1)
			t.Setenv(name, row.value)
			over := config.Override{Env: config.Environment(os.LookupEnv)}
			c, err := config.Parse("pool.yaml", []byte(text), over)
			require.NoError(t, err)
			require.Equal(t, row.want, row.is(*c.Translator))

			t.Setenv(name, "garbage://")
			if name != "LIQUIDITY_RISK_SERVICE_VERSION" {
				_, err = config.Parse("pool.yaml", []byte(text), config.Override{Env: config.Environment(os.LookupEnv)})
				require.ErrorIs(t, err, config.ErrInvalid)
			}
			none, err := config.Parse("pool.yaml", []byte(least), config.Override{Env: config.Environment(os.LookupEnv)})
			require.NoError(t, err)
			require.Nil(t, none.Translator)
		})
	}
}

// seedPolicy is a file as the liquidity-risk document shows it.
const seedPolicy = `
rating_caps:
  AAA:
    mm_cap: 1000000
    auction_cap: 5000000
    rfq_cap: 2000000
  AA:
    mm_cap: 850000
    auction_cap: 4000000
    rfq_cap: 1500000

tenor_restrictions:
  "0-1Y": ["market_maker", "auction"]
  "10Y+": ["auction", "rfq_batch", "tokenized_p2p"]

issuer_class_limits:
  government:
    mm_cap: 5000000
    auction_cap: 10000000
    rfq_cap: 5000000
  city: {mm_cap: 1, auction_cap: 2, rfq_cap: 3}
`

func TestAnExitPolicyIsAFileOrASection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exit_policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte(seedPolicy), 0o600))
	section := "  exit_policy:" + strings.ReplaceAll(seedPolicy, "\n", "\n    ") + "\n"
	for name, text := range map[string]string{"file": "  exit_policy_file: " + file + "\n", "section": section} {
		t.Run(name, func(t *testing.T) {
			c, err := parse(t, leastTranslator+text)
			require.NoError(t, err)
			want := market.NewPolicy(market.Enforced)
			caps := want.RatingCaps["AA"]
			caps.Maker = dec("850000")
			want.RatingCaps["AA"] = caps
			want.Tenors["0-1Y"] = []market.Path{market.ByMaker, market.ByAuction}
			want.IssuerLimits["city"] = market.Caps{Maker: dec("1"), Auction: dec("2"), RFQ: dec("3")}
			require.Empty(t, cmp.Diff(want, c.Translator.Engine.Policy))
		})
	}
}

func TestTheExitPolicyThatIsCommentedOutIsTheUsualOne(t *testing.T) {
	text := regexp.MustCompile(`(?ms)^  # exit_policy:\n(  #   .*?\n)+`).FindString(string(config.DefaultYAML))
	require.NotEmpty(t, text)
	text = regexp.MustCompile(`(?m)^  # `).ReplaceAllString(text, "  ")
	c, err := parse(t, leastTranslator+text)
	require.NoError(t, err)
	want := market.NewPolicy(market.Enforced)
	want.RFQ.Zone, want.RFQ.Holidays = "Asia/Kolkata", []string{"2026-01-26"}
	require.Empty(t, cmp.Diff(want, c.Translator.Engine.Policy))
}

func TestWhatIsWrongWithATranslatorIsSaid(t *testing.T) {
	for text, says := range map[string]string{
		"index: best":                  `translator.index "best": must be calibrated or seed`,
		"trade_size: 0":                "translator: risk: invalid: Sale",
		"trade_size: -1":               `translator.trade_size "-1"`,
		"strict_isin: perhaps":         "translator.strict_isin",
		"risk_for: 1s":                 `translator.risk_for "1s"`,
		"liquidity_for: 5":             `translator.liquidity_for "5"`,
		"exits_for: 0s":                `translator.exits_for "0s"`,
		"live: 0":                      `translator.live "0"`,
		"workers: 65":                  `translator.workers "65"`,
		"heartbeat: 1h":                `translator.heartbeat "1h"`,
		"redis: http://secret@host":    "translator.redis: must begin with redis://",
		"drop: 101":                    "translator: risk: invalid: Drop 101",
		"index_weights: {spread: 0.5}": "must sum to 1",
		"index_weights: {depth: 0.2}\n  index: seed":    "must not be there with index: seed",
		"exit_policy: {strictness: lax}":                `translator.exit_policy.strictness "lax"`,
		"exit_policy: {rating_caps: {AA: {mm_cap: x}}}": `translator.exit_policy.rating_caps.AA.mm_cap "x"`,
		"exit_policy: {tenor_restrictions: {x: [y]}}":   `translator.exit_policy.tenor_restrictions.x "y"`,
		"exit_policy: {rfq_opens: [noon]}":              "RFQ.Opens[0]",
		"exit_policy: {mm_min_spread_bps: -1}":          "translator.exit_policy.mm_min_spread_bps",
		"exit_policy: {rfq_window: 1s}":                 "translator.exit_policy.rfq_window",
		"exit_policy_file: nowhere.yaml":                `translator.exit_policy_file "nowhere.yaml": must be a readable exit policy`,
		"speed: 1":                                      "speed",
	} {
		_, err := parse(t, leastTranslator+"  "+text+"\n")
		require.ErrorIs(t, err, config.ErrInvalid, text)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "secret")
	}
	for feeds, says := range map[string]string{
		"[]":                                 `translator.feeds "0": must be 1 to 16`,
		"[{name: a, file: bonds.txt}]":       "must end in .csv or .json",
		"[{name: a}]":                        "must be one of sample: true, push: true and file: PATH",
		"[{name: a, push: true, net: true}]": "translator.feeds[0].net",
	} {
		_, err := parse(t, least+"translator:\n  feeds: "+feeds+"\n")
		require.ErrorContains(t, err, says)
	}
}

func TestATranslatorCannotChangeWhileTheServerRuns(t *testing.T) {
	running, err := parse(t, leastTranslator)
	require.NoError(t, err)
	changed, err := parse(t, leastTranslator+"  trade_size: 5\n")
	require.NoError(t, err)
	require.NoError(t, running.Follows(running))
	require.ErrorContains(t, changed.Follows(running), "translator another: cannot change")
}
