// Package okx is one account at OKX Spot, and the proofs of open orders that OKX
// lets third parties replay.
//
// A request is signed with the HMAC-SHA256, in base64, of its timestamp, method,
// path with query, and body (OKX V5, "REST Authentication"). A key has a third
// part, the passphrase, which goes along with every request and so with a proof.
// It is of no use without the secret; still, make proofs with a key of its own,
// that may only read and shares its passphrase with no other.
//
// A proof shows one page of [MaxProofOrders] orders, since the next one would
// have to be signed as well. With a full page [Verifier.Verify] returns
// exchange.ErrInvalid rather than a part.
//
// OKX accepts an order first and matches it then, so Place looks at what became
// of its order. A client id is unique among open orders only, so Place looks
// before it sends as well.
//
// OKX forgets an order that was cancelled without a fill after two hours. This
// is shorter than the day that exchange.Trader promises: who repeats a Place
// later than that places anew. Fills are kept for three months.
//
// The account is in spot or futures mode; the margin modes refuse the orders of
// this package, which borrow nothing.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields, limits and error codes are those of the V5 API,
// https://www.okx.com/docs-v5/en.
package okx
