// Package liquiditytest holds the laws of liquidity.Executor.
package liquiditytest
