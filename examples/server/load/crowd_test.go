//go:build linux

package load_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// crowd is all who read. One goroutine reads for them, without Go's poller, which
// asks the system twice for each frame: what readers take is measured with the
// server, on the same processors.
type crowd struct {
	poll int
	by   map[int32]*follower // by descriptor
}

func newCrowd() (*crowd, error) {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &crowd{poll, map[int32]*follower{}}, err
}

// join takes a subscriber's connection over.
func (c *crowd) join(w *wired, of *teller) (*follower, error) {
	raw, err := w.Conn.(*net.TCPConn).SyscallConn() //nolint:errcheck // it was dialled over TCP
	if err != nil {
		return nil, err
	}
	f := &follower{of: of}
	if f.in, err = w.in.Peek(w.in.Buffered()); err != nil {
		return nil, err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { f.fd, failed = syscall.Dup(int(fd)) }); err != nil || failed != nil {
		return nil, errors.Join(err, failed)
	}
	c.by[int32(f.fd)] = f
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(f.fd)}
	return f, errors.Join(syscall.EpollCtl(c.poll, syscall.EPOLL_CTL_ADD, f.fd, &event), w.Close())
}

// leave closes all connections.
func (c *crowd) leave() {
	for fd := range c.by {
		_ = syscall.Close(int(fd))
	}
	_ = syscall.Close(c.poll)
}

// run reads until ctx ends. Nobody may lose the connection before.
func (c *crowd) run(ctx context.Context) error {
	events, buffer := make([]syscall.EpollEvent, 256), make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, err := syscall.EpollWait(c.poll, events, 50)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			f := c.by[e.Fd]
			size, err := syscall.Read(f.fd, buffer)
			if err == nil && size > 0 {
				err = f.take(buffer[:size], time.Now())
			} else if err == nil {
				err = net.ErrClosed
			}
			if err != nil {
				return fmt.Errorf("a reader after event %d: %w", f.read.Seq(), err)
			}
		}
	}
	return nil
}

// follower is a reader that holds the server to its promise.
type follower struct {
	fd     int
	in     []byte // of a frame that is not whole
	of     *teller
	read   topic.Cursor
	at     atomic.Uint64   // how far it has read
	snaps  int             // the first included
	late   []time.Duration // from the decision
	told   []time.Duration // from when an update was due
	frames int
}

// take reads what was received by now.
func (f *follower) take(received []byte, now time.Time) error {
	if len(f.in) > 0 {
		received = append(f.in, received...)
	}
	for {
		opcode, body, rest, whole := frame(received)
		if !whole {
			f.in = append(f.in[:0:0], rest...)
			return nil
		}
		received = rest
		switch opcode {
		case opText:
			if err := f.hear(body, now); err != nil {
				return err
			}
		case opPing:
			if _, err := syscall.Write(f.fd, masked(opPong, string(body))); err != nil {
				return err
			}
		case opClose:
			return closed(binary.BigEndian.Uint16(append(body, 0, 0)))
		}
	}
}

func (f *follower) hear(text []byte, now time.Time) error {
	said, err := f.of.read(text)
	if err != nil || said == nil {
		return err
	}
	if turn := f.read.Read(said.frame); turn != topic.Next {
		return fmt.Errorf("%w: %s %d after %d, and %d was read last", errPromise, said.frame.Type, said.frame.Seq, said.frame.Prev, f.read.Seq())
	}
	f.at.Store(said.frame.Seq)
	if said.frame.Type == topic.Snap {
		f.snaps++
		return nil
	}
	f.frames++
	f.late = append(f.late, now.Sub(said.frame.At))
	if said.of != nil {
		f.told = append(f.told, f.of.hear(said.of, now))
	}
	return nil
}

// said is what a text says.
type said struct {
	text  []byte
	frame topic.Frame
	of    *update // nil for none
}

// read returns what a text says, nil for an answer to what was asked. All readers get
// the same, some sooner and some later, so each text is worked out once.
func (w *teller) read(text []byte) (*said, error) {
	for _, s := range w.said {
		if s != nil && bytes.Equal(text, s.text) {
			return s, nil
		}
	}
	frame, payload, ok, err := read(text)
	if err != nil {
		return nil, err
	}
	if !ok {
		if bytes.HasPrefix(text, []byte(`{"type":"error"`)) {
			return nil, fmt.Errorf("refused: %s", text)
		}
		return nil, nil
	}
	s := &said{text: bytes.Clone(text), frame: frame}
	if u, ok := w.which(payload); ok {
		s.of = u
	}
	w.said[frame.Seq%uint64(len(w.said))] = s
	return s, nil
}
