package rpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/rpc"
)

func TestNewNamesWhatIsWrong(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*rpc.Config)
		says   string
	}{
		"a host in the clear":        {func(c *rpc.Config) { c.URL = "http://10.0.0.1:8332" }, "Config.URL http://10.0.0.1:8332: must be https"},
		"a name in the clear":        {func(c *rpc.Config) { c.URL = "http://daemon:8332" }, "Config.URL"},
		"no scheme":                  {func(c *rpc.Config) { c.URL = "127.0.0.1:8332" }, "Config.URL"},
		"a password in the URL":      {func(c *rpc.Config) { c.URL = "https://pool:hidden@host" }, "Config.URL https://pool:xxxxx@host: must be"},
		"a password in a broken URL": {func(c *rpc.Config) { c.URL = "https://pool:hidden@ho st" }, "Config.URL"},
		"a query":                    {func(c *rpc.Config) { c.URL = "https://host/?a=b" }, "Config.URL"},
		"no user":                    {func(c *rpc.Config) { c.User = "" }, `Config.User "": must not be empty`},
		"no password":                {func(c *rpc.Config) { c.Password = "" }, `Config.Password "": must not be empty`},
		"a timeout below zero":       {func(c *rpc.Config) { c.Timeout = -1 }, "Config.Timeout -1ns: must be >= 0"},
		"too many decimals":          {func(c *rpc.Config) { c.Places = 9 }, "Config.Places 9: must be 0 to 8"},
		"decimals below zero":        {func(c *rpc.Config) { c.Places = -1 }, "Config.Places -1: must be 0 to 8"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := rpc.Config{URL: "https://host/wallet/pool", User: user, Password: password}
			_, err := rpc.New(cfg)
			require.NoError(t, err)
			row.change(&cfg)
			_, err = rpc.New(cfg)
			require.ErrorIs(t, err, rpc.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), "hidden")
		})
	}
}

// roundTrip answers a request without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCallSaysWhetherTheDaemonMayHaveDoneIt(t *testing.T) {
	answers := func(status int, body string) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	fails := func(err error) roundTrip {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	var refusal *rpc.Error
	for name, row := range map[string]struct {
		answer roundTrip
		want   error // nil: an *rpc.Error
		says   string
	}{
		"the daemon refuses":                      {answers(500, `{"result":null,"error":{"code":-6,"message":"Insufficient funds"},"id":1}`), nil, `rpc: sendmany: code -6: "Insufficient funds"`},
		"nobody listens":                          {fails(&net.OpError{Op: "dial", Err: errors.New("refused")}), rpc.ErrNotSent, "refused"},
		"the password is wrong":                   {answers(401, ""), rpc.ErrNotSent, "status 401"},
		"the host is not allowed":                 {answers(403, ""), rpc.ErrNotSent, "status 403"},
		"the connection breaks while we write":    {fails(&net.OpError{Op: "write", Err: errors.New("reset")}), rpc.ErrNoAnswer, "reset"},
		"the connection breaks while we read":     {fails(&net.OpError{Op: "read", Err: errors.New("reset")}), rpc.ErrNoAnswer, "reset"},
		"the connection breaks, we know not when": {fails(io.ErrUnexpectedEOF), rpc.ErrNoAnswer, "EOF"},
		"a gateway answers with a page":           {answers(502, "<html>"), rpc.ErrNoAnswer, `status 502: not an answer to this call: "<html>"`},
		"the queue of the daemon is full":         {answers(503, "Work queue depth exceeded"), rpc.ErrNoAnswer, "503"},
		"a redirect is not followed":              {answers(302, ""), rpc.ErrNoAnswer, "302"},
		"the answer is to another call":           {answers(200, `{"result":"tx","error":null,"id":7}`), rpc.ErrNoAnswer, "not an answer to this call"},
		"the answer is to no call":                {answers(500, `{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}`), rpc.ErrNoAnswer, "not an answer"},
		"the answer is cut":                       {answers(200, `{"result":"tx","err`), rpc.ErrNoAnswer, "not an answer"},
		"the answer is good and its status not":   {answers(500, `{"result":"tx","error":null,"id":1}`), rpc.ErrNoAnswer, "status 500"},
		"the result is of another type":           {answers(200, `{"result":{"a":1},"error":null,"id":1}`), rpc.ErrNoAnswer, "result"},
		"the result is null":                      {answers(200, `{"result":null,"error":null,"id":1}`), rpc.ErrNoAnswer, "no result"},
		"there is no result":                      {answers(200, `{"error":null,"id":1}`), rpc.ErrNoAnswer, "no result"},
		"the answer is longer than 1 MiB":         {answers(200, strings.Repeat(" ", rpc.MaxAnswer+1)), rpc.ErrNoAnswer, "longer than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := rpc.New(rpc.Config{URL: "https://host", User: user, Password: password, RoundTripper: row.answer})
			require.NoError(t, err)
			var txID string
			err = client.Call(t.Context(), &txID, "sendmany")
			require.ErrorContains(t, err, row.says)
			if row.want != nil {
				require.ErrorIs(t, err, row.want)
			} else {
				require.ErrorAs(t, err, &refusal)
			}
			for _, other := range []error{rpc.ErrNotSent, rpc.ErrNoAnswer} {
				assert.Equal(t, other == row.want, errors.Is(err, other), "%v", other) //nolint:errorlint // the row's own
			}
			assert.NotContains(t, err.Error(), password)
		})
	}
}

func TestCallIsWhatADaemonReads(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"result":12,"error":null,"id":1}`)
	}))
	defer server.Close()
	client, err := rpc.New(rpc.Config{URL: server.URL + "/wallet/pool", User: user, Password: password})
	require.NoError(t, err)
	var result int
	require.NoError(t, client.Call(t.Context(), &result, "getblockcount"))
	assert.Equal(t, 12, result)
	assert.JSONEq(t, `{"jsonrpc":"1.0","id":1,"method":"getblockcount","params":[]}`, string(body))
	assert.Equal(t, "/wallet/pool", got.URL.Path)
	name, secret, _ := got.BasicAuth()
	assert.Equal(t, []string{user, password}, []string{name, secret})
	assert.True(t, got.Close, "no connection is kept")
}

func TestCallOnADeadPortWasNotSent(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := rpc.New(rpc.Config{URL: server.URL, User: user, Password: password})
	require.NoError(t, err)
	require.ErrorIs(t, client.Call(t.Context(), nil, "sendmany"), rpc.ErrNotSent)
}

func TestCallEndsWithItsTimeAndItsContext(t *testing.T) {
	d := newDaemon(t)
	client := d.client()
	d.fails("getbalance", hang, slow, hang)
	err := client.Call(t.Context(), nil, "getbalance", "*", 1)
	require.ErrorIs(t, err, rpc.ErrNoAnswer)
	require.ErrorIs(t, err, context.DeadlineExceeded)

	require.NoError(t, client.Call(t.Context(), nil, "getbalance", "*", 1), "10 s are not too long")

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	cfg := d.config()
	cfg.Clock = nil
	client, err = rpc.New(cfg)
	require.NoError(t, err)
	err = client.Call(ctx, nil, "getbalance", "*", 1)
	require.ErrorIs(t, err, rpc.ErrNoAnswer)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
