// Package paper is an order-book venue in memory: the double for tests, the
// market of simulations, the venue of a dry run.
//
// It matches by price, then time, and is deterministic: it has no clock (the
// host moves time with [Venue.Advance]), draws nothing at random and does not
// depend on map order, so equal calls give equal fills, names and times. Value
// is conserved exactly: of each asset, what the accounts have plus the fees is
// what was deposited less what was withdrawn.
//
// What goes wrong at a real venue is scripted per account with
// [Account.Script]: rejections, rate limits, lost answers, late orders.
//
// [Handler] serves a venue's open orders over HTTP to whoever brings a proof,
// and [NewVerifier] asks there: a pool and its providers can be tried out in two
// processes on one machine.
//
// Call [New], then [Venue.Account] and [Account.Deposit]; the Account is an
// exchange.Client. A venue remembers every order and fill it ever saw.
package paper
