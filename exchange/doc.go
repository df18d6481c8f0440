// Package exchange is the vocabulary of an order-book venue, the ports through
// which the rest of the module sees and touches one, and the composition of
// several price sources into one reference price that money may follow.
//
// # Venues
//
// [Client] is one account at one venue. Its promises are few and each is a case
// of package exchangetest: placing twice places once, cancelling what is gone
// succeeds, an answer that was lost says so ([ErrUnknownOutcome]). Package paper
// is a venue in memory. [Prover] and [Verifier] let a liquidity provider show
// its open orders to a pool without handing over a key.
//
// # Prices
//
// A source that is late, wrong or alone must not move money, and a market that
// really moved must not be ignored. [Filter] takes the prints of n sources and
// answers with one price or with the [Reason] why there is none:
//
//	usable   = prints no older than MaxAge
//	agreeing = usable prints within MaxDivergenceBps of the median of the usable
//	value    = median of the agreeing; a quorum and a majority must agree
//
// A value within MaxJumpBps of the last one is taken at once. A farther one is
// taken as far as it and the Confirmations prints before it all agree: a wick of
// up to that many prints never comes out, a move that lasts comes out that many
// prints later. Every price carries the time at which it was seen.
//
// Call [NewFilter], then [NewFeed] with one [Source] per venue.
//
// # Words
//
//   - pair: a market; prices are Quote per Base, amounts are Base
//   - bid, ask: an order that buys, that sells Base
//   - tick, lot: the steps of price and of amount
//   - notional: price x amount, in Quote
//   - ticker: the best prices and the last one traded at
//   - print: one price as one source saw it
//   - bps: 1/10000
package exchange
