package mesh

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// Keeper decides what to trade so that pools keep their price. It must depend on
// what it sees and nothing else, or runs do not repeat.
type Keeper interface {
	// Keep returns a sale to the pool it is shown, of no more than it holds.
	// The zero side is no sale.
	Keep(seen Sight) (side pmm.Side, pay uint256.Int)
}

// Sight is a pool at the end of an epoch, as its keeper sees it.
type Sight struct {
	Epoch int
	Pool  int // index into Network.Pools
	State pmm.Pool

	Fair         uint256.Int // the price to keep, as the pool has prices
	DeviationPpm int64       // of the pool's price from it
	OffPeg       int         // for how many epochs in a row it has been outside the peg band, this one included
	Base, Quote  uint256.Int // what the keeper holds
}

// Proportional sells a share of what would bring a pool back to its price, once
// the pool has been off its peg for some epochs in a row (Vault plan §6, §8: s =
// k × deviation, sustained over N blocks).
type Proportional struct {
	Sustain  int // epochs, > 0; 1 acts on the first
	ShareBps int // of the way back, 1 to 10000
}

// NewProportional returns ErrInvalid for a field out of its bounds.
func NewProportional(sustain, shareBps int) (Proportional, error) {
	return Proportional{sustain, shareBps}, check(
		rule{sustain > 0, "Sustain", sustain, "must be > 0"},
		rule{shareBps > 0 && shareBps <= 10_000, "ShareBps", shareBps, "must be 1 to 10000"},
	)
}

// Keep is Keeper. It holds where the pool cannot get there, as with K = 0.
func (p Proportional) Keep(seen Sight) (pmm.Side, uint256.Int) {
	if seen.OffPeg < p.Sustain {
		return 0, uint256.Int{}
	}
	side, pay, err := seen.State.AmountToPrice(seen.Fair)
	if err != nil {
		return 0, uint256.Int{}
	}
	pay = part(pay, uint64(p.ShareBps), 10_000)
	if side == pmm.SellBase {
		return side, lesser(pay, seen.Base)
	}
	return side, lesser(pay, seen.Quote)
}

// idle is the keeper of a scenario without one.
type idle struct{}

func (idle) Keep(Sight) (side pmm.Side, pay uint256.Int) { return side, pay }
