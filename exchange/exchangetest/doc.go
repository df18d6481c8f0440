// Package exchangetest holds the laws of the ports of package exchange: each
// promise in their comments is a case here, and every adapter runs them.
//
//	func TestVenueKeepsTheLaws(t *testing.T) {
//		exchangetest.Run(t, open)
//	}
//
// The suites know nothing of what is behind the port, so an adapter of an HTTP
// venue runs them against a local double of that venue.
package exchangetest
