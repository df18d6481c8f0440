// Package coinbase is one account at Coinbase Advanced Trade, and the proofs of
// open orders that Coinbase lets third parties replay for two minutes.
//
// A request carries a token, a JWT of its own: who asks, the method, host and
// path, and from when to when, under an ES256 signature (Coinbase App API,
// "Authentication"; RFC 7515, 7518 and 7519). The token binds neither query nor
// body. So one token lists the orders of every pair and on every page, and
// [Verifier] builds the query; make proofs with a key that may view and nothing
// else. It makes the token itself, too, of the proof's key and time, and takes
// no more than the signature from the proof. Every proof is signed with fresh
// randomness, so the same proof is never made twice.
//
// Orders cannot be asked for by client id. Place reads the open ones and those of
// two days back before it sends, and Coinbase, which takes a client id once,
// answers a repeat of an older one with the order that it names. Order reads back
// to the order that it seeks, to the account's first one if there is none. Both
// remember the ids that they have seen.
//
// Fees are those of the account's tier. Coinbase charges less for some pairs, of
// stablecoins above all, and does not say for which. Open orders are limit
// orders with and without an end time; Coinbase lists no more than 1000 open
// ones of an account.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields and reasons are those of the Advanced Trade REST API,
// https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis.
package coinbase
