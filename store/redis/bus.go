package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

var (
	// ErrInvalid refuses options and names what is wrong with them.
	ErrInvalid = errors.New("redis: invalid")
	// ErrLost says that messages were not carried.
	ErrLost = errors.New("redis: messages lost")
)

// DefaultChannel is where frames are published unless [Options] say another.
const DefaultChannel = "evenkeel:lr"

const (
	maxWaiting = 256     // publications that wait for Redis
	maxBytes   = 4 << 20 // of one publication

	within    = time.Second     // Redis has to answer
	quiet     = 5 * time.Second // without a word before a subscription asks whether Redis is there
	firstWait = 20 * time.Millisecond
	maxWait   = 2 * time.Second
)

// Options tune a [Bus]; the zero value is usable.
type Options struct {
	Channel string      // the same for all servers that tell the same; "" is DefaultChannel
	Clock   clock.Clock // nil is the system's
}

// Bus is a topic.Bus over the publish and subscribe of Redis. Safe for concurrent
// use.
type Bus struct {
	client  *redis.Client
	channel string
	clock   clock.Clock

	waiting chan []byte
	lost    atomic.Bool   // something was not carried, of which nobody has heard yet
	wake    chan struct{} // has room for one: lost was set
	done    <-chan struct{}
	close   func() error
}

var _ topic.Bus = (*Bus)(nil)

// Open returns the bus over the Redis at url, such as "redis://host:6379/0" or
// "unix:///path", which need not be there yet. Close it.
func Open(url string, opts Options) (*Bus, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("%w: url: %w", ErrInvalid, err)
	}
	o.Protocol, o.DisableIdentity = 2, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.MaxRetries, o.DialerRetries = -1, 1 // who tries again is the bus
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = within, within, within, within
	b := &Bus{client: redis.NewClient(o), channel: opts.Channel, clock: opts.Clock, waiting: make(chan []byte, maxWaiting), wake: make(chan struct{}, 1)}
	if b.channel == "" {
		b.channel = DefaultChannel
	}
	if b.clock == nil {
		b.clock = clock.New()
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.done = ctx.Done()
	var group errgroup.Group
	group.Go(func() error {
		b.send(ctx)
		return nil
	})
	b.close = func() error {
		cancel()
		return errors.Join(group.Wait(), b.client.Close())
	}
	return b, nil
}

// Close ends the bus. What still waits is lost, and later publications are
// [ErrLost]. Subscriptions end with their own contexts.
func (b *Bus) Close() error { return b.close() }

// Publish implements topic.Bus. [ErrLost] says that too much waits already.
func (b *Bus) Publish(messages []topic.Message) error {
	if err := topic.ValidateAll(messages); err != nil {
		return err
	}
	if len(messages) == 0 {
		return nil
	}
	text, err := json.Marshal(messages)
	if err != nil {
		return fmt.Errorf("%w: messages: %w", topic.ErrInvalid, err)
	}
	if len(text) > maxBytes {
		return fmt.Errorf("%w: messages: %d bytes: must be at most %d together", topic.ErrInvalid, len(text), maxBytes)
	}
	select {
	case <-b.done:
		return fmt.Errorf("%w: the bus is closed", ErrLost)
	default:
	}
	select {
	case b.waiting <- text:
		return nil
	default:
		b.lose()
		return fmt.Errorf("%w: %d publications wait for Redis", ErrLost, maxWaiting)
	}
}

func (b *Bus) lose() {
	b.lost.Store(true)
	select {
	case b.wake <- struct{}{}:
	default: // it is woken already
	}
}

// gap is what is published for messages that were not carried.
var gap = []byte("[]")

// send publishes what waits, in order, until ctx ends. What Redis does not take is
// lost, and a gap is published as soon as Redis is there again.
func (b *Bus) send(ctx context.Context) {
	var wait backoff
	for ctx.Err() == nil {
		if b.lost.Swap(false) {
			if b.publish(ctx, gap) != nil {
				b.lost.Store(true)
				wait.more(ctx, b.clock)
				continue
			}
			wait = 0
		}
		select {
		case <-ctx.Done():
		case <-b.wake:
		case text := <-b.waiting:
			if b.publish(ctx, text) != nil {
				b.lost.Store(true)
			}
		}
	}
}

func (b *Bus) publish(ctx context.Context, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return b.client.Publish(ctx, b.channel, text).Err()
}

// Subscribe implements topic.Bus.
func (b *Bus) Subscribe(ctx context.Context, hear func(topic.Heard)) error {
	var wait backoff
	for ctx.Err() == nil {
		b.listen(ctx, func(h topic.Heard) {
			wait = 0
			hear(h)
		})
		wait.more(ctx, b.clock)
	}
	return ctx.Err()
}

// listen hears until the connection is lost or ctx ends.
func (b *Bus) listen(ctx context.Context, hear func(topic.Heard)) {
	heard := b.client.Subscribe(ctx, b.channel)
	end := func() { _ = heard.Close() }
	defer end()
	defer context.AfterFunc(ctx, end)() // a read does not look at ctx
	asked := false
	for ctx.Err() == nil {
		said, err := heard.ReceiveTimeout(ctx, quiet)
		switch said := said.(type) {
		case *redis.Subscription: // the first that is heard
			hear(topic.Heard{Gap: true})
		case *redis.Message:
			hear(read(said.Payload))
		}
		var timeout interface{ Timeout() bool }
		switch {
		case err == nil:
			asked = false
		case asked || !errors.As(err, &timeout) || !timeout.Timeout() || heard.Ping(ctx) != nil:
			return
		default:
			asked = true
		}
	}
}

// read takes what is not ours, or was changed on the way, for a gap.
func read(text string) topic.Heard {
	var messages []topic.Message
	if err := json.Unmarshal([]byte(text), &messages); err != nil || len(messages) == 0 || topic.ValidateAll(messages) != nil {
		return topic.Heard{Gap: true}
	}
	return topic.Heard{Messages: messages}
}

// backoff is how long to wait before another try: each time twice as long.
type backoff time.Duration

// more waits until then, or until ctx ends.
func (b *backoff) more(ctx context.Context, c clock.Clock) {
	*b = min(max(2**b, backoff(firstWait)), backoff(maxWait))
	timer := c.Timer(time.Duration(*b))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
