// Package venuetest is what the doubles of the venues share. A double speaks one
// venue's wire over HTTP, so that the adapter's own bytes are tested: it checks
// signatures as the venue does, trades on a paper venue, and loses answers when
// told to: one by one, or seeded and in numbers, in a [Double.Storm].
//
// A venue's test describes its double with a [Wire] and opens it with [New]; the
// fixtures for package exchangetest are [Double.Fixture], [Double.ProofFixture]
// and [Double.StormFixture], the published signatures are read by [Signatures].
package venuetest
