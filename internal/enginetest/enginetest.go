package enginetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeelhq/evenkeel"
)

// Laws fails t if e breaks one of the laws of [Check]. It returns the last
// state of the walk, for further properties.
func Laws[S, O, D any](t *testing.T, e evenkeel.Engine[S, O, D], seed uint64, steps int, next func(*rand.Rand, S) O) S {
	t.Helper()
	state, err := Check(e, seed, steps, next)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// Check walks e over steps observations drawn by next from a seeded source and
// returns an error that names the seed and the first step at which e
//   - gives two different answers to the same question (determinism),
//   - changes its arguments (purity),
//   - returns another state beside an error,
//   - or behaves otherwise after state and observation went through JSON, as
//     they do in a journal.
//
// next should draw from small domains, so that ties, repeats and errors happen;
// a walk in which no step is accepted proves nothing and is an error too, as is
// an engine without an evenkeel.Identity.
func Check[S, O, D any](e evenkeel.Engine[S, O, D], seed uint64, steps int, next func(*rand.Rand, S) O) (S, error) {
	rng := rand.New(rand.NewPCG(seed, 0))
	var state S
	accepted := 0
	for i := range steps {
		after, ok, err := step(e, state, next(rng, state))
		if err != nil {
			return state, fmt.Errorf("seed %d step %d: %w", seed, i, err)
		}
		if ok {
			state = after
			accepted++
		}
	}
	if accepted == 0 {
		return state, fmt.Errorf("seed %d: none of %d steps was accepted: the walk proves nothing", seed, steps)
	}
	return state, identified(e)
}

// step asks e twice, the second time with copies that went through JSON, and
// reports whether it accepted the observation.
func step[S, O, D any](e evenkeel.Engine[S, O, D], state S, seen O) (after S, ok bool, err error) {
	var w walk
	stateBefore, seenBefore := w.encode(state), w.encode(seen)
	var storedState S
	var storedSeen O
	w.decode(stateBefore, &storedState)
	w.decode(seenBefore, &storedSeen)

	after, decision, refusal := e.Step(state, seen)
	storedAfter, storedDecision, storedRefusal := e.Step(storedState, storedSeen)

	w.same("the arguments stay as they were", stateBefore+seenBefore, w.encode(state)+w.encode(seen))
	w.same("equal questions, equal errors", text(refusal), text(storedRefusal))
	w.same("equal questions, equal states", w.encode(after), w.encode(storedAfter))
	w.same("equal questions, equal decisions", w.encode(decision), w.encode(storedDecision))
	if refusal != nil {
		w.same("an error leaves the state", stateBefore, w.encode(after))
		return state, false, w.err
	}
	var againState S
	var againDecision D
	w.decode(w.encode(after), &againState)
	w.decode(w.encode(decision), &againDecision)
	w.same("the state survives JSON", w.encode(after), w.encode(againState))
	w.same("the decision survives JSON", w.encode(decision), w.encode(againDecision))
	return after, true, w.err
}

func identified(engine any) error {
	id, ok := engine.(evenkeel.Identity)
	if !ok {
		return errors.New("the engine has no Identity to be journaled under")
	}
	if name, config := id.Identity(); name == "" || config == ([32]byte{}) {
		return fmt.Errorf("Identity() = %q, %x: both must say something", name, config)
	}
	return nil
}

// walk carries the first failure, so that a step reads as its laws.
type walk struct{ err error }

func (w *walk) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *walk) same(law, want, got string) {
	if want != got {
		w.fail(fmt.Errorf("breaks %q (-want +got):\n%s", law, cmp.Diff(want, got)))
	}
}

func (w *walk) encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		w.fail(fmt.Errorf("encode %T: %w", v, err))
	}
	return string(b)
}

func (w *walk) decode(s string, to any) {
	if err := json.Unmarshal([]byte(s), to); err != nil {
		w.fail(fmt.Errorf("decode %T: %w", to, err))
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
