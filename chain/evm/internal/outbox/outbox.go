package outbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
)

// ErrInvalid refuses a journal, or an entry, that no outbox of this account wrote.
var ErrInvalid = errors.New("outbox: invalid")

// MaxVersions bounds how often an intent can be replaced. Each version is a tenth
// dearer: the last one offers four hundred times the first.
const MaxVersions = 64

// name of what writes the journal, and the version of its form.
const name = "evm/outbox@1"

// Outbox is the memory of one account on one chain. It keeps every intent, a few
// hundred bytes each. Safe for concurrent use.
type Outbox struct {
	store  evenkeel.Store
	key    string
	config [32]byte

	mu      sync.Mutex
	head    evenkeel.Record // its Seq, At and Hash
	byNonce []*Intent       // ascending
	byID    map[string]*Intent
}

// Open reads the journal of key, which must be that account's alone.
func Open(ctx context.Context, store evenkeel.Store, key string, chainID uint64, account chain.Address) (*Outbox, error) {
	config := sha256.Sum256(fmt.Appendf(nil, "chain %d account %s", chainID, account))
	o := &Outbox{store: store, key: key, config: config, byID: map[string]*Intent{}}
	return o, o.Sync(ctx)
}

// Sync reads what was appended since, by this process or by another.
func (o *Outbox) Sync(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for r, err := range o.store.Journal(ctx, o.key, o.head.Seq) {
		if err == nil {
			err = o.apply(r)
		}
		if err != nil {
			return fmt.Errorf("outbox %s after %d: %w", o.key, o.head.Seq, err)
		}
	}
	return nil
}

// apply adds a record, if it is the one that follows.
func (o *Outbox) apply(r evenkeel.Record) error {
	switch {
	case r.Engine != name:
		return fmt.Errorf("%w: record %d was written by %.64q: must be by %q", ErrInvalid, r.Seq, r.Engine, name)
	case r.Config != o.config:
		return fmt.Errorf("%w: record %d is of another chain or account: each has a Key of its own", ErrInvalid, r.Seq)
	case r.Seq != o.head.Seq+1 || r.Prev != o.head.Hash || r.Sum() != r.Hash:
		return fmt.Errorf("%w: record %d does not follow %d", evenkeel.ErrBroken, r.Seq, o.head.Seq)
	}
	var e Entry
	if err := json.Unmarshal(r.Decision, &e); err != nil {
		return fmt.Errorf("%w: record %d: %w", ErrInvalid, r.Seq, err)
	}
	v, err := e.version()
	if err == nil {
		err = o.fits(e, v)
	}
	if err != nil {
		return fmt.Errorf("record %d: %w", r.Seq, err)
	}
	o.add(e, v)
	o.head = evenkeel.Record{Stamp: r.Stamp, Hash: r.Hash}
	return nil
}

// fits returns an error unless v may be the next version of e's intent: one id, one
// nonce, one payload.
func (o *Outbox) fits(e Entry, v Version) error {
	in := o.byID[e.ID]
	switch {
	case e.ID == "":
		return fmt.Errorf("%w: ID: must not be empty", ErrInvalid)
	case e.Kind != Call && e.Kind != Cancel && e.Kind != Withdraw:
		return fmt.Errorf("%w: Kind %.16q: must be call, cancel or withdraw", ErrInvalid, e.Kind)
	case in == nil && e.Kind != Call:
		return fmt.Errorf("%w: Kind %s: the first version of %.64q must be a call", ErrInvalid, e.Kind, e.ID)
	case in == nil && v.Nonce() < o.next():
		return fmt.Errorf("%w: nonce %d of %.64q: must be at least %d", ErrInvalid, v.Nonce(), e.ID, o.next())
	case in == nil:
		return nil
	case v.Nonce() != in.Nonce:
		return fmt.Errorf("%w: nonce %d of %.64q: must be %d", ErrInvalid, v.Nonce(), e.ID, in.Nonce)
	case len(in.Versions) >= MaxVersions:
		return fmt.Errorf("%w: %.64q has %d versions: must have no more", ErrInvalid, e.ID, MaxVersions)
	case e.Kind == Call && in.Cancelling():
		return fmt.Errorf("%w: %.64q is being cancelled: there is no way back", ErrInvalid, e.ID)
	case e.Kind == Call && !samePayload(in.Versions[0], v):
		return fmt.Errorf("%w: %.64q: every version must do the same", ErrInvalid, e.ID)
	}
	return nil
}

func samePayload(a, b Version) bool {
	return *a.To() == *b.To() && bytes.Equal(a.Data(), b.Data()) && a.Value().Cmp(b.Value()) == 0
}

func (o *Outbox) add(e Entry, v Version) {
	in := o.byID[e.ID]
	if in == nil {
		in = &Intent{ID: e.ID, Nonce: v.Nonce(), Deadline: e.Deadline, Public: e.Public}
		o.byID[e.ID] = in
		o.byNonce = append(o.byNonce, in)
	}
	in.Versions = append(slices.Clip(in.Versions), v) // a new array: callers hold the old one
}

// next is the lowest nonce that nothing was signed with.
func (o *Outbox) next() uint64 {
	if len(o.byNonce) == 0 {
		return 0
	}
	return o.byNonce[len(o.byNonce)-1].Nonce + 1
}

// Next returns the lowest nonce that nothing was signed with, nor anything lower.
func (o *Outbox) Next() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next()
}

// Find returns the intent of that id, as of the last Sync or Add.
func (o *Outbox) Find(id string) (Intent, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if in := o.byID[id]; in != nil {
		return *in, true
	}
	return Intent{}, false
}

// From returns the intents with that nonce or a higher one, ascending.
func (o *Outbox) From(nonce uint64) []Intent {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, _ := slices.BinarySearchFunc(o.byNonce, nonce, func(in *Intent, n uint64) int {
		return cmp.Compare(in.Nonce, n)
	})
	var found []Intent
	for _, in := range o.byNonce[at:] {
		found = append(found, *in)
	}
	return found
}

// Add writes a version down, durably on return, and returns its intent. After
// evenkeel.ErrConflict another process was first: Sync, and decide again. After any
// other error but [ErrInvalid] the version may have been written.
func (o *Outbox) Add(ctx context.Context, now time.Time, e Entry) (Intent, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, err := e.version()
	if err == nil {
		err = o.fits(e, v)
	}
	if err != nil {
		return Intent{}, err
	}
	r, err := o.record(now, e, v)
	if err != nil {
		return Intent{}, err
	}
	if err := o.append(ctx, r); err != nil {
		return Intent{}, err
	}
	o.add(e, v)
	o.head = evenkeel.Record{Stamp: r.Stamp, Hash: r.Hash}
	return *o.byID[e.ID], nil
}

// facts is what a record says beside its entry, for whoever reads the journal.
type facts struct {
	Nonce       uint64
	Tx          chain.Hash
	MaxGasPrice uint256.Int
}

func (o *Outbox) record(now time.Time, e Entry, v Version) (evenkeel.Record, error) {
	at := now.UTC().Truncate(time.Microsecond)
	if at.Before(o.head.At) {
		at = o.head.At // a clock that was set back must not disorder the journal
	}
	r := evenkeel.Record{
		Stamp:  evenkeel.Stamp{Key: o.key, Seq: o.head.Seq + 1, At: at},
		Engine: name, Config: o.config, Seen: []byte("{}"), Prev: o.head.Hash,
	}
	var errs [2]error
	r.State, errs[0] = json.Marshal(&facts{v.Nonce(), v.Hash(), v.MaxGasPrice()})
	r.Decision, errs[1] = json.Marshal(e)
	r.Hash = r.Sum()
	return r, errors.Join(errs[:]...)
}

// append makes r the head. After a conflict it looks once: r's own hash there means
// that only the answer was lost.
func (o *Outbox) append(ctx context.Context, r evenkeel.Record) error {
	err := o.store.Append(ctx, r)
	if errors.Is(err, evenkeel.ErrConflict) {
		if last, lastErr := o.store.Last(ctx, o.key); lastErr == nil && last.Hash == r.Hash {
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("outbox: append %s: %w", r.ID(), err)
	}
	return nil
}
