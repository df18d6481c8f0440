// Package monitor is the engine that watches a reserve: it grades what is
// available, warns before it is gone, and asks the vault for refills.
//
// Each [Engine.Step] compares bucket B with required = SF × P × T (package
// reserve). P is the largest of a configured peak, the 99.9% quantile of minute
// net outflows over the last 30 days, and the minute that their tail brings once
// in a year; it is estimated anew every six hours from a bounded histogram.
//
// The announced level worsens at once and improves only after five minutes on
// which everything was better, so an alarm cannot flicker. When the mean outflow
// of the last five minutes would empty the reserve within the window T, the
// level is HIGH however much there is now.
//
// Refills go from E to B, and from E to D where a bridge buffer is kept. They
// stay within the vault's balance and a sliding daily cap, one request for each
// bucket at a time, and a request stands until an observation says what became
// of it. Whoever carries one out, a World, collects the approvals and books it
// in a reserve.Ledger, which checks the same limits again.
//
// Start with [New]; feed Step one [Observation] a minute, or one a block.
package monitor
