// Package venuetest is what the doubles of the venues share. A double speaks one
// venue's wire over HTTP, so that the adapter's own bytes are tested: it checks
// signatures as the venue does, trades on a paper venue, and loses answers when
// told to.
//
// A venue's test describes its double with a [Wire] and opens it with [New]; the
// fixtures for package exchangetest are [Double.Fixture] and
// [Double.ProofFixture], the published signatures are read by [Signatures].
package venuetest
