package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// maxWaiting is how many publications wait for a listener. One that is slower gets
// a gap instead of them.
const maxWaiting = 256

// Bus is a topic.Bus. Its zero value is ready to use. Safe for concurrent use; do
// not copy it after first use.
type Bus struct {
	mu        sync.Mutex
	listeners map[*listener]struct{}
}

var _ topic.Bus = (*Bus)(nil)

// listener is what waits for one subscription.
type listener struct {
	waiting []topic.Heard
	wake    chan struct{} // has room for one
}

// Publish implements topic.Bus.
func (b *Bus) Publish(messages []topic.Message) error {
	if err := topic.ValidateAll(messages); err != nil {
		return err
	}
	if len(messages) == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for l := range b.listeners {
		l.put(topic.Heard{Messages: own(messages)})
	}
	return nil
}

// own copies messages, so that neither side changes the other's.
func own(messages []topic.Message) []topic.Message {
	all := slices.Clone(messages)
	for i := range all {
		all[i].Payload = slices.Clone(all[i].Payload)
	}
	return all
}

func (l *listener) put(h topic.Heard) {
	if len(l.waiting) == maxWaiting {
		l.waiting, h = l.waiting[:0], topic.Heard{Gap: true}
	}
	l.waiting = append(l.waiting, h)
	select {
	case l.wake <- struct{}{}:
	default: // it is woken already
	}
}

// Subscribe implements topic.Bus.
func (b *Bus) Subscribe(ctx context.Context, hear func(topic.Heard)) error {
	l := &listener{wake: make(chan struct{}, 1)}
	l.put(topic.Heard{Gap: true})
	b.mu.Lock()
	if b.listeners == nil {
		b.listeners = map[*listener]struct{}{}
	}
	b.listeners[l] = struct{}{}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.listeners, l)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
		}
		for _, h := range b.take(l) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			hear(h)
		}
	}
}

func (b *Bus) take(l *listener) []topic.Heard {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := l.waiting
	l.waiting = nil
	return taken
}
