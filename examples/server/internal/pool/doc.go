// Package pool is a running liquidity pool: who registers, whose proofs come in,
// the round that shares the rewards, the payout that hands them out.
//
// All that it touches is opened in one place, [OpenPorts]. All that may change
// while it runs is one [Snapshot], which is swapped as a whole. Call [Open], then
// [Pool.Run]; a test calls [Pool.Round] and [Pool.Payout] and says itself what
// time it is.
package pool
