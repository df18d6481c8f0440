package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/evenkeelhq/evenkeel"
)

// RunInbox checks an evenkeel.Inbox. open returns a new, empty one each time.
func RunInbox(t *testing.T, open func(t *testing.T) evenkeel.Inbox) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, evenkeel.Inbox){
		"commands are taken in the order they came": func(t *testing.T, b evenkeel.Inbox) {
			put(t, b, "a", "pause")
			put(t, b, "b", "resume")
			equal(t, "all", take(t, b, key, 0), []evenkeel.Command{{Seq: 1, ID: "a", Body: []byte("pause")}, {Seq: 2, ID: "b", Body: []byte("resume")}})
			equal(t, "after 1", take(t, b, key, 1), []evenkeel.Command{{Seq: 2, ID: "b", Body: []byte("resume")}})
			equal(t, "after the end", take(t, b, key, 2), nil)
			equal(t, "another key", take(t, b, "other", 0), nil)
		},
		"a command put again is there once": func(t *testing.T, b evenkeel.Inbox) {
			put(t, b, "a", "pause")
			put(t, b, "a", "pause")
			put(t, b, "b", "pause") // the same order under another id is another order
			equal(t, "all", take(t, b, key, 0), []evenkeel.Command{{Seq: 1, ID: "a", Body: []byte("pause")}, {Seq: 2, ID: "b", Body: []byte("pause")}})
		},
		"an id stands for one command only": func(t *testing.T, b evenkeel.Inbox) {
			put(t, b, "a", "pause")
			conflict(t, b.Put(t.Context(), key, "a", []byte("resume")), "another body")
			noError(t, b.Put(t.Context(), "other", "a", []byte("resume")))
			equal(t, "all", take(t, b, key, 0), []evenkeel.Command{{Seq: 1, ID: "a", Body: []byte("pause")}})
		},
		"an empty key or id is refused": func(t *testing.T, b evenkeel.Inbox) {
			for _, err := range []error{b.Put(t.Context(), "", "a", nil), b.Put(t.Context(), key, "", nil)} {
				if !errors.Is(err, evenkeel.ErrInvalid) {
					t.Errorf("Put = %v, want ErrInvalid", err)
				}
			}
		},
		"commands put at the same time each get a number": func(t *testing.T, b evenkeel.Inbox) {
			var senders sync.WaitGroup
			for i := range 8 {
				senders.Go(func() {
					if err := b.Put(t.Context(), key, fmt.Sprint(i), nil); err != nil {
						t.Error(err)
					}
				})
			}
			senders.Wait()
			got := take(t, b, key, 0)
			if len(got) != 8 {
				t.Fatalf("%d commands, want 8", len(got))
			}
			for i, c := range got {
				equal(t, "Seq", c.Seq, uint64(i+1))
			}
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func put(t *testing.T, b evenkeel.Inbox, id, body string) {
	t.Helper()
	noError(t, b.Put(t.Context(), key, id, []byte(body)))
}

func take(t *testing.T, b evenkeel.Inbox, key string, after uint64) []evenkeel.Command {
	t.Helper()
	var got []evenkeel.Command
	for c, err := range b.Take(t.Context(), key, after) {
		noError(t, err)
		got = append(got, c)
	}
	return got
}

// RunAnchor checks an evenkeel.Anchor. open returns a new, empty one each time.
func RunAnchor(t *testing.T, open func(t *testing.T) evenkeel.Anchor) {
	t.Helper()
	one := evenkeel.Head{Key: key, Seq: 10, Hash: [32]byte{1}}
	two := evenkeel.Head{Key: key, Seq: 20, Hash: [32]byte{2}}
	t.Run("heads are kept in order, each once", func(t *testing.T) {
		a := open(t)
		for _, h := range []evenkeel.Head{one, one, two} {
			noError(t, a.Publish(t.Context(), h))
		}
		equal(t, "heads", heads(t, a), []evenkeel.Head{one, two})
	})
	t.Run("a head cannot be replaced by an older or another one", func(t *testing.T) {
		a := open(t)
		noError(t, a.Publish(t.Context(), two))
		conflict(t, a.Publish(t.Context(), one), "an older head")
		conflict(t, a.Publish(t.Context(), evenkeel.Head{Key: key, Seq: 20, Hash: [32]byte{9}}), "another hash")
		equal(t, "heads", heads(t, a), []evenkeel.Head{two})
	})
}

func heads(t *testing.T, a evenkeel.Anchor) []evenkeel.Head {
	t.Helper()
	var got []evenkeel.Head
	for h, err := range a.Heads(t.Context(), key) {
		noError(t, err)
		got = append(got, h)
	}
	return got
}
