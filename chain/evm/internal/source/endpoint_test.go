package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// reply is one HTTP answer; the last of several is repeated.
type reply struct {
	status     int
	retryAfter string
	location   string
	body       string // "ok" is a JSON-RPC answer of 0x8a
	err        error
}

// script answers requests in turn.
type script struct {
	replies []reply
	asked   int
	times   []time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var question struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		return nil, err
	}
	now := s.replies[min(s.asked, len(s.replies)-1)]
	s.asked++
	s.times = append(s.times, time.Now())
	if now.err != nil {
		return nil, now.err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if now.retryAfter != "" {
		header.Set("Retry-After", now.retryAfter)
		header.Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	}
	if now.location != "" {
		header.Set("Location", now.location)
	}
	if now.body == "ok" {
		now.body = `{"jsonrpc":"2.0","id":` + string(question.ID) + `,"result":"0x8a"}`
	}
	now.body = strings.ReplaceAll(now.body, "ID", string(question.ID))
	return &http.Response{StatusCode: now.status, Header: header, Body: io.NopCloser(strings.NewReader(now.body)), Request: r}, nil
}

const keyed = "https://ops:hunter22@rpc.example.org/v3/0123456789abcdef?token=feedbeef"

func ask(t *testing.T, s *script, o source.Options) error {
	t.Helper()
	o.RoundTripper = s
	e, err := source.Dial("source 1", keyed, o)
	require.NoError(t, err)
	defer e.Close()
	var id hexutil.Uint64
	err = e.Call(t.Context(), &id, "eth_chainId")
	if err == nil {
		require.EqualValues(t, 138, id)
	}
	return err
}

func TestAnEndpointIsAskedAgainWhileThatHelps(t *testing.T) {
	t.Parallel()
	ok := reply{status: 200, body: "ok"}
	for name, row := range map[string]struct {
		replies  []reply
		patience time.Duration
		asked    int
		after    time.Duration // from the first question to the last
		err      error
		says     string
	}{
		"an answer is an answer":                      {[]reply{ok}, time.Minute, 1, 0, nil, ""},
		"a server error passes":                       {[]reply{{status: 502}, {status: 503}, ok}, time.Minute, 3, 750 * time.Millisecond, nil, ""},
		"a broken line passes":                        {[]reply{{err: io.ErrUnexpectedEOF}, ok}, time.Minute, 2, 250 * time.Millisecond, nil, ""},
		"half an answer is none":                      {[]reply{{status: 200, body: `{"jsonrpc":"2.0",`}, ok}, time.Minute, 2, 250 * time.Millisecond, nil, ""},
		"no patience, no second question":             {[]reply{{status: 502}, ok}, 0, 1, 0, source.ErrNoAnswer, "source 1: status 502"},
		"patience ends":                               {[]reply{{status: 502}}, 2 * time.Second, 4, 1750 * time.Millisecond, source.ErrNoAnswer, "502"},
		"a wait that is asked for is kept":            {[]reply{{status: 429, retryAfter: "3"}, ok}, time.Minute, 2, 3 * time.Second, nil, ""},
		"a wait may be a date":                        {[]reply{{status: 503, retryAfter: "Thu, 01 Jan 2026 00:00:09 GMT"}, ok}, time.Minute, 2, 9 * time.Second, nil, ""},
		"a wait beyond our patience is an error":      {[]reply{{status: 429, retryAfter: "61"}, ok}, time.Minute, 1, 0, source.ErrBusy, "status 429, retry after 1m1s"},
		"a busy server that names no wait":            {[]reply{{status: 429}, ok}, time.Minute, 2, 250 * time.Millisecond, nil, ""},
		"a wait that makes no sense is none":          {[]reply{{status: 429, retryAfter: "soon"}, ok}, time.Minute, 2, 250 * time.Millisecond, nil, ""},
		"a refusal stays one":                         {[]reply{{status: 401, body: "key 0123456789abcdef"}, ok}, time.Minute, 1, 0, source.ErrBadAnswer, "source 1: status 401"},
		"we are not sent elsewhere":                   {[]reply{{status: 307, location: "https://elsewhere.example.org"}, ok}, time.Minute, 1, 0, source.ErrBadAnswer, "status 307"},
		"a page for people is no answer":              {[]reply{{status: 200, body: "<html>"}, ok}, time.Minute, 1, 0, source.ErrBadAnswer, "invalid character"},
		"another type is no answer":                   {[]reply{{status: 200, body: `{"jsonrpc":"2.0","id":ID,"result":true}`}, ok}, time.Minute, 1, 0, source.ErrBadAnswer, "source 1"},
		"too much is no answer":                       {[]reply{{status: 200, body: `{"jsonrpc":"2.0","id":ID,"result":"` + strings.Repeat("0", 200) + `"}`}, ok}, time.Minute, 1, 0, source.ErrBadAnswer, "too long"},
		"what the node says against it is the node's": {[]reply{{status: 200, body: `{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"no feedbeef"}}`}, ok}, time.Minute, 1, 0, nil, "source 1: no ***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{replies: row.replies}
				err := ask(t, s, source.Options{Patience: row.patience, MaxBytes: 200})
				require.Equal(t, row.asked, s.asked)
				require.Equal(t, row.after, s.times[len(s.times)-1].Sub(s.times[0]))
				if row.err != nil {
					require.ErrorIs(t, err, row.err)
				}
				if row.says == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, row.says)
				var told rpc.Error
				require.Equal(t, row.err == nil, errors.As(err, &told))
			})
		})
	}
}

func TestNobodyIsAskedBeforeTheTimeItNamed(t *testing.T) {
	t.Parallel()
	mock := clock.NewMock()
	s := &script{replies: []reply{{status: 429, retryAfter: "30"}, {status: 200, body: "ok"}}}
	e, err := source.Dial("source 1", keyed, source.Options{Clock: mock, RoundTripper: s})
	require.NoError(t, err)
	var id hexutil.Uint64
	for range 3 {
		require.ErrorIs(t, e.Call(t.Context(), &id, "eth_chainId"), source.ErrBusy)
	}
	mock.Add(30*time.Second - 1)
	require.ErrorIs(t, e.Call(t.Context(), &id, "eth_chainId"), source.ErrBusy)
	require.Equal(t, 1, s.asked)
	mock.Add(1)
	require.NoError(t, e.Call(t.Context(), &id, "eth_chainId"))

	s.asked, s.replies[0].retryAfter = 0, "2147483647"
	require.ErrorIs(t, e.Call(t.Context(), &id, "eth_chainId"), source.ErrBusy)
	mock.Add(time.Hour)
	require.NoError(t, e.Call(t.Context(), &id, "eth_chainId"), "no server closes itself for good")
}

func TestSecretsAreInNoError(t *testing.T) {
	t.Parallel()
	for name, now := range map[string]reply{
		"a refused connection":    {err: errors.New("dial " + keyed + ": refused")},
		"a refusal by the node":   {status: 200, body: `{"jsonrpc":"2.0","id":ID,"error":{"code":-32000,"message":"bad key 0123456789abcdef, token=feedbeef, ops hunter22"}}`},
		"a refusal by its proxy":  {status: 403, body: keyed},
		"a redirect":              {status: 302, body: keyed},
		"an answer that is a key": {status: 200, body: "0123456789abcdef"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := ask(t, &script{replies: []reply{now}}, source.Options{})
			require.Error(t, err)
			for _, secret := range []string{"0123456789abcdef", "feedbeef", "hunter22"} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestAnAnswerMayBeAsLongAsItIsAllowedToBe(t *testing.T) {
	t.Parallel()
	s := &script{replies: []reply{{status: 200, body: `{"jsonrpc":"2.0","id":ID,"result":"0x8a"}`}}}
	exact := int64(len(`{"jsonrpc":"2.0","id":1,"result":"0x8a"}`))
	require.NoError(t, ask(t, s, source.Options{MaxBytes: exact}))
	require.ErrorIs(t, ask(t, s, source.Options{MaxBytes: exact - 1}), source.ErrBadAnswer)
}

func TestABatchIsSentInParts(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		var questions, answers []map[string]any
		require.NoError(t, json.NewDecoder(r.Body).Decode(&questions)) //nolint:testifylint // fails the test all the same
		for _, q := range questions {
			answers = append(answers, map[string]any{"jsonrpc": "2.0", "id": q["id"], "result": "0x8a"})
		}
		require.NoError(t, json.NewEncoder(w).Encode(answers)) //nolint:testifylint // as above
	}))
	defer server.Close()
	e, err := source.Dial("source 1", server.URL, source.Options{})
	require.NoError(t, err)
	defer e.Close()
	ids, elems := make([]hexutil.Uint64, 201), make([]rpc.BatchElem, 201)
	for i := range elems {
		elems[i] = rpc.BatchElem{Method: "eth_chainId", Result: &ids[i]}
	}
	require.NoError(t, e.Batch(t.Context(), elems))
	require.EqualValues(t, 3, requests.Load())
	for i, id := range ids {
		require.NoError(t, elems[i].Error)
		require.EqualValues(t, 138, id)
	}
}

func TestAnEndpointThatHangsIsSilent(t *testing.T) {
	t.Parallel()
	e, err := source.Dial("source 1", keyed, source.Options{Timeout: time.Millisecond, RoundTripper: hang{}})
	require.NoError(t, err)
	var id hexutil.Uint64
	err = e.Call(t.Context(), &id, "eth_chainId")
	require.ErrorIs(t, err, source.ErrNoAnswer)
	require.EqualError(t, err, "source: no answer: source 1: context deadline exceeded")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	e, err = source.Dial("source 1", keyed, source.Options{RoundTripper: hang{}})
	require.NoError(t, err)
	require.Equal(t, context.DeadlineExceeded, e.Call(ctx, &id, "eth_chainId"), "that was the caller's wish")
}

type hang struct{}

func (hang) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
