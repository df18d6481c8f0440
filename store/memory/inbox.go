package memory

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/evenkeelhq/evenkeel"
)

var _ evenkeel.Inbox = (*Inbox)(nil)

// Inbox is an evenkeel.Inbox. Its zero value is ready to use. Safe for
// concurrent use; do not copy it after first use.
type Inbox struct {
	mu       sync.RWMutex
	commands map[string][]evenkeel.Command
	ids      map[string]map[string]uint64 // key, id: Seq
}

// Put implements evenkeel.Inbox.
func (b *Inbox) Put(ctx context.Context, key, id string, command []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if key == "" || id == "" {
		return fmt.Errorf("%w: command %q for key %q: neither may be empty", evenkeel.ErrInvalid, id, key)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if seq, known := b.ids[key][id]; known {
		if !bytes.Equal(b.commands[key][seq-1].Body, command) {
			return fmt.Errorf("%w: command %q for %q was put before with another body", evenkeel.ErrConflict, id, key)
		}
		return nil
	}
	if b.ids == nil {
		b.commands, b.ids = make(map[string][]evenkeel.Command), make(map[string]map[string]uint64)
	}
	if b.ids[key] == nil {
		b.ids[key] = make(map[string]uint64)
	}
	seq := uint64(len(b.commands[key])) + 1
	b.commands[key] = append(b.commands[key], evenkeel.Command{Seq: seq, ID: id, Body: slices.Clone(command)})
	b.ids[key][id] = seq
	return nil
}

// Take implements evenkeel.Inbox. It yields the commands that were there when
// the iteration began.
func (b *Inbox) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	return func(yield func(evenkeel.Command, error) bool) {
		b.mu.RLock()
		commands := b.commands[key]
		b.mu.RUnlock()
		for _, c := range commands[min(after, uint64(len(commands))):] {
			if err := ctx.Err(); err != nil {
				yield(evenkeel.Command{}, err)
				return
			}
			c.Body = slices.Clone(c.Body)
			if !yield(c, nil) {
				return
			}
		}
	}
}
