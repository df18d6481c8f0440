// Package binance is one account at Binance Spot, and the proofs of open orders
// that Binance lets third parties replay.
//
// A request is signed with the HMAC-SHA256 of its encoded parameters, in hex.
// The signature binds neither method nor path (Binance Spot REST API, "Request
// security"): the same parameters that list the orders of a symbol would cancel
// all of them. So make proofs with a key that may only read, and let [Verifier]
// build the request.
//
// A client id is unique among open orders only, so Place looks before it sends.
// Fills do not name the client id of their order; it is looked up, once.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields, limits and error codes are those of the Spot REST API,
// https://developers.binance.com/docs/binance-spot-api-docs.
package binance
