// Package gate is one account at Gate Spot, and the proofs of open orders that
// Gate lets third parties replay.
//
// A request is signed with the HMAC-SHA512, in hex, of its method, path, query,
// the SHA-512 of its body, and the time in seconds (Gate APIv4, "API Signature
// string generation"), so a signature fits no other request. Several proofs a
// second carry the times of the seconds to come, so more than five are not taken
// at once.
//
// What the API limits:
//   - A client id goes into the field text behind "t-". Gate does not promise
//     that it is unique, so Place looks before it sends. It finds a finished
//     order by it for an hour only; [Client.Order] lists what finished within the
//     last day, and is [exchange.ErrNotFound] for what is older.
//   - Open orders come in pages of 100 without a mark to go on from: an order that
//     leaves the book between two pages may hide another one until the next look.
//     A proof shows one page, of at most [MaxProofOrders].
//   - Trades are asked for by 30 days at most, from 2018 on: [Client.Fills] asks
//     once for each.
//
// Call [New] for an account, [NewProver] and [NewVerifier] for the two sides of
// a proof. Fields, limits and labels of errors are those of APIv4,
// https://www.gate.com/docs/developers/apiv4.
package gate
