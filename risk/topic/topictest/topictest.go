package topictest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// Medium is two ends of one bus.
type Medium struct {
	Here, There topic.Bus
	// Break takes away what lies between them, and brings it back. It is nil
	// where nothing can go away.
	Break func()
}

// Run checks a topic.Bus. open returns a new, silent medium each time it is called
// and registers its own cleanup on t.
func Run(t *testing.T, open func(t *testing.T) Medium) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Medium){
		"a subscription begins with a gap":                     beginsWithGap,
		"what is published is heard on both ends, in full":     heardInFull,
		"several may subscribe, and several publish":           severalAtOnce,
		"what was published before is not heard":               notBefore,
		"a subscription ends with its context, and alone":      endsAlone,
		"messages stay those of who publishes and who listens": noAliasing,
		"malformed messages are refused, all of them":          refusals,
		"nobody waits for a slow listener, which hears a gap":  slowListener,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
	if open(t).Break == nil {
		return
	}
	t.Run("what is lost with the medium is a gap", func(t *testing.T) { lossIsGap(t, open(t)) })
}

// patience is how long anything may take on a loaded machine.
const patience = 20 * time.Second

var at = time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.UTC)

// Message returns message n of a stream, with bytes that a bus may not reformat.
func Message(n uint64) topic.Message {
	return topic.Message{Audience: risk.RiskManager, Frame: topic.Frame{
		Type: topic.LiquidityUpdate, Topic: topic.Topic{ISIN: "INE094A08176", Part: topic.Liquidity},
		Seq: n, Prev: n - 1, At: at, Payload: json.RawMessage(fmt.Sprintf(`{"isin":"INE094A08176","n":%d,"price":1.10,"note":"é"}`, n)),
		Correlation: fmt.Sprintf("lr/INE094A08176/%d", n),
	}}
}

// Ear listens to a bus for a test.
type Ear struct {
	t    *testing.T
	stop func()
	err  chan error

	mu     sync.Mutex
	heard  map[uint64]topic.Message
	gaps   int
	change chan struct{} // has room for one
}

// Listen subscribes until the test ends, and waits until the subscription stands.
func Listen(t *testing.T, bus topic.Bus) *Ear {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := &Ear{t: t, err: make(chan error, 1), heard: map[uint64]topic.Message{}, change: make(chan struct{}, 1)}
	e.stop = sync.OnceFunc(func() {
		cancel()
		late, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer done()
		select {
		case err := <-e.err:
			require.ErrorIs(t, err, context.Canceled)
		case <-late.Done():
			t.Error("the subscription did not end with its context")
		}
	})
	t.Cleanup(e.stop)
	go func() { e.err <- bus.Subscribe(ctx, e.hear) }()
	e.Until("the subscription stands", func(_ map[uint64]topic.Message, gaps int) bool { return gaps > 0 })
	return e
}

func (e *Ear) hear(h topic.Heard) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h.Gap {
		e.gaps++
	}
	for _, m := range h.Messages {
		e.heard[m.Seq] = m
	}
	select {
	case e.change <- struct{}{}:
	default:
	}
}

// Until waits until that is so of what was heard, by number, and of the gaps.
func (e *Ear) Until(what string, so func(heard map[uint64]topic.Message, gaps int) bool) {
	e.t.Helper()
	if !e.within(patience, so) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.t.Fatalf("%s: not so: heard %d messages and %d gaps", what, len(e.heard), e.gaps)
	}
}

// Soon reports whether that is so within a tenth of a second.
func (e *Ear) Soon(so func(heard map[uint64]topic.Message, gaps int) bool) bool {
	return e.within(100*time.Millisecond, so)
}

func (e *Ear) within(limit time.Duration, so func(heard map[uint64]topic.Message, gaps int) bool) bool {
	ctx, cancel := context.WithTimeout(e.t.Context(), limit)
	defer cancel()
	for {
		e.mu.Lock()
		done := so(e.heard, e.gaps)
		e.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-e.change:
		case <-ctx.Done():
			return false
		}
	}
}

// Gaps returns how many were heard so far.
func (e *Ear) Gaps() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.gaps
}

// Hears waits until message n was heard.
func (e *Ear) Hears(n uint64) topic.Message {
	e.t.Helper()
	var m topic.Message
	e.Until(fmt.Sprint("message ", n, " is heard"), func(heard map[uint64]topic.Message, _ int) (ok bool) {
		m, ok = heard[n]
		return ok
	})
	return m
}

func beginsWithGap(t *testing.T, m Medium) { Listen(t, m.Here) }

func heardInFull(t *testing.T, m Medium) {
	here, there := Listen(t, m.Here), Listen(t, m.There)
	confident := new(risk.Number)
	require.NoError(t, json.Unmarshal([]byte("0.82"), confident))
	full := Message(3)
	full.Meta = &topic.Meta{Freshness: "real_time", Confidence: confident}
	require.NoError(t, m.Here.Publish([]topic.Message{Message(1), Message(2)}))
	require.NoError(t, m.There.Publish([]topic.Message{full}))
	require.NoError(t, m.Here.Publish(nil))
	for _, ear := range []*Ear{here, there} {
		require.Empty(t, cmp.Diff(text(t, Message(1)), text(t, ear.Hears(1))))
		require.Empty(t, cmp.Diff(text(t, Message(2)), text(t, ear.Hears(2))))
		require.Empty(t, cmp.Diff(text(t, full), text(t, ear.Hears(3))))
		require.Equal(t, 1, ear.Gaps(), "nothing was lost")
	}
}

func text(t *testing.T, m topic.Message) string {
	t.Helper()
	written, err := json.Marshal(m)
	require.NoError(t, err)
	return string(written)
}

func severalAtOnce(t *testing.T, m Medium) {
	const publishers, each = 4, 25
	ears := []*Ear{Listen(t, m.Here), Listen(t, m.Here), Listen(t, m.There)}
	var all sync.WaitGroup
	for p := range uint64(publishers) {
		bus := m.Here
		if p%2 == 1 {
			bus = m.There
		}
		all.Go(func() {
			for n := range uint64(each) {
				if err := bus.Publish([]topic.Message{Message(p*each + n + 1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, ear := range ears {
		ear.Until("all is heard", func(heard map[uint64]topic.Message, _ int) bool { return len(heard) == publishers*each })
		require.Equal(t, 1, ear.Gaps())
	}
}

func notBefore(t *testing.T, m Medium) {
	first := Listen(t, m.There)
	require.NoError(t, m.Here.Publish([]topic.Message{Message(1)}))
	first.Hears(1)
	late := Listen(t, m.There)
	require.NoError(t, m.Here.Publish([]topic.Message{Message(2)}))
	late.Hears(2)
	late.Until("only what came after", func(heard map[uint64]topic.Message, _ int) bool { return len(heard) == 1 })
}

func endsAlone(t *testing.T, m Medium) {
	leaves, stays := Listen(t, m.Here), Listen(t, m.Here)
	leaves.stop()
	require.NoError(t, m.There.Publish([]topic.Message{Message(1)}))
	stays.Hears(1)
	leaves.Until("nothing more is heard", func(heard map[uint64]topic.Message, _ int) bool { return len(heard) == 0 })

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, m.Here.Subscribe(ended, func(topic.Heard) {}), context.Canceled)
}

func noAliasing(t *testing.T, m Medium) {
	one, two := Listen(t, m.Here), Listen(t, m.Here)
	mine := []topic.Message{Message(1)}
	require.NoError(t, m.Here.Publish(mine))
	clear(mine[0].Payload)
	mine[0].Seq = 99
	theirs := one.Hears(1)
	clear(theirs.Payload)
	require.Equal(t, text(t, Message(1)), text(t, two.Hears(1)))
}

func refusals(t *testing.T, m Medium) {
	ear := Listen(t, m.Here)
	for name, spoil := range map[string]func(*topic.Message){
		"a topic that is none":               func(m *topic.Message) { m.Topic.Part = "bogus" },
		"an audience that is none":           func(m *topic.Message) { m.Audience = "" },
		"an audience that may not follow it": func(m *topic.Message) { m.Audience = risk.Retail },
		"a snapshot, which is of a reader":   func(m *topic.Message) { m.Type = topic.Snap },
		"a number that does not rise":        func(m *topic.Message) { m.Prev = m.Seq },
		"a payload that is not JSON":         func(m *topic.Message) { m.Payload = json.RawMessage("{") },
		"a payload without end":              func(m *topic.Message) { m.Payload = make(json.RawMessage, topic.MaxPayload+1) },
	} {
		bad := Message(2)
		spoil(&bad)
		require.ErrorIs(t, m.Here.Publish([]topic.Message{Message(1), bad}), topic.ErrInvalid, name)
	}
	require.ErrorIs(t, m.Here.Publish(make([]topic.Message, topic.MaxMessages+1)), topic.ErrInvalid)
	require.NoError(t, m.Here.Publish([]topic.Message{Message(3)}))
	ear.Hears(3)
	ear.Until("none of the others", func(heard map[uint64]topic.Message, _ int) bool { return len(heard) == 1 })
}

// slowListener publishes more than any bus may keep for one that does not listen.
func slowListener(t *testing.T, m Medium) {
	const batches, each = 600, 8
	large := json.RawMessage(`"` + strings.Repeat("x", 8<<10) + `"`)
	stuck, begun := make(chan struct{}), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	slow := &Ear{t: t, heard: map[uint64]topic.Message{}, change: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- m.There.Subscribe(ctx, func(h topic.Heard) {
			slow.hear(h)
			begin()
			<-stuck
		})
	}()
	<-begun
	quick := Listen(t, m.Here)
	for b := range uint64(batches) {
		batch := make([]topic.Message, each)
		for i := range batch {
			batch[i] = Message(b*each + uint64(i) + 1)
			batch[i].Payload = large
		}
		before := quick.Gaps()
		if err := m.Here.Publish(batch); err != nil {
			require.NotErrorIs(t, err, topic.ErrInvalid)
		}
		last := batch[each-1].Seq
		quick.Until("who listens is not held up", func(heard map[uint64]topic.Message, gaps int) bool {
			_, ok := heard[last]
			return ok || gaps > before
		})
	}
	close(stuck)
	slow.Until("who did not listen hears the last, or of a gap", func(heard map[uint64]topic.Message, gaps int) bool {
		_, last := heard[batches*each]
		return gaps > 1 || last && len(heard) == batches*each
	})
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// lossIsGap takes the medium away while messages are published.
func lossIsGap(t *testing.T, m Medium) {
	ears := []*Ear{Listen(t, m.Here), Listen(t, m.There)}
	var before [][2]int // gaps on either side before each message
	publish := func() {
		before = append(before, [2]int{ears[0].Gaps(), ears[1].Gaps()})
		_ = m.Here.Publish([]topic.Message{Message(uint64(len(before)))}) // who does not hear it hears of a gap
	}
	broken := make(chan struct{})
	go func() {
		defer close(broken)
		m.Break()
	}()
	late, done := context.WithTimeout(t.Context(), patience)
	defer done()
	for whole := false; !whole; {
		publish()
		select {
		case <-broken:
			last := uint64(len(before))
			whole = ears[0].restored(last) && ears[1].restored(last)
		case <-late.Done():
			t.Fatal("nothing is heard after the medium came back")
		case <-soon(t, time.Millisecond):
		}
	}
	for i, gaps := range before {
		for side, ear := range ears {
			ear.Until(fmt.Sprint("message ", i+1, " was heard, or a gap after it"), func(heard map[uint64]topic.Message, now int) bool {
				_, ok := heard[uint64(i+1)]
				return ok || now > gaps[side]
			})
		}
	}
}

// soon is closed after a while, or when the test ends.
func soon(t *testing.T, d time.Duration) <-chan struct{} {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	context.AfterFunc(ctx, cancel)
	return ctx.Done()
}

// restored reports whether there was a gap, and soon after it the last is heard.
func (e *Ear) restored(last uint64) bool {
	return e.Soon(func(heard map[uint64]topic.Message, gaps int) bool {
		_, ok := heard[last]
		return ok && gaps > 1
	})
}
