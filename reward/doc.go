// Package reward pays those who provide liquidity: a fixed reward per round and
// market, shared among the open orders that stand close enough to the peg.
//
// Each order takes the rank with the tightest tolerance that its deviation
// fits:
//
//	deviation = 1 - min(price, peg) / max(price, peg) <= tolerance
//
// and each round shares, from the top down,
//
//	pot  = reward × min(1, total / target)         of a market
//	side = pot  × the side's ratio                 ask, bid
//	rank = side × the rank's ratio
//	credit = rank × amount / total of the rank     of an order
//
// (ALP server, README and the rules of its credit round). Every level is split
// by largest remainder (Hamilton): the parts differ from their exact quotas by
// less than the last unit and sum to the whole. What nobody earned, an empty
// rank's part or what the ratios leave over, stays in the grant account that
// funds the pool.
//
// A market may instead buy its liquidity from those who ask least: see [Auction].
//
// Start with [New] and feed Step one [Observation] per round. [Engine.Place]
// tells a provider the rank of an order at once, [Sight] reads an order of a
// venue, [ParseAddress] checks where a reward is to be paid. [Ledger] is what
// the engine needs of a database, and [World] the two together.
//
// # Glossary
//
//   - unit: the currency that the pegged asset trades against, such as "btc"
//   - market: one unit at one exchange
//   - peg: the price at which an order would be exactly on target
//   - rank: a band around the peg and the part of a side's reward it earns
//   - target: the liquidity for which the whole reward is paid
//   - sighting: one order as seen open once; the same order seen again is
//     another sighting
//   - account: who is credited, one registration
//   - grant: what was approved to be paid out
package reward
