// Package reserve says how much must be held so that a peg can be defended,
// and keeps the books of what is held.
//
// A stabilizer buys time: while flow runs one way it pays it out of a reserve.
// With P the peak net outflow per minute, T the minutes that a rebalance takes
// and SF a safety factor, Vault plan §7 asks for
//
//	required = SF × P × T          (3 × 10,000 × 5 = 150,000)
//
// [Required] computes it, [EstimatePeak] finds P in history, [LevelOf] and
// [Runway] say where a reserve stands against it, and [StressGate] runs a
// reserve through five times the projected flow. [BridgeReserve] and
// [BridgeBuffer] size the liquidity that waits at each end of a bridge.
//
// [Ledger] is the double-entry book of capital in five buckets (Vault plan
// §13); its rules say which activity may spend which bucket. Package monitor is
// the engine that watches a reserve and asks for refills.
//
// # Glossary
//
//   - peak (P): the net outflow, in units per minute, that a reserve must meet
//   - window (T): the time that a rebalance takes
//   - factor (SF): how many times P × T is held; 3 to 5, and 5 by default,
//     because less than 5 cannot pass the five-fold stress test of §15
//   - coverage: available / required
//   - runway: how long what is available lasts at a given outflow
//   - bucket: capital set aside for one purpose
//
// Amounts are decimals in whole units of an asset. Statistics are float64 and
// cross over in two functions only, [Floats] and units.
package reserve
