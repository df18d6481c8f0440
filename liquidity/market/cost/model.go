package cost

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Model says what it costs to trade. Methods return [ErrInvalid] for a malformed
// argument or model.
type Model interface {
	// Cost is what trading size Base costs, > 0. It never falls when size grows,
	// and neither do its bps.
	Cost(size decimal.Decimal) (Cost, error)

	// Stressed returns the model of the same market under stress.
	Stressed(s Stress) (Model, error)
}

// Cost is what a trade loses against the mid.
type Cost struct {
	Size   decimal.Decimal // Base, as asked for
	Priced decimal.Decimal // Base, the part of Size that the model can price, <= Size
	Amount decimal.Decimal // Quote, expected loss on Priced, >= 0
	Bps    decimal.Decimal // Amount in bps of Priced at the mid, rounded up to 8 decimals; 10,000 or more says that a sale would bring nothing
	StdDev decimal.Decimal // Quote, of the loss, for what prices do meanwhile; 0 if the trade is done at once
}

// Complete reports whether all of the size could be priced. What could not may
// have no price at all.
func (c Cost) Complete() bool { return c.Priced.Equal(c.Size) }

// modelled is the cost of trading at so many bps off the mid, rounded up.
func modelled(size, priced, mid decimal.Decimal, bps, stdDev float64) (Cost, error) {
	c := Cost{Size: size, Priced: priced}
	var err error
	if c.Bps, err = estimated("cost in bps", bps); err != nil {
		return Cost{}, err
	}
	if c.StdDev, err = estimated("standard deviation of the cost", stdDev); err != nil {
		return Cost{}, err
	}
	c.Amount = c.Bps.Mul(priced).Mul(mid).Shift(-4)
	return c, nil
}

// MaxPoints bounds a curve.
const MaxPoints = 1000

// Curve returns the cost of each size. Sizes are > 0 and rise; up to [MaxPoints].
func Curve(m Model, sizes []decimal.Decimal) ([]Cost, error) {
	if len(sizes) > MaxPoints {
		return nil, invalid("sizes", len(sizes), fmt.Sprintf("must be at most %d of them", MaxPoints))
	}
	costs := make([]Cost, len(sizes))
	for i, size := range sizes {
		if i > 0 && size.LessThanOrEqual(sizes[i-1]) {
			return nil, invalid(fmt.Sprintf("sizes[%d]", i), size, "must be larger than the one before it")
		}
		c, err := m.Cost(size)
		if err != nil {
			return nil, fmt.Errorf("sizes[%d]: %w", i, err)
		}
		costs[i] = c
	}
	return costs, nil
}

// Largest returns the largest size of at most limit that m can price entirely and
// for no more than maxBps, to that many decimals (0 to 18). It is 0 if the smallest
// size costs more.
func Largest(m Model, limit, maxBps decimal.Decimal, decimals int32) (decimal.Decimal, error) {
	err := check(
		rule{valid.Positive(limit), "limit", limit, valid.MustBePositive},
		rule{valid.NotNegative(maxBps), "maxBps", maxBps, valid.MustBeAmount},
		rule{decimals >= 0 && decimals <= valid.MaxDecimals, "decimals", decimals, "must be 0 to 18"},
	)
	if err != nil {
		return decimal.Decimal{}, err
	}
	unit := decimal.New(1, -decimals)
	fits, beyond := decimal.Decimal{}, limit.Truncate(decimals).Add(unit)
	for next := beyond.Sub(unit); next.GreaterThan(fits); next = fits.Add(beyond).Mul(half).Truncate(decimals) {
		c, err := m.Cost(next)
		if err != nil {
			return decimal.Decimal{}, fmt.Errorf("size %v: %w", next, err)
		}
		if c.Complete() && c.Bps.LessThanOrEqual(maxBps) {
			fits = next
		} else {
			beyond = next
		}
	}
	return fits, nil
}

// DaysToLiquidate returns how many days a position takes, of either sign and in
// Base, if no more than share of a day's volume is traded, rounded up to 4
// decimals. Volume is Base per day, > 0; share is in (0, 1], and 0.1 to 0.3 goes
// unnoticed in most markets.
func DaysToLiquidate(position, dailyVolume, share decimal.Decimal) (decimal.Decimal, error) {
	err := check(
		rule{valid.InRange(position), "position", position, "must be below 1e18, with at most 18 decimals"},
		rule{valid.Positive(dailyVolume), "dailyVolume", dailyVolume, valid.MustBePositive},
		rule{valid.Positive(share) && share.LessThanOrEqual(one), "share", share, "must be in (0, 1], with at most 18 decimals"},
	)
	if err != nil {
		return decimal.Decimal{}, err
	}
	return ceilQuo(position.Abs(), dailyVolume.Mul(share), dayPlaces), nil
}
