package weekend

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
)

// ErrInvalid refuses a [Setup] and names the field.
var ErrInvalid = errors.New("invalid setup")

// The profiles and modes of the stabilizer.
const (
	TargetProfile       = "target"
	ConservativeProfile = "conservative"
	Direct              = "direct"
	Mesh                = "mesh"
)

// BandBps is how far from its target a pool may be and still be on the peg:
// the ±0.10 % of Vault plan §16.
const BandBps = 10

// Prices that no table has for that weekend. They are constant and synthetic.
var (
	goldUSD = decimal.New(196974, -2) // per ounce; the last close of a broker's daily table, 4 March 2022
	euroUSD = decimal.New(106, -2)    // per euro; assumed
	usdtUSD = decimal.New(1, 0)       // per USDT; assumed
)

// Setup is all that a run depends on beside its tape. The zero value is
// invalid; [Defaults] is a start.
type Setup struct {
	Tape    string          `json:"tape"`
	Source  string          `json:"source"`
	Profile string          `json:"profile"`        // TargetProfile or ConservativeProfile
	Mode    string          `json:"mode"`           // Direct or Mesh
	Seed    uint64          `json:"seed"`           // of the paths and the panic
	Reserve decimal.Decimal `json:"reserve"`        // cUSDT, and as many cUSDC, in bucket B; 1 to 1e12
	Share   decimal.Decimal `json:"share"`          // of the real volume that comes to the pool; 0 to 1
	Latency int             `json:"latency_blocks"` // of arbitrageurs, >= 1
	Depth   decimal.Decimal `json:"depth"`          // of each side of each pool, in units worth 1; 1,000 to 1e10
	FeeBps  int64           `json:"fee_bps"`        // of the public pools, to their liquidity providers; 0 to 100
	BandBps int64           `json:"band_bps"`
	Target  decimal.Decimal `json:"target"` // cUSDT per cUSDC
	Block   time.Duration   `json:"-"`
	Every   string          `json:"block_time"` // Block in words
}

// Defaults returns the setup of the reference run.
func Defaults() Setup {
	return Setup{
		Profile: TargetProfile, Mode: Direct, Seed: 1,
		Reserve: decimal.New(1, 6), Share: decimal.New(2, -2), Latency: 1,
		Depth: decimal.New(1, 7), FeeBps: 3, BandBps: BandBps, Target: decimal.New(1, 0), Block: 2 * time.Second,
	}
}

// validate names the first field that is out of its bounds.
func (s Setup) validate() error {
	refuse := func(field string, value any, rule string) error {
		return fmt.Errorf("%w: %s %v: must be %s", ErrInvalid, field, value, rule)
	}
	outside := func(d decimal.Decimal, low, high int64) bool {
		return d.LessThan(decimal.New(low, 0)) || d.GreaterThan(decimal.New(high, 0))
	}
	const most = 1_000_000_000_000
	switch {
	case s.Profile != TargetProfile && s.Profile != ConservativeProfile:
		return refuse("profile", s.Profile, TargetProfile+" or "+ConservativeProfile)
	case s.Mode != Direct && s.Mode != Mesh:
		return refuse("mode", s.Mode, Direct+" or "+Mesh)
	case outside(s.Reserve, 1, most):
		return refuse("reserve", s.Reserve, "1 to 1e12")
	case outside(s.Share, 0, 1):
		return refuse("share", s.Share, "0 to 1")
	case s.Latency < 1:
		return refuse("latency", s.Latency, ">= 1 block")
	case outside(s.Depth, 1000, most/100):
		return refuse("depth", s.Depth, "1000 to 1e10")
	case s.FeeBps < 0 || s.FeeBps > 100:
		return refuse("fee", s.FeeBps, "0 to 100 bps")
	case s.BandBps <= 0 || !s.Target.IsPositive():
		return refuse("band and target", fmt.Sprintf("%d, %v", s.BandBps, s.Target), "> 0")
	}
	return nil
}

// Bps returns how far a price lies from the target, signed.
func (s Setup) Bps(price decimal.Decimal) decimal.Decimal {
	return price.Sub(s.Target).Shift(4).DivRound(s.Target, 4)
}

// Warnings says what the stabilizer of this setup cannot do, as its engine
// knows beforehand.
func (s Setup) Warnings() []string { return profile(s).Warnings() }

// Assumptions discloses, a sentence each, what of a run is real and what is
// not.
func (s Setup) Assumptions(t tape.Tape) []string {
	blocks := int(t.Interval / s.Block)
	return []string{
		fmt.Sprintf("REAL: open, high, low, close and volume of %d candles of %s. Source: %s.",
			len(t.Candles), figure.Duration(t.Interval), t.Source),
		fmt.Sprintf("SYNTHETIC: what the price does within a candle. It is drawn from the seed, %s blocks of %v, and passes through open, high, low and close; high and low stand for %d blocks each.",
			figure.Count(blocks), s.Block, path.Hold(blocks)),
		fmt.Sprintf("SYNTHETIC: gold at %s USD (the last close of a broker's daily table, of 4 March 2022), the euro at %s USD and USDT at %s USD, all constant: no table has an intraday price of them for these hours.",
			goldUSD, euroUSD, usdtUSD),
		fmt.Sprintf("Pools: DODO PMM with k = 0.5 and %s a side, so that %s move a price by 1 bps. Public cUSDC/cUSDT, cUSDC/XAU, cUSDT/XAU and cEURT/XAU, which leave %d bps of each trade to their liquidity providers; private cUSDC/XAU, cUSDT/XAU and cEURT/XAU without fee.",
			figure.Whole(s.Depth), figure.Whole(s.Depth.Shift(-4)), s.FeeBps),
		fmt.Sprintf("Panic: %s of each candle's real volume comes to the public cUSDC/cUSDT pool, in lumps of 1 to 3 bps; the farther the market stands below the peg and the faster it fell, the more of them sell.",
			figure.Percent(s.Share)),
		fmt.Sprintf("Arbitrage is endogenous. Arbitrageurs know market and pools as they were %s before and trade when it pays after the fee; they have capital enough and pay no gas. Triangles through XAU come first, then trades against the outside market: an account like any other, which takes any amount at the market price.",
			figure.Many(s.Latency, "block")),
		"Order within a block: the stabilizer's private transaction, panic, triangles, outside arbitrage. The stabilizer decides after a block and is mined in the next.",
		fmt.Sprintf("Stabilizer: the SDK's engine, %s profile, %s mode. %s", s.Profile, s.Mode, modes[s.Mode]),
		"Price feed: the SDK's median feed over three views of the one tape, 0, 1 and 2 blocks late.",
		fmt.Sprintf("Reserve: %s cUSDT and as many cUSDC in bucket B, and %s cUSDT in the vault. The SDK's monitor looks every minute; what it asks for is refilled at the next block, at most %s a day, and the two approvers are always at hand. Coverage counts cUSDT.",
			figure.Whole(s.Reserve), figure.Whole(s.Reserve), figure.Whole(vaultLimit(s).DailyCap)),
	}
}

var modes = map[string]string{
	Direct: "It trades in the pool that it observes.",
	Mesh:   "It trades in the private pools; the public price follows only through a permissioned arbitrageur, with the public fee and the same latency, whose access ends while the stabilizer is halted.",
}
