package socket

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

const (
	route       = "GET /ws/liquidity-risk" // for limits
	subprotocol = "evenkeel.v1"
	tokenPrefix = "bearer." // of a subprotocol that is a credential
	busyFor     = 5 * time.Second
	stopWithin  = 3 * time.Second
	stops       = "the server stops"
)

// ServeHTTP implements http.Handler: it serves one client until it leaves.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now, address := h.opts.Clock.Now(), guard.Address(r, h.opts.Proxy)
	wait := max(h.opts.Guard.Admit(route, address, h.opts.Connects, now), h.opts.Guard.Locked(address, now))
	if wait == 0 && !h.arrive(address) {
		wait = busyFor
	}
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		http.Error(w, "too many connections from this address", http.StatusTooManyRequests)
		return
	}
	defer h.depart(address)
	lent := &hijacker{ResponseWriter: w, clock: h.opts.Clock}
	conn, err := websocket.Accept(lent, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, OriginPatterns: h.opts.Origins})
	if err != nil {
		return // Accept has said why
	}
	conn.SetReadLimit(maxRead)
	c := newClient(h, conn, lent.line, address)
	if h.enter(c) {
		c.serve(context.WithoutCancel(r.Context()), credential(r))
		h.leave(c)
	} else {
		_ = conn.Close(websocket.StatusGoingAway, stops)
	}
	_ = conn.CloseNow()
}

// credential returns what a request shows: the value of an Authorization header,
// "" for none.
func credential(r *http.Request) string {
	for _, offered := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(offered, ",") {
			if token, ok := strings.CutPrefix(strings.TrimSpace(p), tokenPrefix); ok {
				return "Bearer " + token
			}
		}
	}
	if key := r.Header.Get("X-Api-Key"); key != "" {
		return "Bearer " + key
	}
	return r.Header.Get("Authorization")
}

// bearer returns who bears a credential by now.
func (h *Hub) bearer(shown string) (access.Actor, error) {
	return h.opts.Access.Authenticate(&http.Request{Header: http.Header{"Authorization": {shown}}}, h.opts.Clock.Now())
}

// authenticate returns who bears a credential that is shown for the first time. An
// address that shows too many bad ones is not listened to for a while.
func (h *Hub) authenticate(shown, address string) (access.Actor, error) {
	now := h.opts.Clock.Now()
	if h.opts.Guard.Locked(address, now) > 0 {
		return access.Actor{}, access.ErrCredential
	}
	actor, err := h.bearer(shown)
	if errors.Is(err, access.ErrCredential) {
		h.opts.Guard.Failed(address, now)
	}
	return actor, err
}

// arrive counts a connection of an address, unless it has too many.
func (h *Hub) arrive(address string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return count(h.addresses, address, h.opts.PerAddress)
}

func (h *Hub) depart(address string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	uncount(h.addresses, address)
}

// login counts a connection of a user, unless it has too many.
func (h *Hub) login(user string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return count(h.users, user, h.opts.PerUser)
}

func (h *Hub) logout(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	uncount(h.users, user)
}

func count(of map[string]int, name string, most int) bool {
	if of[name] >= most {
		return false
	}
	of[name]++
	return true
}

func uncount(of map[string]int, name string) {
	if of[name]--; of[name] <= 0 {
		delete(of, name)
	}
}

// enter makes a client known, unless the hub has stopped.
func (h *Hub) enter(c *client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return false
	}
	h.clients[c] = true
	h.present.Add(1)
	return true
}

func (h *Hub) leave(c *client) {
	for _, s := range c.subscriptions() {
		c.drop(s)
	}
	h.mu.Lock()
	delete(h.clients, c)
	h.mu.Unlock()
	h.present.Done()
}

// follow makes a client a reader of a stream, unless too many are followed.
func (h *Hub) follow(c *client, of topic.Stream) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[of]
	if s == nil {
		if len(h.streams) >= maxStreams {
			return false
		}
		s = &stream{readers: map[*client]bool{}}
		h.streams[of] = s
	}
	s.readers[c] = true
	return true
}

func (h *Hub) unfollow(c *client, of topic.Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[of]; s != nil {
		delete(s.readers, c)
		s.left = h.opts.Clock.Now()
	}
}

// stop sends all clients away and waits until they are gone.
func (h *Hub) stop() {
	h.mu.Lock()
	h.stopped = true
	for c := range h.clients {
		c.end(websocket.StatusGoingAway, stops)
	}
	h.mu.Unlock()
	late := h.opts.Clock.AfterFunc(stopWithin, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for c := range h.clients {
			go func() { _ = c.conn.CloseNow() }() // which can take a while
		}
	})
	defer late.Stop()
	h.present.Wait()
}
