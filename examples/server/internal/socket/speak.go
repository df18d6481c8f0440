package socket

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// errEnded ends the goroutines of a connection that was closed.
var errEnded = errors.New("socket: connection ended")

// speak writes what waits, and then closes if the connection ends.
func (c *client) speak(ctx context.Context) error {
	for {
		f, over := c.next()
		switch {
		case f != nil:
			if err := c.deliver(ctx, f); err != nil {
				return err
			}
		case over != nil:
			_ = c.conn.Close(over.Code, over.Reason)
			return errEnded
		default:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-c.wake:
			}
		}
	}
}

func (c *client) next() (*topic.Encoded, *websocket.CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.Pop(), c.over
}

// deliver writes a frame if it is the next that the client has not read. If it has
// missed something before, it gets a snapshot.
func (c *client) deliver(ctx context.Context, f *topic.Encoded) error {
	if f.Type == "" && f.Text != nil {
		return c.write(ctx, f.Text)
	}
	s := c.find(f.Topic)
	if s == nil {
		return nil // it has left the topic
	}
	if s.asked != nil || c.isLate(s) {
		if err := c.begin(ctx, s); err != nil || c.find(f.Topic) != s {
			return err
		}
	}
	if f.Type == "" { // it was there to wake the writer
		return nil
	}
	switch s.read.Read(f.Frame) {
	case topic.Next:
		return c.writeFrame(ctx, f)
	case topic.Missing:
		return c.begin(ctx, s)
	default:
		return nil
	}
}

// begin answers a subscription: with the frames since the one that the client has
// read, if there are all, or with a snapshot. Without a request a snapshot is due
// to a client that has missed something.
func (c *client) begin(ctx context.Context, s *subscription) error {
	snapshot, err := c.hub.snapshot(ctx, s.stream)
	if err != nil {
		return c.without(ctx, s, err)
	}
	if r := s.asked; r != nil {
		s.asked = nil
		var since []*topic.Encoded
		resumed := false
		if r.Resume != nil {
			since, resumed = c.hub.since(s.stream, *r.Resume, snapshot)
		}
		ack := answer{Type: "ack", Action: subscribe, Seq: &snapshot.Seq}
		if err := c.say(ctx, ack.about(*r, s.stream.String())); err != nil {
			return err
		}
		if resumed {
			s.read = topic.From(*r.Resume)
			return c.replay(ctx, s, since)
		}
		if r.Resume != nil {
			resync := answer{Type: "resync_required", Seq: &snapshot.Seq}
			if err := c.say(ctx, resync.about(*r, s.stream.String())); err != nil {
				return err
			}
		}
	}
	c.setLate(s, false)
	if s.read.Read(snapshot.Frame) != topic.Next {
		return nil
	}
	return c.writeFrame(ctx, snapshot)
}

// replay writes the frames that a client comes back for.
func (c *client) replay(ctx context.Context, s *subscription, frames []*topic.Encoded) error {
	for _, f := range frames {
		if s.read.Read(f.Frame) == topic.Next {
			if err := c.writeFrame(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// without tells a client that there is no snapshot. Who follows the topic already
// gets it when it can be had.
func (c *client) without(ctx context.Context, s *subscription, err error) error {
	t := s.stream.Topic
	refusal := refuse(unknownTopic, "topic %s: there is no such instrument", t)
	if !errors.Is(err, topic.ErrUnknown) {
		c.hub.opts.Log.Warn("snapshot", zap.Stringer("topic", t), zap.Error(err))
		refusal = refuse(unavailable, "topic %s: cannot be looked up now, try again", t)
	}
	if s.asked == nil {
		c.setLate(s, true)
		return nil
	}
	r := *s.asked
	c.drop(s)
	return c.say(ctx, refusal.about(r, t.String()))
}

func (c *client) setLate(s *subscription, late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.late = late
}

// say writes an answer at once.
func (c *client) say(ctx context.Context, a *answer) error {
	a.At = c.hub.opts.Clock.Now().UTC()
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return c.write(ctx, text)
}

func (c *client) writeFrame(ctx context.Context, f *topic.Encoded) error {
	c.hub.counts.sent.Add(1)
	if f.Type == topic.Snap {
		c.hub.counts.snapshots.Add(1)
	}
	return c.write(ctx, f.Text)
}

func (c *client) write(ctx context.Context, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, text)
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
				c.push(&topic.Encoded{Frame: topic.Frame{Topic: s.stream.Topic}}, c.hub.opts.Clock.Now())
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
	return c.every(ctx, beatEvery, func() error {
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
