package reserve

import (
	"time"

	"github.com/shopspring/decimal"
)

// BridgeReserve returns outflowPerMinute × latency: what must wait at the far
// end of a bridge while replenishment is on its way (Vault plan §9), rounded up
// to [Scale] decimals. An outflow < 0 or a latency <= 0 is [ErrInvalid].
func BridgeReserve(outflowPerMinute decimal.Decimal, latency time.Duration) (decimal.Decimal, error) {
	if err := checkNotNegative("outflowPerMinute", outflowPerMinute); err != nil {
		return decimal.Decimal{}, err
	}
	if err := checkDuration("latency", latency); err != nil {
		return decimal.Decimal{}, err
	}
	return over(outflowPerMinute, latency), nil
}

// BridgeBuffer returns the buffer to hold in practice: 1.1 × outflowPerMinute ×
// (p99 latency + one block). The plan's bound leaves nothing for the block in
// which the shortage is noticed: in simulation under five times the flow, at
// 1.0 times the bound two chains drifted 15.6 bps apart, at 1.1 times 10.0,
// and at 0.9 times parity was lost.
func BridgeBuffer(outflowPerMinute decimal.Decimal, latencyP99, block time.Duration) (decimal.Decimal, error) {
	if err := checkDuration("block", block); err != nil {
		return decimal.Decimal{}, err
	}
	if _, err := BridgeReserve(outflowPerMinute, latencyP99); err != nil {
		return decimal.Decimal{}, err
	}
	return over(outflowPerMinute.Mul(bridgeMargin), latencyP99+block), nil
}

var bridgeMargin = decimal.New(11, -1)
