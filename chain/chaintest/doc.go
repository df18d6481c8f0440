// Package chaintest holds every [chain.Client] to the promises of the port.
//
// The problem: an engine that trades on one chain in tests and on another in
// production is only as good as what the two have in common. This suite is that
// common part; an adapter's test is a function that opens a Fixture and a call of
// [Run].
//
//	func TestClient(t *testing.T) { chaintest.Run(t, open) }
package chaintest
