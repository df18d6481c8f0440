// Package guard is what stands before a server: where a request comes from, how
// often somebody may ask, and whether a request is sealed by who it says.
package guard

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
)

// ErrRepeated says that an envelope was opened before.
var ErrRepeated = errors.New("guard: request was sent before")

// Limit is a token bucket.
type Limit struct {
	Per   time.Duration // one more request is allowed after it, > 0
	Burst int           // at once, > 0
}

// perAddress is how much more than one actor an address may do, since many may
// share it.
const perAddress = 5

// Ceiling is how many requests a second all may send together, unless it is said.
const Ceiling = 500

// failures is how often an address may show a credential that nobody has.
var failures = Limit{Per: 30 * time.Second, Burst: 10}

// Guard remembers who asked lately. Its memory is bounded: when there is too much
// to remember, what has been idle longest is forgotten, and finds a full bucket.
// Safe for concurrent use.
type Guard struct {
	ceiling *rate.Limiter
	buckets recent[*rate.Limiter]
	nonces  recent[struct{}]
}

// maxBuckets bounds how many buckets are remembered twice over.
const maxBuckets = 50_000

// New returns a guard to whom everybody is new, under [Ceiling].
func New() *Guard { return Under(Ceiling) }

// Under returns a guard under another ceiling: so many requests a second of all
// together, > 0, and twice as many at once.
func Under(ceiling int) *Guard {
	return &Guard{ceiling: rate.NewLimiter(rate.Limit(ceiling), 2*ceiling)}
}

// Admit asks for an address before anything else is known of a request to route.
// It returns how long to wait, 0 for not at all.
func (g *Guard) Admit(route, address string, l Limit, now time.Time) time.Duration {
	if wait := take(g.ceiling, now); wait > 0 {
		return wait
	}
	return g.bucket("address "+route+" "+address, Limit{l.Per / perAddress, l.Burst * perAddress}, now)
}

// Allow asks for the actor that sent a request to route. It returns how long to
// wait, 0 for not at all.
func (g *Guard) Allow(route, actor string, l Limit, now time.Time) time.Duration {
	return g.bucket("actor "+route+" "+actor, l, now)
}

// Locked returns how long an address must wait before it shows a credential again,
// 0 for not at all: after 10 failures, 30 seconds for each.
func (g *Guard) Locked(address string, now time.Time) time.Duration {
	missing := 1 - g.limiter("failures "+address, failures).TokensAt(now)
	return max(0, time.Duration(missing*float64(failures.Per)))
}

// Failed notes that an address showed a credential that is not good.
func (g *Guard) Failed(address string, now time.Time) {
	g.bucket("failures "+address, failures, now)
}

func (g *Guard) bucket(key string, l Limit, now time.Time) time.Duration {
	return take(g.limiter(key, l), now)
}

func (g *Guard) limiter(key string, l Limit) *rate.Limiter {
	b, _ := g.buckets.keep(key, maxBuckets, func() *rate.Limiter { return rate.NewLimiter(rate.Every(l.Per), l.Burst) })
	return b
}

// take takes a token, or says when there is one.
func take(b *rate.Limiter, now time.Time) time.Duration {
	token := b.ReserveN(now, 1)
	wait := token.DelayFrom(now)
	if wait > 0 {
		token.CancelAt(now)
	}
	return wait
}

// Open returns who sealed a request, in base64, or alp.ErrEnvelope or
// [ErrRepeated]. What was opened is remembered as long as it could be opened
// again, while the process lives.
func (g *Guard) Open(r *http.Request, body []byte, now time.Time) (signer string, err error) {
	e, err := alp.Open(r, body, now)
	if err != nil {
		return "", err
	}
	g.nonces.age(now, 2*alp.MaxEnvelopeSkew)
	if _, known := g.nonces.keep(string(e.Key)+string(e.Nonce[:]), 0, func() struct{} { return struct{}{} }); known {
		return "", fmt.Errorf("%w: nonce %x", ErrRepeated, e.Nonce)
	}
	return base64.StdEncoding.EncodeToString(e.Key), nil
}

// recent remembers by generation: what is asked for again moves into the new
// one, and the old one goes when the new one is full or aged. The zero recent is
// ready to use.
type recent[V any] struct {
	mu         sync.Mutex
	fresh, old map[string]V
	since      time.Time // of fresh
}

// keep returns what is remembered under key, or made now; most is how much one
// generation remembers, 0 for any number.
func (r *recent[V]) keep(key string, most int, made func() V) (v V, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, known = r.fresh[key]; known {
		return v, true
	}
	if v, known = r.old[key]; !known {
		v = made()
	}
	if r.fresh == nil || most > 0 && len(r.fresh) >= most {
		r.fresh, r.old = map[string]V{}, r.fresh
	}
	r.fresh[key] = v
	return v, known
}

// age begins another generation once the present one is so old, so that each
// entry is remembered at least that long.
func (r *recent[V]) age(now time.Time, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) >= after {
		r.fresh, r.old, r.since = map[string]V{}, r.fresh, now
	}
}
