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
	bumps     [maxResubmits + 1]decimal.Decimal
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
	e.bumps[0] = one
	for i := range maxResubmits {
		e.bumps[i+1] = tidy(e.bumps[i].Mul(cfg.GasBump))
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
