// Package risk says what a person should know about an instrument before selling
// it: how risky it is, how liquid, how to get out, and how sure anybody can be. It
// says so in plain English, and can prove afterwards what it was said from.
//
//	risk        0.25 liquidity + 0.25 credit + 0.15 rate + 0.10 refinancing
//	            + 0.10 leverage + 0.05 governance + 0.05 legal + 0.05 ESG
//	confidence  0.4 risk + 0.3 liquidity + 0.3 ways out
//
// Scores are 0 to 100, and more is riskier; package risk/score makes them of
// [Facts] unless somebody states them. The liquidity profile and the ways out are
// those of liquidity/market. What is not known is named, lowers the confidence and
// widens the interval of the score; if too much is, there is no score. Nothing is
// made up in silence: where a bond's rating, tenor or class of issuer is not known,
// the policy assumes one, and a caveat says so. More is made up only if a
// configuration asks for what the liquidity-risk translator did ([AsSeed]).
//
// Start from [Careful], make an [Engine] with [New], and call [Engine.Translate].
// To follow an instrument, give the engine and its [World] to an evenkeel.Runner
// under [Key]: each look is translated and journaled, and people are told of what
// changed, and alerted when risk is critical, liquidity falls, a way out closes, or
// data are missing or old.
//
// A [Translation] has everything. Whatever leaves the house goes through [View],
// which knows what each [Role] may see; [SnapshotOf] and [PayloadOf] show parts of a
// view to those who listen. Every number of a full view says where it is known from.
// [Engine.Hash] identifies all that a translation was made from.
//
// Whoever holds several instruments asks [Engine.Leave], which lets them share makers
// and auctions; [ViewPortfolio] says what a role may see of it.
//
// # Glossary
//
//   - category: one of the eight respects in which an instrument is rated.
//   - fact: what is known of one category, with its evidence.
//   - way out, route, path: as in liquidity/market.
//   - look: one step of an engine, at one instrument.
//   - event: something that people are told; it keeps its number for ever.
//   - track: what an engine has learnt of an instrument, and of itself.
package risk
