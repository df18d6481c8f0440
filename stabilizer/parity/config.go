package parity

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
var ErrInvalid = errors.New("parity: invalid")

// Config is fixed for the life of an Engine. Start from [Target]. Sizes are in
// units of Pair.Base unless they say otherwise.
type Config struct {
	Pair     exchange.Pair // prices are Quote per Base, on both chains
	Chains   [2]Chain
	Decimals int32 // 0 to 18: digits after the point of every amount we send; those of the token that has fewest

	// When to act.
	EnterBps      decimal.Decimal // > 0: a spread beyond this is traded; the plan's goal is below 15
	ExitBps       decimal.Decimal // 0 to below EnterBps: what a trade leaves of it
	SustainBlocks uint64          // N, 2 to 1,000,000: blocks of each chain in a row; one block alone can never make us trade
	SkewBlocks    uint64          // 1 to 1,000,000: a chain whose block is older than the other's by more than so many block times holds
	HaltBlocks    uint64          // above SkewBlocks, up to 1,000,000: a chain without a block for so many block times has halted
	MaxOracleAge  time.Duration   // > 0, at the block's time

	// How much.
	MaxTrade       decimal.Decimal // > 0: size of one arb
	MinTrade       decimal.Decimal // > 0, up to MaxTrade: less is dust
	MaxSlippageBps decimal.Decimal // > 0, below 10,000: of each leg, by its own impact and by others'

	// What it costs, and must bring.
	FeeBps       decimal.Decimal // 0 to below 10,000: of both legs together
	RebalanceBps decimal.Decimal // 0 to below 10,000: of bridging both tokens back
	GasCost      decimal.Decimal // >= 0: of both legs and the way back
	MinProfit    decimal.Decimal // an arb that is expected to earn less holds; below 0, parity may cost so much

	// Execution.
	DeadlineBlocks uint64 // 1 to 1,000,000: a leg executes within so many blocks of its decision, or never
	MaxRetries     uint64 // 1 to 100: of the second leg of a partial arb, before it is left to a person
	MaxFailures    uint64 // 1 to 1,000,000: so many arbs in a row that failed halt
	ReorgBlocks    uint64 // 1 to 1,024: for so many blocks a settled leg is watched
	AlarmBlocks    uint64 // >= 1: out of band more often than this in a row without a trade raises an alert

	// The bridge.
	MinTransfer    decimal.Decimal // > 0, in units of either token: less is not worth the gas
	MaxTransfer    decimal.Decimal // at least MinTransfer: what one stuck message can hold up
	MaxInFlight    decimal.Decimal // at least MaxTransfer: of one token in one direction; what a broken bridge can cost
	TransferBlocks uint64          // 1 to 1,000,000: a transfer departs within so many blocks, or never
	StuckAfter     time.Duration   // > 0: the bridge's p99.9 latency; what takes longer raises an alert
	Tiers          []Tier          // 1 to 16, by rising UpTo: how many blocks make an amount final
	ReconcileAfter time.Duration   // > 0: a balance above the books for so long raises an alert

	DryRun bool // decide alike, send nothing
}

// Chain is one of the two.
type Chain struct {
	ID          uint64          // EIP-155 number, > 0
	BlockTime   time.Duration   // > 0: the chain's usual interval
	MinBlocks   uint64          // 1 to 1,000,000: from one leg to the next
	UnitsPerBps decimal.Decimal // d, > 0: what moves the pool by one bps
	MaxGasGwei  decimal.Decimal // >= 0: dearer gas holds; 0 is no limit
	Buffer      Holding         // what should lie here, >= 0; see reserve.BridgeBuffer
	Floor       Holding         // no leg leaves less, >= 0
}

// Holding is an amount of each token, in its own units.
type Holding struct {
	Base  decimal.Decimal
	Quote decimal.Decimal
}

// Tier says how many blocks, the transfer's own included, make an amount final.
type Tier struct {
	UpTo   decimal.Decimal // of either token; 0, in the last tier only, is any amount
	Blocks [2]uint64       // by chain, 1 to 100,000
}

// Engine decides on one pair of chains. It is immutable and safe for concurrent
// use.
type Engine struct {
	cfg      Config
	identity [32]byte
	depth    decimal.Decimal // d1 × d2 / (d1 + d2): units that close the spread by one bps
}

// New returns an engine, or an error wrapping [ErrInvalid] that names the first
// field which breaks its rule.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg.Tiers = slices.Clone(cfg.Tiers)
	text, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	d1, d2 := cfg.Chains[0].UnitsPerBps, cfg.Chains[1].UnitsPerBps
	return &Engine{cfg: cfg, identity: sha256.Sum256(text), depth: quo(d1.Mul(d2), d1.Add(d2))}, nil
}

// Identity returns "parity@1" and the SHA-256 of the configuration's JSON.
func (e *Engine) Identity() (engine string, config [32]byte) { return "parity@1", e.identity }

// Config returns the engine's configuration; its slices are not to be written.
func (e *Engine) Config() Config { return e.cfg }

// Target is the profile that keeps two chains within 15 bps of each other (Vault
// plan §16) at up to five times the projected flow, on blocks of two seconds.
// Set each chain's Buffer, and the figures of the bridge that it crosses.
//
// It enters at 8 bps: at five times the flow the blocks of SustainBlocks add
// another four, and a fault should find room below 15.
func Target(pair exchange.Pair, chains [2]Chain, stuckAfter time.Duration) Config {
	return Config{
		Pair: pair, Chains: chains, Decimals: 6,

		EnterBps: decimal.New(8, 0), ExitBps: decimal.New(1, 0), SustainBlocks: 2,
		SkewBlocks: 2, HaltBlocks: 30, MaxOracleAge: time.Minute,

		MaxTrade: decimal.New(5_000, 0), MinTrade: decimal.New(1, 0), MaxSlippageBps: decimal.New(30, 0),
		MinProfit: decimal.New(-5, 0), // two transactions at cheap gas: parity before profit

		DeadlineBlocks: 2, MaxRetries: 5, MaxFailures: 3, ReorgBlocks: 12, AlarmBlocks: 10,

		MinTransfer: decimal.New(250, 0), MaxTransfer: decimal.New(5_000, 0), MaxInFlight: decimal.New(500_000, 0),
		TransferBlocks: 30, StuckAfter: stuckAfter, ReconcileAfter: 10 * time.Minute,
		Tiers: []Tier{
			{UpTo: decimal.New(100, 0), Blocks: [2]uint64{2, 2}},
			{UpTo: decimal.New(1_000, 0), Blocks: [2]uint64{4, 4}},
			{Blocks: [2]uint64{32, 32}},
		},
	}
}
