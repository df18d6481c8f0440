//go:build linux

package load_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// asking is what became of requests.
type asking struct {
	late   []time.Duration // from when each was due until its answer was whole
	other  map[int]int     // answers that were not 200, by status
	longer int             // bytes of the last answer
}

// maxAskers is how many connections requests come over: as many as may be under way
// at once.
const maxAskers = 200

// ask sends so many requests a second for translations, each at its time whether or
// not the ones before it are answered.
func (p *program) ask(ctx context.Context, isins []string, perSecond int, length time.Duration) (asking, error) {
	askers := max(1, min(maxAskers, perSecond/5)) // the server does not wait long for one that has nothing to ask
	results := make([]asking, askers)
	group, ctx := errgroup.WithContext(ctx)
	began := time.Now()
	total := int(length.Seconds() * float64(perSecond))
	for n := range askers {
		group.Go(func() error {
			c, err := dialFrom(ctx, 10_000+n, p.address)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			in, out := bufio.NewReader(c), &results[n]
			out.other = map[int]int{}
			for i := n; i < total; i += askers {
				due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
				if err := wait(ctx, time.Until(due)); err != nil {
					return err
				}
				code, size, err := once(c, in, p.address, isins[i%len(isins)], reader(i))
				if err != nil {
					return err
				}
				if out.longer = size; code != http.StatusOK {
					out.other[code]++
					continue
				}
				out.late = append(out.late, time.Since(due))
			}
			return nil
		})
	}
	err := group.Wait()
	all := asking{other: map[int]int{}}
	for _, r := range results {
		all.late, all.longer = append(all.late, r.late...), max(all.longer, r.longer)
		for code, n := range r.other {
			all.other[code] += n
		}
	}
	return all, err
}

// once sends one request and reads its answer, with no more work than that.
func once(c net.Conn, in *bufio.Reader, address, isin, as string) (code, size int, err error) {
	request := "GET /api/v1/liquidity-risk/" + isin + "?mode=fast HTTP/1.1\r\nHost: " + address + "\r\nX-API-Key: " + as + "\r\n\r\n"
	if _, err := c.Write([]byte(request)); err != nil {
		return 0, 0, err
	}
	lines := textproto.NewReader(in)
	status, err := lines.ReadLine()
	if err != nil {
		return 0, 0, err
	}
	if len(status) < len("HTTP/1.1 200") {
		return 0, 0, fmt.Errorf("status %q", status)
	}
	if code, err = strconv.Atoi(status[9:12]); err != nil {
		return 0, 0, err
	}
	size = -1
	for {
		line, err := lines.ReadLine()
		if err != nil {
			return 0, 0, err
		}
		if line == "" {
			break
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if size, err = strconv.Atoi(value); err != nil {
				return 0, 0, err
			}
		}
	}
	if size < 0 {
		return 0, 0, errors.New("an answer without Content-Length")
	}
	_, err = in.Discard(size)
	return code, size, err
}
