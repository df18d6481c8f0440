package parity

import "github.com/shopspring/decimal"

// distrust returns why the two blocks cannot be compared, or "".
func (t *turn) distrust() Reason {
	a, b := t.seen.Blocks[0], t.seen.Blocks[1]
	if a == nil || b == nil {
		return Unreachable
	}
	if t.silent() {
		return ChainHalted
	}
	if t.skewed() {
		return Skew
	}
	for _, side := range []*Block{a, b} {
		age := side.Time.Sub(side.Oracle.At)
		switch {
		case side.Oracle.Fault != "":
			return side.Oracle.Fault
		case !side.Pool.IsPositive() || !side.Oracle.Value.IsPositive():
			return PriceInvalid
		case age > t.cfg.MaxOracleAge || -age > t.cfg.MaxOracleAge:
			return OracleStale
		}
	}
	if !a.Oracle.At.Equal(b.Oracle.At) || !a.Oracle.Value.Equal(b.Oracle.Value) {
		return OracleDiffers
	}
	return ""
}

// silent reports whether a chain has had no block for HaltBlocks of its block
// times.
func (t *turn) silent() bool {
	for i, b := range t.seen.Blocks {
		if t.now.Sub(b.Time) > times(t.cfg.Chains[i].BlockTime, t.cfg.HaltBlocks) {
			return true
		}
	}
	return false
}

// skewed reports whether a block is older than the other by more than SkewBlocks
// of its own chain.
func (t *turn) skewed() bool {
	a, b := t.seen.Blocks[0].Time, t.seen.Blocks[1].Time
	return b.Sub(a) > times(t.cfg.Chains[0].BlockTime, t.cfg.SkewBlocks) ||
		a.Sub(b) > times(t.cfg.Chains[1].BlockTime, t.cfg.SkewBlocks)
}

// measure takes the spread, and counts the blocks in a row that are out of band.
func (t *turn) measure() {
	for i, b := range t.seen.Blocks {
		t.price[i] = b.Pool
	}
	t.d.SpreadBps = spreadBps(t.price[0], t.price[1])
	t.e = t.d.SpreadBps.Abs()
	sign := t.d.SpreadBps.Sign()
	if t.e.Cmp(t.cfg.EnterBps) <= 0 {
		t.calm()
		return
	}
	if sign != t.s.Sign {
		t.calm()
		t.s.Sign = sign
	}
	for i := range t.s.Counts {
		if t.fresh[i] {
			t.s.Counts[i]++
		}
	}
}

// worth turns an amount of a token on a chain into units of Base, at the pool's
// price there.
func (t *turn) worth(chain int, a Asset, amount decimal.Decimal) decimal.Decimal {
	if a == Base {
		return amount
	}
	return quo(amount, t.price[chain])
}

// units is the inverse of worth.
func (t *turn) units(chain int, a Asset, worth decimal.Decimal) decimal.Decimal {
	if a == Base {
		return worth
	}
	return worth.Mul(t.price[chain])
}
