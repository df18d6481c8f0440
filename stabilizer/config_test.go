package stabilizer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

func TestNewRefuses(t *testing.T) {
	zero, minus, huge := decimal.Zero, dec("-1"), decimal.New(1, 999_999_999)
	for want, change := range map[string]func(*stabilizer.Config){
		"ThetaEnterBps 0: must be > 0":                                           func(c *stabilizer.Config) { c.ThetaEnterBps = zero },
		"ThetaEnterBps -1: must be >= 0":                                         func(c *stabilizer.Config) { c.ThetaEnterBps = minus },
		"ThetaEnterBps 2: must be at least FeedErrorBps 25: a feed":              func(c *stabilizer.Config) { c.FeedErrorBps = dec("25") },
		"ThetaExitBps 3: must be at most ThetaEnterBps 2":                        func(c *stabilizer.Config) { c.ThetaExitBps = dec("3") },
		"HaltBps 2: must be above ThetaEnterBps 2":                               func(c *stabilizer.Config) { c.HaltBps = dec("2") },
		"SustainBlocks 1: must be 2 to 1000000: a single block must never trade": func(c *stabilizer.Config) { c.SustainBlocks = 1 },
		"TWAPBlocks 0: must be 1 to 64":                                          func(c *stabilizer.Config) { c.TWAPBlocks = 0 },
		"TWAPBlocks 65: must be 1 to 64":                                         func(c *stabilizer.Config) { c.TWAPBlocks = 65 },
		"MinBlocks 0: must be 1 to 1000000":                                      func(c *stabilizer.Config) { c.MinBlocks = 0 },
		"BlockTime 0s: must be > 0":                                              func(c *stabilizer.Config) { c.BlockTime = 0 },
		"UnitsPerBps 0: must be > 0":                                             func(c *stabilizer.Config) { c.UnitsPerBps = zero },
		"Leak 1.1: must be 0 to 1":                                               func(c *stabilizer.Config) { c.Leak = dec("1.1") },
		"DepthUnitsPerBps 0: must be > 0":                                        func(c *stabilizer.Config) { c.DepthUnitsPerBps = zero },
		"Lot 0: must be > 0":                                                     func(c *stabilizer.Config) { c.Lot = zero },
		"MinTrade 0: must be > 0":                                                func(c *stabilizer.Config) { c.MinTrade = zero },
		"BlockCap -1: must be >= 0":                                              func(c *stabilizer.Config) { c.BlockCap = minus },
		"WindowCap: must have at most 72 digits":                                 func(c *stabilizer.Config) { c.WindowCap = huge },
		"WindowBlocks 0: must be > 0 when WindowCap is":                          func(c *stabilizer.Config) { c.WindowCap = one },
		"WindowBlocks 10001: must be at most 10000":                              func(c *stabilizer.Config) { c.WindowBlocks = 10001 },
		"MaxSlippageBps 0: must be above 0 and below 10000":                      func(c *stabilizer.Config) { c.MaxSlippageBps = zero },
		"MaxSlippageBps 10000: must be above 0 and below 10000":                  func(c *stabilizer.Config) { c.MaxSlippageBps = dec("10000") },
		"Base.Floor -1: must be >= 0":                                            func(c *stabilizer.Config) { c.Base.Floor = minus },
		"Base.Max 1: must be at least Base.Floor 2":                              func(c *stabilizer.Config) { c.Base = stabilizer.Holding{Floor: dec("2"), Max: one} },
		"Quote.Max 1: must be at least Quote.Floor 2":                            func(c *stabilizer.Config) { c.Quote = stabilizer.Holding{Floor: dec("2"), Max: one} },
		"EmergencyGasGwei 49: must be at least MaxGasGwei 50":                    func(c *stabilizer.Config) { c.EmergencyGasGwei = dec("49") },
		"MaxPriceAge 0s: must be > 0":                                            func(c *stabilizer.Config) { c.MaxPriceAge = 0 },
		"FeeBps 10000: must be below 10000":                                      func(c *stabilizer.Config) { c.FeeBps = dec("10000") },
		"MinProfit: must have at most 72 digits":                                 func(c *stabilizer.Config) { c.MinProfit = huge },
		"MaxReverts 0: must be >= 1":                                             func(c *stabilizer.Config) { c.MaxReverts = 0 },
		"AlarmBlocks 0: must be >= 1":                                            func(c *stabilizer.Config) { c.AlarmBlocks = 0 },
		"DeadlineBlocks 0: must be 1 to 1000000":                                 func(c *stabilizer.Config) { c.DeadlineBlocks = 0 },
		"StuckBlocks 0: must be 1 to 1000000":                                    func(c *stabilizer.Config) { c.StuckBlocks = 0 },
		"MaxGapBlocks 1000001: must be at most 1000000":                          func(c *stabilizer.Config) { c.MaxGapBlocks = 1_000_001 },
		"MaxResubmits 17: must be at most 16":                                    func(c *stabilizer.Config) { c.MaxResubmits = 17 },
		"GasBump 1.09: must be 1.1 to 2":                                         func(c *stabilizer.Config) { c.GasBump = dec("1.09") },
		"ReorgBlocks 0: must be 1 to 1024":                                       func(c *stabilizer.Config) { c.ReorgBlocks = 0 },
		"ReorgBlocks 1025: must be 1 to 1024":                                    func(c *stabilizer.Config) { c.ReorgBlocks = 1025 },
		`exchange: invalid`:                                                      func(c *stabilizer.Config) { c.Pair = exchange.Pair{} },
		`Anchor "": must not be empty`:                                           func(c *stabilizer.Config) { c.Anchor = "" },
		`Observed, Traded ", pool": must name their pools`:                       func(c *stabilizer.Config) { c.Observed = "" },
		"Route []: must have one leg":                                            func(c *stabilizer.Config) { c.Route = nil },
		"Route [cUSDT>XAU@private XAU>USDT@private]: must have one leg":          func(c *stabilizer.Config) { c.Route = mesh().Route },
		"Route cUSDT>USDT@public: must be private":                               func(c *stabilizer.Config) { c.Route = []stabilizer.Leg{{In: "cUSDT", Out: "USDT", Public: true}} },
		"Route USDT>cUSDT@private: must begin with cUSDT":                        func(c *stabilizer.Config) { c.Route = []stabilizer.Leg{{In: "USDT", Out: "cUSDT"}} },
		"Route [cUSDT>XAU@private]: must end with USDT":                          func(c *stabilizer.Config) { c.Route = []stabilizer.Leg{{In: "cUSDT", Out: "XAU"}} },
		"Route cUSDT>BTC@private: must begin or end at the anchor XAU": func(c *stabilizer.Config) {
			*c = mesh()
			c.Route = []stabilizer.Leg{{In: "cUSDT", Out: "BTC"}, {In: "BTC", Out: "USDT"}}
		},
	} {
		cfg := target()
		change(&cfg)
		_, err := stabilizer.New(cfg)
		require.ErrorIs(t, err, stabilizer.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.True(t, strings.HasPrefix(err.Error(), "stabilizer: invalid: "), err)
	}
}

func TestBothProfilesAreValid(t *testing.T) {
	pair := exchange.Pair{Base: "cUSDT", Quote: "USDT"}
	for name, profile := range map[string]func(exchange.Pair, string, decimal.Decimal, time.Duration) stabilizer.Config{
		"target": stabilizer.Target, "conservative": stabilizer.Conservative,
	} {
		t.Run(name, func(t *testing.T) {
			cfg := profile(pair, "pool", dec("100"), 2*time.Second)
			require.Equal(t, stabilizer.Direct, cfg.Mode())
			_, err := stabilizer.New(cfg)
			require.NoError(t, err)
			_, err = stabilizer.New(profile(pair, "pool", decimal.Zero, 2*time.Second))
			require.ErrorIs(t, err, stabilizer.ErrInvalid)
		})
	}
	require.Equal(t, stabilizer.Mesh, mesh().Mode())
	require.Equal(t, "2000", target().BlockCap.String(), "0.2% of a depth of one million")
}

func TestIdentity(t *testing.T) {
	one, other := target(), target()
	other.Lot = dec("0.1")
	name, hash := engine(t, one).Identity()
	require.Equal(t, "stabilizer@1", name)
	_, again := engine(t, one).Identity()
	_, different := engine(t, other).Identity()
	require.Equal(t, hash, again)
	require.NotEqual(t, hash, different)
}

func TestNewCopiesTheRoute(t *testing.T) {
	cfg := target()
	e := engine(t, cfg)
	cfg.Route[0].In = "changed"
	require.Equal(t, "cUSDT", e.Config().Route[0].In)
}

// The figures of Vault plan §6 and §11, and what becomes of them.
func TestCantilever(t *testing.T) {
	cfg := target()
	cfg.BlockTime = 606 * time.Millisecond
	require.Equal(t, "33.0033", cfg.Frequency().String(), "33 trades a minute need blocks of 0.606 s")
	cfg.MinBlocks, cfg.BlockTime = 5, 364*time.Millisecond
	require.Equal(t, "32.967032", cfg.Frequency().String(), "or of 0.364 s when MIN_BLOCKS is 5")

	cfg.MinBlocks, cfg.BlockTime = 3, 2*time.Second
	flow := dec("833.333333") // 50,000 per hour
	require.Equal(t, "10", cfg.Frequency().String())
	require.Equal(t, "250", cfg.Throughput(dec("25")).String())
	require.Equal(t, "583.333333", cfg.Shortfall(dec("25"), flow).String())
	require.Equal(t, "83.333334", cfg.NeededSize(flow).String())
	require.Equal(t, "0", cfg.Shortfall(cfg.NeededSize(flow), flow).String())
	require.Equal(t, "0", cfg.Shortfall(dec("25"), dec("250")).String())
	require.Equal(t, "0.277778", cfg.FlowBpsPerBlock(flow).String())
}

func TestPeakBound(t *testing.T) {
	flow := dec("833.333333")
	five := flow.Mul(dec("5"))
	for name, c := range map[string]struct {
		n, m uint64
		w    int
		at   time.Duration
		flow decimal.Decimal
		want string
	}{
		"the Target profile at 2 s":               {2, 3, 2, 2 * time.Second, flow, "3.25"},
		"the Target profile at 2 s, five times":   {2, 3, 2, 2 * time.Second, five, "8.25"},
		"a long cooldown counts instead":          {2, 9, 2, 2 * time.Second, flow, "4.778"},
		"three of each at 2 s, five times":        {3, 3, 3, 2 * time.Second, five, "10.333"},
		"the Target profile fails at 12 s blocks": {2, 3, 2, 12 * time.Second, five, "39.5"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := target()
			cfg.SustainBlocks, cfg.MinBlocks, cfg.TWAPBlocks, cfg.BlockTime = c.n, c.m, c.w, c.at
			require.Equal(t, c.want, cfg.PeakBoundBps(c.flow).Round(3).String())
		})
	}
}

func TestWarnings(t *testing.T) {
	cfg := target()
	cfg.FlowPerMin = dec("4166.666667")
	require.Empty(t, cfg.Warnings())

	cfg.SustainBlocks, cfg.TWAPBlocks, cfg.BlockTime, cfg.UnitsPerBps = 3, 3, 12*time.Second, one
	cfg.FeeBps = cfg.MaxSlippageBps
	require.Equal(t, []string{
		"a fee of 30 bps leaves less than MaxSlippageBps 30 asks for: every trade reverts",
		"rebalancing takes (W-1)+N = 5 blocks: the plan's target is less than 5",
		"s × f = 10 × 1.666666 units per minute is below the flow 4166.666667: need s = 2500.000001",
		"the peg can be pushed 52.000004 bps away (mode direct): the goal is 10",
	}, cfg.Warnings())
}

func TestConfigChangesAreSmallAndSlow(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		after  time.Duration
		change func(*stabilizer.Config)
		want   string // "" when it is accepted
	}{
		"nothing changes":            {day, func(*stabilizer.Config) {}, ""},
		"a number doubles":           {day, func(c *stabilizer.Config) { c.BlockCap = dec("4000") }, ""},
		"a number halves":            {day, func(c *stabilizer.Config) { c.BlockCap = dec("1000") }, ""},
		"a number more than doubles": {day, func(c *stabilizer.Config) { c.BlockCap = dec("4000.01") }, "BlockCap 4000.01: may only go from 2000 to twice or half of it"},
		"a number more than halves":  {day, func(c *stabilizer.Config) { c.BlockCap = dec("999.99") }, "BlockCap 999.99"},
		"a count more than doubles":  {day, func(c *stabilizer.Config) { c.MaxResubmits = 5 }, "MaxResubmits 5"},
		"a limit is lifted":          {day, func(c *stabilizer.Config) { c.BlockCap = decimal.Zero }, "BlockCap 0"},
		"it is too soon":             {day - 1, func(*stabilizer.Config) {}, "must be at least 24h0m0s"},
		"another pool":               {day, func(c *stabilizer.Config) { c.Observed, c.Traded = "x", "x" }, `Observed, Traded "x, x": must stay`},
		"what is invalid by itself":  {day, func(c *stabilizer.Config) { c.SustainBlocks = 1 }, "SustainBlocks 1"},
		"another pair, another route": {day, func(c *stabilizer.Config) {
			c.Pair.Base, c.Route = "cEURT", []stabilizer.Leg{{In: "cEURT", Out: "USDT"}}
		}, `Pair, Anchor "cEURT/USDT, USDT": must stay`},
	} {
		t.Run(name, func(t *testing.T) {
			next := target()
			c.change(&next)
			err := target().CheckChange(next, c.after)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, stabilizer.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestLegText(t *testing.T) {
	for _, text := range []string{"cUSDT>XAU@private", "XAU>cUSDC@public"} {
		leg, err := stabilizer.ParseLeg(text)
		require.NoError(t, err)
		require.Equal(t, text, leg.String())
	}
	for _, text := range []string{"", "cUSDT", "cUSDT>XAU", "cUSDT@private", ">XAU@private", "cUSDT>@private", "A>A@private", "A>B@dark"} {
		_, err := stabilizer.ParseLeg(text)
		require.ErrorIs(t, err, stabilizer.ErrInvalid, text)
	}
}
