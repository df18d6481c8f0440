package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
)

// Wei returns an amount of tokens in the token's smallest unit, rounded down.
// decimals are the token's (6 for cUSDT, 18 for rates and for K). It returns
// ErrInvalid for a negative amount and for 2^256 wei or more.
func Wei(amount decimal.Decimal, decimals uint8) (uint256.Int, error) {
	return fixed(amount, int32(decimals))
}

// Tokens returns an amount of wei in tokens, exactly.
func Tokens(wei uint256.Int, decimals uint8) decimal.Decimal {
	return decimal.NewFromBigInt(wei.ToBig(), -int32(decimals))
}

// PriceWei returns a price in quote per base, in whole tokens, as a pool has it:
// wei of quote per wei of base, times 1e18, rounded down. It returns ErrInvalid
// for a negative price, for one that rounds to 0, and for 2^256 or more.
func PriceWei(price decimal.Decimal, baseDecimals, quoteDecimals uint8) (uint256.Int, error) {
	i, err := fixed(price, priceScale(baseDecimals, quoteDecimals))
	if err == nil && i.IsZero() {
		return i, fmt.Errorf("%w: price %se%d: must be at least 1e-%d", ErrInvalid, price.Coefficient(), price.Exponent(), priceScale(baseDecimals, quoteDecimals))
	}
	return i, err
}

// Price returns a pool's price in quote per base, in whole tokens, exactly.
func Price(i uint256.Int, baseDecimals, quoteDecimals uint8) decimal.Decimal {
	return decimal.NewFromBigInt(i.ToBig(), -priceScale(baseDecimals, quoteDecimals))
}

func priceScale(baseDecimals, quoteDecimals uint8) int32 {
	return 18 + int32(quoteDecimals) - int32(baseDecimals)
}

// fixed is x*10^scale rounded down.
func fixed(x decimal.Decimal, scale int32) (uint256.Int, error) {
	var z uint256.Int
	if x.IsNegative() {
		return z, fmt.Errorf("%w: amount %se%d: must not be negative", ErrInvalid, x.Coefficient(), x.Exponent())
	}
	digits := int64(x.NumDigits()) + int64(x.Exponent()) + int64(scale) // before the point, after scaling
	if x.IsZero() || digits <= 0 {
		return z, nil
	}
	if digits > 78 || z.SetFromBig(x.Shift(scale).BigInt()) { // 2^256 has 78
		return uint256.Int{}, fmt.Errorf("%w: amount of %d digits at scale %d: must be below 2^256", ErrInvalid, digits, scale)
	}
	return z, nil
}
