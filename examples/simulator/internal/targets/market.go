package targets

import (
	"github.com/shopspring/decimal"
)

// The market of the Vault plan, §11: a pool of 1,000,000 tokens whose price
// moves by one part in a million per token sold into it, so that 100 tokens
// make one basis point.
const (
	depth       = 1_000_000
	unitsPerBps = 100
	microPerBps = unitsPerBps * micro
)

// market is a linear pool and, in mode mesh, the private pool beside it that
// the stabilizer trades. Excess is what was sold into a pool beyond its
// balance, in micro-units: the price is 1 - excess / depth.
type market struct {
	public  int64
	private int64

	mesh        bool
	arbFee      int64   // micro-units of excess between the pools that arbitrage leaves alone
	arbLatency  int     // blocks between what an arbitrageur sees and his trade
	differences []int64 // private - public at the end of the last arbLatency blocks, oldest first
}

// newMarket returns a balanced market; fee and latency are those of the
// arbitrage between its pools in mode mesh.
func newMarket(mesh bool, arbFeeBps int64, arbLatency int) *market {
	return &market{mesh: mesh, arbFee: arbFeeBps * microPerBps, arbLatency: arbLatency, differences: make([]int64, 0, arbLatency+1)}
}

// trade is the stabilizer's: it takes size micro-units out of the pool that it
// trades when it buys, and puts them in, as a negative size, when it sells.
func (m *market) trade(size int64) {
	if m.mesh {
		m.private -= size
	} else {
		m.public -= size
	}
}

// arbitrage moves tokens from the cheaper pool to the dearer one until their
// prices differ by the fee, as far as arbitrageurs knew of a difference
// arbLatency blocks ago and it is still there.
func (m *market) arbitrage() {
	if !m.mesh {
		return
	}
	now := m.private - m.public
	m.differences = append(m.differences, now)
	if len(m.differences) <= m.arbLatency {
		return
	}
	known := m.differences[0]
	m.differences = append(m.differences[:0], m.differences[1:]...)
	if known > 0 != (now > 0) {
		return
	}
	moved := (min(abs(known), abs(now)) - m.arbFee) / 2
	if moved <= 0 {
		return
	}
	if now < 0 {
		moved = -moved
	}
	m.private -= moved
	m.public += moved
}

// price is exact: a micro-unit is 10^-12 of the depth.
func (m *market) price() decimal.Decimal { return decimal.New(depth*micro-m.public, -12) }

// bps is the public pool's distance from the peg.
func (m *market) bps() float64 { return -float64(m.public) / microPerBps }

func abs(x int64) int64 { return max(x, -x) }
