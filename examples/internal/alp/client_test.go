package alp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// answering is a client of a server that answers everything so, and what it was
// asked.
func answering(t *testing.T, status int, body string) (*alp.Client, *[]string) {
	t.Helper()
	asked := &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		*asked = append(*asked, strings.TrimSpace(r.Method+" "+r.URL.EscapedPath()+" "+r.Header.Get("Content-Type")+" "+string(got)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := alp.New(alp.Config{Base: server.URL})
	require.NoError(t, err)
	return client, asked
}

func proof() exchange.Proof {
	return exchange.Proof{
		Exchange: "paper", Key: "k/1", Pair: exchange.Pair{Base: "NBT", Quote: "BTC"},
		Params: map[string]string{"timestamp": "t"}, Headers: map[string]string{"h": "1"}, Signature: "s", IssuedAt: noon,
	}
}

func TestWhatIsSentIsWhatTheWireSays(t *testing.T) {
	client, asked := answering(t, http.StatusOK, `{"success":true,"message":"user successfully registered"}`)
	said, err := client.Register(t.Context(), alp.Registration{User: "k", Address: "B4", Exchange: "test_exchange", Unit: "btc"})
	require.NoError(t, err)
	require.Equal(t, "user successfully registered", said)
	_, err = client.Submit(t.Context(), alp.NewSubmission(proof(), "test_exchange", "btc"))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff([]string{
		`POST /register application/json {"user":"k","address":"B4","exchange":"test_exchange","unit":"btc"}`,
		`POST /liquidity application/json {"user":"k/1","req":{"params":{"timestamp":"t"},"headers":{"h":"1"},` +
			`"issued_at":"2024-05-01T12:00:00.123456789Z"},"sign":"s","exchange":"test_exchange","unit":"btc"}`,
	}, *asked))
}

func TestAProofSurvivesTheWire(t *testing.T) {
	p := proof()
	require.Empty(t, cmp.Diff(p, alp.NewSubmission(p, "test_exchange", "btc").Proof("paper", p.Pair)))
	require.Error(t, alp.Submission{User: "k", Sign: "s"}.Proof("paper", p.Pair).Check("paper", p.Pair, noon), "without req there is no proof")
}

func TestAUsersNameMayHaveSlashes(t *testing.T) {
	client, asked := answering(t, http.StatusOK, `{"success":true,"message":[],"server_time":1}`)
	orders, err := client.Orders(t.Context(), "a/b+c")
	require.NoError(t, err)
	require.Empty(t, orders)
	require.Equal(t, []string{"GET /a%2Fb+c/orders"}, *asked)
}

func TestRequestsAreSealedEachWithANonceOfItsOwn(t *testing.T) {
	var envelopes []alp.Envelope
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, _ := time.Parse(time.RFC3339Nano, r.Header.Get(alp.TimestampHeader))
		e, err := alp.Open(r, body, at)
		if err != nil {
			_, _ = io.WriteString(w, `{"success":false,"message":"not sealed"}`)
			return
		}
		envelopes = append(envelopes, e)
		_, _ = io.WriteString(w, `{"success":true,"message":{}}`)
	}))
	defer server.Close()
	client, err := alp.New(alp.Config{Base: server.URL, Key: key})
	require.NoError(t, err)
	for range 2 {
		_, err = client.Stats(t.Context(), "a/b")
		require.NoError(t, err)
	}
	require.Len(t, envelopes, 2)
	require.NotEqual(t, envelopes[0].Nonce, envelopes[1].Nonce)
}

func TestAnswersAreRead(t *testing.T) {
	client, _ := answering(t, http.StatusOK, `{"test_exchange":{"btc":{"reward":0.025,"target":2500,
		"ask":{"ratio":0.4,"rank_1":{"ratio":1.0,"tolerance":0.0105},"rank_2":{"ratio":0.0,"tolerance":1.0}},
		"bid":{"ratio":"0.6","rank_1":{"ratio":0.8,"tolerance":0.01}}}}}`)
	markets, err := client.Exchanges(t.Context())
	require.NoError(t, err)
	m := markets["test_exchange"]["btc"]
	require.Equal(t, "0.025", m.Reward.String())
	require.Equal(t, "0.4", m.Side(exchange.Ask).Ratio.String())
	require.Equal(t, "0.6", m.Side(exchange.Bid).Ratio.String())
	require.Len(t, m.Ask.Ranks, 2)
	require.Equal(t, "0.0105", m.Ask.Ranks["rank_1"].Tolerance.String())

	client, _ = answering(t, http.StatusOK, `{"status":true,"message":{"meta":{"last-credit-time":1714564800},"prices":{"btc":[60000.0,1.667e-05]}},"server_time":1}`)
	status, err := client.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "1714564800", status.Meta.LastCredit.String())
	require.Equal(t, "60000", status.Prices["btc"][0].String())

	client, _ = answering(t, http.StatusOK, `{"success":true,"message":{"btc":[250.0,0.004]},"server_time":1}`)
	prices, err := client.Prices(t.Context())
	require.NoError(t, err)
	require.Equal(t, "250", prices["btc"][0].String())
	client, _ = answering(t, http.StatusOK, `{"success":true,"message":{"btc":[-1]}}`)
	_, err = client.Prices(t.Context())
	require.ErrorIs(t, err, transport.ErrBadAnswer)

	client, _ = answering(t, http.StatusOK, `{"success":true,"message":[{"id":2,"order_id":"7","side":"ask","credited":1,"credit_info":{"credit_amount":0.0125}},{"id":1,"order_id":"7","side":"bid","credited":0}]}`)
	orders, err := client.Orders(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, exchange.Ask, orders[0].Side)
	require.Equal(t, alp.Credited, orders[0].Credited)
	require.Equal(t, "0.0125", orders[0].Credit.Amount.String())
	require.Nil(t, orders[1].Credit)

	client, _ = answering(t, http.StatusOK, `{"success":true,"message":{"total_reward":0.5,"current_reward":0.25,"history":[{"round_time":60,"provided":10,"reward":0.1}]}}`)
	stats, err := client.Stats(t.Context(), "k")
	require.NoError(t, err)
	require.Equal(t, "0.5", stats.Total.String())
	require.Equal(t, "0.1", stats.History[0].Reward.String())
}

func TestAnswersThatAreNotYes(t *testing.T) {
	for _, c := range []struct {
		story  string
		status int
		body   string
		want   error
		says   string
	}{
		{"a refusal comes with status 200", 200, `{"success":false,"message":"user k is not registered"}`, alp.ErrRefused, "user k is not registered"},
		{"or with its own", 401, `{"success":false,"message":"signature"}`, alp.ErrRefused, "signature"},
		{"or without the word", 404, `{"message":"404 not found"}`, alp.ErrRefused, "404 not found"},
		{"twice the same registration", 200, `{"success":false,"message":"user is already registered"}`, alp.ErrRegistered, ""},
		{"no round yet", 200, `{"status":false,"message":"no statistics exist yet."}`, alp.ErrNoRound, "no statistics exist yet."},
		{"a refusal shows no control characters", 200, `{"success":false,"message":"a\u001b[2Jb"}`, alp.ErrRefused, "a [2Jb"},
		{"a refusal is short", 200, `{"success":false,"message":"` + strings.Repeat("é", 5000) + `"}`, alp.ErrRefused, "..."},
		{"a page", 200, `<html>`, transport.ErrBadAnswer, ""},
		{"a page with a status", 404, `<html>`, transport.ErrBadAnswer, ""},
		{"an answer that says neither", 200, `{"message":{}}`, transport.ErrBadAnswer, "success: must be there"},
		{"a message of another shape", 200, `{"success":true,"message":[1]}`, transport.ErrBadAnswer, ""},
		{"no message", 200, `{"success":true}`, transport.ErrBadAnswer, ""},
		{"a price of nothing", 200, `{"status":true,"message":{"prices":{"btc":[0,0]}}}`, transport.ErrBadAnswer, "btc"},
		{"half a price", 200, `{"status":true,"message":{"prices":{"btc":[60000]}}}`, transport.ErrBadAnswer, "btc"},
		{"a number to choke on", 200, `{"status":true,"message":{"prices":{"btc":[1e99999999,1]}}}`, transport.ErrBadAnswer, ""},
		{"more than is read", 200, `{"success":true,"message":"` + strings.Repeat("x", transport.MaxAnswer) + `"}`, transport.ErrBadAnswer, "longer than"},
		{"a server that fails", 500, `{"success":false,"message":"500 error: "}`, transport.ErrNoAnswer, "status 500"},
	} {
		t.Run(c.story, func(t *testing.T) {
			client, _ := answering(t, c.status, c.body)
			_, err := client.Status(t.Context())
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.Less(t, len(err.Error()), 500)
		})
	}
}

func TestASubmissionIsNotSentTwice(t *testing.T) {
	client, asked := answering(t, http.StatusBadGateway, "")
	_, err := client.Submit(t.Context(), alp.NewSubmission(proof(), "test_exchange", "btc"))
	require.ErrorIs(t, err, transport.ErrNoAnswer)
	require.Len(t, *asked, 1)
}

func TestWhereNobodyListensTheErrorSaysWhere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client, err := alp.New(alp.Config{Base: server.URL})
	require.NoError(t, err)
	_, err = client.Register(t.Context(), alp.Registration{})
	require.ErrorIs(t, err, transport.ErrNoAnswer)
	require.ErrorContains(t, err, "ALP server "+server.URL)
}

func TestPlainHTTPIsForLoopbackOnly(t *testing.T) {
	_, err := alp.New(alp.Config{Base: "http://pool.example"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "must be https")
}
