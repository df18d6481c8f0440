package socket

import (
	"bufio"
	"encoding/binary"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
)

// line is the connection below a WebSocket. The library writes its control frames to
// it, each in one call, and a client its texts: as many at once as wait, since with
// thousands of readers it is the calls to the system that cost.
type line struct {
	net.Conn
	clock clock.Clock
	raw   syscall.RawConn // nil where there is none

	mu     sync.Mutex
	torn   []byte // what [line.try] could not write of what it began
	closed bool   // nothing may follow
}

// Write implements io.Writer for whole frames, and writes the rest of torn ones
// before. Who does not read for 5 seconds is not waited for.
func (l *line) Write(frames []byte) (n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return 0, net.ErrClosed
	case len(l.torn)+len(frames) == 0:
		return 0, nil
	}
	if err = l.SetWriteDeadline(l.clock.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	if len(l.torn) > 0 {
		_, err = l.Conn.Write(l.torn)
		l.torn = nil
	}
	if err == nil && len(frames) > 0 {
		n, err = l.Conn.Write(frames)
	}
	if err == nil {
		err = l.SetWriteDeadline(time.Time{}) // or try would fail once it is past
	}
	l.closed = err != nil || len(frames) > 0 && frames[0] == final|opClose
	return n, err
}

// try takes whole frames if nobody else is writing, writes as much as there is room
// for now, and keeps the rest for the next Write, which is due unless all is done.
func (l *line) try(frames []byte) (taken, done bool) {
	if !l.mu.TryLock() {
		return false, false
	}
	defer l.mu.Unlock()
	if l.closed {
		return true, true // nobody is there to miss it
	}
	if len(l.torn) == 0 && l.raw != nil {
		frames = frames[writeNow(l.raw, frames):]
	}
	l.torn = append(l.torn, frames...)
	return true, len(l.torn) == 0
}

// hijacker gives the library a line instead of the server's connection.
type hijacker struct {
	http.ResponseWriter
	clock clock.Clock
	line  *line // once it is hijacked
}

// Hijack implements http.Hijacker.
func (l *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(l.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	l.line = &line{Conn: conn, clock: l.clock}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(sendBuffer); err == nil {
			l.line.raw, _ = tcp.SyscallConn() // without it, frames are written all the same
		}
	}
	buffers.Writer.Reset(l.line)
	return l.line, buffers, nil
}

// Of a frame's first byte (RFC 6455 §5.2).
const (
	final   = 0x80
	opText  = 1
	opClose = 8
)

// appendText appends a text to frames, as a frame of its own.
func appendText(frames, text []byte) []byte {
	frames = append(frames, final|opText)
	switch size := len(text); {
	case size < 126:
		frames = append(frames, byte(size))
	case size <= math.MaxUint16:
		frames = binary.BigEndian.AppendUint16(append(frames, 126), uint16(size))
	default:
		frames = binary.BigEndian.AppendUint64(append(frames, 127), uint64(size))
	}
	return append(frames, text...)
}

// batch is how many bytes of texts are gathered until they are written, and how much
// room is kept for it.
const batch = 32 << 10

// sendBuffer is what the system keeps for a client that does not read, in bytes: the
// less, the sooner it is noticed.
const sendBuffer = 64 << 10

// writeWithin is how long a client may take to read what was sent.
const writeWithin = 5 * time.Second
