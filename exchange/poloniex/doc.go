// Package poloniex is one account at Poloniex Spot, and the proofs of open
// orders that Poloniex lets third parties replay.
//
// A request is signed with the HMAC-SHA256, in base64, of its method, path, and
// sorted parameters or body, with the time among them (Poloniex HTTP API,
// "Authentication"), so a signature fits no other request. How long it is taken
// for is a header that is not signed; we ask for [exchange.MaxProofAge].
//
// What the API limits:
//   - Poloniex does not promise that a client id stays unique, so Place looks
//     before it sends.
//   - Placing is answered with an id alone, before the order is matched, so it is
//     looked at then. A post-only order that is cancelled by that time, without a
//     fill, is [exchange.ErrWouldCross]: Poloniex does not say why it cancels.
//   - All open orders come in one answer: an account may have 2000.
//   - Trades older than 180 days are archived, so [Client.Fills] does not show
//     them.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof. Fields, limits and error codes are those of the Spot HTTP API,
// https://api-docs.poloniex.com/spot.
package poloniex
