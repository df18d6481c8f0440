package load_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// bond is the nth instrument.
func bond(n int) market.ISIN { return market.ISIN(fmt.Sprintf("INE%08d0", n)) }

// desk decides about an instrument, and writes it down.
type desk struct {
	isin     market.ISIN
	store    evenkeel.Store // nil: nowhere
	standing topic.Standing
	seq      uint64
	prev     [32]byte
}

// decide records a decision that updates one part after the other; its index is the
// number of its event.
func (d *desk) decide(ctx context.Context) (evenkeel.Stamp, risk.Decision, error) {
	kinds := []risk.Kind{risk.RiskUpdate, risk.LiquidityUpdate, risk.ExitPathUpdate}
	e := risk.Event{Number: d.standing.Numbers.Last() + 1, Kind: kinds[int(d.seq)%len(kinds)]}
	now := time.Now().UTC().Truncate(time.Microsecond)
	t := &risk.Translation{ISIN: d.isin, At: now, Freshness: market.RealTime, Hash: strings.Repeat("ab", 32), Professional: strings.Repeat("Liquidity is good. ", 40)}
	t.Profile.ISIN, t.Profile.Index.Value, t.Profile.Index.Level = d.isin, decimal.NewFromUint64(e.Number), market.Good
	decision := risk.Decision{Reason: risk.Changed, Translation: t, Events: []risk.Event{e}, Before: d.standing.Numbers}
	d.seq++
	d.standing = topic.Standing{At: now, Translation: t, Numbers: d.standing.Numbers.With(e)}
	stamp := evenkeel.Stamp{Key: risk.Key(d.isin), Seq: d.seq, At: now}
	if d.store == nil {
		return stamp, decision, nil
	}
	r := evenkeel.Record{Stamp: stamp, Engine: "risk@2", Prev: d.prev, Seen: []byte("{}")}
	var err error
	if r.State, err = json.Marshal(risk.State{At: now, ISIN: d.isin, Numbers: d.standing.Numbers}); err != nil {
		return stamp, decision, err
	}
	if r.Decision, err = json.Marshal(decision); err != nil {
		return stamp, decision, err
	}
	r.Hash = r.Sum()
	d.prev = r.Hash
	return stamp, decision, d.store.Append(ctx, r)
}

// reading is how a server sees the journal: by what is durable there.
type reading struct{ evenkeel.Store }

func (r reading) Standing(ctx context.Context, of market.ISIN) (topic.Standing, error) {
	last, err := r.Last(ctx, risk.Key(of))
	if err != nil {
		return topic.Standing{}, err
	}
	var s risk.State
	var d risk.Decision
	if err := json.Unmarshal(last.State, &s); err != nil {
		return topic.Standing{}, err
	}
	if err := json.Unmarshal(last.Decision, &d); err != nil {
		return topic.Standing{}, err
	}
	return topic.Standing{At: last.At, Translation: d.Translation, Numbers: s.Numbers}, nil
}

// server is a hub on a port.
type server struct {
	*socket.Hub
	url string
}

func serve(t *testing.T, source socket.Source, bus topic.Bus) server {
	t.Helper()
	known, err := access.New(access.Config{Keys: []access.Key{{Name: "desk", SHA256: access.Hash("desk"), Roles: []access.Role{access.Professional}}}})
	require.NoError(t, err)
	hub, err := socket.New(socket.Options{
		Source: source, Access: known, Bus: bus,
		Limits: socket.Limits{PerUser: 1 << 20, PerAddress: 1 << 20, Connects: guard.Limit{Per: time.Millisecond, Burst: 1 << 20}},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	front := httptest.NewUnstartedServer(hub)
	front.Listener = narrow{front.Listener}
	front.Start()
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
		front.Close()
	})
	return server{hub, "ws" + strings.TrimPrefix(front.URL, "http") + "/ws/liquidity-risk"}
}

// buffer is what the system keeps of a connection on either side, so that who does
// not read is noticed before megabytes lie there.
const buffer = 16 << 10

type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(buffer)
	}
	return c, err
}

// subscriber is a client that holds the server to its promise.
type subscriber struct {
	conn  *websocket.Conn
	read  topic.Cursor
	late  []time.Duration // of each event
	snaps int             // after the first
}

// dial connects and follows an instrument.
func dial(ctx context.Context, url string, of market.ISIN) (*websocket.Conn, error) {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if tcp, ok := c.(*net.TCPConn); ok {
			err = tcp.SetReadBuffer(buffer)
		}
		return c, err
	}}
	for {
		conn, answer, err := websocket.Dial(ctx, url, &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: transport}, HTTPHeader: http.Header{"Authorization": {"Bearer desk"}},
		})
		if err == nil {
			conn.SetReadLimit(-1)
			return conn, conn.Write(ctx, websocket.MessageText, []byte(`{"action":"subscribe","topic":"lr.`+string(of)+`"}`))
		}
		if answer == nil {
			return nil, err
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusTooManyRequests {
			return nil, err
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil { // the server's ceiling for all together
			return nil, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// follow reads until event last was read, or told by a snapshot.
func (s *subscriber) follow(ctx context.Context, ready func(), last func() uint64) error {
	for {
		_, text, err := s.conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("after event %d: %w", s.read.Seq(), err)
		}
		now := time.Now()
		head, _, told := bytes.Cut(text, []byte(`,"payload":`))
		if !told {
			continue // an answer
		}
		var f topic.Frame // without the payload, which costs the machine more than the server does
		if err := json.Unmarshal(append(bytes.Clone(head), '}'), &f); err != nil {
			return err
		}
		if turn := s.read.Read(f); turn != topic.Next {
			return fmt.Errorf("%w: %s %d after %d, and %d was read last: turn %d", errPromise, f.Type, f.Seq, f.Prev, s.read.Seq(), turn)
		}
		switch {
		case f.Type != topic.Snap:
			s.late = append(s.late, now.Sub(f.At))
		case ready != nil:
			ready()
			ready = nil
		default:
			s.snaps++
		}
		if f.Seq >= last() {
			return nil
		}
	}
}

var errPromise = errors.New("the promise is broken")

// spread writes quantiles of delays.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	at := func(q float64) time.Duration {
		return all[min(len(all)-1, int(q*float64(len(all))))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %v, p95 %v, p99 %v, max %v of %d", at(.5), at(.95), at(.99), all[len(all)-1].Round(10*time.Microsecond), len(all))
}

// machine says on what, and how, something was measured.
func machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		load = []byte("unknown")
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintf("%s %s/%s, %d CPUs, load %s; %d MB from the system\n\t%s", runtime.Version(), runtime.GOOS, runtime.GOARCH,
		runtime.NumCPU(), strings.TrimSpace(string(load)), m.Sys>>20, strings.Join(os.Args, " "))
}
