// Package seedmarket has the markets that tests of liquidity/market and of risk look
// at: the golden cases of the liquidity-risk translator, and one bond of which
// everything is known.
package seedmarket
