// Package kraken is one account at Kraken Spot, and the proofs of open orders
// that a third party can replay there, once.
//
// A request is signed with the HMAC-SHA512, under the decoded secret, of its path
// and the SHA-256 of nonce and body, in base64 (Kraken REST, "Authentication").
// A nonce must be higher than every one that its key used before. So the calls
// of one [Client] go one after the other, and proofs need a key of their own:
// the next call of a shared one would overtake the proof on its way.
//
// Kraken calls bitcoin XBT and dogecoin XDG; pairs and balances of this package
// say BTC and DOGE. Fees are asked for in the quote currency, the only one that
// Kraken's trades name them in.
//
// A client id is unique among open orders only, so Place looks before it sends.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields and errors are those of the Spot REST API, https://docs.kraken.com/api.
package kraken
