// Package audit writes down who has read what not everybody may: a journal of its
// own, "audit", in which each record vouches for all before it, so that
// evenkeel.Verify finds out if one was changed or is missing.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

// ErrBusy says that too many others write at the same time: it is worth another try.
var ErrBusy = errors.New("audit: busy")

// Key is that of the journal.
const Key = "audit"

// engine names what the records are, as the journal wants to know.
const engine = "audit@1"

// Entry is something that somebody has read.
type Entry struct {
	Actor   string   `json:"actor"`
	Roles   []string `json:"roles"`
	Action  string   `json:"action"`  // how it was read, such as "audit"
	Object  string   `json:"object"`  // what was read, such as an ISIN
	Request string   `json:"request"` // SHA-256 of what was asked, in hexadecimal digits
	Result  string   `json:"result"`  // what came of it
}

// Of returns the entry of somebody who is shown an object.
func Of(who access.Actor, action, object, request string) Entry {
	roles := make([]string, len(who.Roles))
	for i, r := range who.Roles {
		roles[i] = string(r)
	}
	sum := sha256.Sum256([]byte(request))
	return Entry{Actor: who.Name, Roles: roles, Action: action, Object: object, Request: hex.EncodeToString(sum[:]), Result: "shown"}
}

// Journal is where entries are written. Safe for concurrent use, also by several
// programs.
type Journal struct {
	store evenkeel.Store
	mu    sync.Mutex
	last  evenkeel.Record // Seq 0 if it is not known
}

// New returns the journal in a store.
func New(store evenkeel.Store) *Journal { return &Journal{store: store} }

// tries is how often another program may be quicker before we give up.
const tries = 10

// Write writes an entry down, durably. Whoever wants to show something that not
// everybody may see writes first, and shows nothing if that fails, with [ErrBusy] or what
// the store says.
func (j *Journal) Write(ctx context.Context, now time.Time, e Entry) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for range tries {
		if err = j.append(ctx, now, body); !errors.Is(err, evenkeel.ErrConflict) {
			break
		}
	}
	switch {
	case errors.Is(err, evenkeel.ErrConflict):
		return fmt.Errorf("%w: others were quicker %d times", ErrBusy, tries)
	case err != nil:
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

func (j *Journal) append(ctx context.Context, now time.Time, body []byte) error {
	if j.last.Seq == 0 {
		last, err := j.store.Last(ctx, Key)
		if err != nil && !errors.Is(err, evenkeel.ErrNotFound) {
			return err
		}
		j.last = last
	}
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(j.last.At) {
		at = j.last.At // a clock that was set back must not disorder the journal
	}
	rec := evenkeel.Record{
		Stamp: evenkeel.Stamp{Key: Key, Seq: j.last.Seq + 1, At: at}, Engine: engine, Config: sha256.Sum256(nil),
		State: []byte("null"), Seen: body, Decision: []byte("null"), Prev: j.last.Hash,
	}
	rec.Hash = rec.Sum()
	err := j.store.Append(ctx, rec)
	if err != nil {
		j.last = evenkeel.Record{} // what became of it is not known
		return err
	}
	j.last = rec
	return nil
}
