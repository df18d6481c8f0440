package chain

import (
	"fmt"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
)

// FromUnits returns a number of smallest units, with so many digits after the point,
// as a decimal. It is exact.
func FromUnits(units uint256.Int, decimals int32) decimal.Decimal {
	return decimal.NewFromBigInt(units.ToBig(), -decimals)
}

// ToUnits is the inverse of [FromUnits]. It rounds nothing: what is not a whole number
// of units, or not from 0 to 2^256 - 1 of them, is [ErrInvalid].
func ToUnits(x decimal.Decimal, decimals int32) (uint256.Int, error) {
	units := x.Shift(decimals)
	whole := units.BigInt()
	if !units.IsInteger() || whole.Sign() < 0 || whole.BitLen() > 256 {
		return uint256.Int{}, fmt.Errorf("%w: amount %v: must be a whole number of units of 10^-%d, from 0, below 2^256", ErrInvalid, x, decimals)
	}
	var u uint256.Int
	u.SetFromBig(whole)
	return u, nil
}

// gweiDigits of gwei stand after the point: 10^9 wei are one.
const gweiDigits = 9

// GasPrice returns gwei in wei, rounded up, and at least one of them: a price of 0
// would be refused. What is no price becomes one wei, too: better not mined than at
// any price.
func GasPrice(gwei decimal.Decimal) uint256.Int {
	wei, err := ToUnits(gwei.RoundUp(gweiDigits), gweiDigits)
	if err != nil || wei.IsZero() {
		return *uint256.NewInt(1)
	}
	return wei
}
