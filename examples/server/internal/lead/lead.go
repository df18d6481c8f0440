// Package lead says which of several servers on one database decides. The journal
// is the lease: whoever wrote it last leads, until it has been silent for a while.
//
// A server leads until the store refuses what it appends, since another one was
// quicker. From then on it stands by, and takes the lead when nothing was written
// for its patience. Two that both believe to lead are harmless: the store lets one
// of two records stand, and nothing is done before its record stands.
package lead

import "time"

// Watch is one server's view of one journal. The zero Watch leads. Not safe for
// concurrent use.
type Watch struct {
	follows bool
	head    uint64    // newest record that was seen
	since   time.Time // when it was first seen, by the clock of this server
}

// Leads reports whether this server decides, without a look at the journal.
func (w *Watch) Leads() bool { return !w.follows }

// Follow notes that another server has written the journal.
func (w *Watch) Follow(now time.Time) { *w = Watch{follows: true, since: now} }

// Hear notes the number of the journal's newest record as of now, and reports
// whether this server decides from now on, since nothing was written for patience.
// The records' own times are of another server's clock and prove nothing here.
func (w *Watch) Hear(newest uint64, now time.Time, patience time.Duration) bool {
	if !w.follows {
		return true
	}
	if newest != w.head {
		w.head, w.since = newest, now
	}
	w.follows = now.Sub(w.since) < patience
	return !w.follows
}
