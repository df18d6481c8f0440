// Package enginetest checks the laws that every engine of this module keeps.
package enginetest

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeelhq/evenkeel"
)

// Laws walks e over steps observations drawn by next from a seeded source and
// fails on the first one at which e
//   - gives two different answers to the same question (determinism),
//   - changes its arguments (purity),
//   - returns another state beside an error,
//   - or behaves otherwise after state and observation went through JSON, as
//     they do in a journal.
//
// next should draw from small domains, so that ties, repeats and errors happen;
// a walk in which no step succeeds proves nothing and fails. It returns the last
// state, for further properties.
func Laws[S, O, D any](t *testing.T, e evenkeel.Engine[S, O, D], seed uint64, steps int, next func(*rand.Rand, S) O) S {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	var state S
	accepted := 0
	for i := range steps {
		seen := next(rng, state)
		stateBefore, seenBefore := encode(t, state), encode(t, seen)
		stored, storedSeen := decode[S](t, stateBefore), decode[O](t, seenBefore)

		after, decision, err := e.Step(state, seen)
		afterStored, decisionStored, errStored := e.Step(stored, storedSeen)

		fail := func(law, diff string) {
			t.Helper()
			if diff != "" {
				t.Fatalf("seed %d step %d breaks %q (-want +got):\n%s", seed, i, law, diff)
			}
		}
		fail("the arguments stay as they were", cmp.Diff(stateBefore, encode(t, state))+cmp.Diff(seenBefore, encode(t, seen)))
		fail("equal questions, equal errors", cmp.Diff(text(err), text(errStored)))
		fail("equal questions, equal states", cmp.Diff(encode(t, after), encode(t, afterStored)))
		fail("equal questions, equal decisions", cmp.Diff(encode(t, decision), encode(t, decisionStored)))
		if err != nil {
			fail("an error leaves the state", cmp.Diff(stateBefore, encode(t, after)))
			continue
		}
		fail("the state survives JSON", cmp.Diff(encode(t, after), encode(t, decode[S](t, encode(t, after)))))
		fail("the decision survives JSON", cmp.Diff(encode(t, decision), encode(t, decode[D](t, encode(t, decision)))))
		accepted++
		state = after
	}
	if accepted == 0 {
		t.Fatalf("seed %d: none of %d steps was accepted; the walk proves nothing", seed, steps)
	}
	if id, ok := e.(evenkeel.Identity); !ok {
		t.Error("the engine has no Identity to journal under")
	} else if name, config := id.Identity(); name == "" || config == ([32]byte{}) {
		t.Errorf("Identity() = %q, %x: both must say something", name, config)
	}
	return state
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("encode %T: %v", v, err)
	}
	return string(b)
}

func decode[T any](t *testing.T, s string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("decode %T: %v", v, err)
	}
	return v
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
