// Package bybit is one unified trading account at Bybit Spot, and the proofs of
// open orders that Bybit lets third parties replay.
//
// A request is signed with the HMAC-SHA256, in hex, of its timestamp, key,
// window and query or body (Bybit V5, "Integration Guidance"). The signature
// binds neither method nor path: that of a list of orders fits every other GET
// with the same query. So make proofs with a key that may only read, and let
// [Verifier] build the request.
//
// A proof shows one page of [MaxProofOrders] orders, since the cursor of the next
// one would have to be signed as well. With a full page [Verifier.Verify] returns
// exchange.ErrInvalid rather than a part.
//
// Bybit accepts an order or a cancellation first and carries it out a moment
// later, so Place looks at what became of its order, and says
// exchange.ErrUnknownOutcome while there is nothing to see. A client id is unique
// among open orders only, so Place looks before it sends as well. Bybit shows
// orders that were cancelled without a fill for seven days, and fills for two
// years.
//
// The account should trade spot without borrowing: what derivatives hold of a
// balance is not seen here, and a balance below zero is an error.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields, limits and error codes are those of the V5 API,
// https://bybit-exchange.github.io/docs/v5/intro.
package bybit
