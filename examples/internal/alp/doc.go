// Package alp is the client's side of the ALP wire, which pays liquidity
// providers for the orders that they keep open near a peg: register once, hand in
// a signed request for the own open orders each minute, look at what it earned.
//
// Every answer of the server is bounded, read as numbers that stay exact, and
// refused when it is not what the wire promises. Every request is sealed with the
// provider's own Ed25519 key, which a hardened server checks and any other one
// ignores:
//
//	signature = Ed25519(method \n path \n hex(sha256(body)) \n timestamp \n nonce)
//
// Call [New], then [Client.Register] and [Client.Submit]. A server calls [Open]
// on what it gets, and [Submission.Proof].
package alp
