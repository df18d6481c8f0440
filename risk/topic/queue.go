package topic

import "time"

// QueueSize is how many frames wait for a slow reader at most.
const QueueSize = 256

// Patience is how soon after an overflow another one is one too many.
const Patience = 10 * time.Second

// Fate is what became of a frame for a slow reader.
type Fate int

// The fates.
const (
	Queued    Fate = iota + 1
	Coalesced      // the queue was full: of each topic only its newest frame is left
	Overrun        // the queue was full again too soon: the reader is given up
)

// Queue is what waits for a reader, of all its topics. When it overflows, of each
// topic only the newest frame stays: its Prev shows the gap, for which the reader
// gets a snapshot. Frames that are neither events nor snapshots, such as answers,
// all stay. The zero Queue is empty. Not safe for concurrent use.
type Queue struct {
	waiting    []*Encoded
	overflowed time.Time // last; zero for never
}

// Push adds a frame. After [Overrun] nothing waits any more.
func (q *Queue) Push(f *Encoded, now time.Time) Fate {
	q.waiting = append(q.waiting, f)
	if len(q.waiting) <= QueueSize {
		return Queued
	}
	soon := !q.overflowed.IsZero() && now.Sub(q.overflowed) < Patience
	q.overflowed = now
	q.coalesce()
	if soon || len(q.waiting) > QueueSize {
		q.waiting = nil
		return Overrun
	}
	return Coalesced
}

func (q *Queue) coalesce() {
	newest := map[Topic]*Encoded{}
	for _, f := range q.waiting {
		if f.Type != "" { // what is no event stands in for none
			newest[f.Topic] = f
		}
	}
	left := make([]*Encoded, 0, QueueSize)
	for _, f := range q.waiting {
		if f.Type == "" || newest[f.Topic] == f {
			left = append(left, f)
		}
	}
	q.waiting = left
}

// Pop takes out the frame that has waited longest, or returns nil.
func (q *Queue) Pop() *Encoded {
	if len(q.waiting) == 0 {
		return nil
	}
	f := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
	return f
}
