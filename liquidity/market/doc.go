// Package market says how liquid an instrument is, for the size somebody wants to
// sell, and how to get out of it.
//
// An [IndexModel] makes an index from 0 to 100 out of the book, the tape and, in
// the case of [SeedModel], of auction and maker:
//
//	SeedModel        0.30 spread + 0.25 depth + 0.25 turnover + 0.20 volume, plus points
//	CalibratedModel  cost^0.30 depth^0.25 activity^0.25 turnover^0.20
//
// The first is the liquidity-risk translator's, kept to the last digit. The second
// answers for a size, does not depend on units, and lets the weakest part count
// most; its parameters are judgement. Neither hides missing data behind a middling
// number: the level is then [Insufficient], with what is missing.
//
// A [Recommender] returns all four ways out: market maker, auction, RFQ window,
// tokenized P2P. A route that is not available says why, and what size would pass;
// one that is has a price, a fill probability with its interval, and times. What
// is allowed is data: a [Policy], applied as the translator did ([SeedCompatible])
// or in full ([Enforced]).
//
// Put a [Snapshot] together, make a [Desk] of a model and a recommender, and call
// [Desk.Assess]. [Desk.WhatIf] asks again under a [Stress], [JointExit] sells
// several positions at once, [Forecast] says where index and spread may be, and
// [Judge] and [NewRecord] feed back what became of recommendations.
//
// # Glossary
//
//   - touch: the best bid and ask, and what is shown there.
//   - depth: what the visible book shows on both sides.
//   - path: one of the four ways out; route: a path as it is now, for one sale.
//   - refusal: a reason for which a route is not available.
//   - constraint: what limits a route that is.
//   - cap: the largest size that a policy lets a path take.
//
// All of it is pure: time is an argument, equal input gives equal bytes, and the
// host's time zones are read when a recommender is made and not again. Prices,
// sizes and probabilities are decimals. Powers, roots and logarithms are float64,
// which go in and out by two functions and keep 12 digits.
package market
