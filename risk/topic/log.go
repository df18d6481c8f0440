package topic

// Arrival is what a frame is to its reader when it comes.
type Arrival int

// The arrivals.
const (
	Gap       Arrival = iota + 1 // something before it was not read
	Duplicate                    // it was read, or what came after it
	Next                         // it follows what was read last
)

// Cursor is how far somebody has read a stream. The zero Cursor has read nothing
// and wants a snapshot.
type Cursor struct {
	seq   uint64
	begun bool
}

// From returns the cursor of who has read all up to seq.
func From(seq uint64) Cursor { return Cursor{seq, true} }

// Seq is the number that was read last, 0 for none.
func (c Cursor) Seq() uint64 { return c.seq }

// Begun reports whether anything was read.
func (c Cursor) Begun() bool { return c.begun }

// Read says what a frame is to the reader, and moves on if it is [Next].
func (c *Cursor) Read(f Frame) Arrival {
	switch {
	case c.begun && f.Seq <= c.seq:
		return Duplicate
	case f.Type == Snap || c.begun && f.Prev <= c.seq:
		*c = From(f.Seq)
		return Next
	default:
		return Gap
	}
}

// Bounds of a [Log].
const (
	maxKept  = 64
	maxEarly = 64
)

// Log is the newest frames of a stream, in order: it sorts what comes out of order
// and more than once, and answers who has read up to a number. It keeps 64 frames,
// and 64 more that came too early. The zero Log is empty. Not safe for concurrent
// use.
type Log struct {
	end   Cursor
	kept  []*Encoded // each the next after the one before
	early []*Encoded
}

// Add takes a frame and returns those that are next, in order: none if it was
// known, or if something before it is missing. What is next stays until something
// newer needs its room, or a snapshot makes it old.
func (l *Log) Add(f *Encoded) (next []*Encoded, is Arrival) {
	is = l.end.Read(f.Frame)
	if is == Gap {
		if len(l.early) == maxEarly { // a snapshot is due, which may make all of them old
			l.early = l.early[:0]
		}
		l.early = append(l.early, f)
	}
	if is != Next {
		return nil, is
	}
	next = append(next, f)
	for again := true; again; {
		again = false
		for _, e := range l.early {
			if l.end.Read(e.Frame) == Next {
				next, again = append(next, e), true
			}
		}
	}
	l.settle(next)
	return next, is
}

// settle keeps what is next, and forgets what can no longer be.
func (l *Log) settle(next []*Encoded) {
	waiting := l.early[:0]
	for _, e := range l.early {
		if e.Seq > l.end.seq {
			waiting = append(waiting, e)
		}
	}
	clear(l.early[len(waiting):])
	l.early = waiting
	for _, f := range next {
		if f.Type == Snap {
			l.kept = l.kept[:0]
			continue
		}
		if len(l.kept) == maxKept {
			copy(l.kept, l.kept[1:])
			l.kept = l.kept[:maxKept-1]
		}
		l.kept = append(l.kept, f)
	}
}

// End is how far the log goes. It has not begun before the first snapshot.
func (l *Log) End() Cursor { return l.end }

// Since returns the frames after seq; false if they are no longer kept, or if the
// stream never had that number, so that the reader needs a snapshot.
func (l *Log) Since(seq uint64) ([]*Encoded, bool) {
	if !l.end.begun {
		return nil, false
	}
	if seq == l.end.seq {
		return nil, true
	}
	for i, f := range l.kept {
		if f.Prev == seq {
			return append([]*Encoded(nil), l.kept[i:]...), true
		}
	}
	return nil, false
}
