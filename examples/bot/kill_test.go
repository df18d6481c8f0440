package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var kills = flag.Int("kills", 0, "how many requests to kill the keeper at, besides those that send a transaction")

// gate stands between a keeper and its node, and can kill the keeper at a request:
// before the node gets it, or before the keeper gets the answer.
type gate struct {
	to   string
	mu   sync.Mutex
	seen int
	at   func(n int, methods []string) bool // whether to kill here; nil for never
	late bool                               // with the answer on its way
	kill func()
}

// arm lets the gate kill at the n-th request from now on, or the first of a method.
func (g *gate) arm(at func(n int, methods []string) bool, late bool, kill func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen, g.at, g.late, g.kill = 0, at, late, kill
}

// due reports whether this is the request to kill at.
func (g *gate) due(methods []string) (due, late bool, kill func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen++
	if g.at == nil || !g.at(g.seen, methods) {
		return false, false, nil
	}
	g.at = nil // once
	return true, g.late, g.kill
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	due, late, kill := g.due(methodsOf(body))
	if due && !late {
		kill()
		panic(http.ErrAbortHandler)
	}
	ask, err := http.NewRequestWithContext(r.Context(), http.MethodPost, g.to, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	ask.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer answer.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(answer.Body)
	if due || err != nil {
		kill()
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}

// methodsOf returns what a request asks for: one thing or several.
func methodsOf(body []byte) []string {
	type call struct {
		Method string `json:"method"`
	}
	var one call
	var many []call
	if json.Unmarshal(body, &one) == nil {
		many = []call{one}
	} else if err := json.Unmarshal(body, &many); err != nil {
		return nil
	}
	var methods []string
	for _, c := range many {
		methods = append(methods, c.Method)
	}
	return methods
}

// process is a keeper in a process of its own.
type process struct {
	cmd  *exec.Cmd
	told *logbook
	err  *logbook
	done chan struct{}
}

func (p *port) fork(program, config string) *process {
	p.Helper()
	c := &process{cmd: exec.CommandContext(p.Context(), program, "keeper", "--config", config, "--live", "--json"), told: &logbook{}, err: &logbook{}, done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = c.told, c.err
	require.NoError(p, c.cmd.Start())
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // killed, as it should be
	}()
	return c
}

func (c *process) dead() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// shift seals a block, waits until a keeper has judged it, and puts another in the
// place of one that died over it.
func (p *port) shift(c *process, fork func() *process) *process {
	p.Helper()
	n, born := p.commit(), false
	p.eventually(func() bool {
		if c.dead() {
			c, born = fork(), true
		}
		_, judged := c.told.at(n)
		return judged || born && strings.Contains(c.told.String(), `"action":`) // perhaps the dead one had judged it
	}, fmt.Sprintf("block %d is judged", n))
	return c
}

// However it dies, a keeper that comes back trades what it had decided on, once.
func TestAKeeperThatIsKilledTradesOnce(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "bot")
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(said))
	p := openPort(t)
	g := &gate{to: p.node.URL}
	proxy := httptest.NewServer(g)
	t.Cleanup(proxy.Close)
	config := p.chart(proxy.URL, nil)
	fork := func() *process { return p.fork(program, config) }

	sends := func(_ int, methods []string) bool { return methods[0] == "eth_sendRawTransaction" }
	type death struct {
		name string
		at   func(int, []string) bool
		late bool
	}
	deaths := []death{{"before what it sends arrives", sends, false}, {"before it learns that it arrived", sends, true}}
	for i := range *kills {
		n := 1 + i*45/max(1, *kills)
		deaths = append(deaths, death{fmt.Sprintf("at request %d", n), func(seen int, _ []string) bool { return seen == n }, i%2 == 1})
	}
	c := fork()
	for i, d := range deaths {
		before := p.executions()
		for range 4 { // no cooldown, and no trace of the death before
			c = p.shift(c, fork)
		}
		require.Equal(t, before, p.executions(), "%s: nothing to do", d.name)
		killed := make(chan struct{})
		victim := c
		g.arm(d.at, d.late, func() {
			_ = victim.cmd.Process.Signal(syscall.SIGKILL)
			<-victim.done
			close(killed)
		})
		p.trade(p.push(i%2 == 0, 1300))
		for range 7 {
			c = p.shift(c, fork)
		}
		<-killed
		require.Equal(t, before+1, p.executions(), "%s\n%s\n%s", d.name, c.told, c.err)
		require.InDelta(t, 0, p.offBps(), 2, d.name)
	}
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	require.Equal(t, exitOK, c.cmd.ProcessState.ExitCode(), c.err)
}
