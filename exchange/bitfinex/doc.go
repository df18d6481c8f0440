// Package bitfinex is one account at Bitfinex, and the proofs of open orders
// that a third party can replay there, once.
//
// A request is signed with the HMAC-SHA384 of "/api", its path, nonce and body,
// in hex (Bitfinex API v2, "REST Auth"). A nonce must be higher than every one
// that its key used before. So the calls of one [Client] go one after the other,
// and proofs need a key of their own: the next call of a shared one would
// overtake the proof on its way.
//
// Bitfinex takes prices of five significant digits and cuts off the rest. A
// Market has one tick, so it is what five digits leave at a tenth above the price
// of now, and 0.00000001 where there is no price; Place refuses a price of more
// digits. Amounts have eight decimals.
//
// Bitfinex names some assets in its own way: UST is USDT, UDC is USDC. The pairs
// and balances of this package say it as everybody else does; assets that it
// does not know keep Bitfinex's name.
//
// A client id of Bitfinex is a number of 45 bits, and nothing keeps two orders
// from having the same, so Place looks before it sends. An order's number is made
// of its ClientID, by SHA-256, and the ClientID goes along as the order's label.
// Orders without such a label, of others' making, are shown by their number.
// Closed orders are remembered for two weeks and cannot be asked for by number:
// they are read back to the one that is sought, 1000 at a time.
//
// Open orders are the limit orders that everybody sees, of exchange and margin
// wallet alike; a hidden one is not on the book. Balances are those of the
// exchange wallet, from which orders are placed.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof.
//
// Fields, flags and states are those of the API v2, https://docs.bitfinex.com.
package bitfinex
