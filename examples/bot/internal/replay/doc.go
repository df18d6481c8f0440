// Package replay lets a maker quote through minutes that a market really had, on
// a venue in memory, and says what became of it.
//
// Each minute is three legs of 20 seconds: from its open to the extreme that lies
// against its own direction, to the other extreme, to its close. The maker looks
// at the beginning of a leg and knows the price there, and nothing of what comes.
// Then the leg happens:
//
//	rising    our asks below its end are bought from
//	falling   our bids above its end are sold to
//	amount    a third of what buyers (sellers) took in that minute, x Share
//
// A price that is merely touched takes nothing from us, since others would stand
// there before us. That our orders themselves move nobody is assumed.
//
// Call [Run].
package replay
