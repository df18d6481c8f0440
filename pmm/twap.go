package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
)

// TWAP accumulates price times seconds, in two ways.
//
// PostTrade is the contracts' own (DSPVault.sol _twapUpdate): each change of
// the reserves charges the price after it to the whole time before it, although
// another price stood then. So the last trade of a block sets the average of
// all the time since the trade before: it can be manipulated within one
// transaction, and a large trade pollutes it even without malice.
//
// PreTrade charges the price before a change to the time that it stood. To move
// it a manipulated price must outlive its block. Use it where a flash loan must
// not be seen.
type TWAP struct {
	Open      bool        `json:"open"`      // whether anything is accumulated
	Last      uint32      `json:"last"`      // Time of the last charge
	PostTrade uint256.Int `json:"postTrade"` // wraps at 2^256, as the contract's
	PreTrade  uint256.Int `json:"preTrade"`  // wraps at 2^256
	Seconds   uint64      `json:"seconds"`   // that PreTrade covers: those with a price
}

// charge is DSPVault.sol _twapUpdate, after the reserves have changed from was
// to next. The contract reverts with the price, so s does; PreTrade leaves time
// without a price out.
func (t *TWAP) charge(s *safe, was, next *curve, now uint32) {
	elapsed := now - t.Last // modulo 2^32, as the contract's
	t.Last = now
	if elapsed == 0 {
		return
	}
	t.hold(was, elapsed)
	if next.b.isZero() || next.q.isZero() {
		return
	}
	charged, _ := next.price(s).times64(uint64(elapsed))
	sum, _ := of(t.PostTrade).plus(charged)
	t.PostTrade = sum.u256()
}

// hold charges the price of c to PreTrade.
func (t *TWAP) hold(c *curve, elapsed uint32) {
	var s safe
	charged, _ := c.price(&s).times64(uint64(elapsed))
	if s.revert != "" || c.b.isZero() || c.q.isZero() {
		return
	}
	sum, _ := of(t.PreTrade).plus(charged)
	t.PreTrade = sum.u256()
	t.Seconds += uint64(elapsed)
}

// Now returns p's accumulators as they are at p.Time, after any change by then:
// PreTrade with the time since Last at the current price, PostTrade as the
// contract would have it if its sync were called. It reverts where sync would.
func (p Pool) Now() (TWAP, error) {
	c, err := p.Curve.nums()
	if err != nil {
		return p.TWAP, err
	}
	var s safe
	now := p.TWAP
	if now.Open {
		now.charge(&s, &c, &c, p.Time)
	}
	if err := s.err(); err != nil {
		return p.TWAP, err
	}
	return now, nil
}

// PreTradeMean returns the price held on average since the earlier reading,
// rounded down. It returns ErrInvalid when no time with a price lies between.
func (t TWAP) PreTradeMean(earlier TWAP) (uint256.Int, error) {
	if t.Seconds <= earlier.Seconds {
		return uint256.Int{}, fmt.Errorf("%w: Seconds %d: must be above the earlier reading's %d", ErrInvalid, t.Seconds, earlier.Seconds)
	}
	sum, _ := of(t.PreTrade).minus(of(earlier.PreTrade))
	return sum.quo64(t.Seconds - earlier.Seconds).u256(), nil
}

// PostTradeMean returns the contract's average since the earlier reading,
// rounded down, for readings less than 2^32 seconds apart. It returns
// ErrInvalid when no time lies between.
func (t TWAP) PostTradeMean(earlier TWAP) (uint256.Int, error) {
	elapsed := t.Last - earlier.Last
	if elapsed == 0 {
		return uint256.Int{}, fmt.Errorf("%w: Last %d: must differ from the earlier reading's", ErrInvalid, t.Last)
	}
	sum, _ := of(t.PostTrade).minus(of(earlier.PostTrade))
	return sum.quo64(uint64(elapsed)).u256(), nil
}
