package socket

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// What a client may take its time for.
const (
	loginWithin = 5 * time.Second
	checkEvery  = 5 * time.Second // that a credential still holds
	pongWithin  = 30 * time.Second
)

// What a client may say: 20 frames at once and 20 a minute. It may be refused as
// often before it is sent away.
const (
	sayEvery = 3 * time.Second
	sayBurst = 20
)

// client is one connection.
type client struct {
	hub     *Hub
	conn    *websocket.Conn
	line    *line // below it
	address string
	said    *rate.Limiter
	refused *rate.Limiter
	wake    bell // something waits for the client's own writer

	// Of the reader alone, until it has read its last.
	user string // who counts for the limit of connections; "" for a visitor

	// Held by whoever writes: one of the hub's writers, or the client's own when that can
	// take time. What follows is the holder's alone.
	writing sync.Mutex
	frames  []byte         // gathered and not written yet
	newest  time.Time      // when the newest event in frames was decided; zero for none
	held    *topic.Encoded // that a writer could not deliver; nil for none

	waits bool // for a writer; under the writers' mu

	mu       sync.Mutex
	actor    access.Actor
	shown    string // its credential, "" for a visitor
	queue    topic.Queue
	over     *websocket.CloseError // why it ends once all that waits is written; nil while it does not
	followed map[topic.Topic]*subscription
}

// subscription is what a client follows.
type subscription struct {
	stream topic.Stream
	late   bool // a snapshot is due and could not be had; under the client's mu

	// Of whoever writes.
	read  topic.Cursor
	asked *request // that is to be answered before anything is sent; nil when it was
}

func newClient(h *Hub, conn *websocket.Conn, below *line, address string) *client {
	return &client{
		hub: h, conn: conn, line: below, address: address,
		said: rate.NewLimiter(rate.Every(sayEvery), sayBurst), refused: rate.NewLimiter(rate.Every(sayEvery), sayBurst),
		wake: newBell(), followed: map[topic.Topic]*subscription{},
	}
}

// end has the connection closed, and the client told why, once all that waits is
// written.
func (c *client) end(code websocket.StatusCode, why string) {
	c.mu.Lock()
	if c.over == nil {
		c.over = &websocket.CloseError{Code: code, Reason: why}
	}
	c.mu.Unlock()
	c.wake.ring()
}

func (c *client) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over != nil
}

// serve runs until the connection ends.
func (c *client) serve(ctx context.Context, shown string) {
	defer func() {
		if c.user != "" {
			c.hub.logout(c.user)
		}
	}()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.readLoop(ctx, shown) })
	group.Go(func() error { return c.writeLoop(ctx) })
	group.Go(func() error { return c.check(ctx) })
	group.Go(func() error { return c.beat(ctx) })
	_ = group.Wait() // whoever ended it has told the client why, if it could be told
}

// readLoop logs the client in and answers what it says. When the connection ends it
// still reads, as closing needs it, but does nothing any more.
func (c *client) readLoop(ctx context.Context, shown string) error {
	visitor := c.hub.opts.Visitor
	switch {
	case shown != "":
		c.authenticate(request{Action: auth}, shown)
	case !visitor.Anonymous():
		c.become(visitor, "")
	default:
		if err := c.login(ctx); err != nil {
			return err
		}
	}
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		if !c.ending() {
			c.answer(ctx, text)
		}
	}
}

// login waits for the first frame, which must show a credential.
func (c *client) login(ctx context.Context) error {
	refused := func(a *answer) {
		c.send(a)
		c.end(websocket.StatusPolicyViolation, "authenticate first")
	}
	late := c.hub.opts.Clock.AfterFunc(loginWithin, func() {
		refused(refuse(authRequired, "must authenticate within %v", loginWithin))
	})
	defer late.Stop()
	_, text, err := c.conn.Read(ctx)
	if err != nil {
		return err
	}
	r, refusal := parse(text)
	switch {
	case refusal != nil:
		refused(refusal)
	case r.Action != auth:
		refused(refuse(authRequired, "must authenticate first").about(r, ""))
	default:
		c.authenticate(r, "Bearer "+r.Token)
	}
	return nil
}

// authenticate takes a credential, or sends the client away.
func (c *client) authenticate(r request, shown string) {
	actor, err := c.hub.authenticate(shown, c.address)
	why := "credential refused"
	switch {
	case err != nil || actor.Anonymous():
	case c.user != "" && c.user != actor.Name:
		why = "another user's credential"
	case c.user == "" && !c.hub.login(actor.Name):
		why = "too many connections of this user"
	default:
		c.user = actor.Name
		c.become(actor, shown)
		c.send((&answer{Type: "ack", Action: auth}).about(r, ""))
		return
	}
	c.send(refuse(authFailed, "%s", why).about(r, ""))
	c.end(websocket.StatusPolicyViolation, why)
}

func (c *client) become(a access.Actor, shown string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actor, c.shown = a, shown
}

func (c *client) who() (access.Actor, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.actor, c.shown
}

// answer answers one frame.
func (c *client) answer(ctx context.Context, text []byte) {
	now := c.hub.opts.Clock.Now()
	r, refusal := parse(text)
	switch {
	case c.said.AllowN(now, 1):
		if refusal == nil {
			refusal = c.do(ctx, r)
		}
	case c.refused.AllowN(now, 1):
		refusal = refuse(rateLimited, "must be at most %d frames a minute", time.Minute/sayEvery)
	default:
		c.end(websocket.StatusPolicyViolation, "too many frames")
		return
	}
	if refusal != nil {
		c.send(refusal.about(r, ""))
	}
}

// do carries out a request, or says why not.
func (c *client) do(ctx context.Context, r request) *answer {
	switch r.Action {
	case auth:
		c.authenticate(r, "Bearer "+r.Token)
		return nil
	case ping:
		c.send((&answer{Type: "pong"}).about(r, ""))
		return nil
	case subscribe, unsubscribe:
		topics, refusal := r.topics()
		for _, t := range topics {
			if r.Action == subscribe {
				refusal = c.subscribe(ctx, r, t)
			} else {
				refusal = c.unsubscribe(r, t)
			}
			if refusal != nil {
				return refusal.about(r, t.String())
			}
		}
		return refusal
	default:
		return refuse(unknownAction, "action %.64q: must be auth, subscribe, unsubscribe or ping", r.Action)
	}
}

// subscribe follows a topic if the client may by now. The writer answers, before
// the first frame of the stream.
func (c *client) subscribe(ctx context.Context, r request, t topic.Topic) *answer {
	actor, shown := c.who()
	if shown != "" {
		still, err := c.hub.bearer(shown)
		if err != nil {
			return refuse(authFailed, "credential refused")
		}
		actor = still
	}
	var roles []risk.Role
	for _, role := range actor.Roles {
		roles = append(roles, risk.Role(role))
	}
	stream, ok := topic.Follow(t, roles...)
	if !ok {
		return refuse(forbidden, "topic %s: must be one that your roles may follow", t)
	}
	if err := c.record(ctx, actor, stream); err != nil {
		c.hub.opts.Log.Warn("record who follows", zap.Stringer("topic", t), zap.Error(err))
		return refuse(unavailable, "topic %s: cannot be written down now, try again", t)
	}
	if was := c.find(t); was != nil && was.stream != stream { // its roles are others by now
		c.drop(was)
	}
	s := &subscription{stream: stream, asked: &r}
	if !c.add(s) {
		return refuse(tooMany, "must be at most %d", c.hub.opts.Subscriptions)
	}
	if !c.hub.follow(c, stream) {
		c.drop(s)
		return refuse(unavailable, "too many topics are followed by all together")
	}
	c.push(wakes(t), c.hub.opts.Clock.Now())
	return nil
}

// record writes down that somebody is about to see what not everybody may.
func (c *client) record(ctx context.Context, who access.Actor, of topic.Stream) error {
	if c.hub.opts.Record == nil || of.Audience == risk.Retail {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sourceWithin)
	defer cancel()
	return c.hub.opts.Record(ctx, who, of)
}

func (c *client) unsubscribe(r request, t topic.Topic) *answer {
	s := c.find(t)
	if s == nil {
		return refuse(unknownTopic, "topic %s: must be one that you follow", t)
	}
	c.drop(s)
	c.send((&answer{Type: "ack", Action: unsubscribe}).about(r, t.String()))
	return nil
}

func (c *client) find(t topic.Topic) *subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.followed[t]
}

// add makes a subscription the one to its topic, unless there are too many.
func (c *client) add(s *subscription) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := s.stream.Topic
	if c.followed[t] == nil {
		if len(c.followed) >= c.hub.opts.Subscriptions {
			return false
		}
		c.hub.counts.subscriptions.Add(1)
	}
	c.followed[t] = s
	return true
}

// drop ends a subscription, unless there is another to its topic by now.
func (c *client) drop(s *subscription) {
	c.mu.Lock()
	holds := c.followed[s.stream.Topic] == s
	if holds {
		delete(c.followed, s.stream.Topic)
		c.hub.counts.subscriptions.Add(-1)
	}
	c.mu.Unlock()
	if holds {
		c.hub.unfollow(c, s.stream)
	}
}

// subscriptions returns all that there are.
func (c *client) subscriptions() []*subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.followed))
}

// send queues an answer.
func (c *client) send(a *answer) {
	c.push(answered(c.text(a)), c.hub.opts.Clock.Now())
}

// text is how an answer is written, as of now.
func (c *client) text(a *answer) []byte {
	a.At = c.hub.opts.Clock.Now().UTC()
	text, _ := json.Marshal(a) //nolint:errchkjson // it is made of strings, numbers and a time
	return text
}

// Two kinds of what waits for a client are no frames of a stream.

// answered is what says something to this client alone.
func answered(text []byte) *topic.Encoded { return &topic.Encoded{Text: text} }

// wakes is what only has the writer look at a topic.
func wakes(t topic.Topic) *topic.Encoded { return &topic.Encoded{Frame: topic.Frame{Topic: t}} }

// push queues a frame for the client's own writer.
func (c *client) push(f *topic.Encoded, now time.Time) {
	c.queueUp(now, f)
	c.wake.ring()
}

// queueUp queues frames and waits for nobody. It reports false if the connection
// ends: that is for the client's own writer.
func (c *client) queueUp(now time.Time, frames ...*topic.Encoded) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range frames {
		if c.over != nil {
			return false
		}
		switch c.queue.Push(f, now) {
		case topic.Coalesced:
			c.hub.counts.coalesced.Add(1)
		case topic.Overrun:
			c.over = &websocket.CloseError{Code: websocket.StatusTryAgainLater, Reason: "too slow"}
			c.hub.counts.dropped.Add(1)
		case topic.Queued:
		}
	}
	return c.over == nil
}
