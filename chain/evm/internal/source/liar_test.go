package source_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// tamper stands between a source and its nodes.
type tamper struct {
	next   http.RoundTripper
	before func(question string)
	after  func(question, answer string) string
}

func (t *tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	question, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(question))
	if t.before != nil {
		t.before(string(question))
	}
	answer, err := t.next.RoundTrip(r)
	if err != nil || t.after == nil {
		return answer, err
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(strings.NewReader(t.after(string(question), string(text))))
	return answer, nil
}

// tampered is a world of one node, and who stands before it.
func tampered(t *testing.T) (*world, *tamper) {
	t.Helper()
	between := &tamper{}
	w := newWorld(t, func(c *source.Config) {
		c.URLs = c.URLs[:1]
		between.next, c.RoundTripper = c.RoundTripper, between
	})
	return w, between
}

func TestNonsenseIsNoAnswer(t *testing.T) {
	t.Parallel()
	head := func(w *world) error { _, err := w.Source.Head(w.Context()); return err }
	logs := func(w *world) error {
		w.head()
		_, err := w.Logs(w.Context(), 2, 12, source.Filter{
			Addresses: []chain.Address{w.counter.Total().To}, Topics: [][]chain.Hash{{topic("add ")}},
		})
		return err
	}
	batch := func(w *world) error { _, err := w.total(w.head().Hash); return err }
	for name, row := range map[string]struct {
		ask       func(*world) error
		to        string // a question with these words
		old, with string // a pattern in the answer, and what takes its place
		err       error
		says      string
	}{
		"a head without a hash":            {head, "latest", `"hash"`, `"Hesh"`, source.ErrBadAnswer, "without number, hash"},
		"a head without a number":          {head, "latest", `"number"`, `"n"`, source.ErrBadAnswer, "without number"},
		"a head without a parent":          {head, "latest", `"parentHash"`, `"p"`, source.ErrBadAnswer, "without number"},
		"a head without a time":            {head, "latest", `"timestamp"`, `"t"`, source.ErrBadAnswer, "without number"},
		"a head in a distant time":         {head, "latest", `"timestamp":"0x`, `"timestamp":"0xffff`, source.ErrBadAnswer, "must be at most 2^40"},
		"a head whose hash is short":       {head, "latest", `"hash":"0x..`, `"hash":"0x`, source.ErrBadAnswer, "source 1"},
		"no head":                          {head, "latest", `"result":\{.*\}\}`, `"result":null}`, chain.ErrNotFound, "no latest block"},
		"another block than asked for":     {head, `"0xc"`, `"number":"0xc"`, `"number":"0xb"`, source.ErrBadAnswer, "block 11 when asked for 12"},
		"a batch that lacks an element":    {head, `"0xc"`, `"id":\d+`, `"id":0`, source.ErrBadAnswer, "source 1"},
		"another hash than asked for":      {batch, "eth_getBlockByHash", `"hash":"0x..`, `"hash":"0x00`, source.ErrBadAnswer, "when asked for"},
		"a call's answer of another type":  {batch, "eth_call", `"result":"0x0[^"]*"`, `"result":{}`, source.ErrBadAnswer, "eth_call"},
		"a log of a block not asked for":   {logs, "eth_getLogs", `"blockNumber":"0xb"`, `"blockNumber":"0x1"`, source.ErrBadAnswer, "of block 1: not asked for"},
		"a log of a contract not asked":    {logs, "eth_getLogs", `"address":"0x....`, `"address":"0x1111`, source.ErrBadAnswer, "not asked for"},
		"a log of a topic not asked for":   {logs, "eth_getLogs", `"topics":\["0x00`, `"topics":["0x11`, source.ErrBadAnswer, "not asked for"},
		"a log without the topic":          {logs, "eth_getLogs", `"topics":\["[^"]*"`, `"topics":[`, source.ErrBadAnswer, "not asked for"},
		"a log that was removed":           {logs, "eth_getLogs", `"removed":false`, `"removed":true`, source.ErrBadAnswer, "removed, or out of order"},
		"logs out of order, or twice":      {logs, "eth_getLogs", `"logIndex":"0x1"`, `"logIndex":"0x0"`, source.ErrBadAnswer, "removed, or out of order"},
		"a log of a block of another fork": {logs, "eth_getLogs", `"blockHash":"0x..`, `"blockHash":"0x00`, chain.ErrReorged, "log of block 11"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, between := tampered(t)
			w.head()
			w.send(w.counter.Add("a"))
			w.send(w.counter.Add("b"))
			w.mine(2)
			pattern, spoilt := regexp.MustCompile(row.old), false
			between.after = func(question, answer string) string {
				if !strings.Contains(question, row.to) {
					return answer
				}
				spoilt = spoilt || pattern.MatchString(answer)
				return pattern.ReplaceAllString(answer, row.with)
			}
			err := row.ask(w)
			require.ErrorIs(t, err, row.err)
			require.ErrorContains(t, err, row.says)
			require.True(t, spoilt)
			between.after = nil
			require.NoError(t, row.ask(w), "an honest answer is believed")
		})
	}
}

// spoilt is a world whose second node's answers are changed.
func spoilt(t *testing.T, need int, change func(question, answer string) string) *world {
	t.Helper()
	w := newWorld(t, func(c *source.Config) { c.Need = need })
	first, second := w.cfg.RoundTripper, &tamper{next: w.cfg.RoundTripper, after: change}
	w.cfg.RoundTripper = roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.String() == w.two.URL {
			return second.RoundTrip(r)
		}
		return first.RoundTrip(r)
	})
	var err error
	w.Source, err = source.Open(t.Context(), w.cfg)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestANodeThatTalksNonsenseIsNotOneThatIsDown(t *testing.T) {
	t.Parallel()
	w := spoilt(t, 1, func(question, answer string) string {
		if strings.Contains(question, "latest") {
			return "<html>"
		}
		return answer
	})
	_, err := w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrBadAnswer)
	require.ErrorContains(t, err, "source 2")
}

func TestAnAnswerAndARefusalAreADisagreement(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ from, to string }{
		"one refuses, the other answers": {`"error":\{[^}]*\}`, `"result":"0x"`},
		"one answers, the other refuses": {`"result":"0x[^"]*"`, `"error":{"code":3,"message":"execution reverted"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := spoilt(t, 2, func(question, answer string) string {
				if !strings.Contains(question, "eth_call") {
					return answer
				}
				return regexp.MustCompile(row.from).ReplaceAllString(answer, row.to)
			})
			at := w.head().Hash
			var good, bad hexutil.Bytes
			err := w.Batch(t.Context(), at, []rpc.BatchElem{w.call(at, w.counter.Total(), &good), w.call(at, w.counter.Fail(), &bad)})
			require.ErrorIs(t, err, source.ErrDisagree)
		})
	}
}

func TestAReorgWhileWeWalkIsNoMixtureOfHistories(t *testing.T) {
	t.Parallel()
	w, between := tampered(t)
	before := w.head()
	w.mine(20)
	asked := 0
	between.before = func(question string) {
		if asked++; asked == 4 { // the head, one block, two blocks, and now four
			w.Reorg(8)
			for range 9 {
				w.Mine(w.clock.Now())
			}
		}
	}
	_, err := w.Source.Head(t.Context())
	require.ErrorIs(t, err, source.ErrDisagree)
	require.ErrorContains(t, err, "is not the parent of the next")
	_, err = w.Source.Block(t.Context(), before.Number+1)
	require.ErrorIs(t, err, chain.ErrNotFound, "the head is what it was")
	tip := w.head()
	require.Equal(t, w.Script.Head().Hash, tip.Hash)
	require.Zero(t, tip.Orphaned, "we knew none of the blocks taken back")
}

func TestAHeadThatStandsCostsOneQuestion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.head()
	requests := w.one.Requests()
	w.head()
	require.Equal(t, requests+1, w.one.Requests())
}

func TestLogsAreAskedForInPartsThatTheNodeTakes(t *testing.T) {
	t.Parallel()
	w, between := tampered(t)
	for range 20 {
		w.send(w.counter.Add("x"))
		w.mine(1)
	}
	tip := w.head()
	wide := regexp.MustCompile(`"fromBlock":"0x(..?)","toBlock":"0x(..?)"`)
	between.after = func(question, answer string) string {
		if ends := wide.FindStringSubmatch(question); ends != nil && ends[1] != ends[2] {
			id := regexp.MustCompile(`"id":\d+`).FindString(answer)
			return `{"jsonrpc":"2.0",` + id + `,"error":{"code":-32005,"message":"query returned more than 1 results"}}`
		}
		return answer
	}
	logs, err := w.Logs(t.Context(), 1, tip.Number, source.Filter{})
	require.NoError(t, err)
	require.Len(t, logs, 20)

	between.after = func(question, answer string) string {
		if !strings.Contains(question, "eth_getLogs") {
			return answer
		}
		return `{"jsonrpc":"2.0",` + regexp.MustCompile(`"id":\d+`).FindString(answer) + `,"error":{"code":-32005,"message":"no"}}`
	}
	_, err = w.Logs(t.Context(), 1, tip.Number, source.Filter{})
	require.ErrorContains(t, err, "source 1: no", "one block is as few as can be")
}

func TestANodeWhoseIndexIsBehindIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	between := &tamper{next: evmtest.Wire{w.one, w.two}}
	w.cfg.RoundTripper = between
	other, err := source.Open(t.Context(), w.cfg)
	require.NoError(t, err)
	t.Cleanup(other.Close)
	w.send(w.counter.Add("x"))
	w.send(w.counter.Add("y"))
	w.mine(1)
	tip, err := other.Head(t.Context())
	require.NoError(t, err)
	w.two.Set(evmtest.Faults{HideLogs: true})
	var mu sync.Mutex
	asked := 0
	between.before = func(question string) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(question, "eth_getLogs") {
			if asked++; asked > 4 {
				w.two.Set(evmtest.Faults{})
			}
		}
	}
	logs, err := other.Logs(t.Context(), 1, tip.Number, source.Filter{})
	require.NoError(t, err)
	require.Len(t, logs, 2)
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.head()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 20 {
				tip, err := w.Source.Head(t.Context())
				if err != nil {
					continue // a block came between two questions
				}
				_, _ = w.Source.Block(t.Context(), tip.Number)
				_, _ = w.total(tip.Hash)
				_, _ = w.Logs(t.Context(), 1, tip.Number, source.Filter{})
			}
		})
	}
	for range 20 {
		w.mine(1)
	}
	wait.Wait()
	require.Equal(t, w.Script.Head().Number, w.head().Number)
}
