package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// venue answers requests without a network.
type venue func(*http.Request) (*http.Response, error)

func (v venue) RoundTrip(r *http.Request) (*http.Response, error) { return v(r) }

func answer(status int, body string, header ...string) *http.Response {
	a := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		a.Header.Set(header[i], header[i+1])
	}
	return a
}

var errReset = errors.New("connection reset")

// reply is one answer of a script; without a status it gets lost.
type reply struct {
	status int
	body   string
	header []string
}

func says(status int, body string, header ...string) reply { return reply{status, body, header} }

var loses reply

// script gives each reply in turn, and the last one from then on; it notes when
// each request came and what was signed.
type script struct {
	replies []reply

	mu    sync.Mutex
	times []time.Time
	signs []string
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.replies[min(len(s.times), len(s.replies)-1)]
	s.times = append(s.times, time.Now())
	s.signs = append(s.signs, r.URL.RawQuery)
	if next.status == 0 {
		return nil, errReset
	}
	return answer(next.status, next.body, next.header...), nil
}

func config(v http.RoundTripper) transport.Config {
	return transport.Config{
		Base: "https://venue.example", Every: 100 * time.Millisecond, Burst: 5, Retries: 2, RoundTripper: v,
		Refusal: func(status int, body []byte) error {
			switch {
			case strings.Contains(string(body), "busy"):
				return &exchange.RateLimitError{RetryAfter: 3 * time.Second}
			case status == http.StatusUnauthorized:
				return fmt.Errorf("%w: %s", exchange.ErrAuth, body)
			default:
				return nil
			}
		},
	}
}

func client(t *testing.T, replies ...reply) (*transport.Client, *script) {
	t.Helper()
	s := &script{replies: replies}
	c, err := transport.New(config(s))
	require.NoError(t, err)
	return c, s
}

// call signs with the time, and takes any object.
func call() transport.Call {
	return transport.Call{
		Request: func(now time.Time) (transport.Request, error) {
			return transport.Request{Method: http.MethodGet, Path: "/x", Query: fmt.Sprint("at=", now.UnixMilli())}, nil
		},
		Accept: func(body []byte) error {
			var object map[string]any
			return transport.JSON(body, &object)
		},
	}
}

// replay sends what somebody else has signed, and takes any object.
func replay(t *testing.T, c *transport.Client) error {
	t.Helper()
	return c.Once(t.Context(), 1, transport.Request{Method: http.MethodGet, Path: "/x", Query: "at=noon"}, call().Accept)
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		story        string
		reply        reply
		read, change error // what they return
		asked        int   // how often a read asks
	}{
		{"an answer", says(200, "{}"), nil, nil, 1},
		{"a lost connection", loses, transport.ErrNoAnswer, exchange.ErrUnknownOutcome, 3},
		{"a server error", says(502, "<html>"), transport.ErrNoAnswer, exchange.ErrUnknownOutcome, 3},
		{"a server that is down, without a word for how long", says(503, ""), transport.ErrNoAnswer, exchange.ErrUnknownOutcome, 3},
		{"a server that is down for a while", says(503, "", "Retry-After", "9"), exchange.ErrRateLimited, exchange.ErrUnknownOutcome, 1},
		{"too many requests", says(429, "{}"), exchange.ErrRateLimited, exchange.ErrRateLimited, 1},
		{"a ban", says(418, "{}", "Retry-After", "9"), exchange.ErrRateLimited, exchange.ErrRateLimited, 1},
		{"a rate limit in words", says(200, `"busy"`), exchange.ErrRateLimited, exchange.ErrRateLimited, 1},
		{"a refusal", says(401, "{}"), exchange.ErrAuth, exchange.ErrAuth, 1},
		{"a refusal that we do not understand", says(400, "{}"), transport.ErrBadAnswer, exchange.ErrUnknownOutcome, 1},
		{"a redirect, which is not followed", says(302, "{}", "Location", "https://elsewhere.example"), transport.ErrBadAnswer, exchange.ErrUnknownOutcome, 1},
		{"no JSON", says(200, "<html>"), transport.ErrBadAnswer, exchange.ErrUnknownOutcome, 1},
		{"an answer of just the longest size", says(200, "{"+strings.Repeat(" ", transport.MaxAnswer-2)+"}"), nil, nil, 1},
		{"an answer one byte longer", says(200, "{"+strings.Repeat(" ", transport.MaxAnswer-1)+"}"), transport.ErrBadAnswer, exchange.ErrUnknownOutcome, 1},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reader, s := client(t, c.reply)
				err := reader.Read(t.Context(), call())
				require.ErrorIs(t, err, c.read)
				require.Len(t, s.times, c.asked)

				changer, s := client(t, c.reply)
				err = changer.Change(t.Context(), call())
				require.ErrorIs(t, err, c.change)
				require.Len(t, s.times, 1, "a change is sent once")
				if errors.Is(c.change, exchange.ErrUnknownOutcome) {
					require.NotErrorIs(t, err, exchange.ErrRateLimited, "which would mean that nothing was done")
				} else {
					require.NotErrorIs(t, err, exchange.ErrUnknownOutcome)
				}

				once, s := client(t, c.reply)
				require.ErrorIs(t, replay(t, once), c.read)
				require.Equal(t, []string{"at=noon"}, s.signs, "sent once, as it was signed")
			})
		})
	}
}

func TestARetryIsSignedAnewAndWaitsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, loses, loses, says(200, "{}"))
		begin := time.Now()
		require.NoError(t, c.Read(t.Context(), call()))
		require.Equal(t, []time.Duration{0, 250 * time.Millisecond, 750 * time.Millisecond}, since(begin, s.times))
		require.Len(t, s.signs, 3)
		require.NotEqual(t, s.signs[0], s.signs[1])
		require.NotEqual(t, s.signs[1], s.signs[2])
	})
}

func since(begin time.Time, times []time.Time) []time.Duration {
	var out []time.Duration
	for _, at := range times {
		out = append(out, at.Sub(begin))
	}
	return out
}

func TestNothingIsSentBeforeTheVenueAllowsIt(t *testing.T) {
	for _, c := range []struct {
		story string
		reply reply
		wait  time.Duration
	}{
		{"in seconds", says(429, "", "Retry-After", "7"), 7 * time.Second},
		{"as a ban", says(418, "", "Retry-After", "120"), 2 * time.Minute},
		{"while it is down", says(503, "", "Retry-After", "5"), 5 * time.Second},
		{"as a date", says(429, "", "Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT"), 30 * time.Second},
		{"as a date by a clock that is not ours", says(429, "", "Retry-After", "Sat, 01 Jan 2000 09:00:30 GMT", "Date", "Sat, 01 Jan 2000 09:00:00 GMT"), 30 * time.Second},
		{"as a date by no clock that we know", says(429, "", "Retry-After", "Sat, 01 Jan 2000 00:00:30 GMT", "Date", "today"), 30 * time.Second},
		{"as a date that is past", says(429, "", "Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"), time.Second},
		{"without a number", says(429, ""), 10 * time.Second},
		{"in words that mean nothing", says(429, "", "Retry-After", "later"), 10 * time.Second},
		{"as a number of no sense", says(429, "", "Retry-After", "4000000000"), 72 * time.Hour},
		{"in the venue's own words", says(200, "busy"), 3 * time.Second},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // which begins at midnight of 1 January 2000
				cl, s := client(t, c.reply, says(200, "{}"))
				requireLimited(t, cl.Read(t.Context(), call()), c.wait)
				time.Sleep(c.wait - time.Nanosecond)
				requireLimited(t, cl.Read(t.Context(), call()), time.Nanosecond)
				requireLimited(t, cl.Change(t.Context(), call()), time.Nanosecond)
				require.Len(t, s.times, 1)
				time.Sleep(time.Nanosecond)
				require.NoError(t, cl.Read(t.Context(), call()))
				require.Len(t, s.times, 2)
			})
		})
	}
}

func TestAStrangersRateLimitHoldsNobodyElseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, says(200, "busy"), says(200, "{}"), says(429, "", "Retry-After", "9"))
		requireLimited(t, replay(t, c), 3*time.Second)
		require.NoError(t, replay(t, c))
		requireLimited(t, replay(t, c), 9*time.Second)
		requireLimited(t, replay(t, c), 9*time.Second)
		require.Len(t, s.times, 3, "but our address's does")
	})
}

func TestAStrangersRequestKeepsThePaceByItsWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, says(200, "{}"))
		begin := time.Now()
		for _, weight := range []int{5, 3, 0} {
			require.NoError(t, c.Once(t.Context(), weight, transport.Request{Method: http.MethodGet, Path: "/x"}, call().Accept))
		}
		require.Equal(t, []time.Duration{0, 300 * time.Millisecond, 400 * time.Millisecond}, since(begin, s.times))
		err := c.Once(t.Context(), 6, transport.Request{Method: http.MethodGet, Path: "/x"}, call().Accept)
		require.ErrorIs(t, err, exchange.ErrInvalid)
		require.Len(t, s.times, 3)
	})
}

func requireLimited(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	require.ErrorIs(t, err, exchange.ErrRateLimited)
	var limit *exchange.RateLimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, wait, limit.RetryAfter)
}

func TestALaterShorterWaitDoesNotShortenABan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrived := make(chan struct{}, 2)
		release := []chan string{make(chan string), make(chan string)}
		n := 0
		cl, err := transport.New(config(venue(func(*http.Request) (*http.Response, error) {
			mine := release[n]
			n++
			arrived <- struct{}{}
			return answer(429, "", "Retry-After", <-mine), nil
		})))
		require.NoError(t, err)
		for range 2 {
			go func() { _ = cl.Read(t.Context(), call()) }()
			<-arrived
		}
		release[0] <- "60"
		synctest.Wait()
		release[1] <- "2"
		synctest.Wait()
		requireLimited(t, cl.Read(t.Context(), call()), time.Minute)
	})
}

func TestThePaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, says(200, "{}"))
		begin := time.Now()
		for range 7 { // a burst of 5, then one every 100 ms
			require.NoError(t, c.Read(t.Context(), call()))
		}
		heavy := call()
		heavy.Weight = 4
		require.NoError(t, c.Read(t.Context(), heavy))
		time.Sleep(time.Hour) // the bucket holds no more than the burst
		for range 6 {
			require.NoError(t, c.Read(t.Context(), call()))
		}
		ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
		late := time.Hour + ms(600)
		require.Equal(t, []time.Duration{0, 0, 0, 0, 0, ms(100), ms(200), ms(600), late, late, late, late, late, late + ms(100)}, since(begin, s.times))

		heavy.Weight = 6
		require.ErrorIs(t, c.Read(t.Context(), heavy), exchange.ErrInvalid, "it would wait for ever")
	})
}

func TestWhoWaitsForATurnHearsOfABan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(nil)
		asked := 0
		cfg.Burst, cfg.RoundTripper = 1, venue(func(*http.Request) (*http.Response, error) {
			asked++
			time.Sleep(60 * time.Millisecond) // the next turn is in 100
			return answer(429, "", "Retry-After", "9"), nil
		})
		c, err := transport.New(cfg)
		require.NoError(t, err)
		go func() { _ = c.Read(t.Context(), call()) }()
		synctest.Wait()
		requireLimited(t, c.Read(t.Context(), call()), 8960*time.Millisecond)
		require.Equal(t, 1, asked)
	})
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := client(t, loses)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Change(ended, call()), context.Canceled)
		require.NotErrorIs(t, c.Change(ended, call()), exchange.ErrUnknownOutcome)
		require.Empty(t, s.times)

		short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, c.Read(short, call()), context.DeadlineExceeded, "it ends while waiting for the second retry")
		require.Len(t, s.times, 2)
	})
}

func TestAVenueThatDoesNotAnswerIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := venue(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c, err := transport.New(config(hangs))
		require.NoError(t, err)
		begin := time.Now()
		require.ErrorIs(t, c.Change(t.Context(), call()), exchange.ErrUnknownOutcome)
		require.Equal(t, 10*time.Second, time.Since(begin))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err = c.Change(ctx, call())
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome, "it was on its way")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestAnAnswerThatBreaksOffIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := transport.New(config(venue(func(*http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.Body = io.NopCloser(io.MultiReader(strings.NewReader("{}"), broken{}))
			return a, nil
		})))
		require.NoError(t, err)
		require.ErrorIs(t, c.Change(t.Context(), call()), exchange.ErrUnknownOutcome)
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errReset }

func TestWhatIsSentIsWhatWasSigned(t *testing.T) {
	var got *http.Request
	cl, err := transport.New(config(venue(func(r *http.Request) (*http.Response, error) {
		got = r
		return answer(200, "{}"), nil
	})))
	require.NoError(t, err)
	request := transport.Request{Method: http.MethodPost, Path: "/a/b", Query: "x=1%2F2", Body: "y=3", Header: map[string]string{"API-Key": "k"}}
	c := call()
	c.Request = func(time.Time) (transport.Request, error) { return request, nil }
	require.NoError(t, cl.Change(t.Context(), c))
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.Equal(t, "POST https://venue.example/a/b?x=1%2F2 y=3 k", fmt.Sprint(got.Method, " ", got.URL, " ", string(body), " ", got.Header.Get("API-Key")))

	request.Header["API-Key"] = "k\r\nHost: elsewhere"
	err = cl.Change(t.Context(), c)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "API-Key")
	require.NotContains(t, err.Error(), "elsewhere", "a header may be a secret")
	c.Request = func(time.Time) (transport.Request, error) { return request, errReset }
	require.ErrorIs(t, cl.Read(t.Context(), c), errReset)
}

func TestNobodyRepeatsAChangeBehindOurBack(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodDelete} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1) == 2 { // on a connection that has served before, when net/http would send a GET again
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "{}")
		}))
		defer server.Close()
		cfg := config(nil)
		cfg.Base = server.URL
		cl, err := transport.New(cfg)
		require.NoError(t, err)
		c := call()
		c.Request = func(time.Time) (transport.Request, error) { return transport.Request{Method: method, Path: "/x"}, nil }
		require.NoError(t, cl.Change(t.Context(), c))
		require.ErrorIs(t, cl.Change(t.Context(), c), exchange.ErrUnknownOutcome)
		require.EqualValues(t, 2, asked.Load(), method)
	}
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	for _, c := range []struct {
		field string
		spoil func(*transport.Config)
	}{
		{`Config.Base ""`, func(c *transport.Config) { c.Base = "" }},
		{`Config.Base "venue.example"`, func(c *transport.Config) { c.Base = "venue.example" }},
		{`Config.Base "ftp://x"`, func(c *transport.Config) { c.Base = "ftp://x" }},
		{`Config.Base "http://venue.example"`, func(c *transport.Config) { c.Base = "http://venue.example" }},
		{`Config.Base "https://me:secret@x"`, func(c *transport.Config) { c.Base = "https://me:secret@x" }},
		{`Config.Base "https://x/"`, func(c *transport.Config) { c.Base = "https://x/" }},
		{`Config.Base "https://x?y"`, func(c *transport.Config) { c.Base = "https://x?y" }},
		{"Config.Every 0s", func(c *transport.Config) { c.Every = 0 }},
		{"Config.Burst 0", func(c *transport.Config) { c.Burst = 0 }},
		{"Config.Retries -1", func(c *transport.Config) { c.Retries = -1 }},
		{"Config.Retries 11", func(c *transport.Config) { c.Retries = 11 }},
		{"Config.Timeout -1ns", func(c *transport.Config) { c.Timeout = -1 }},
		{"Config.Refusal nil", func(c *transport.Config) { c.Refusal = nil }},
	} {
		t.Run(c.field, func(t *testing.T) {
			cfg := config(nil)
			c.spoil(&cfg)
			_, err := transport.New(cfg)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.field)
		})
	}
}

func TestWhatTheOptionsLeaveOutIsAsTheVenueHasIt(t *testing.T) {
	own := transport.Config{
		Base: "https://venue.example", Every: time.Second, Burst: 5, Retries: 2, Timeout: time.Minute,
		Clock: clock.NewMock(), RoundTripper: &script{},
	}
	given := transport.Options{
		Base: "https://other.example", Every: time.Hour, Burst: 7, Clock: clock.NewMock(), RoundTripper: &script{},
	}
	for _, c := range []struct {
		given   string
		options transport.Options
		change  func(*transport.Config)
	}{
		{"nothing", transport.Options{}, func(*transport.Config) {}},
		{"a base", transport.Options{Base: given.Base}, func(c *transport.Config) { c.Base = given.Base }},
		{"a pace", transport.Options{Every: given.Every}, func(c *transport.Config) { c.Every = given.Every }},
		{"a burst", transport.Options{Burst: given.Burst}, func(c *transport.Config) { c.Burst = given.Burst }},
		{"a clock", transport.Options{Clock: given.Clock}, func(c *transport.Config) { c.Clock = given.Clock }},
		{"a network", transport.Options{RoundTripper: given.RoundTripper}, func(c *transport.Config) { c.RoundTripper = given.RoundTripper }},
		{"a pace below zero, for New to refuse", transport.Options{Every: -1}, func(c *transport.Config) { c.Every = -1 }},
	} {
		t.Run(c.given, func(t *testing.T) {
			want := own
			c.change(&want)
			got := own.With(c.options)
			require.Equal(t, want, got)
			require.Same(t, want.Clock, got.Clock)
			require.Same(t, want.RoundTripper, got.RoundTripper)
		})
	}
}

func TestPlainHTTPIsForThisMachineAlone(t *testing.T) {
	for base, ok := range map[string]bool{
		"http://127.0.0.1:80": true, "http://127.9.9.9": true, "http://[::1]:80": true, "http://localhost": true, "http://LocalHost:3334": true,
		"http://localhost.example": false, "http://10.0.0.1": false, "http://localhost@venue.example": false,
	} {
		cfg := config(nil)
		cfg.Base = base
		_, err := transport.New(cfg)
		require.Equal(t, ok, err == nil, "%s: %v", base, err)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		`"1.50"`: "1.5", `2`: "2", `-3e-8`: "-0.00000003", `"0"`: "0", `1e36`: "1" + strings.Repeat("0", 36),
	} {
		var n transport.Number
		require.NoError(t, json.Unmarshal([]byte(text), &n), text)
		require.Equal(t, want, n.String())
		require.True(t, n.Given)
	}
	for _, text := range []string{`""`, `"abc"`, `null`, `true`, `{}`, `"1e37"`, `"1e-73"`, `"` + strings.Repeat("1", 81) + `"`} {
		var n transport.Number
		require.Error(t, json.Unmarshal([]byte(text), &n), text)
		require.False(t, n.Given)
	}
}

func TestANumberMayBeLeftEmpty(t *testing.T) {
	n := transport.Optional{Number: transport.Number{Given: true}}
	require.NoError(t, json.Unmarshal([]byte(`""`), &n))
	require.Equal(t, transport.Optional{}, n, "nothing of an older value stays")
	require.NoError(t, json.Unmarshal([]byte(`"1.5"`), &n))
	require.Equal(t, "1.5", n.String())
	require.True(t, n.Given)
	for _, text := range []string{`null`, `" "`, `"1e37"`} {
		require.Error(t, json.Unmarshal([]byte(text), &n), text)
	}
}

func TestABadFieldIsNamedWithItsValueAndTheRule(t *testing.T) {
	err := transport.Bad("qty", strings.Repeat("9", 99), "must be short")
	require.ErrorIs(t, err, transport.ErrBadAnswer)
	require.EqualError(t, err, "transport: bad answer: qty "+strings.Repeat("9", 64)+": must be short")
	require.NoError(t, transport.BadIf(nil))
	require.Equal(t, err, transport.BadIf(err), "it is said once")
	require.EqualError(t, transport.BadIf(errReset), "transport: bad answer: connection reset")
	require.ErrorIs(t, transport.BadIf(errReset), errReset)
}

func TestOrdersComeOldestFirst(t *testing.T) {
	at := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	orders := []exchange.Order{
		{ID: "2", PlacedAt: at.Add(1)}, {ID: "10", PlacedAt: at}, {ID: "9", PlacedAt: at}, {ID: "1", PlacedAt: at.Add(2)}, {ID: "11", PlacedAt: at},
	}
	transport.OldestFirst(orders)
	var ids []string
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	require.Equal(t, []string{"9", "10", "11", "2", "1"}, ids)
}

func TestAnObjectOfIdsKeepsItsOrderAndHasEachOnce(t *testing.T) {
	var got transport.Entries[int]
	require.NoError(t, json.Unmarshal([]byte(`{"b":1,"a":2}`), &got))
	require.Equal(t, transport.Entries[int]{{Key: "b", Value: 1}, {Key: "a", Value: 2}}, got)
	require.NoError(t, json.Unmarshal([]byte(`{}`), &got))
	require.NotNil(t, got)
	require.Empty(t, got)
	for _, text := range []string{`{"a":1,"b":2,"a":3}`, `[]`, `null`, `1`, `{"a":"x"}`} {
		require.Error(t, json.Unmarshal([]byte(text), &got), text)
	}
}

func TestACacheAsksAgainWhenItsAnswerIsOld(t *testing.T) {
	now := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	asked := 0
	ask := func() (int, error) {
		asked++
		if asked == 1 {
			return 0, errReset
		}
		return asked, nil
	}
	cache := transport.Cache[string, int]{MaxAge: time.Hour}
	get := func(after time.Duration) (int, error) { return cache.Get(t.Context(), "a", now.Add(after), ask) }
	_, err := get(0)
	require.ErrorIs(t, err, errReset)
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 2}, {time.Hour, 2}, {time.Hour + 1, 3}} {
		got, err := get(step.after)
		require.NoError(t, err)
		require.Equal(t, step.want, got, "an error is not kept; after %v", step.after)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = cache.Get(ended, "a", now, ask)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTimesOfASequenceNeverRepeat(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 700_000_000, time.FixedZone("CEST", 7200))
	sequence := transport.Sequence{Unit: time.Second}
	for _, c := range []struct {
		story string
		now   time.Time
		want  string
	}{
		{"a time is rounded down", now, "2024-05-01T10:00:00Z"},
		{"a clock that stands still", now, "2024-05-01T10:00:01Z"},
		{"a clock that goes back", now.Add(-time.Hour), "2024-05-01T10:00:02Z"},
		{"a clock that is not there yet", now.Add(2 * time.Second), "2024-05-01T10:00:03Z"},
		{"a clock that has caught up", now.Add(9 * time.Second), "2024-05-01T10:00:09Z"},
	} {
		require.Equal(t, c.want, sequence.Next(c.now).Format(time.RFC3339Nano), c.story)
	}
	var wg sync.WaitGroup
	times := make([]time.Time, 100)
	for i := range times {
		wg.Go(func() { times[i] = sequence.Next(now) })
	}
	wg.Wait()
	seen := map[time.Time]bool{}
	for _, at := range times {
		require.False(t, seen[at], "%v twice", at)
		seen[at] = true
	}
}

// desk is a venue in its parts.
type desk struct {
	placer transport.Placer
	rules  error // what it says of any order
	known  error // what it says of orders that it is asked for
	sent   int
	wait   chan struct{} // before it answers
}

func (d *desk) Check(exchange.Order) error { return d.rules }

func (d *desk) place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	return transport.Place(ctx, &d.placer, o,
		func(context.Context, exchange.Pair) (*desk, error) { return d, nil },
		func(context.Context, exchange.Pair, string) (exchange.Order, error) { return o, d.known },
		func(context.Context, *desk, exchange.Order) (exchange.Order, error) {
			d.sent++
			<-d.wait
			return o, nil
		})
}

func TestAPlacerThatIsGivenUpSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{known: exchange.ErrNotFound, wait: make(chan struct{})}
		o := order()
		go func() { _, _ = d.place(t.Context(), o) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := d.place(ctx, o)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, d.sent)
		close(d.wait)
		synctest.Wait()

		d.known = errReset
		_, err = d.place(t.Context(), o)
		require.ErrorIs(t, err, errReset, "who cannot look does not send")
		require.Equal(t, 1, d.sent)
	})
}

func TestAPlacerSendsNothingThatTheRulesRefuse(t *testing.T) {
	t.Parallel()
	d := &desk{known: exchange.ErrNotFound, rules: errReset}
	_, err := d.place(t.Context(), order())
	require.ErrorIs(t, err, errReset)
	_, err = d.place(t.Context(), exchange.Order{ClientID: "a1"})
	require.ErrorIs(t, err, exchange.ErrInvalid, "nor an order that is none")
	require.Zero(t, d.sent)
}

func order() exchange.Order {
	return exchange.Order{
		ClientID: "a1", Pair: exchange.Pair{Base: "BTC", Quote: "USDT"}, Side: exchange.Bid,
		Price: decimal.New(1, 0), Amount: decimal.New(1, 0),
	}
}
