package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
)

// ask returns what GET says.
func ask(t *testing.T, url string) (code int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// line is what a log says.
type line struct{ Level, Msg, URL, Metrics, Error string }

// serving waits until a server says where it is.
func serving(t *testing.T, log io.Reader) line {
	t.Helper()
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var l line
		require.NoError(t, json.Unmarshal(lines.Bytes(), &l), lines.Text())
		if l.Msg == "serving" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return l
		}
	}
	t.Fatal("the server ended without a word")
	return line{}
}

func TestTheProgramRunsInAnEmptyFolderWithoutArguments(t *testing.T) {
	program := filepath.Join(t.TempDir(), "server")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	folder := t.TempDir()
	server := exec.CommandContext(t.Context(), program)
	server.Dir = folder
	server.Env = append(os.Environ(), "PORT=0", "METRICS=127.0.0.1:0")
	log, err := server.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())

	told := serving(t, log)
	require.True(t, strings.HasPrefix(told.URL, "http://127.0.0.1:"), told.URL)
	code, body := ask(t, told.URL+"/")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"success": true, "message": "ALP Server is operational"}`, body)
	code, body = ask(t, told.Metrics)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, `evenkeel_requests_total{code="200",route="/{$}"} 1`)
	code, _ = ask(t, strings.TrimSuffix(told.Metrics, "metrics")+"debug/pprof/")
	require.Equal(t, http.StatusOK, code)
	code, _ = ask(t, told.URL+"/metrics")
	require.Equal(t, http.StatusNotFound, code, "only on its own address")
	require.FileExists(t, filepath.Join(folder, "evenkeel.db"))

	require.NoError(t, server.Process.Signal(os.Interrupt))
	stopped := time.AfterFunc(10*time.Second, func() { _ = server.Process.Kill() })
	defer stopped.Stop()
	require.NoError(t, server.Wait(), "it stops by itself, within ten seconds, and calls it success")
}

// started is a server in this process, until the test ends or stops it.
func started(t *testing.T, args ...string) (told line, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reading, writing := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"--listen", "127.0.0.1:0", "--metrics", "off"}, args...), io.Discard, writing)
		_ = writing.Close()
	}()
	t.Cleanup(cancel)
	return serving(t, reading), func() int { cancel(); return <-code }
}

func TestARequestThatIsUnderWayIsAnsweredBeforeTheServerStops(t *testing.T) {
	t.Chdir(t.TempDir())
	told, stop := started(t)
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(told.URL, "http://"))
	require.NoError(t, err)
	body := `{"user":"lp","address":"BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96","exchange":"test_exchange","unit":"btc"}`
	head := "POST /register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n"
	_, err = io.WriteString(conn, head)
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	hint, err := answers.ReadString('\n') // the handler has begun to read the body
	require.NoError(t, err)
	require.Contains(t, hint, "100 Continue")
	stopped := make(chan int)
	go func() { stopped <- stop() }()
	_, err = io.WriteString(conn, body)
	require.NoError(t, err)
	rest, err := io.ReadAll(answers)
	require.NoError(t, err)
	require.Contains(t, string(rest), "user successfully registered")
	require.Equal(t, exitOK, <-stopped)
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// did is what a command said.
type did struct {
	code     int
	out, err string
}

func do(t *testing.T, args ...string) did {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, &out, &err)
	return did{code, out.String(), err.String()}
}

func TestOperatorsWorkOnTheBooksBesideTheServer(t *testing.T) {
	t.Chdir(t.TempDir())
	_, stop := started(t)
	require.Equal(t, did{exitOK, "granted 500 under \"motion 7\": it counts from the next round\n", ""}, do(t, "grant", "--approval", "motion 7", "--amount", "500"))
	require.Equal(t, exitOK, do(t, "grant", "--approval", "motion 7", "--amount", "500").code, "said again")
	again := do(t, "grant", "--approval", "motion 7", "--amount", "501")
	require.Equal(t, exitBroken, again.code)
	require.Contains(t, again.err, `server: grant "motion 7" of 501: evenkeel: sequence conflict`)
	require.Equal(t, exitUsage, do(t, "grant", "--approval", "x", "--amount", "-1").code)
	require.Equal(t, did{exitOK, "no batch yet\n", ""}, do(t, "payouts"))
	require.Equal(t, did{exitOK, "noted: halt by ann; the server's log tells its answer\n", ""}, do(t, "payouts", "halt", "--by", "ann"))
	require.Equal(t, did{exitOK, "noted: declare_sent by ann; the server's log tells its answer\n", ""}, do(t, "payouts", "declare-sent", "--by", "ann", "batch", "tx"))
	require.Equal(t, exitOK, stop())
	verified := do(t, "verify")
	require.Equal(t, exitOK, verified.code, verified.err)
	require.Contains(t, verified.out, "reward: nothing written yet\n")
	require.Contains(t, verified.out, "payout: 1 records, sound up to ")
	require.Contains(t, verified.out, "; 1 decided again, all the same\n")
}

func TestAConfigurationIsCheckedBeforeItIsUsed(t *testing.T) {
	t.Chdir(t.TempDir())
	require.Equal(t, did{exitOK, string(config.DefaultYAML), ""}, do(t, "config", "show"))
	require.NoError(t, os.WriteFile("pool.yaml", config.DefaultYAML, 0o600))
	require.Equal(t, did{exitOK, "All complete\n", ""}, do(t, "config", "check", "pool.yaml"))
	require.NoError(t, os.WriteFile("pool.yaml", []byte(strings.Replace(string(config.DefaultYAML), "reward: 0.025", "reward: -5", 1)), 0o600))
	want := did{exitUsage, "", "server: pool.yaml: The reward set for test_exchange.btc is incorrect (\"-5\": must be a plain number > 0)\n"}
	require.Equal(t, want, do(t, "config", "check", "pool.yaml"))
	require.Equal(t, want, do(t, "--config", "pool.yaml"))
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing was begun")
}

func TestWhatCannotBeUsedIsSaidInOneLine(t *testing.T) {
	t.Chdir(t.TempDir())
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	busy := taken.Addr().String()
	for _, row := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a flag that does not exist", []string{"--speed", "9"}, exitUsage, "server: usage: unknown flag --speed"},
		{"a command that does not exist", []string{"dance"}, exitUsage, "server: usage: unexpected argument dance"},
		{"a file that is not there", []string{"--config", "nowhere.yaml"}, exitBroken, "server: open nowhere.yaml: no such file or directory"},
		{"an address that is none", []string{"--listen", "here"}, exitUsage, `server: default: listen "here": must be host:port`},
		{"an address that is taken", []string{"--listen", busy, "--metrics", "off"}, exitBroken, "server: listen tcp " + busy + ": bind: address already in use (another address: --listen HOST:PORT)"},
		{"metrics at an address that is taken", []string{"--listen", "127.0.0.1:0", "--metrics", busy}, exitBroken, "server: metrics: listen tcp " + busy + ": bind: address already in use (another address: --metrics HOST:PORT, or --metrics off)"},
		{"a grant without an amount", []string{"grant", "--approval", "a"}, exitUsage, "server: usage: missing flags: --amount=STRING"},
		{"a grant of words", []string{"grant", "--approval", "a", "--amount", "much"}, exitUsage, `server: usage: --amount "much": must be a number`},
		{"a decision of nobody", []string{"payouts", "approve", "b"}, exitUsage, "server: usage: missing flags: --by=STRING"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := do(t, row.args...)
			require.Equal(t, row.code, got.code, got.err)
			require.True(t, strings.HasPrefix(got.err, row.want), got.err)
			require.Equal(t, 1, strings.Count(got.err, "\n"), got.err)
		})
	}
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}
