package cost

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// SqrtImpact is the [Model] that needs no book: in bps,
//
//	cost = half spread + Y sigma sqrt(size / daily volume)
//
// The square root has been found in most markets and over decades of sizes, with
// Y near 1 (Tóth et al., "Anomalous price impact and the critical nature of
// liquidity in financial markets", 2011). It holds for orders worked within a day.
type SqrtImpact struct {
	Mid           decimal.Decimal // Quote per Base, > 0
	HalfSpreadBps float64         // of Mid, >= 0
	VolatilityBps float64         // sigma, standard deviation of a day's log return, >= 0
	DailyVolume   decimal.Decimal // Base per day, > 0
	Y             float64         // 0 is 1; 0.5 to 1.5 in the literature
	MaxShare      float64         // of a day's volume, the largest size to price, (0, 10]; the law was measured below 0.1, and 1 stretches it
}

var _ Model = SqrtImpact{}

// Cost prices as much of size as MaxShare of a day's volume.
func (m SqrtImpact) Cost(size decimal.Decimal) (Cost, error) {
	if err := validSize(size); err != nil {
		return Cost{}, err
	}
	if err := m.validate(); err != nil {
		return Cost{}, err
	}
	y := m.Y
	if y == 0 {
		y = 1
	}
	priced := decimal.Min(size, m.DailyVolume.Mul(exactly(m.MaxShare)))
	share := priced.InexactFloat64() / m.DailyVolume.InexactFloat64()
	return modelled(size, priced, m.Mid, m.HalfSpreadBps+y*m.VolatilityBps*math.Sqrt(share), 0)
}

// Stressed widens the spread, raises the volatility and shrinks the volume.
func (m SqrtImpact) Stressed(s Stress) (Model, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	m.HalfSpreadBps *= s.Spread.InexactFloat64()
	m.VolatilityBps *= s.Volatility.InexactFloat64()
	m.DailyVolume = m.DailyVolume.Mul(s.Volume).Truncate(valid.MaxDecimals)
	return m, m.validate()
}

func (m SqrtImpact) validate() error {
	return check(
		rule{valid.Positive(m.Mid), "Mid", m.Mid, valid.MustBePositive},
		rule{statistic(m.HalfSpreadBps), "HalfSpreadBps", m.HalfSpreadBps, mustBeStatistic},
		rule{statistic(m.VolatilityBps), "VolatilityBps", m.VolatilityBps, mustBeStatistic},
		rule{valid.Positive(m.DailyVolume), "DailyVolume", m.DailyVolume, valid.MustBePositive},
		rule{m.Y >= 0 && m.Y <= 100, "Y", m.Y, "must be 0 to 100"},
		rule{m.MaxShare > 0 && m.MaxShare <= 10, "MaxShare", m.MaxShare, "must be in (0, 10]"},
	)
}
