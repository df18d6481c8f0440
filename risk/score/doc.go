// Package score says how risky an instrument is, one respect at a time, and why.
//
// A score is 0 to 100, and more is riskier. Up to 25 is low, up to 50 medium, up to
// 75 high, and above that critical. Each is a sum of points for what is known:
//
//	value = clip(points(rating) + points(leverage) + ..., 0, 100)
//
// with the points in [Score].Parts. What is needed and not known makes a score
// [Insufficient], which names what is missing: no score is ever made up. What is
// merely useful and not known counts for nothing either way, and is named too.
//
// Credit, Rate, Liquidity, Concentration and ESG, and the weights of [Profile.Factors], are
// those of the liquidity-risk translator's risk engine. Refinancing, Leverage,
// Governance and Legal are this package's own judgement: simple formulas, fitted
// to nothing.
//
// Fill in what is known of an instrument, such as a [Credit], and call its Score.
// [Join] joins scores, and [Stressed] asks what a shock would make of them.
//
// All of it is pure and exact in decimals, to 18 places.
package score
