package socket_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

const (
	bond  = "lr.INE094A08176"
	other = "lr.INE155A08191"
)

// desk is a journal: it decides, remembers and tells.
type desk struct {
	mu     sync.Mutex
	states map[market.ISIN]topic.Standing
	seqs   map[market.ISIN]uint64
	err    error  // of looking into it
	more   string // that each decision says, for frames that are long
	looks  int
	hold   chan struct{} // closed when looks may end; nil: at once
}

func newDesk() *desk {
	d := &desk{states: map[market.ISIN]topic.Standing{}, seqs: map[market.ISIN]uint64{}}
	for _, isin := range []market.ISIN{"INE094A08176", "INE155A08191"} {
		d.states[isin] = topic.Standing{At: time.Now(), Translation: translation(isin, 50)}
	}
	return d
}

func (d *desk) Standing(_ context.Context, isin market.ISIN) (topic.Standing, error) {
	d.mu.Lock()
	d.looks++
	s, ok := d.states[isin]
	err, hold := d.err, d.hold
	d.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if err != nil {
		return topic.Standing{}, err
	}
	if !ok {
		return s, fmt.Errorf("%w: %s", topic.ErrUnknown, isin)
	}
	return s, nil
}

func (d *desk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// translation has an index of its own, and an inventory that not all may see.
func translation(isin market.ISIN, index int64) *risk.Translation {
	t := &risk.Translation{ISIN: isin, At: time.Now(), Freshness: market.RealTime, Hash: strings.Repeat("ab", 32)}
	t.Profile.ISIN, t.Profile.Index.Value, t.Profile.Index.Level = isin, decimal.NewFromInt(index), market.Good
	t.Maker = &market.Maker{ISIN: isin, Online: true, Inventory: market.Inventory{High: decimal.NewFromInt(987654)}}
	t.Origins.Maker = &risk.Evidence{Source: "desk", At: t.At}
	return t
}

// decide writes a decision with these events into the journal.
func (d *desk) decide(of string, events ...risk.Event) (evenkeel.Stamp, risk.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	isin := market.ISIN(strings.TrimPrefix(of, "lr."))
	d.seqs[isin]++
	standing := d.states[isin]
	decision := risk.Decision{Translation: translation(isin, int64(standing.Numbers.Last())), Before: standing.Numbers}
	if d.more != "" {
		decision.Translation.Warnings = append(decision.Translation.Warnings, risk.Notice{Text: d.more})
	}
	for _, e := range events {
		e.Number = standing.Numbers.Last() + 1
		standing.Numbers = standing.Numbers.With(e)
		decision.Events = append(decision.Events, e)
	}
	standing.At, standing.Translation = time.Now(), decision.Translation
	d.states[isin] = standing
	return evenkeel.Stamp{Key: risk.Key(isin), Seq: d.seqs[isin], At: standing.At}, decision
}

var (
	riskUpdate = risk.Event{Kind: risk.RiskUpdate}
	liqUpdate  = risk.Event{Kind: risk.LiquidityUpdate}
	exitUpdate = risk.Event{Kind: risk.ExitPathUpdate}
)

func alert(s risk.Severity) risk.Event {
	return risk.Event{Kind: risk.Alerted, Alert: &risk.Alert{Type: risk.HighRisk, Message: "critical", Severity: s, ISIN: "INE094A08176"}}
}

// rig is a hub behind an HTTP server, over pipes: nothing of it is outside of a
// synctest bubble.
type rig struct {
	*desk
	t       *testing.T
	hub     *socket.Hub
	conns   chan net.Conn
	stop    func()
	address string // of who dials next
}

// in runs a test with a rig in a bubble, where all time is fake and all goroutines
// must have ended when the test does.
func in(t *testing.T, change func(*socket.Options), test func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, newDesk(), change)
		defer func() {
			r.stop()
			time.Sleep(time.Minute) // a goodbye to who does not listen takes seconds
		}()
		test(t, r)
	})
}

func newRig(t *testing.T, d *desk, change func(*socket.Options)) *rig {
	t.Helper()
	keys := access.Config{Tokens: access.Tokens{}}
	for _, role := range []access.Role{access.Retail, access.Professional, access.RiskManager, access.Compliance, access.Operator} {
		keys.Keys = append(keys.Keys, access.Key{Name: string(role), SHA256: access.Hash(string(role)), Roles: []access.Role{role}})
	}
	keys.Keys = append(keys.Keys, access.Key{Name: "guest", SHA256: access.Hash("guest"), Roles: []access.Role{access.Retail}, NotAfter: time.Now().Add(time.Minute)})
	known, err := access.New(keys)
	require.NoError(t, err)
	opts := socket.Options{Source: d, Access: known, Origins: []string{"https://friend.example"}}
	if change != nil {
		change(&opts)
	}
	r := &rig{desk: d, t: t, conns: make(chan net.Conn), address: "10.0.0.1:1"}
	r.hub, err = socket.New(opts)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- r.hub.Run(ctx) }()
	mux := http.NewServeMux()
	mux.Handle("GET /ws/liquidity-risk", r.hub)
	server := &http.Server{Handler: mux, WriteTimeout: time.Second, ReadHeaderTimeout: time.Second}
	listener := pipes{r.conns, make(chan struct{}), new(sync.Once)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	synctest.Wait()
	return r
}

// tell decides and publishes.
func (r *rig) tell(of string, events ...risk.Event) {
	r.t.Helper()
	stamp, d := r.decide(of, events...)
	require.NoError(r.t, r.hub.Publish(r.t.Context(), stamp, d))
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns chan net.Conn
	ended chan struct{}
	once  *sync.Once
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// end is one end of a pipe that knows where it comes from.
type end struct {
	net.Conn
	from string
}

func (e end) RemoteAddr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", e.from)
	return a
}

// peer is a client of the rig.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
}

// refusal is an answer instead of a connection.
type refusal struct {
	code  int
	retry string // its Retry-After
}

// dial connects with these headers, in pairs.
func (r *rig) dial(header ...string) (*peer, refusal) {
	r.t.Helper()
	o := &websocket.DialOptions{HTTPHeader: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Sec-WebSocket-Protocol" {
			o.Subprotocols = strings.Split(header[i+1], ", ")
			continue
		}
		o.HTTPHeader.Add(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		mine, theirs := net.Pipe()
		r.conns <- end{theirs, r.address}
		return mine, nil
	}}
	o.HTTPClient = &http.Client{Transport: transport}
	conn, response, err := websocket.Dial(r.t.Context(), "ws://pool.example/ws/liquidity-risk", o)
	if err != nil {
		require.NotNil(r.t, response, err)
		_, _ = io.Copy(io.Discard, response.Body)
		require.NoError(r.t, response.Body.Close())
		return nil, refusal{response.StatusCode, response.Header.Get("Retry-After")}
	}
	conn.SetReadLimit(-1)
	return &peer{r.t, conn}, refusal{}
}

// as connects as somebody who bears that key, and is let in.
func (r *rig) as(key string) *peer {
	r.t.Helper()
	p, refused := r.dial("Authorization", "Bearer "+key)
	require.NotNil(r.t, p, refused)
	p.hears("ack auth")
	return p
}

func (p *peer) say(frame string) {
	p.t.Helper()
	require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, []byte(frame)))
}

func (p *peer) subscribe(topics ...string) {
	p.t.Helper()
	for _, name := range topics {
		p.say(`{"action":"subscribe","topic":"` + name + `"}`)
	}
}

// frame is what a peer hears.
type frame map[string]any

// String is what matters of it in a line.
func (f frame) String() string {
	var words []string
	for _, key := range []string{"type", "action", "topic", "code"} {
		if v, ok := f[key].(string); ok {
			words = append(words, v)
		}
	}
	if seq, ok := f["seq"]; ok {
		words = append(words, fmt.Sprint(seq))
	}
	if prev, ok := f["prev_seq"]; ok && f["type"] != "snapshot" {
		words = append(words, "after", fmt.Sprint(prev))
	}
	return strings.Join(words, " ")
}

// next reads a frame.
func (p *peer) next() (frame, error) {
	_, text, err := p.conn.Read(p.t.Context())
	if err != nil {
		return nil, err
	}
	var f frame
	require.NoError(p.t, json.Unmarshal(text, &f), string(text))
	return f, nil
}

// hears reads frames that are like these lines, and returns the last.
func (p *peer) hears(lines ...string) frame {
	p.t.Helper()
	var last frame
	for _, line := range lines {
		f, err := p.next()
		require.NoError(p.t, err, "instead of %q", line)
		require.Equal(p.t, line, f.String(), "%v", map[string]any(f))
		last = f
	}
	return last
}

// closed reads frames until the connection ends, and returns them and why it did.
func (p *peer) closed() (lines []string, code websocket.StatusCode) {
	p.t.Helper()
	for {
		f, err := p.next()
		if err != nil {
			var why websocket.CloseError
			if errors.As(err, &why) {
				return lines, why.Code
			}
			return lines, 0
		}
		lines = append(lines, f.String())
	}
}

func (p *peer) leave() { _ = p.conn.Close(websocket.StatusNormalClosure, "") }

func keysOf(v any, into map[string]bool) map[string]bool {
	switch v := v.(type) {
	case map[string]any:
		for key := range maps.Keys(v) {
			into[key] = true
			keysOf(v[key], into)
		}
	case []any:
		for _, e := range v {
			keysOf(e, into)
		}
	}
	return into
}
