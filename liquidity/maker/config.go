package maker

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// ErrInvalid is wrapped by every rejection of malformed input.
var ErrInvalid = errors.New("maker: invalid")

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

// Config is fixed for the life of an [Engine]. Start from [Careful]. A limit of
// 0 is no limit only where it says so.
type Config struct {
	Name string // of the run, 1 to 64 bytes: no two that quote with one account may share it
	Pair exchange.Pair
	Mode Mode // the zero Mode is a dry run

	Bids, Asks Ladder
	AddFee     bool // quote the maker's fee further away, so that a round trip earns the offsets
	Band       Band
	Skew       Skew

	// What may be kept in place.
	TolerancePriceBps decimal.Decimal // an order so far from its target stays, 0 to 1,000
	ToleranceAmount   decimal.Decimal // an order so different from its target stays, as a part of it, 0 to 1

	// Limits.
	MaxFlow    decimal.Decimal // Base bought, and Base sold, in any 24 h; 0 is no limit
	KeepAside  decimal.Decimal // part of what sales bring in that never buys again, 0 to 1
	MaxLoss    decimal.Decimal // Quote that the account may lose against its best before all is cancelled; 0 is no limit
	MaxAge     time.Duration   // of a reference price, > 0, up to 24 h
	CancelAll  time.Duration   // without a reference price for so long all orders go, up to 24 h; the walls go at once
	GiveUp     time.Duration   // an order that the venue knows nothing of for so long is given up, 1 s to 1 h
	MaxRetries int             // looks at which an order that is missing is placed again, 0 to 100
	Stagger    Stagger
}

// Mode says what comes of a decision.
type Mode string

// The modes.
const (
	DryRun Mode = ""     // decisions are recorded, and nothing is sent
	Live   Mode = "live" // they are carried out
)

// Band is what the reference price has to stay in.
type Band struct {
	Peg     decimal.Decimal // Quote per Base; 0 is no band
	Bps     decimal.Decimal // from Peg, > 0 with one
	Outside Outside
	WidenBy decimal.Decimal // factor of the offsets for [Widen], 1 to 100
}

// Outside says what is done while the reference price is outside of its [Band].
type Outside string

// What can be done.
const (
	Stop    Outside = ""         // nothing is quoted
	OneSide Outside = "one_side" // only what pushes the price back: asks above the peg, bids below it
	Widen   Outside = "widen"    // both, further away
)

// Skew leans against an inventory that has become one-sided. What others hold in
// orders of the same account counts as inventory too.
type Skew struct {
	By     Lean
	Target decimal.Decimal // value of Base as a part of all, 0 to 1
	Range  decimal.Decimal // distance from Target at which it leans as far as it can, > 0, up to 1
	MaxBps decimal.Decimal // that [BySpread] moves an offset
}

// Lean is how a [Skew] works.
type Lean string

// The ways to lean.
const (
	Even     Lean = ""       // it does not
	BySize   Lean = "size"   // less is quoted on the side that would add to the excess
	BySpread Lean = "spread" // that side is quoted further away
)

// Stagger lets several makers with one market take turns, so that they never all
// move at once: of each Slots periods of length Every, this one moves prices in
// its own. Orders whose side of the market became dangerous move at any time.
type Stagger struct {
	Every time.Duration // 1 s to 1 h; 0 does not take turns
	Slots int           // 2 to 100
}

// Careful is a configuration to begin with: a wall of amount on each side, 20 bps
// from the reference price, and a tail out to 150 bps. It is a dry run.
func Careful(name string, pair exchange.Pair, amount decimal.Decimal) Config {
	ladder := Ladder{OffsetBps: decimal.New(20, 0), Wall: amount, WidthBps: decimal.New(130, 0), DensityBps: decimal.New(26, 0), Curve: Linear, Steepness: Low}
	return Config{
		Name: name, Pair: pair, Bids: ladder, Asks: ladder, AddFee: true,
		TolerancePriceBps: decimal.New(2, 0), ToleranceAmount: decimal.New(1, -1),
		MaxAge: 30 * time.Second, CancelAll: 5 * time.Minute, GiveUp: time.Minute, MaxRetries: 3,
	}
}

func (c Config) validate() error {
	if err := c.Pair.Validate(); err != nil {
		return fmt.Errorf("%w: Pair: %w", ErrInvalid, err)
	}
	for _, side := range []struct {
		name string
		Ladder
	}{{"Bids", c.Bids}, {"Asks", c.Asks}} {
		if err := side.validate(side.name); err != nil {
			return err
		}
	}
	return check(
		rule{valid.Named(c.Name) && len(c.Name) <= 64, "Name", c.Name, "must have 1 to 64 bytes of UTF-8"},
		rule{c.Mode == DryRun || c.Mode == Live, "Mode", string(c.Mode), "must be one of the package's"},
		rule{c.Bids.levels()+c.Asks.levels() > 0, "Bids.Wall", c.Bids.Wall, "must not be 0 with Asks.Wall"},
		rule{c.Bids.Wall.IsZero() || c.Asks.Wall.IsZero() || c.Bids.OffsetBps.Add(c.Asks.OffsetBps).IsPositive(), "Bids.OffsetBps", c.Bids.OffsetBps, "must not be 0 with Asks.OffsetBps: the walls would meet"},
		rule{inBps(c.TolerancePriceBps, 1000), "TolerancePriceBps", c.TolerancePriceBps, "must be 0 to 1000"},
		rule{fraction(c.ToleranceAmount), "ToleranceAmount", c.ToleranceAmount, "must be 0 to 1"},
		rule{valid.NotNegative(c.MaxFlow), "MaxFlow", c.MaxFlow, valid.MustBeAmount},
		rule{fraction(c.KeepAside), "KeepAside", c.KeepAside, "must be 0 to 1"},
		rule{valid.NotNegative(c.MaxLoss), "MaxLoss", c.MaxLoss, valid.MustBeAmount},
		rule{c.MaxAge > 0 && c.MaxAge <= day, "MaxAge", c.MaxAge, "must be > 0, up to 24 h"},
		rule{c.CancelAll >= 0 && c.CancelAll <= day, "CancelAll", c.CancelAll, "must be 0 to 24 h"},
		rule{c.GiveUp >= time.Second && c.GiveUp <= time.Hour, "GiveUp", c.GiveUp, "must be 1 s to 1 h"},
		rule{c.MaxRetries >= 0 && c.MaxRetries <= 100, "MaxRetries", c.MaxRetries, "must be 0 to 100"},
		rule{c.Stagger.Every == 0 && c.Stagger.Slots == 0 || c.Stagger.Every >= time.Second && c.Stagger.Every <= time.Hour, "Stagger.Every", c.Stagger.Every, "must be 1 s to 1 h, or 0 without Slots"},
		rule{c.Stagger.Every == 0 || c.Stagger.Slots >= 2 && c.Stagger.Slots <= 100, "Stagger.Slots", c.Stagger.Slots, "must be 2 to 100"},
		rule{c.Band.Peg.IsZero() || valid.Positive(c.Band.Peg), "Band.Peg", c.Band.Peg, "must be 0, or " + valid.MustBePositive},
		rule{c.Band.Peg.IsZero() || c.Band.Bps.IsPositive() && inBps(c.Band.Bps, bpsWhole-1), "Band.Bps", c.Band.Bps, "must be > 0, below 10000"},
		rule{c.Band.Outside == Stop || c.Band.Outside == OneSide || c.Band.Outside == Widen, "Band.Outside", string(c.Band.Outside), "must be one of the package's"},
		rule{c.Band.Outside != Widen || valid.InRange(c.Band.WidenBy) && !c.Band.WidenBy.LessThan(one) && c.Band.WidenBy.LessThanOrEqual(decimal.New(100, 0)), "Band.WidenBy", c.Band.WidenBy, "must be 1 to 100"},
		rule{c.Skew.By == Even || c.Skew.By == BySize || c.Skew.By == BySpread, "Skew.By", string(c.Skew.By), "must be one of the package's"},
		rule{c.Skew.By == Even || fraction(c.Skew.Target), "Skew.Target", c.Skew.Target, "must be 0 to 1"},
		rule{c.Skew.By == Even || fraction(c.Skew.Range) && c.Skew.Range.IsPositive(), "Skew.Range", c.Skew.Range, "must be > 0, up to 1"},
		rule{c.Skew.By != BySpread || inBps(c.Skew.MaxBps, 1000), "Skew.MaxBps", c.Skew.MaxBps, "must be 0 to 1000"},
	)
}

// Engine is immutable and safe for concurrent use.
type Engine struct {
	cfg      Config
	identity [32]byte
	rungs    map[exchange.Side][]rung
	slot     int64
}

// New reports the first thing wrong with cfg.
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	written, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: config: %w", ErrInvalid, err)
	}
	e := &Engine{cfg: cfg, identity: sha256.Sum256(written), rungs: map[exchange.Side][]rung{exchange.Bid: rungs(cfg.Bids, exchange.Bid), exchange.Ask: rungs(cfg.Asks, exchange.Ask)}}
	if cfg.Stagger.Slots > 0 {
		e.slot = int64(sha256.Sum256([]byte(cfg.Name))[0]) % int64(cfg.Stagger.Slots)
	}
	return e, nil
}

// Identity implements evenkeel.Identity.
func (e *Engine) Identity() (engine string, config [32]byte) { return "maker@1", e.identity }

// Config returns the engine's configuration.
func (e *Engine) Config() Config { return e.cfg }

const (
	bpsWhole = 10_000
	day      = 24 * time.Hour
)

var one = decimal.New(1, 0)

func fraction(d decimal.Decimal) bool { return valid.NotNegative(d) && d.LessThanOrEqual(one) }

func inBps(d decimal.Decimal, most int64) bool {
	return valid.NotNegative(d) && d.LessThanOrEqual(decimal.New(most, 0))
}

// bps returns that many basis points of x, exactly.
func bps(x, n decimal.Decimal) decimal.Decimal { return x.Mul(n).Shift(-4) }
