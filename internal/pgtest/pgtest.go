// Package pgtest gives a test an empty PostgreSQL database.
//
// A test binary that uses it starts one private server, from the binaries that
// are installed, on the first call of [URL], and calls [Stop] in its TestMain:
//
//	func TestMain(m *testing.M) {
//		defer pgtest.Stop()
//		m.Run()
//	}
//
// When EVENKEEL_POSTGRES_URL is set, that server is used instead.
package pgtest

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"database/sql"
	_ "embed"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Env names the environment variable that holds the URL of a server to use, as
// in "postgres://user:password@host/database".
const Env = "EVENKEEL_POSTGRES_URL"

//go:embed server.sh
var script string

// private is the server of this test binary.
var private struct {
	sync.Mutex
	url   string
	err   error
	stdin io.Closer
	cmd   *exec.Cmd
}

// URL returns the URL of an empty schema, which is dropped when the test ends.
// It skips the test with a reason when there is no PostgreSQL. The test must
// link the driver "pgx".
func URL(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv(Env)
	if server == "" {
		bin := binaries()
		if bin == "" {
			tb.Skipf("PostgreSQL is not installed and %s is not set", Env)
		}
		var err error
		if server, err = start(bin); err != nil {
			tb.Fatal(err)
		}
	}
	schema := "test_" + strings.ToLower(rand.Text())
	run(tb, server, "CREATE SCHEMA "+schema)
	tb.Cleanup(func() { run(tb, server, "DROP SCHEMA "+schema+" CASCADE") })

	own, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("%s: %v", Env, err)
	}
	options := own.Query()
	options.Set("search_path", schema)
	own.RawQuery = options.Encode()
	return own.String()
}

// Stop ends the private server, if there is one, and removes its files.
func Stop() {
	private.Lock()
	defer private.Unlock()
	if private.cmd == nil {
		return
	}
	_ = private.stdin.Close() // the script ends with it
	_ = private.cmd.Wait()
	private.cmd = nil
}

// start returns the URL of the private server, or why there is none. It starts
// the server once: what failed the first time is not tried again.
func start(bin string) (string, error) {
	private.Lock()
	defer private.Unlock()
	if private.url == "" && private.err == nil {
		private.url, private.err = launch(bin)
	}
	return private.url, private.err
}

// launch runs the script and waits until its server is ready.
func launch(bin string) (string, error) {
	var trouble bytes.Buffer
	cmd := exec.Command("sh", "-c", script) //nolint:noctx // it ends in Stop, after the tests' contexts
	cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Stderr = &trouble
	stdin, inErr := cmd.StdinPipe()
	stdout, outErr := cmd.StdoutPipe()
	if inErr != nil || outErr != nil {
		return "", fmt.Errorf("start PostgreSQL: %w, %w", inErr, outErr)
	}
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	folder, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = stdin.Close()
		return "", fmt.Errorf("start PostgreSQL: %w: %s", cmd.Wait(), trouble.String())
	}
	private.stdin, private.cmd = stdin, cmd
	options := url.Values{"host": {strings.TrimSpace(folder)}, "sslmode": {"disable"}}
	return "postgres://evenkeel@/postgres?" + options.Encode(), nil
}

// binaries returns the folder of initdb and its kin, or "". Debian keeps one
// per version, off the path.
func binaries() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

func run(tb testing.TB, server, statement string) {
	tb.Helper()
	db, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statement); err != nil { //nolint:noctx // a test's context has ended when its cleanup runs
		tb.Fatalf("%s: %v", statement, err)
	}
}
