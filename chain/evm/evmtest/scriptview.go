package evmtest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/ethereum/go-ethereum/rpc"
)

// Faults is what is wrong with a node at present; the zero Faults is a healthy one.
type Faults struct {
	Lag         uint64 // its head is that many blocks behind
	Fork        uint64 // it has other blocks than everybody else for the newest that many
	Ahead       uint64 // it names a head that many blocks higher, and cannot serve it
	HideLogs    bool   // it leaves out every other log
	OtherState  bool   // it answers calls wrongly
	Drop        bool   // it accepts transactions, and forgets them
	LoseAnswers bool   // it does what it is asked, and then the line breaks
	RetryAfter  uint64 // seconds; if > 0, every answer is 429 with that
	Down        bool   // every answer is 503
}

// View is a node over a [Script], reached over HTTP. Safe for concurrent use.
type View struct {
	URL string // on 127.0.0.1, once Listen was called; before, one that RoundTrip alone can reach

	script *Script
	name   string
	server *rpc.Server

	mu       sync.Mutex
	faults   Faults
	requests int
}

// View returns another node of the chain. It ends with the test.
func (s *Script) View(name string) *View {
	s.tb.Helper()
	v := &View{URL: "http://127.0.0.1/" + name, script: s, name: name, server: rpc.NewServer()}
	if err := v.server.RegisterName("eth", &eth{v}); err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(v.server.Stop)
	return v
}

// Listen serves the view on loopback, for a client that dials, and returns its URL.
func (v *View) Listen() string {
	server := httptest.NewServer(v)
	v.script.tb.Cleanup(server.Close)
	v.URL = server.URL
	return v.URL
}

// Set replaces what is wrong with the node.
func (v *View) Set(f Faults) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.faults = f
}

// Requests is how many HTTP requests the node was sent.
func (v *View) Requests() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests
}

func (v *View) wrong() Faults {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.faults
}

// ServeHTTP implements http.Handler.
func (v *View) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	v.requests++
	f := v.faults
	v.mu.Unlock()
	switch {
	case f.RetryAfter > 0:
		w.Header().Set("Retry-After", strconv.FormatUint(f.RetryAfter, 10))
		http.Error(w, "slow down", http.StatusTooManyRequests)
	case f.Down:
		http.Error(w, "no backend", http.StatusServiceUnavailable)
	case f.LoseAnswers:
		v.server.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		v.server.ServeHTTP(w, r)
	}
}

// Wire is an http.RoundTripper that reaches views by their URL without a network,
// which is several times as fast.
type Wire []*View

var errLineBroken = errors.New("connection reset by peer")

// RoundTrip implements http.RoundTripper.
func (w Wire) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	for _, v := range w {
		if v.URL != r.URL.String() {
			continue
		}
		defer func() {
			switch broken := recover(); broken {
			case nil:
			case http.ErrAbortHandler:
				answer, err = nil, errLineBroken
			default:
				panic(broken)
			}
		}()
		recorder := httptest.NewRecorder()
		v.ServeHTTP(recorder, r)
		answer = recorder.Result()
		answer.Request = r
		return answer, nil
	}
	return nil, fmt.Errorf("no view at %s", r.URL)
}
