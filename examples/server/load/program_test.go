//go:build linux

package load_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
)

// program is the server as people run it, in a process of its own: with a SQLite
// file, limits, audits and logs.
type program struct {
	address, metrics string // host:port
	log              string // name of a file
	cmd              *exec.Cmd
	feeds            [feeds]http.Client
}

// Who may ask: so many that the limits of one are nowhere in the way.
const (
	readers = 600
	feeds   = 16
)

func reader(n int) string { return fmt.Sprintf("reader-%d", n%readers) }
func source(n int) string { return fmt.Sprintf("feed-%d", n%feeds) }

// launch builds the server and runs it until the test ends.
func launch(t *testing.T, requests int) *program {
	t.Helper()
	folder := t.TempDir()
	p := &program{address: port(t), metrics: port(t), log: filepath.Join(folder, "log"), feeds: from()}
	binary := filepath.Join(folder, "server")
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "..").CombinedOutput()
	require.NoError(t, err, string(said))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "load.yaml"), []byte(configuration(t, requests)), 0o600))
	log, err := os.Create(p.log)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, log.Close()) })
	p.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), binary, "--config", "load.yaml", "--listen", p.address, "--metrics", p.metrics)
	p.cmd.Dir, p.cmd.Stderr = folder, log
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOMAXPROCS=" + os.Getenv("GOMAXPROCS")}
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, p.cmd.Wait(), p.said())
	})
	require.Eventually(t, func() bool {
		_, err := p.get(t.Context(), p.address, "/health")
		return err == nil
	}, 20*time.Second, 20*time.Millisecond, "the server does not start: %s", p.said())
	return p
}

// port is one that was free a moment ago.
func port(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// configuration is the default one with other feeds and keys, and without banks.
func configuration(t *testing.T, requests int) string {
	t.Helper()
	text := string(config.DefaultYAML)
	head, _, ok := strings.Cut(text, "\naccess:")
	require.True(t, ok)
	before, rest, ok := strings.Cut(head, "\nalps:")
	require.True(t, ok)
	_, bonds, ok := strings.Cut(rest, "\ntranslator:")
	require.True(t, ok)
	var told, keys strings.Builder
	key := func(name string, role access.Role) {
		fmt.Fprintf(&keys, "    - {name: %s, roles: [%s], sha256: %s}\n", name, role, access.Hash(name))
	}
	for n := range feeds {
		fmt.Fprintf(&told, "    - {name: %s, push: true}\n", source(n))
		key(source(n), access.Service)
	}
	for n := range readers {
		key(reader(n), access.Professional)
	}
	before = strings.Replace(before, "requests: 2000", fmt.Sprintf("requests: %d", requests), 1)
	from, to := strings.Index(bonds, "    - {name: sample"), strings.Index(bonds, "    # - {name: core")
	require.Positive(t, from)
	bonds = bonds[:from] + told.String() + bonds[to:]
	return before + "\ntranslator:" + bonds + "\naccess:\n  keys:\n" + keys.String()
}

// get returns what the server answers.
func (p *program) get(ctx context.Context, address, path string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %d: %.200s", path, answer.StatusCode, text)
	}
	return string(text), err
}

// said is the end of the server's log.
func (p *program) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

// use is what a process has taken.
type use struct {
	cpu time.Duration
	mb  float64 // resident
}

// use returns what the server has taken, by its own account.
func (p *program) use(t *testing.T) use {
	t.Helper()
	text, err := p.get(t.Context(), p.metrics, "/metrics")
	require.NoError(t, err)
	var u use
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "process_cpu_seconds_total":
			u.cpu = time.Duration(n * float64(time.Second))
		case "process_resident_memory_bytes":
			u.mb = n / (1 << 20)
		}
	}
	return u
}

// mine returns what this process has taken.
func mine(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// busy returns how long the processors of this machine have worked, for whomever,
// and how long the machine below has kept them for others; 0 where nobody knows.
func busy() (worked, kept time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	const tick = 10 * time.Millisecond
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseInt(field, 10, 64)
		switch spent := time.Duration(n) * tick; {
		case i == 7:
			kept = spent
		case i != 3 && i != 4 && i < 7: // idle, waiting for disks; guests count as users
			worked += spent
		}
	}
	return worked, kept
}

// profile keeps a profile of the server.
func (p *program) profile(ctx context.Context, file string, length time.Duration) error {
	text, err := p.get(ctx, p.metrics, fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(length.Seconds()))))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
