// Package venue holds the exchanges that the pool knows: who replays a provider's
// proof there, and who quotes prices.
//
// test_exchange is nobody's: it answers a proof of the paper venue with the
// orders there, and any other request with the [Sample].
package venue
