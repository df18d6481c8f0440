package enginetest_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
)

type state struct {
	Seen   []int
	hidden int
}

// engine steps as its function says, under a name.
type engine func(s state, n int) (state, int, error)

func (e engine) Step(s state, n int) (state, int, error) { return e(s, n) }
func (engine) Identity() (string, [32]byte)              { return "test@1", [32]byte{1} }

// lawful remembers what it saw and refuses zero.
func lawful(s state, n int) (state, int, error) {
	if n == 0 {
		return s, 0, errors.New("zero")
	}
	return state{Seen: append(append([]int(nil), s.Seen...), n)}, len(s.Seen), nil
}

func draw(rng *rand.Rand, _ state) int { return rng.IntN(3) }

func TestALawfulEnginePasses(t *testing.T) {
	end, err := enginetest.Check(engine(lawful), 1, 50, draw)
	require.NoError(t, err)
	require.NotEmpty(t, end.Seen)
	require.Equal(t, end, enginetest.Laws(t, engine(lawful), 1, 50, draw), "the same seed walks the same way")
}

func TestEachBrokenLawIsFound(t *testing.T) {
	calls := 0
	for law, e := range map[string]engine{
		"the arguments stay as they were": func(s state, n int) (state, int, error) {
			if len(s.Seen) > 0 {
				s.Seen[0] = -1
			}
			return lawful(s, n)
		},
		"equal questions, equal errors": func(s state, n int) (state, int, error) {
			if calls++; calls%2 == 0 {
				return s, 0, errors.New("even")
			}
			return lawful(s, 1)
		},
		"equal questions, equal decisions": func(s state, n int) (state, int, error) {
			calls++
			next, _, err := lawful(s, n)
			return next, calls, err
		},
		"equal questions, equal states": func(s state, n int) (state, int, error) {
			next, d, err := lawful(s, n)
			if err == nil {
				next.hidden = s.hidden + 1 // lost in the journal
				next.Seen = append(next.Seen, next.hidden)
			}
			return next, d, err
		},
		"an error leaves the state": func(s state, n int) (state, int, error) {
			if n == 0 {
				return state{Seen: []int{7}}, 0, errors.New("zero")
			}
			return lawful(s, n)
		},
		"none of 50 steps was accepted": func(s state, _ int) (state, int, error) {
			return s, 0, errors.New("never")
		},
	} {
		t.Run(law, func(t *testing.T) {
			_, err := enginetest.Check(e, 1, 50, draw)
			require.ErrorContains(t, err, law)
		})
	}
}

type (
	unnamed struct {
		evenkeel.Engine[state, int, int]
	}
	anonymous struct{ unnamed }
	fleeting  struct{}
)

func (anonymous) Identity() (string, [32]byte) { return "", [32]byte{} }

// A decision that JSON cannot carry back.
func (fleeting) Step(s state, n int) (state, json, error) { return s, json{}, nil }

type json struct{}

func (json) MarshalJSON() ([]byte, error) { return []byte(`"one"`), nil }
func (*json) UnmarshalJSON([]byte) error  { return errors.New("no way back") }

func TestAnEngineMustBeJournaled(t *testing.T) {
	_, err := enginetest.Check(unnamed{engine(lawful)}, 1, 50, draw)
	require.ErrorContains(t, err, "no Identity")
	_, err = enginetest.Check(anonymous{unnamed{engine(lawful)}}, 1, 50, draw)
	require.ErrorContains(t, err, "must say something")
	_, err = enginetest.Check(fleeting{}, 1, 50, draw)
	require.ErrorContains(t, err, "no way back")
}
