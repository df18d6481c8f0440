package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

// Requests remembers under which Idempotency-Key what was asked and answered, for
// a day or longer. Safe for concurrent use.
type Requests interface {
	// Begin says that the actor asks, under key, what has that hash. It returns the
	// zero Answer if that is to be done now, or what was answered before, or
	// [ErrOtherRequest], or [ErrInProgress] while somebody does it: but who began
	// and was not heard of for a while is forgotten.
	Begin(ctx context.Context, actor, key string, hash [32]byte, now time.Time) (Answer, error)
	// Finish keeps what was answered to the request that has begun. The zero Answer
	// gives the key back: the next one may begin.
	Finish(ctx context.Context, actor, key string, a Answer) error
}

var (
	// ErrOtherRequest says that a key stands for another request.
	ErrOtherRequest = errors.New("api: another request has the key")
	// ErrInProgress says that the request is being done.
	ErrInProgress = errors.New("api: request is in progress")
)

// Answer is what is kept of an answer. The zero Answer is none.
type Answer struct {
	Status int
	Header map[string][]string
	Body   []byte
}

// attempt is what a keyed call knows of its key.
type attempt struct {
	key   string
	hash  [32]byte
	begun bool
	kept  *Answer // of the first time
}

// maxKey is how long an Idempotency-Key may be.
const maxKey = 255

func keyOf(r *http.Request) (string, *Problem) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) != 1 {
		return "", Fail(http.StatusBadRequest, KeyMissing, "Idempotency-Key: must be there once, since this changes something")
	}
	key := keys[0]
	visible := strings.TrimFunc(key, func(c rune) bool { return c > ' ' && c < 0x7f }) == ""
	if key == "" || len(key) > maxKey || !visible {
		return "", Fail(http.StatusBadRequest, KeyMissing, "Idempotency-Key %s: must be 1 to %d visible ASCII characters", shown(key), maxKey)
	}
	return key, nil
}

// hashOf is over all that makes one request another.
func hashOf(r *http.Request, body []byte) [sha256.Size]byte {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.RequestURI())
	_, _ = h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// begin lets a valid request through to its operation, once. A request that is
// not valid has not used its key.
func (a *API) begin(ctx context.Context, c *call, rule access.Rule) error {
	if !rule.Keyed {
		return nil
	}
	switch kept, err := a.opts.Requests.Begin(ctx, c.caller.Name, c.once.key, c.once.hash, a.opts.Now()); {
	case errors.Is(err, ErrOtherRequest):
		return Fail(http.StatusUnprocessableEntity, KeyReused, "Idempotency-Key %s: must be another for another request", shown(c.once.key))
	case errors.Is(err, ErrInProgress):
		return Fail(http.StatusConflict, KeyBusy, "Idempotency-Key %s: must wait for its first request", shown(c.once.key)).After(time.Second)
	case err != nil:
		a.opts.Log.Error("begin", zap.String("request", c.id), zap.Error(err))
		return Away("the database")
	case kept.Status != 0:
		c.once.kept = &kept
		return Fail(kept.Status, "", "") // serve sends what was kept instead
	}
	c.once.begun = true
	return nil
}

// finishWithin is how long an answer may take to be kept, also when who asked has
// gone.
const finishWithin = 5 * time.Second

// finish keeps what was decided. A fault of ours, or of the moment, decides
// nothing: the same request may try again. An answer that cannot be kept is given
// all the same, since what it says has happened.
func (a *API) finish(ctx context.Context, c *call, out *reply) {
	if !c.once.begun {
		return
	}
	var keep Answer
	if out.code < http.StatusInternalServerError && out.code != http.StatusTooManyRequests {
		keep = Answer{Status: out.code, Header: out.header, Body: out.body.Bytes()}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	if err := a.opts.Requests.Finish(ctx, c.caller.Name, c.once.key, keep); err != nil {
		a.opts.Log.Error("finish", zap.String("request", c.id), zap.Error(err))
	}
}

// reply makes a kept answer an answer again.
func (k Answer) reply() *reply {
	o := newReply()
	o.code = k.Status
	for name, values := range k.Header {
		o.header[name] = values
	}
	o.header.Set("Idempotency-Replayed", "true")
	_, _ = o.body.Write(k.Body)
	return o
}

// Key returns the Idempotency-Key of the request that an operation answers, ""
// where its rule has none. What the operation does elsewhere is done once if it
// carries an id made of the actor and this key.
func Key(ctx context.Context) string { return callOf(ctx).once.key }
