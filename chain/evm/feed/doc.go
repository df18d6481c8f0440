// Package feed reads prices from oracle contracts.
//
// The problem: a contract answers with the last number that was written to it, however
// old, wrong or unfinished, and never says that it has none. The [Aggregator] of this
// package asks a contract of Chainlink's interface (AggregatorV3Interface) and stands by
// an answer only when
//
//   - it has the decimals that were configured, is positive and lies between bounds of
//     our own: an aggregator clips at its built-in ones, and went on answering 0.10 USD
//     while LUNA traded far below (May 2022);
//   - its round is complete, and was answered in that round, not carried over;
//   - it was updated at or before now, and not longer ago than the contract's heartbeat
//     allows.
//
// Both numbers are read at one block, of whatever finality the chain.Client calls
// Head. Call [New] first; several aggregators, or an aggregator and a venue, make one
// feed through package exchange.
package feed
