package topic_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

func event(prev, seq uint64) *topic.Encoded {
	return &topic.Encoded{Frame: topic.Frame{Type: topic.RiskUpdate, Topic: topic.Topic{ISIN: isin}, Seq: seq, Prev: prev}}
}

func snapshot(seq uint64) *topic.Encoded {
	return &topic.Encoded{Frame: topic.Frame{Type: topic.Snap, Topic: topic.Topic{ISIN: isin}, Seq: seq, Prev: seq}}
}

func seqs(frames []*topic.Encoded) []uint64 {
	all := []uint64{}
	for _, f := range frames {
		all = append(all, f.Seq)
	}
	return all
}

func TestAReader(t *testing.T) {
	for _, row := range []struct {
		name   string
		cursor topic.Cursor
		frame  *topic.Encoded
		turn   topic.Arrival
		seq    uint64 // afterwards
	}{
		{"who has read nothing wants a snapshot", topic.Cursor{}, event(0, 1), topic.Gap, 0},
		{"and begins with it", topic.Cursor{}, snapshot(5), topic.Next, 5},
		{"even where nothing has happened yet", topic.Cursor{}, snapshot(0), topic.Next, 0},
		{"what follows is next, though numbers are left out", topic.From(5), event(5, 9), topic.Next, 9},
		{"what was read is known", topic.From(5), event(4, 5), topic.Duplicate, 5},
		{"so is what came before it", topic.From(5), event(1, 3), topic.Duplicate, 5},
		{"where something is left out, it is missing", topic.From(5), event(6, 9), topic.Gap, 5},
		{"a newer snapshot closes the gap", topic.From(5), snapshot(9), topic.Next, 9},
		{"an old snapshot tells nothing", topic.From(5), snapshot(5), topic.Duplicate, 5},
		{"the first event follows the snapshot of nothing", topic.From(0), event(0, 1), topic.Next, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Equal(t, row.turn, row.cursor.Read(row.frame.Frame))
			require.Equal(t, row.seq, row.cursor.Seq())
		})
	}
}

// TestDisorder publishes a chain with what a bus may do to it: anything late, twice
// or lost. Whoever takes a snapshot at each gap reads every number once and in
// order, or a snapshot that has it.
func TestDisorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var chain []*topic.Encoded
		seq := uint64(0)
		for range rapid.IntRange(1, 60).Draw(t, "frames") {
			next := seq + rapid.Uint64Range(1, 3).Draw(t, "step")
			chain, seq = append(chain, event(seq, next)), next
		}
		var carried []*topic.Encoded
		for _, f := range chain {
			for range rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "copies") {
				at := max(0, len(carried)-rapid.IntRange(0, 5).Draw(t, "late"))
				carried = slices.Insert(carried, at, f)
			}
		}
		var log topic.Log
		reader := topic.Cursor{}
		read := func(frames []*topic.Encoded) {
			for _, f := range frames {
				require.Equal(t, topic.Next, reader.Read(f.Frame), "the log gives what is next, and nothing else")
			}
		}
		take := func(f *topic.Encoded) topic.Arrival {
			next, turn := log.Add(f)
			require.Equal(t, turn == topic.Next, len(next) > 0)
			read(next)
			require.Equal(t, log.End(), reader)
			return turn
		}
		take(snapshot(0))
		newest := uint64(0)
		for _, f := range carried {
			newest = max(newest, f.Seq)
			if take(f) == topic.Gap && rapid.Bool().Draw(t, "look into the journal") {
				take(snapshot(newest))
			}
		}
		take(snapshot(seq))
		require.Equal(t, seq, reader.Seq())
	})
}

func TestComingBack(t *testing.T) {
	var log topic.Log
	since := func(seq uint64) ([]uint64, bool) {
		frames, ok := log.Since(seq)
		return seqs(frames), ok
	}
	resync := func(seq uint64) {
		_, ok := since(seq)
		require.False(t, ok, seq)
	}
	resync(0)
	log.Add(snapshot(10))
	resync(9)
	got, ok := since(10)
	require.True(t, ok, "who has read all of it missed nothing")
	require.Empty(t, got)

	for seq := uint64(10); seq < 20; seq += 2 {
		log.Add(event(seq, seq+2))
	}
	got, ok = since(14)
	require.True(t, ok)
	require.Empty(t, cmp.Diff([]uint64{16, 18, 20}, got))
	resync(15) // the stream never had it
	resync(21) // nor this
	log.Add(event(22, 24))
	got, ok = since(18)
	require.True(t, ok, "what came too early is not told")
	require.Empty(t, cmp.Diff([]uint64{20}, got))

	log.Add(snapshot(24))
	resync(18)
	for seq := uint64(24); seq < 24+65; seq++ {
		log.Add(event(seq, seq+1))
	}
	resync(24)
	got, ok = since(25)
	require.True(t, ok)
	require.Len(t, got, 64, "so many are kept")
}

func TestWhatComesTooEarlyIsBounded(t *testing.T) {
	var log topic.Log
	log.Add(snapshot(0))
	for seq := uint64(1000); seq > 500; seq-- {
		next, turn := log.Add(event(seq-1, seq))
		require.Equal(t, topic.Gap, turn)
		require.Empty(t, next)
	}
	next, _ := log.Add(snapshot(500))
	require.LessOrEqual(t, len(next), 1+64)
	require.Equal(t, uint64(500), next[0].Seq)
}

func TestASlowReader(t *testing.T) {
	second := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
	other := topic.Topic{ISIN: isin, Part: topic.Alerts}
	fill := func(t *testing.T, q *topic.Queue, n int, now time.Time) {
		t.Helper()
		for range n {
			require.Equal(t, topic.Queued, q.Push(event(1, 2), now))
		}
	}
	var q topic.Queue
	require.Nil(t, q.Pop())
	alarm, answer := event(1, 5), &topic.Encoded{Text: []byte("{}")}
	alarm.Topic = other
	require.Equal(t, topic.Queued, q.Push(alarm, noon))
	require.Equal(t, topic.Queued, q.Push(answer, noon))
	require.Equal(t, topic.Queued, q.Push(answer, noon))
	fill(t, &q, topic.QueueSize-3, noon)

	newest := event(98, 99)
	require.Equal(t, topic.Coalesced, q.Push(newest, noon))
	for _, left := range []*topic.Encoded{alarm, answer, answer, newest, nil} {
		require.Same(t, left, q.Pop(), "of each topic its newest frame is left, and every answer, in order")
	}

	fill(t, &q, topic.QueueSize, second(9))
	require.Equal(t, topic.Overrun, q.Push(newest, second(9)), "again within 10 seconds")
	require.Nil(t, q.Pop())

	q = topic.Queue{}
	fill(t, &q, topic.QueueSize, noon)
	require.Equal(t, topic.Coalesced, q.Push(newest, noon))
	fill(t, &q, topic.QueueSize-1, second(10))
	require.Equal(t, topic.Coalesced, q.Push(newest, second(10)), "10 seconds later it may be slow again")

	q = topic.Queue{}
	for range topic.QueueSize {
		require.Equal(t, topic.Queued, q.Push(answer, noon))
	}
	require.Equal(t, topic.Overrun, q.Push(answer, noon), "what cannot be left out has a bound all the same")
}

func TestAFrameThatOnlyWakesTheWriterDisplacesNoEvent(t *testing.T) {
	var q topic.Queue
	seen, wakes := event(1, 2), &topic.Encoded{Frame: topic.Frame{Topic: topic.Topic{ISIN: isin}}}
	require.Equal(t, topic.Queued, q.Push(seen, noon))
	require.Equal(t, topic.Queued, q.Push(wakes, noon))
	var last *topic.Encoded
	push := func() topic.Fate {
		last = event(98, 99)
		last.Topic.Part = topic.Alerts
		return q.Push(last, noon)
	}
	for range topic.QueueSize - 2 {
		require.Equal(t, topic.Queued, push())
	}
	require.Equal(t, topic.Coalesced, push())
	for _, left := range []*topic.Encoded{seen, wakes, last, nil} {
		require.Same(t, left, q.Pop())
	}
}
