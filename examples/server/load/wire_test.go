//go:build linux

package load_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// dialFrom connects to the server from the nth address of this machine, since the
// server lets no address have more than 50 connections.
func dialFrom(ctx context.Context, n int, address string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+n/250%250), byte(1+n%250))}}
	return d.DialContext(ctx, "tcp", address)
}

// wired is one end of a WebSocket, as light as it gets: what readers take is
// measured with the server, on the same processors.
type wired struct {
	net.Conn
	in *bufio.Reader
}

// subscribe opens a stream, and reads nothing of it.
func (p *program) subscribe(ctx context.Context, n int, of string) (*wired, error) {
	for {
		c, err := dialFrom(ctx, n/40, p.address)
		if err != nil {
			return nil, err
		}
		w := &wired{c, bufio.NewReaderSize(c, 8<<10)}
		_, err = fmt.Fprintf(c, "GET /ws/liquidity-risk HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer %s\r\n\r\n", p.address, reader(n))
		if err != nil {
			return nil, err
		}
		answer, err := http.ReadResponse(w.in, nil)
		if err != nil {
			return nil, err
		}
		_ = answer.Body.Close()
		switch answer.StatusCode {
		case http.StatusSwitchingProtocols:
			return w, w.say(opText, `{"action":"subscribe","topic":"`+of+`"}`)
		case http.StatusTooManyRequests:
			_ = c.Close()
			if err := wait(ctx, 100*time.Millisecond); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("subscribe: %s", answer.Status)
		}
	}
}

// Opcodes of RFC 6455 §5.2.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// say sends a frame of fewer than 126 bytes, masked with zeros.
func (w *wired) say(opcode byte, text string) error {
	_, err := w.Write(append([]byte{0x80 | opcode, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
	return err
}

// closed is why a connection was.
type closed uint16

func (c closed) Error() string { return fmt.Sprintf("closed with %d", uint16(c)) }

// next returns the next text, which holds until the next call.
func (w *wired) next(buffer []byte) ([]byte, error) {
	for {
		var head [10]byte
		if _, err := io.ReadFull(w.in, head[:2]); err != nil {
			return buffer, err
		}
		size := uint64(head[1] & 0x7f)
		switch size {
		case 126:
			_, err := io.ReadFull(w.in, head[:2])
			if size = uint64(binary.BigEndian.Uint16(head[:])); err != nil {
				return buffer, err
			}
		case 127:
			_, err := io.ReadFull(w.in, head[2:10])
			if size = binary.BigEndian.Uint64(head[2:]); err != nil {
				return buffer, err
			}
		}
		if size > 1<<20 {
			return buffer, fmt.Errorf("a frame of %d bytes", size)
		}
		if uint64(cap(buffer)) < size {
			buffer = make([]byte, size+1024)
		}
		buffer = buffer[:size]
		opcode := head[0] & 0xf
		if size > 125 {
			opcode = opText
		}
		if _, err := io.ReadFull(w.in, buffer); err != nil {
			return buffer, err
		}
		switch opcode {
		case opText:
			return buffer, nil
		case opPing:
			if err := w.say(opPong, string(buffer)); err != nil {
				return buffer, err
			}
		case opClose:
			if len(buffer) < 2 {
				return buffer, closed(0)
			}
			return buffer, closed(binary.BigEndian.Uint16(buffer))
		}
	}
}

// gone reads what is there, and reports whether the server has closed the connection.
func (w *wired) gone(by time.Time) bool {
	_ = w.SetReadDeadline(by)
	_, err := io.Copy(io.Discard, w.in)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

var errFrame = errors.New("not a frame as the server writes them")

// read reads what matters of a frame: the part before its payload, whose fields
// have an order. ok is false for an answer.
func read(text []byte) (f topic.Frame, payload []byte, ok bool, err error) {
	head, payload, ok := bytes.Cut(text, []byte(`,"payload":`))
	if !ok {
		return f, nil, false, nil
	}
	quoted := func(name string) string {
		_, after, _ := bytes.Cut(head, []byte(name))
		value, _, _ := bytes.Cut(after, []byte(`"`))
		return string(value)
	}
	number := func(name string) uint64 {
		_, after, _ := bytes.Cut(head, []byte(name))
		end := bytes.IndexByte(after, ',')
		if end < 0 {
			return 0
		}
		n, e := strconv.ParseUint(string(after[:end]), 10, 64)
		err = errors.Join(err, e)
		return n
	}
	f.Type = topic.Type(quoted(`{"type":"`))
	f.Seq, f.Prev = number(`"seq":`), number(`"prev_seq":`)
	at, e := time.Parse(time.RFC3339Nano, quoted(`"ts":"`))
	f.At = at
	if err = errors.Join(err, e); err != nil || f.Type == "" {
		return f, nil, true, fmt.Errorf("%w: %.200s: %w", errFrame, text, err)
	}
	return f, payload, true, nil
}
