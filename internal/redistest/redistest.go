// Package redistest gives a test a Redis.
//
// [URL] is enough for most tests: a private server, from the binary that is
// installed, or the one in EVENKEEL_REDIS_URL. A test that kills its server starts
// one with [Start].
package redistest

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Env names the environment variable that holds the URL of a server to use, as in
// "redis://host:6379/0". Tests share what it keeps.
const Env = "EVENKEEL_REDIS_URL"

//go:embed server.sh
var script string

// URL returns the URL of a server. It skips the test with a reason when there is
// no Redis.
func URL(tb testing.TB) string {
	tb.Helper()
	if url := os.Getenv(Env); url != "" {
		return url
	}
	return Start(tb).URL
}

// Server is a private Redis that keeps nothing. Not safe for concurrent use.
type Server struct {
	URL string // the same after each restart

	tb     testing.TB
	folder string
	stdin  io.Closer
	cmd    *exec.Cmd
}

// Start runs a server until the test ends. It skips the test with a reason when
// Redis is not installed.
func Start(tb testing.TB) *Server {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		tb.Skip("redis-server is not installed")
	}
	folder, err := os.MkdirTemp("", "redis") //nolint:usetesting // a socket's path must be short
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{URL: "unix://" + filepath.Join(folder, "socket"), tb: tb, folder: folder}
	s.Restart()
	tb.Cleanup(s.Kill)
	return s
}

// Kill ends the server at once, and all that it knew.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.stdin.Close() // the script ends with it
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Restart kills the server if it runs, and starts it anew.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Kill()
	if err := s.launch(); err != nil {
		s.tb.Fatalf("start Redis: %v", err)
	}
}

// launch runs the script and waits until its server is ready.
func (s *Server) launch() error {
	cmd := exec.Command("sh", "-c", script, "sh", s.folder) //nolint:noctx // it ends in Kill, after the test's context
	stdin, inErr := cmd.StdinPipe()
	reader, writer, outErr := os.Pipe()
	if inErr != nil || outErr != nil {
		return fmt.Errorf("%w, %w", inErr, outErr)
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = writer.Close() // the script has its own
	s.stdin, s.cmd = stdin, cmd
	var said strings.Builder
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		if strings.Contains(lines.Text(), "eady to accept connections") {
			go func() { // ends with the server
				_, _ = io.Copy(io.Discard, reader)
				_ = reader.Close()
			}()
			return nil
		}
		fmt.Fprintln(&said, lines.Text())
	}
	_ = reader.Close()
	s.Kill()
	return fmt.Errorf("it ended: %s", said.String())
}
