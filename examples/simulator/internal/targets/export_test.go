package targets

import "time"

// What the tests of the model itself look at.
const (
	FlowPerHour = flowPerHour
	UsualBlock  = usualBlock
	Micro       = micro
	MicroPerBps = microPerBps
)

// Flow is a flow.
type Flow = flow

// Next is what it sells in the next block.
func Next(f Flow) int64 { return f.next() }

// Smooth is a smooth flow.
func Smooth(perHour int64, blockTime time.Duration) Flow {
	return &smooth{perHour: perHour, blockTime: blockTime}
}

// Lumpy is a lumpy flow.
func Lumpy(perHour, size int64, blockTime time.Duration, seed uint64) Flow {
	return newLumpy(perHour, size, blockTime, seed)
}

// Market is a market of mode mesh whose arbitrage costs 1 bps and is a block
// late.
type Market struct{ *market }

// NewMarket returns a balanced one.
func NewMarket() Market { return Market{newMarket(true, 1, 1)} }

// Excess is what was sold into either pool beyond its balance.
func (m Market) Excess() (public, private int64) { return m.public, m.private }

// Set makes that so.
func (m Market) Set(public, private int64) { m.public, m.private = public, private }

// Trade, Arbitrage, Price and Bps are the market's own.
func (m Market) Trade(size int64) { m.trade(size) }
func (m Market) Arbitrage()       { m.arbitrage() }
func (m Market) Price() string    { return m.price().String() }
func (m Market) Bps() float64     { return m.bps() }
