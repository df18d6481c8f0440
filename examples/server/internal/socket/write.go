package socket

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// errEnded ends the goroutines of a connection that was closed.
var errEnded = errors.New("socket: connection ended")

// writeLoop writes what a writer could not, since it takes time: what a client does not
// read at once, what begins with a look into the journal, and goodbyes.
func (c *client) writeLoop(ctx context.Context) error {
	for {
		if err := c.writeAll(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.wake:
		}
	}
}

// writeAll writes all that waits, and then closes if the connection ends.
func (c *client) writeAll(ctx context.Context) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		f, over := c.next()
		if f == nil {
			if err := c.flush(); err != nil || over == nil {
				return err
			}
			_ = c.conn.Close(over.Code, over.Reason)
			return errEnded
		}
		if err := c.deliver(ctx, f); err != nil {
			return err
		}
		if len(c.frames) >= batch {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
}

func (c *client) next() (*topic.Encoded, *websocket.CloseError) {
	if f := c.held; f != nil {
		c.held = nil
		return f, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.Pop(), c.over
}

// deliver gathers a frame. If the client has missed something before, it gets a
// snapshot, and the frame only if that is older.
func (c *client) deliver(ctx context.Context, f *topic.Encoded) error {
	for range 2 { // the answer to a subscription may end before the frame, too
		if c.gather(f) {
			return nil
		}
		s := c.find(f.Topic)
		if s == nil {
			return nil // it has just left the topic
		}
		if err := c.begin(ctx, s); err != nil || c.isLate(s) {
			return err
		}
	}
	return nil
}

// gather takes a frame up into what is written next, if it is the next that the
// client has not read. It reports false if something else must be written before,
// for which one has to look into the journal.
func (c *client) gather(f *topic.Encoded) bool {
	if f.Type == "" && f.Text != nil {
		c.frames = appendText(c.frames, f.Text)
		return true
	}
	s := c.find(f.Topic)
	switch {
	case s == nil: // it has left the topic
		return true
	case s.asked != nil || c.isLate(s):
		return false
	case f.Type == "": // it was there to wake the writer
		return true
	}
	switch s.read.Read(f.Frame) {
	case topic.Next:
		c.take(f)
		return true
	case topic.Gap:
		return false
	default:
		return true
	}
}

// begin answers a subscription: with the frames since the one that the client has
// read, if there are all, or with a snapshot. Without a request a snapshot is due
// to a client that has missed something.
func (c *client) begin(ctx context.Context, s *subscription) error {
	if err := c.flush(); err != nil { // a look can take its time
		return err
	}
	snapshot, err := c.hub.snapshot(ctx, s.stream)
	if err != nil {
		c.noSnapshot(s, err)
		return nil
	}
	if r := s.asked; r != nil {
		s.asked = nil
		var since []*topic.Encoded
		resumed := false
		if r.Resume != nil {
			since, resumed = c.hub.since(s.stream, *r.Resume, snapshot)
		}
		ack := answer{Type: "ack", Action: subscribe, Seq: &snapshot.Seq}
		c.say(ack.about(*r, s.stream.String()))
		if resumed {
			s.read = topic.From(*r.Resume)
			c.replay(s, since)
			return nil
		}
		if r.Resume != nil {
			resync := answer{Type: "resync_required", Seq: &snapshot.Seq}
			c.say(resync.about(*r, s.stream.String()))
		}
	}
	c.setLate(s, false)
	if s.read.Read(snapshot.Frame) != topic.Next {
		return nil
	}
	c.take(snapshot)
	return nil
}

// replay writes the frames that a client comes back for.
func (c *client) replay(s *subscription, frames []*topic.Encoded) {
	for _, f := range frames {
		if s.read.Read(f.Frame) == topic.Next {
			c.take(f)
		}
	}
}

// noSnapshot tells a client that there is no snapshot. Whoever follows the topic already
// gets it when it can be had.
func (c *client) noSnapshot(s *subscription, err error) {
	t := s.stream.Topic
	refusal := refuse(unknownTopic, "topic %s: there is no such instrument", t)
	if !errors.Is(err, topic.ErrUnknown) {
		c.hub.opts.Log.Warn("snapshot", zap.Stringer("topic", t), zap.Error(err))
		refusal = refuse(unavailable, "topic %s: cannot be looked up now, try again", t)
	}
	if s.asked == nil {
		c.setLate(s, true)
		return
	}
	r := *s.asked
	c.drop(s)
	c.say(refusal.about(r, t.String()))
}

func (c *client) setLate(s *subscription, late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.late = late
}

// say gathers an answer.
func (c *client) say(a *answer) { c.frames = appendText(c.frames, c.text(a)) }

// take gathers a frame of a stream.
func (c *client) take(f *topic.Encoded) {
	c.hub.counts.sent.Add(1)
	if f.Type == topic.Snap {
		c.hub.counts.snapshots.Add(1)
	} else {
		c.newest = f.At
	}
	c.frames = appendText(c.frames, f.Text)
}

// flush writes what was gathered, and what was begun before.
func (c *client) flush() error {
	_, err := c.line.Write(c.frames)
	c.empty()
	return err
}

// empty forgets what was gathered, since it is written.
func (c *client) empty() {
	if tell := c.hub.opts.Delivered; tell != nil && !c.newest.IsZero() {
		tell(c.hub.opts.Clock.Since(c.newest))
	}
	c.newest = time.Time{}
	if c.frames = c.frames[:0]; cap(c.frames) > batch {
		c.frames = nil
	}
}

// check ends the connection when its credential does, and asks again for snapshots
// that could not be had.
func (c *client) check(ctx context.Context) error {
	return c.every(ctx, checkEvery, func() error {
		if _, shown := c.who(); shown != "" {
			if _, err := c.hub.bearer(shown); err != nil {
				c.send(refuse(authFailed, "credential refused"))
				c.end(websocket.StatusPolicyViolation, "credential refused")
			}
		}
		for _, s := range c.subscriptions() {
			if c.isLate(s) {
				c.push(wakes(s.stream.Topic), c.hub.opts.Clock.Now())
			}
		}
		return nil
	})
}

func (c *client) isLate(s *subscription) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return s.late
}

// beat shows the client that the connection lives, and expects the same.
func (c *client) beat(ctx context.Context) error {
	return c.every(ctx, c.hub.opts.Heartbeat, func() error {
		c.send(&answer{Type: "heartbeat"})
		ctx, cancel := context.WithTimeout(ctx, pongWithin)
		defer cancel()
		return c.conn.Ping(ctx)
	})
}

func (c *client) every(ctx context.Context, interval time.Duration, do func() error) error {
	ticker := c.hub.opts.Clock.Ticker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := do(); err != nil {
				return err
			}
		}
	}
}
