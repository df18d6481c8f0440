package evenkeel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

// A tank that leaks and an engine that fills it: the smallest engine with all
// that matters to a Runner, an intent that stays in the state until it is seen
// to have settled, and commands.
type (
	tankState struct {
		Taken  uint64 // last command consumed
		Paused bool
		Intent string // the pour that is not yet seen to have settled
		Pours  int
	}
	tankSeen struct {
		Level    int
		Settled  []string
		Commands []evenkeel.Command
	}
	tankDecision struct {
		Reason string
		Pour   int
		Intent string
	}
	tankEngine struct{ full int }
)

var errTank = errors.New("tank: invalid")

func (e tankEngine) Identity() (string, [32]byte) { return "tank@1", [32]byte{byte(e.full)} }

func (e tankEngine) Step(s tankState, seen tankSeen) (tankState, tankDecision, error) {
	if seen.Level < 0 {
		return s, tankDecision{}, fmt.Errorf("%w: Level %d: must be >= 0", errTank, seen.Level)
	}
	for _, c := range seen.Commands {
		s.Taken, s.Paused = c.Seq, string(c.Body) == "pause"
	}
	for _, id := range seen.Settled {
		if id == s.Intent {
			s.Intent = ""
		}
	}
	switch {
	case s.Paused:
		return s, tankDecision{Reason: "paused"}, nil
	case s.Intent != "":
		return s, tankDecision{Reason: "pending", Pour: e.full, Intent: s.Intent}, nil
	case seen.Level >= e.full:
		return s, tankDecision{Reason: "full"}, nil
	}
	s.Pours++
	s.Intent = fmt.Sprint("pour-", s.Pours)
	return s, tankDecision{Reason: "low", Pour: e.full, Intent: s.Intent}, nil
}

// tank is the world: it pours at most once per intent and can be told to fail.
type tank struct {
	mu       sync.Mutex // for the tests in which a Runner runs by itself
	level    int
	inbox    evenkeel.Inbox
	poured   map[string]int // intent: times it really poured
	acts     []string       // stamp and reason of every Act
	actAt    []time.Time    // what Act was told the time is
	observed int
	fail     error            // what Act answers, doing nothing
	deadline time.Duration    // Act declines older stamps; 0 for never
	before   func(key string) // runs at the start of Act
}

func (w *tank) Observe(ctx context.Context, _ time.Time, s tankState) (tankSeen, error) {
	w.observed++
	seen := tankSeen{Level: w.level}
	for id := range w.poured {
		if id == s.Intent {
			seen.Settled = append(seen.Settled, id)
		}
	}
	if w.inbox != nil {
		for c, err := range w.inbox.Take(ctx, "tank", s.Taken) {
			if err != nil {
				return seen, err
			}
			seen.Commands = append(seen.Commands, c)
		}
	}
	return seen, nil
}

func (w *tank) Act(_ context.Context, now time.Time, stamp evenkeel.Stamp, d tankDecision) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acts, w.actAt = append(w.acts, stamp.ID()+" "+d.Reason), append(w.actAt, now)
	if w.before != nil {
		w.before(stamp.Key)
	}
	if w.fail != nil {
		return w.fail
	}
	if w.deadline > 0 && now.Sub(stamp.At) > w.deadline {
		return nil
	}
	if d.Pour > 0 && w.poured[d.Intent] == 0 {
		if w.poured == nil {
			w.poured = make(map[string]int)
		}
		w.poured[d.Intent]++
		w.level += d.Pour
	}
	return nil
}

// did counts the acts so far.
func (w *tank) did() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acts)
}

// flawed is a store whose next appends lose their answer or their effect.
type flawed struct {
	evenkeel.Store
	answer error                  // returned by the next Append instead of nil
	keep   bool                   // whether that Append takes effect
	pause  atomic.Pointer[func()] // runs before every Append
	down   atomic.Bool            // nothing can be read or written
}

var errDown = errors.New("database is down")

func (s *flawed) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	if s.down.Load() {
		return evenkeel.Record{}, errDown
	}
	return s.Store.Last(ctx, key)
}

func (s *flawed) Append(ctx context.Context, r evenkeel.Record) error {
	if pause := s.pause.Load(); pause != nil {
		(*pause)()
	}
	if s.down.Load() {
		return errDown
	}
	answer := s.answer
	s.answer = nil
	if answer != nil && !s.keep {
		return answer
	}
	if err := s.Store.Append(ctx, r); err != nil {
		return err
	}
	return answer
}

func last[S any](rec evenkeel.Record) (s S) {
	if err := json.Unmarshal(rec.State, &s); err != nil {
		panic(err)
	}
	return s
}
