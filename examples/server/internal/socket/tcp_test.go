package socket_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// overTCP is a hub on a port of this machine, where writes end half way, unlike
// those of pipes.
func overTCP(t *testing.T, d *desk) (hub *socket.Hub, url string) {
	t.Helper()
	known, err := access.New(access.Config{Keys: []access.Key{{Name: "desk", SHA256: access.Hash("desk"), Roles: []access.Role{access.Professional}}}})
	require.NoError(t, err)
	hub, err = socket.New(socket.Options{Source: d, Access: known})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	front := httptest.NewServer(hub)
	t.Cleanup(func() {
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
		front.Close()
	})
	return hub, "ws" + strings.TrimPrefix(front.URL, "http")
}

func TestFramesAndPongsStayWholeWhenAReaderIsSlow(t *testing.T) {
	const updates = 200 // that the queue has room for, and what the system keeps has not
	d := newDesk()
	d.more = strings.Repeat("All of it. ", 1000)
	hub, url := overTCP(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer desk"}}}) //nolint:bodyclose // the library closes it
	require.NoError(t, err)
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(-1)
	require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte(`{"action":"subscribe","topic":"`+bond+`"}`)))
	next := func() (f topic.Frame) {
		_, text, err := conn.Read(ctx)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &f), "%.300s", text)
		return f
	}
	for next().Type != topic.Snap { // after two answers
	}
	pongs := make(chan error, 4)
	for range updates {
		stamp, decision := d.decide(bond, riskUpdate)
		require.NoError(t, hub.Publish(ctx, stamp, decision))
		if len(decision.Events) > 0 && decision.Events[0].Number%50 == 0 {
			go func() { pongs <- conn.Ping(ctx) }()
		}
	}
	for seq := range uint64(updates) {
		f := next()
		require.Equal(t, topic.RiskUpdate, f.Type)
		require.Equal(t, [2]uint64{seq, seq + 1}, [2]uint64{f.Prev, f.Seq})
	}
	stamp, decision := d.decide(bond, riskUpdate)
	require.NoError(t, hub.Publish(ctx, stamp, decision))
	require.Equal(t, uint64(updates+1), next().Seq)
	reading := conn.CloseRead(ctx) // so that pongs are heard
	for range cap(pongs) {
		require.NoError(t, <-pongs)
	}
	require.NoError(t, reading.Err())
}

func TestAReaderOverTCPThatNeverReadsIsDroppedAndTheOthersHearAll(t *testing.T) {
	d := newDesk()
	d.more = strings.Repeat("All of it. ", 1000)
	hub, url := overTCP(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	open := func() *websocket.Conn {
		conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer desk"}}}) //nolint:bodyclose // the library closes it
		require.NoError(t, err)
		conn.SetReadLimit(-1)
		require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte(`{"action":"subscribe","topic":"`+bond+`"}`)))
		return conn
	}
	silent, quick := open(), open()
	defer func() { _ = silent.CloseNow() }()
	defer func() { _ = quick.CloseNow() }()
	var read topic.Cursor
	next := func() {
		for {
			_, text, err := quick.Read(ctx)
			require.NoError(t, err)
			var f topic.Frame
			require.NoError(t, json.Unmarshal(text, &f))
			if f.Payload != nil {
				require.Equal(t, topic.Next, read.Read(f), "%s %d after %d", f.Type, f.Seq, f.Prev)
				return
			}
		}
	}
	next()
	require.Eventually(t, func() bool { return hub.Counts().Subscriptions == 2 }, 20*time.Second, time.Millisecond)
	for hub.Counts().Dropped == 0 && ctx.Err() == nil {
		stamp, decision := d.decide(bond, riskUpdate)
		require.NoError(t, hub.Publish(ctx, stamp, decision))
		next()
	}
	require.Equal(t, uint64(1), hub.Counts().Dropped)
	require.Eventually(t, func() bool { return hub.Counts().Connections == 1 }, 20*time.Second, time.Millisecond)
	var why websocket.CloseError
	var err error
	for err == nil {
		_, _, err = silent.Read(ctx)
	}
	if errors.As(err, &why) { // if what lay before it was read in time
		require.Equal(t, websocket.StatusTryAgainLater, why.Code)
	}
}
