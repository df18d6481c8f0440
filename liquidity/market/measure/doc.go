// Package measure estimates how liquid an instrument has been, from bars of
// prices and of what was traded, where quotes are unknown or not to be believed.
//
// A spread leaves its mark on prices. Trades bounce between bid and ask, so
// successive returns r are negatively correlated ([Series.Roll]):
//
//	spread = 2 sqrt(-cov(r_t, r_t-1))
//
// Highs tend to be asks and lows bids ([Series.CorwinSchultz]), and closes lie
// half a spread off the middle of the range ([Series.AbdiRanaldo]). Impact shows
// in how far prices move for what was traded ([Series.Amihud]) and for what was
// bought on balance ([Series.Kyle]).
//
// Call [Observe] with bars at equal intervals, oldest first, then the methods of
// the [Series]. Each returns an [Estimate]: its value, how far to trust it, or the
// [Reason] why there is none. The measures of one instrument differ, sometimes by
// a multiple, since each is blind to something; compare instruments by the same
// one, and with [Rank] within a segment.
//
// # Glossary
//
//   - bar: what happened in one interval of trading
//   - bps: a basis point, 1/10,000
//   - flow: what takers bought less what they sold, in Quote
//   - spread: ask less bid, in bps of the price; what a round trip costs
//   - term: what one bar or one pair of bars adds to an estimate
//   - value: what was traded, in Quote
//
// Prices become floats in [Observe] alone: nothing here is an amount or becomes
// an order. All of it is pure; equal input gives equal output.
package measure
