package stabilizer

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// ErrInvalid is wrapped by every rejection of a Config or an Observation.
var ErrInvalid = errors.New("stabilizer: invalid")

// Mode says where an engine trades. Every published figure names its mode.
type Mode string

// The modes of an engine.
const (
	// Direct trades the pool that it watches, through a private route: what it
	// buys moves the price it is judged by.
	Direct Mode = "direct"
	// Mesh trades a private, anchored pool. The watched price follows only as
	// fast as arbitrage between the two, less its fee.
	Mesh Mode = "mesh"
)

// Config is fixed for the life of an Engine. Start from [Target] or
// [Conservative]. Sizes are in units of Pair.Base unless they say otherwise; a
// limit of 0 is no limit only where it says so.
type Config struct {
	Pair     exchange.Pair // prices are Quote per Base
	Anchor   string        // the asset that private pools are quoted in, such as XAU
	Observed string        // the pool whose price is watched
	Traded   string        // the pool that is traded; the same one makes the mode Direct
	Route    []Leg         // from Base to Quote, one or two legs; a buy walks it backwards

	// When to act. TWAP and spot must both be beyond the band, on one side, for
	// SustainBlocks blocks in a row: one block alone can never make us trade.
	ThetaEnterBps decimal.Decimal // > FeedErrorBps: farther than this from the target we begin; below 10 for a peg of ±10
	ThetaExitBps  decimal.Decimal // 0 to ThetaEnterBps: within this we stop
	FeedErrorBps  decimal.Decimal // >= 0: by how much the target's feed may be off without saying so
	SustainBlocks uint64          // N, 2 to 1,000,000
	TWAPBlocks    int             // W, 1 to 64: end-of-block prices in the mean
	TimeWeighted  bool            // weigh each price by the time its block took; false weighs blocks alike
	MaxMoveBps    decimal.Decimal // >= 0: farther than this from the last price a price is recorded as if it had moved just so far; 0 is no truncation
	MaxGapBlocks  uint64          // up to 1,000,000: more blocks than this missing in a row void the TWAP
	MinBlocks     uint64          // 1 to 1,000,000: blocks from one execution to the next
	BlockTime     time.Duration   // > 0: the chain's usual interval

	// How much.
	UnitsPerBps      decimal.Decimal // k, > 0: traded per bps of deviation; DepthUnitsPerBps corrects it all at once
	UnitsPerBpsBlock decimal.Decimal // ki, >= 0: traded per bps × block of accumulated deviation; 0 is proportional only
	Leak             decimal.Decimal // 0 to 1: what remains of the accumulated deviation after a block
	MaxIntegral      decimal.Decimal // >= 0, bps × blocks: the accumulated deviation never exceeds it
	DepthUnitsPerBps decimal.Decimal // > 0: what moves the observed pool by one bps
	ImpactBpsPerUnit decimal.Decimal // >= 0: by how much one unit moves the traded pool
	Lot              decimal.Decimal // > 0: sizes are multiples of it
	MinTrade         decimal.Decimal // > 0: less is dust

	// Limits, each of which only shrinks a trade.
	BlockCap       decimal.Decimal // >= 0: by all pairs together in one block; 0 is no cap
	WindowCap      decimal.Decimal // >= 0: by this pair in WindowBlocks blocks; 0 is no cap
	WindowBlocks   uint64          // up to 10,000; > 0 when WindowCap is
	MaxSlippageBps decimal.Decimal // > 0, below 10,000
	Base           Holding         // what must stay of Base, and may be held of it
	Quote          Holding         // the same of Quote, in units of Quote

	// Guards, each of which holds or halts.
	MaxGasGwei       decimal.Decimal // >= 0: dearer gas holds; 0 is no limit
	EmergencyGasGwei decimal.Decimal // >= MaxGasGwei: the limit from EmergencyBps on
	EmergencyBps     decimal.Decimal // >= 0
	HaltBps          decimal.Decimal // > ThetaEnterBps: sustained, it is no peg to be defended any more
	MaxPriceAge      time.Duration   // > 0: of target and market price, at the block's time
	MaxDivergenceBps decimal.Decimal // >= 0: between the sources of one price
	AnchorBandBps    decimal.Decimal // >= 0: the anchor farther than this from its own target holds; 0 is no check
	ProfitGuard      bool            // hold trades that are expected to earn less than MinProfit
	MinProfit        decimal.Decimal
	FeeBps           decimal.Decimal // >= 0, below 10,000: of the route
	GasCost          decimal.Decimal // >= 0: of one trade, in units of Base
	DailyLossBudget  decimal.Decimal // >= 0, in units of Base per UTC day: what holding the peg may cost before it halts; 0 is no budget
	MaxReverts       uint64          // >= 1: so many reverted transactions in a row halt
	AlarmBlocks      uint64          // >= 1: out of band for more blocks than this without a trade raises an alarm

	// Execution.
	DeadlineBlocks uint64          // 1 to 1,000,000: a trade executes within so many blocks of its decision, or never
	StuckBlocks    uint64          // 1 to 1,000,000: a transaction unresolved for so long is resubmitted, at last cancelled
	MaxResubmits   uint64          // up to 16
	GasBump        decimal.Decimal // 1.1 to 2: a replacement offers so much more; nodes refuse less than a tenth
	ReorgBlocks    uint64          // 1 to 1,024: how deep a reorg is followed; a deeper one halts
	AllowPublic    bool            // trade through the public mempool when no private one is there, for all to see
	DryRun         bool            // decide alike, send nothing

	// FlowPerMin is the one-way flow to be withstood, in units per minute, >= 0.
	// It only serves [Config.Warnings]; 0 when it is not known.
	FlowPerMin decimal.Decimal
}

// Holding bounds what is held of one token, in its own units. The zero Holding
// bounds nothing.
type Holding struct {
	Floor decimal.Decimal // >= 0: a sale never leaves less
	Max   decimal.Decimal // >= 0: a purchase never leaves more; 0 is no limit
}

// Mode is Direct when the traded pool is the observed one.
func (c Config) Mode() Mode {
	if c.Traded == c.Observed {
		return Direct
	}
	return Mesh
}

// Engine decides on one pair. It is immutable and safe for concurrent use.
type Engine struct {
	cfg       Config
	identity  [32]byte
	window    decimal.Decimal // TWAPBlocks
	minOutBps decimal.Decimal
	slipRoom  decimal.Decimal // the size whose impact is MaxSlippageBps
}

// New returns an engine, or an error wrapping [ErrInvalid] that names the first
// field which breaks its rule. [Config.Warnings] lists what is merely unwise.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Route = slices.Clone(cfg.Route)
	text, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	e := &Engine{
		cfg: cfg, identity: sha256.Sum256(text),
		window: decimal.New(int64(cfg.TWAPBlocks), 0), minOutBps: whole.Sub(cfg.MaxSlippageBps),
	}
	if cfg.ImpactBpsPerUnit.IsPositive() {
		e.slipRoom, _ = cfg.MaxSlippageBps.QuoRem(cfg.ImpactBpsPerUnit, scale)
	}
	return e, nil
}

// Identity returns "stabilizer@1" and the SHA-256 of the configuration's JSON.
func (e *Engine) Identity() (engine string, config [32]byte) { return "stabilizer@1", e.identity }

// Config returns the engine's configuration; its slices are not to be written.
func (e *Engine) Config() Config { return e.cfg }

// rule is one thing that must be true of a value.
type rule struct {
	ok    bool
	field string
	value any
	must  string
}

func check(rules ...rule) error {
	for _, r := range rules {
		if !r.ok {
			return fmt.Errorf("%w: %s %v: %s", ErrInvalid, r.field, r.value, r.must)
		}
	}
	return nil
}

func (c Config) validate() error {
	for _, a := range c.amounts() {
		if err := a.check(); err != nil {
			return err
		}
	}
	if outOfRange(c.MinProfit) {
		return fmt.Errorf("%w: MinProfit: %s", ErrInvalid, inRange)
	}
	if err := c.validateTrigger(); err != nil {
		return err
	}
	if err := c.validateExecution(); err != nil {
		return err
	}
	return c.validateRoute()
}

// amounts lists the numbers that must be >= 0.
func (c Config) amounts() []amount {
	return []amount{
		{"ThetaEnterBps", c.ThetaEnterBps}, {"ThetaExitBps", c.ThetaExitBps}, {"FeedErrorBps", c.FeedErrorBps}, {"MaxMoveBps", c.MaxMoveBps},
		{"UnitsPerBps", c.UnitsPerBps}, {"UnitsPerBpsBlock", c.UnitsPerBpsBlock}, {"Leak", c.Leak}, {"MaxIntegral", c.MaxIntegral},
		{"DepthUnitsPerBps", c.DepthUnitsPerBps}, {"ImpactBpsPerUnit", c.ImpactBpsPerUnit}, {"Lot", c.Lot}, {"MinTrade", c.MinTrade},
		{"BlockCap", c.BlockCap}, {"WindowCap", c.WindowCap}, {"MaxSlippageBps", c.MaxSlippageBps},
		{"Base.Floor", c.Base.Floor}, {"Base.Max", c.Base.Max}, {"Quote.Floor", c.Quote.Floor}, {"Quote.Max", c.Quote.Max},
		{"MaxGasGwei", c.MaxGasGwei}, {"EmergencyGasGwei", c.EmergencyGasGwei}, {"EmergencyBps", c.EmergencyBps},
		{"HaltBps", c.HaltBps}, {"MaxDivergenceBps", c.MaxDivergenceBps}, {"AnchorBandBps", c.AnchorBandBps}, {"FeeBps", c.FeeBps},
		{"GasCost", c.GasCost}, {"DailyLossBudget", c.DailyLossBudget}, {"GasBump", c.GasBump}, {"FlowPerMin", c.FlowPerMin},
	}
}

// counts lists the other numbers, as amounts.
func (c Config) counts() []amount {
	n := func(field string, v uint64) amount { return amount{field, decimal.NewFromUint64(v)} }
	return []amount{
		n("SustainBlocks", c.SustainBlocks), n("TWAPBlocks", uint64(c.TWAPBlocks)), n("MaxGapBlocks", c.MaxGapBlocks),
		n("MinBlocks", c.MinBlocks), n("BlockTime", uint64(c.BlockTime)), n("WindowBlocks", c.WindowBlocks),
		n("MaxPriceAge", uint64(c.MaxPriceAge)), n("MaxReverts", c.MaxReverts), n("AlarmBlocks", c.AlarmBlocks),
		n("DeadlineBlocks", c.DeadlineBlocks), n("StuckBlocks", c.StuckBlocks), n("MaxResubmits", c.MaxResubmits),
		n("ReorgBlocks", c.ReorgBlocks),
	}
}

// CheckChange refuses, wrapping [ErrInvalid], to replace c by next when that is
// too soon or too much for a single error or a single stolen key: less than a
// day after c took effect, another pair, pool or route, a number that more than
// doubles or halves, or a limit that is lifted (set to 0) or imposed. What needs
// more is a new engine under a new journal.
//
// Source: the stewards of Aave's GHO (gho-core 605e15a): bounded steps, a day
// apart.
func (c Config) CheckChange(next Config, after time.Duration) error {
	if err := next.validate(); err != nil {
		return err
	}
	if err := check(
		rule{after >= 24*time.Hour, "change after", after, "must be at least 24h0m0s"},
		rule{next.Pair == c.Pair && next.Anchor == c.Anchor, "Pair, Anchor", next.Pair.String() + ", " + next.Anchor, "must stay"},
		rule{next.Observed == c.Observed && next.Traded == c.Traded, "Observed, Traded", next.Observed + ", " + next.Traded, "must stay"},
		rule{slices.Equal(next.Route, c.Route), "Route", next.Route, "must stay"},
	); err != nil {
		return err
	}
	now := append(c.amounts(), c.counts()...)
	for i, then := range append(next.amounts(), next.counts()...) {
		from, to := now[i].value, then.value
		small := from.IsZero() == to.IsZero() && to.Cmp(from.Mul(two)) <= 0 && from.Cmp(to.Mul(two)) <= 0
		if !small {
			return fmt.Errorf("%w: %s %v: may only go from %v to twice or half of it", ErrInvalid, then.field, to, from)
		}
	}
	return nil
}

func (c Config) validateTrigger() error {
	return check(
		rule{c.ThetaEnterBps.IsPositive(), "ThetaEnterBps", c.ThetaEnterBps, "must be > 0"},
		rule{c.ThetaEnterBps.Cmp(c.FeedErrorBps) >= 0, "ThetaEnterBps", c.ThetaEnterBps, "must be at least FeedErrorBps " + c.FeedErrorBps.String() + ": a feed cannot serve a band below its own error"},
		rule{c.ThetaExitBps.Cmp(c.ThetaEnterBps) <= 0, "ThetaExitBps", c.ThetaExitBps, "must be at most ThetaEnterBps " + c.ThetaEnterBps.String()},
		rule{c.HaltBps.GreaterThan(c.ThetaEnterBps), "HaltBps", c.HaltBps, "must be above ThetaEnterBps " + c.ThetaEnterBps.String()},
		rule{c.SustainBlocks >= 2 && c.SustainBlocks <= maxBlocks, "SustainBlocks", c.SustainBlocks, "must be 2 to 1000000: a single block must never trade"},
		rule{c.TWAPBlocks >= 1 && c.TWAPBlocks <= maxTWAPBlocks, "TWAPBlocks", c.TWAPBlocks, "must be 1 to 64"},
		rule{c.MinBlocks >= 1 && c.MinBlocks <= maxBlocks, "MinBlocks", c.MinBlocks, "must be 1 to 1000000"},
		rule{c.MaxGapBlocks <= maxBlocks, "MaxGapBlocks", c.MaxGapBlocks, "must be at most 1000000"},
		rule{c.BlockTime > 0, "BlockTime", c.BlockTime, "must be > 0"},
		rule{c.UnitsPerBps.IsPositive(), "UnitsPerBps", c.UnitsPerBps, "must be > 0"},
		rule{c.Leak.Cmp(one) <= 0, "Leak", c.Leak, "must be 0 to 1"},
		rule{c.DepthUnitsPerBps.IsPositive(), "DepthUnitsPerBps", c.DepthUnitsPerBps, "must be > 0"},
		rule{c.Lot.IsPositive(), "Lot", c.Lot, "must be > 0"},
		rule{c.MinTrade.IsPositive(), "MinTrade", c.MinTrade, "must be > 0"},
	)
}

func (c Config) validateExecution() error {
	return check(
		rule{c.WindowCap.IsZero() || c.WindowBlocks > 0, "WindowBlocks", c.WindowBlocks, "must be > 0 when WindowCap is"},
		rule{c.WindowBlocks <= maxWindowBlocks, "WindowBlocks", c.WindowBlocks, "must be at most 10000"},
		rule{c.MaxSlippageBps.IsPositive() && c.MaxSlippageBps.LessThan(whole), "MaxSlippageBps", c.MaxSlippageBps, "must be above 0 and below 10000"},
		rule{c.FeeBps.LessThan(whole), "FeeBps", c.FeeBps, "must be below 10000"},
		rule{c.Base.Max.IsZero() || c.Base.Max.Cmp(c.Base.Floor) >= 0, "Base.Max", c.Base.Max, "must be at least Base.Floor " + c.Base.Floor.String()},
		rule{c.Quote.Max.IsZero() || c.Quote.Max.Cmp(c.Quote.Floor) >= 0, "Quote.Max", c.Quote.Max, "must be at least Quote.Floor " + c.Quote.Floor.String()},
		rule{c.EmergencyGasGwei.Cmp(c.MaxGasGwei) >= 0, "EmergencyGasGwei", c.EmergencyGasGwei, "must be at least MaxGasGwei " + c.MaxGasGwei.String()},
		rule{c.MaxPriceAge > 0, "MaxPriceAge", c.MaxPriceAge, "must be > 0"},
		rule{c.MaxReverts >= 1, "MaxReverts", c.MaxReverts, "must be >= 1"},
		rule{c.AlarmBlocks >= 1, "AlarmBlocks", c.AlarmBlocks, "must be >= 1"},
		rule{c.DeadlineBlocks >= 1 && c.DeadlineBlocks <= maxBlocks, "DeadlineBlocks", c.DeadlineBlocks, "must be 1 to 1000000"},
		rule{c.StuckBlocks >= 1 && c.StuckBlocks <= maxBlocks, "StuckBlocks", c.StuckBlocks, "must be 1 to 1000000"},
		rule{c.MaxResubmits <= maxResubmits, "MaxResubmits", c.MaxResubmits, "must be at most 16"},
		rule{c.GasBump.Cmp(minBump) >= 0 && c.GasBump.Cmp(two) <= 0, "GasBump", c.GasBump, "must be 1.1 to 2"},
		rule{c.ReorgBlocks >= 1 && c.ReorgBlocks <= maxReorgBlocks, "ReorgBlocks", c.ReorgBlocks, "must be 1 to 1024"},
	)
}

func (c Config) validateRoute() error {
	if err := c.Pair.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	direct := c.Mode() == Direct
	if err := check(
		rule{c.Anchor != "", "Anchor", `""`, "must not be empty"},
		rule{c.Observed != "" && c.Traded != "", "Observed, Traded", c.Observed + ", " + c.Traded, "must name their pools"},
		rule{len(c.Route) == 1 || len(c.Route) == 2 && !direct, "Route", c.Route, "must have one leg, or two through the anchor in mode mesh"},
	); err != nil {
		return err
	}
	at := c.Pair.Base
	for _, leg := range c.Route {
		if err := check(
			rule{leg.In == at, "Route", leg, "must begin with " + at},
			rule{!leg.Public, "Route", leg, "must be private"},
			rule{direct || leg.In == c.Anchor || leg.Out == c.Anchor, "Route", leg, "must begin or end at the anchor " + c.Anchor},
		); err != nil {
			return err
		}
		at = leg.Out
	}
	return check(rule{at == c.Pair.Quote, "Route", c.Route, "must end with " + c.Pair.Quote})
}

// Limits of a configuration, so that a state stays small, a step short and a
// sum of block numbers a number.
const (
	maxBlocks       = 1_000_000
	maxTWAPBlocks   = 64
	maxWindowBlocks = 10_000
	maxReorgBlocks  = 1_024
	maxResubmits    = 16
)
