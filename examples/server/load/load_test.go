package load_test

import (
	"context"
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	_ "github.com/jackc/pgx/v5/stdlib" // for pgtest
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/pgtest"
	"github.com/evenkeelhq/evenkeel/internal/redistest"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/store/redis"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var (
	subscribers = flag.Int("subscribers", 60, "how many follow an instrument each")
	instruments = flag.Int("instruments", 1, "how many there are, which the updates are spread over")
	silent      = flag.Int("silent", 5, "how many more never read")
	updates     = flag.Int("updates", 50, "how many are published a second")
	length      = flag.Duration("for", time.Second, "how long")
	restarts    = flag.Int("restarts", 3, "how often Redis goes away and comes back")
)

func TestMain(m *testing.M) {
	defer pgtest.Stop()
	m.Run()
}

// floor is all desks, and their journal in memory.
type floor struct {
	mu    sync.Mutex
	desks map[market.ISIN]*desk
}

func newFloor(n int) *floor {
	f := &floor{desks: map[market.ISIN]*desk{}}
	for i := range n {
		f.desks[bond(i)] = &desk{isin: bond(i)}
	}
	return f
}

func (f *floor) Standing(_ context.Context, isin market.ISIN) (topic.Standing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.desks[isin].standing, nil
}

func (f *floor) decide(ctx context.Context, isin market.ISIN) (evenkeel.Stamp, risk.Decision, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.desks[isin].decide(ctx)
}

// TestLoad publishes to many, of whom some never read.
func TestLoad(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+3 }, 20*time.Second, 10*time.Millisecond, "goroutines are left")
	})
	books := newFloor(*instruments)
	hub := serve(t, books, nil)
	ctx, cancel := context.WithTimeout(t.Context(), *length+2*time.Minute)
	defer cancel()

	for i := range *silent {
		conn, err := dial(ctx, hub.url, bond(i%*instruments))
		require.NoError(t, err)
		defer func() { _ = conn.CloseNow() }()
	}
	rounds := uint64(length.Seconds()*float64(*updates)) / uint64(*instruments) // an update of each instrument
	all := make([]*subscriber, *subscribers)
	var here sync.WaitGroup
	here.Add(len(all))
	following, together := errgroup.WithContext(ctx)
	for i := range all {
		conn, err := dial(ctx, hub.url, bond(i%*instruments))
		require.NoError(t, err)
		defer func() { _ = conn.CloseNow() }()
		all[i] = &subscriber{conn: conn}
		following.Go(func() error { return all[i].follow(together, here.Done, func() uint64 { return rounds }) })
	}
	here.Wait()
	pace := time.NewTicker(time.Second / time.Duration(*updates))
	defer pace.Stop()
	publish := func() {
		for i := range *instruments {
			<-pace.C
			stamp, d, err := books.decide(ctx, bond(i))
			require.NoError(t, err)
			require.NoError(t, hub.Publish(ctx, stamp, d))
		}
	}
	began := time.Now()
	for range rounds {
		publish()
	}
	took := time.Since(began)
	require.NoError(t, following.Wait())

	var late []time.Duration
	snaps := 0
	for _, s := range all {
		late, snaps = append(late, s.late...), snaps+s.snaps
		require.Equal(t, rounds, s.read.Seq())
	}
	for _, s := range all {
		_ = s.conn.Close(websocket.StatusNormalClosure, "")
	}
	more := 0
	for ; hub.Counts().Connections > 0 && ctx.Err() == nil; more++ { // until all that never read are gone
		publish()
	}
	require.NoError(t, ctx.Err(), "who never reads is still there: %+v", hub.Counts())
	t.Logf("%d subscribers and %d that never read, %d updates of each of %d instruments in %v: publish to receive %s; %d snapshots instead; the silent were gone %d rounds later; %+v\n\t%s",
		len(all), *silent, rounds, *instruments, took.Round(time.Millisecond), spread(late), snaps, more, hub.Counts(), machine())
}

// TestTwoServers has two servers over one Redis and one journal, while the Redis
// dies again and again. Readers of either server miss nothing.
func TestTwoServers(t *testing.T) {
	dsn := pgtest.URL(t)
	broker := redistest.Start(t)
	open := func() *sql.DB {
		db, err := sql.Open(t.Context(), dsn)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	desk := desk{isin: bond(0), store: open().Store()}
	_, _, err := desk.decide(t.Context())
	require.NoError(t, err)
	var hubs []server
	for range 2 {
		bus, err := redis.Open(broker.URL, redis.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, bus.Close()) })
		hubs = append(hubs, serve(t, reading{open().Store()}, bus))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	following, ctx := errgroup.WithContext(ctx)
	var all []*subscriber
	var last atomic.Uint64
	last.Store(1 << 62)
	var here sync.WaitGroup
	for _, h := range hubs {
		for range 10 {
			conn, err := dial(ctx, h.url, desk.isin)
			require.NoError(t, err)
			defer func() { _ = conn.CloseNow() }()
			s := &subscriber{conn: conn}
			all = append(all, s)
			here.Add(1)
			following.Go(func() error { return s.follow(ctx, here.Done, last.Load) })
		}
	}
	here.Wait()

	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for range *restarts {
			if wait(ctx, 300*time.Millisecond) == nil {
				broker.Kill()
			}
			if wait(ctx, 200*time.Millisecond) == nil {
				broker.Restart()
			}
		}
	}()
	pace := time.NewTicker(time.Second / time.Duration(*updates))
	defer pace.Stop()
	n := 0
	for dying := true; dying; n++ {
		<-pace.C
		stamp, d, err := desk.decide(ctx)
		require.NoError(t, err)
		require.NoError(t, hubs[n%2].Publish(ctx, stamp, d))
		select {
		case <-stopped:
			dying = n < 10
		default:
		}
	}
	final, d, err := desk.decide(ctx)
	require.NoError(t, err)
	last.Store(desk.standing.Numbers.Last())
	require.NoError(t, hubs[0].Publish(ctx, final, d))
	require.NoError(t, following.Wait())

	var late []time.Duration
	snaps := 0
	for i, s := range all {
		late, snaps = append(late, s.late...), snaps+s.snaps
		require.Equal(t, desk.standing.Numbers.Last(), s.read.Seq(), "subscriber %d", i)
	}
	t.Logf("2 servers, %d subscribers, %d updates, Redis restarted %d times: publish to receive %s; %d snapshots instead\n\t%s",
		len(all), n+1, *restarts, spread(late), snaps, machine())
}
