package socket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// ErrInvalid refuses options and names what is wrong with them.
var ErrInvalid = errors.New("socket: invalid")

// Source knows how instruments stand. Safe for concurrent use.
type Source interface {
	// Standing returns how an instrument stands by now according to the journal,
	// whichever server wrote there last, or topic.ErrUnknown.
	Standing(ctx context.Context, isin market.ISIN) (topic.Standing, error)
}

// Options is what a [Hub] needs from the server.
type Options struct {
	Source Source                // required
	Access *access.Authenticator // required
	// Visitor is who a client without a credential is, who may have one role or
	// more. The zero Actor means that a client must show one within 5 seconds.
	Visitor access.Actor
	Origins []string // of pages that may connect, such as "https://example.com", besides those of this host
	Proxy   bool     // the last X-Forwarded-For says who connects

	Bus   topic.Bus    // to the other servers; nil is that there are none
	Guard *guard.Guard // nil is one of its own
	Limits
	// Heartbeat is from one sign of life to the next; 0 is 30 seconds.
	Heartbeat time.Duration
	// Record writes down who is about to follow a stream that shows more than everybody
	// may see; what cannot be written down is not followed. nil is nowhere.
	Record func(ctx context.Context, who access.Actor, of topic.Stream) error
	// Delivered is told, of what is written to a client at once, how long ago the newest
	// event in it was decided; nil is nobody.
	Delivered func(time.Duration)
	Clock     clock.Clock // nil is the system's; deadlines of connections are by it, too
	Log       *zap.Logger // nil is silence
}

// Limits are what a client may do at most. A field that is 0 stands for the number
// beside it.
type Limits struct {
	PerUser       int // connections at a time: 5
	PerAddress    int // connections at a time: 50
	Subscriptions int // of a connection: 100
	// Connects is how often a user may connect: 20 times at once and each 2 seconds.
	// An address may five times as often.
	Connects guard.Limit
}

// Bounds that hold for everybody.
const (
	maxStreams   = 10_000
	keepFor      = time.Minute      // a stream that nobody follows, for those who come back
	freshFor     = time.Second      // a snapshot, for whoever asks next
	lookEvery    = 15 * time.Second // into the journal, for what the bus lost without a sign
	retryEvery   = time.Second      // when something is known to be missing
	sourceWithin = 5 * time.Second
)

// Hub hands what engines publish to the clients that follow it. Safe for concurrent
// use.
type Hub struct {
	opts    Options
	flights singleflight.Group
	lost    bell // something is missing
	present sync.WaitGroup
	writers writers
	counts  counters

	mu        sync.Mutex
	stopped   bool
	streams   map[topic.Stream]*stream
	missing   map[market.ISIN]bool
	clients   map[*client]bool
	users     map[string]int // connections
	addresses map[string]int // connections
}

// stream is what the hub knows of one that somebody follows, or followed lately.
type stream struct {
	log     topic.Log
	readers map[*client]bool
	left    time.Time // by the last reader

	snapshot *topic.Encoded // the newest; nil for none
	taken    time.Time
}

var (
	_ http.Handler   = (*Hub)(nil)
	_ risk.Publisher = (*Hub)(nil)
)

// New returns a hub without clients, or [ErrInvalid].
func New(opts Options) (*Hub, error) {
	switch {
	case opts.Source == nil || opts.Access == nil:
		return nil, fmt.Errorf("%w: Source and Access must be there", ErrInvalid)
	case opts.Heartbeat < 0:
		return nil, fmt.Errorf("%w: Heartbeat %v: must be >= 0", ErrInvalid, opts.Heartbeat)
	case opts.PerUser < 0 || opts.PerAddress < 0 || opts.Subscriptions < 0:
		return nil, fmt.Errorf("%w: Limits %+v: must be >= 0", ErrInvalid, opts.Limits)
	}
	for _, o := range opts.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.ContainsAny(o, `*?[\`) {
			return nil, fmt.Errorf("%w: Origins %q: must be like https://example.com", ErrInvalid, o)
		}
	}
	for limit, usual := range map[*int]int{&opts.PerUser: 5, &opts.PerAddress: 50, &opts.Subscriptions: 100} {
		if *limit == 0 {
			*limit = usual
		}
	}
	if opts.Heartbeat == 0 {
		opts.Heartbeat = 30 * time.Second
	}
	if opts.Connects == (guard.Limit{}) {
		opts.Connects = guard.Limit{Per: 2 * time.Second, Burst: 20}
	}
	opts.Origins = slices.Clone(opts.Origins)
	if opts.Guard == nil {
		opts.Guard = guard.New()
	}
	if opts.Clock == nil {
		opts.Clock = clock.New()
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	return &Hub{
		opts: opts, lost: newBell(), writers: writers{waiting: newBell()},
		streams: map[topic.Stream]*stream{}, missing: map[market.ISIN]bool{}, clients: map[*client]bool{},
		users: map[string]int{}, addresses: map[string]int{},
	}, nil
}

// Publish implements risk.Publisher: clients of this server hear it whatever
// becomes of the bus. It waits for nobody.
func (h *Hub) Publish(_ context.Context, stamp evenkeel.Stamp, d risk.Decision) error {
	isin := market.ISIN(strings.TrimPrefix(stamp.Key, risk.Key("")))
	messages, err := topic.Tell(isin, stamp.ID(), stamp.At, d)
	if err != nil {
		return err
	}
	h.hear(topic.Heard{Messages: messages})
	if h.opts.Bus == nil {
		return nil
	}
	for some := range slices.Chunk(messages, topic.MaxMessages) {
		if err := h.opts.Bus.Publish(some); err != nil {
			return fmt.Errorf("publish to other servers: %w", err)
		}
	}
	return nil
}

// hear hands messages to whoever follows them, and sees to what is missing.
func (h *Hub) hear(heard topic.Heard) {
	now := h.opts.Clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if heard.Gap {
		h.miss("")
	}
	type news struct {
		of     *stream
		frames []*topic.Encoded
	}
	var all []news // of a stream handed over together, so that they are written together
	for _, m := range heard.Messages {
		s, followed := h.streams[m.Stream()]
		if !followed {
			continue
		}
		f, err := topic.Encode(m.Frame)
		if err != nil {
			h.opts.Log.Error("encode a frame", zap.Stringer("topic", m.Topic), zap.Error(err))
			continue
		}
		next, is := s.log.Add(f)
		at := slices.IndexFunc(all, func(n news) bool { return n.of == s })
		if at < 0 {
			at, all = len(all), append(all, news{of: s})
		}
		all[at].frames = append(all[at].frames, next...)
		if is == topic.Gap {
			h.miss(m.Topic.ISIN)
		}
	}
	for _, n := range all {
		h.hand(n.of, now, n.frames...)
	}
}

// hand queues frames for all readers of a stream, and has them written. The caller
// holds h.mu.
func (h *Hub) hand(s *stream, now time.Time, frames ...*topic.Encoded) {
	if len(frames) == 0 {
		return
	}
	to := make([]*client, 0, len(s.readers))
	for c := range s.readers {
		if c.queueUp(now, frames...) {
			to = append(to, c)
		} else {
			c.wake.ring()
		}
	}
	h.writers.add(to)
}

// miss has an instrument, or all with "", looked up in the journal. The caller
// holds h.mu.
func (h *Hub) miss(isin market.ISIN) {
	for s := range h.streams {
		if isin == "" || s.ISIN == isin {
			h.missing[s.ISIN] = true
		}
	}
	h.lost.ring()
}

// Run listens to the other servers and looks into the journal for what was missed,
// until ctx ends; then it sends all clients away and waits for them.
func (h *Hub) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return h.watch(ctx) })
	for range runtime.GOMAXPROCS(0) { // one wherever there is nothing else to do
		group.Go(func() error { return h.writers.run(ctx) })
	}
	if h.opts.Bus != nil {
		group.Go(func() error { return h.opts.Bus.Subscribe(ctx, h.hear) })
	}
	err := group.Wait()
	h.stop()
	return err
}

// watch looks into the journal as soon as something is missing, and now and then
// in any case: a bus can lose what it never knew to be lost.
func (h *Hub) watch(ctx context.Context) error {
	always, again := h.opts.Clock.Ticker(lookEvery), h.opts.Clock.Ticker(retryEvery)
	defer always.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.lost:
		case <-again.C:
		case <-always.C:
			h.mu.Lock()
			h.forget(h.opts.Clock.Now())
			h.miss("")
			h.mu.Unlock()
		}
		h.catchUp(ctx)
	}
}

// forget drops the streams that nobody has followed for a while. The caller holds
// h.mu.
func (h *Hub) forget(now time.Time) {
	for key, s := range h.streams {
		if len(s.readers) == 0 && now.Sub(s.left) >= keepFor {
			delete(h.streams, key)
		}
	}
}

// catchUp gives a snapshot to the readers of every stream whose log ends before
// the journal does. What cannot be looked up is still missing.
func (h *Hub) catchUp(ctx context.Context) {
	h.mu.Lock()
	all := h.missing
	h.missing = map[market.ISIN]bool{}
	h.mu.Unlock()
	for isin := range all {
		within, cancel := context.WithTimeout(ctx, sourceWithin)
		standing, err := h.opts.Source.Standing(within, isin)
		cancel()
		h.mu.Lock()
		if err != nil && !errors.Is(err, topic.ErrUnknown) {
			h.missing[isin] = true
		} else if err == nil {
			err = h.bring(isin, standing)
		}
		h.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			h.opts.Log.Warn("look up what was missed", zap.String("isin", string(isin)), zap.Error(err))
		}
	}
}

// bring takes the streams of an instrument to where it stands. The caller holds
// h.mu.
func (h *Hub) bring(isin market.ISIN, standing topic.Standing) error {
	now := h.opts.Clock.Now()
	for key, s := range h.streams {
		if key.ISIN != isin || !s.log.End().Begun() || standing.Last(key) <= s.log.End().Seq() {
			continue
		}
		f, err := encoded(key, standing)
		if err != nil {
			return err
		}
		s.snapshot, s.taken = f, now
		next, _ := s.log.Add(f)
		h.hand(s, now, next...)
	}
	return nil
}

func encoded(of topic.Stream, standing topic.Standing) (*topic.Encoded, error) {
	f, err := topic.Snapshot(of, standing)
	if err != nil {
		return nil, err
	}
	return topic.Encode(f)
}

// errBehind says that a source knows less than was published: it does not read the
// journal.
var errBehind = errors.New("socket: the source is behind what was published")

// maxLooks is how often a source is asked before that is said.
const maxLooks = 3

// snapshot returns how a stream stands, with all that its readers were given so far.
func (h *Hub) snapshot(ctx context.Context, of topic.Stream) (*topic.Encoded, error) {
	for range maxLooks {
		f, err := h.lookUp(ctx, of)
		if err != nil || h.end(of) <= f.Seq {
			return f, err
		}
	}
	return nil, errBehind
}

// end is how far the log of a stream goes.
func (h *Hub) end(of topic.Stream) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[of]; s != nil {
		return s.log.End().Seq()
	}
	return 0
}

// lookUp returns a snapshot that is fresh. Who asks while another waits for one
// shares it, though it may have been begun a little too early.
func (h *Hub) lookUp(ctx context.Context, of topic.Stream) (*topic.Encoded, error) {
	h.mu.Lock()
	if s := h.streams[of]; s != nil && s.snapshot != nil && h.opts.Clock.Now().Sub(s.taken) < freshFor && s.snapshot.Seq >= s.log.End().Seq() {
		defer h.mu.Unlock()
		return s.snapshot, nil
	}
	h.mu.Unlock()
	found, err, _ := h.flights.Do(string(of.Audience)+" "+of.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sourceWithin) // others wait for it too
		defer cancel()
		began := h.opts.Clock.Now()
		standing, err := h.opts.Source.Standing(ctx, of.ISIN)
		if err != nil {
			return nil, err
		}
		f, err := encoded(of, standing)
		if err == nil {
			h.keep(of, f, began)
		}
		return f, err
	})
	f, _ := found.(*topic.Encoded) // nil with an error
	return f, err
}

// keep remembers a snapshot, with which the log of a new stream begins.
func (h *Hub) keep(of topic.Stream, f *topic.Encoded, began time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[of]
	if s == nil {
		return
	}
	s.snapshot, s.taken = f, began
	if !s.log.End().Begun() {
		next, _ := s.log.Add(f)
		h.hand(s, began, next...)
	}
}

// since returns the frames of a stream after seq, if all up to the snapshot are
// there.
func (h *Hub) since(of topic.Stream, seq uint64, snapshot *topic.Encoded) ([]*topic.Encoded, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[of]
	if s == nil || s.log.End().Seq() < snapshot.Seq {
		return nil, false
	}
	return s.log.Since(seq)
}

// Counts is what a hub has done so far, and has now.
type Counts struct {
	Connections, Subscriptions, Streams int
	Sent, Snapshots                     uint64 // frames; snapshots are some of those sent
	Coalesced                           uint64 // times that a slow client's queue was
	Dropped                             uint64 // clients that were too slow
}

type counters struct {
	subscriptions                       atomic.Int64
	sent, snapshots, coalesced, dropped atomic.Uint64
}

// Counts returns them.
func (h *Hub) Counts() Counts {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Counts{
		Connections: len(h.clients), Subscriptions: int(h.counts.subscriptions.Load()), Streams: len(h.streams),
		Sent: h.counts.sent.Load(), Snapshots: h.counts.snapshots.Load(),
		Coalesced: h.counts.coalesced.Load(), Dropped: h.counts.dropped.Load(),
	}
}
