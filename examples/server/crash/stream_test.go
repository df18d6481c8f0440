//go:build unix

package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// follower reads some topics of a server, and goes to another one, resuming where it
// was, when that is gone. It notes everything that it was not to see.
type follower struct {
	key    string
	topics []string
	at     func() string // URL of a server that lives

	mu    sync.Mutex
	last  map[string]uint64 // newest seq, by topic
	seen  struct{ updates, snapshots, connections int }
	wrong []string
}

type shown struct {
	Type, Topic, Code, Message string
	Seq                        uint64 `json:"seq"`
	Prev                       uint64 `json:"prev_seq"`
}

func newFollower(key string, at func() string, topics []string) *follower {
	return &follower{key: key, at: at, topics: topics, last: map[string]uint64{}}
}

// follow reads until ctx ends. That a server has gone is no failure.
func (f *follower) follow(ctx context.Context) {
	for ctx.Err() == nil {
		f.connection(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (f *follower) connection(ctx context.Context) {
	dialing, cancel := context.WithTimeout(ctx, time.Second)
	conn, _, err := websocket.Dial(dialing, strings.Replace(f.at(), "http", "ws", 1)+"/ws/liquidity-risk", nil) //nolint:bodyclose // there is none of a socket
	cancel()
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	f.note(func() { f.seen.connections++ })
	say := []string{fmt.Sprintf(`{"action":"auth","token":%q}`, f.key)}
	for _, topic := range f.topics {
		request := map[string]any{"action": "subscribe", "topic": topic}
		f.note(func() {
			if last, been := f.last[topic]; been {
				request["resume_from_seq"] = last
			}
		})
		text, err := json.Marshal(request)
		if err != nil {
			return
		}
		say = append(say, string(text))
	}
	for _, s := range say {
		if conn.Write(ctx, websocket.MessageText, []byte(s)) != nil {
			return
		}
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		f.hear(text)
	}
}

// hear checks that a frame is the next one of its topic, or a snapshot.
func (f *follower) hear(text []byte) {
	var s shown
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := json.Unmarshal(text, &s); err != nil {
		f.wrong = append(f.wrong, err.Error())
		return
	}
	last, been := f.last[s.Topic]
	switch s.Type {
	case "ack", "welcome", "heartbeat", "pong", "resync_required":
		return
	case "error":
		if s.Code != "unavailable" { // the database's outage is not its
			f.wrong = append(f.wrong, string(text))
		}
		return
	case "snapshot":
		if s.Seq < last {
			f.wrong = append(f.wrong, fmt.Sprintf("%s: a snapshot of %d after %d", s.Topic, s.Seq, last))
		}
		f.seen.snapshots++
	default:
		if !been || s.Prev != last || s.Seq <= last {
			f.wrong = append(f.wrong, fmt.Sprintf("%s: %d, said to be after %d, after %d", s.Topic, s.Seq, s.Prev, last))
		}
		f.seen.updates++
	}
	f.last[s.Topic] = s.Seq
}

func (f *follower) note(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// where returns how far it is, and what was wrong so far.
func (f *follower) where() (last map[string]uint64, updates, snapshots int, wrong error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last = map[string]uint64{}
	for topic, seq := range f.last {
		last[topic] = seq
	}
	if len(f.wrong) > 0 {
		wrong = errors.New(strings.Join(f.wrong, "\n"))
	}
	return last, f.seen.updates, f.seen.snapshots, wrong
}
