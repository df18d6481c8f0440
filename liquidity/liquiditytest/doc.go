// Package liquiditytest holds the laws of liquidity.Executor and of
// chronicle.Chronicle.
package liquiditytest
