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

// wired is one end of a WebSocket.
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
			_, err := c.Write(masked(opText, `{"action":"subscribe","topic":"`+of+`"}`))
			return w, err
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

// masked is a frame of fewer than 126 bytes, masked with zeros.
func masked(opcode byte, text string) []byte {
	return append([]byte{0x80 | opcode, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// closed is why a connection was.
type closed uint16

func (c closed) Error() string { return fmt.Sprintf("closed with %d", uint16(c)) }

// frame cuts the first frame off what was received; false while it is not whole.
func frame(in []byte) (opcode byte, body, rest []byte, whole bool) {
	if len(in) < 2 {
		return 0, nil, in, false
	}
	size, head := uint64(in[1]&0x7f), 2
	switch {
	case size == 126 && len(in) >= 4:
		size, head = uint64(binary.BigEndian.Uint16(in[2:])), 4
	case size == 127 && len(in) >= 10:
		size, head = binary.BigEndian.Uint64(in[2:]), 10
	case size > 125:
		return 0, nil, in, false
	}
	if uint64(len(in)-head) < size {
		return 0, nil, in, false
	}
	end := head + int(size)
	return in[0] & 0xf, in[head:end], in[end:], true
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
