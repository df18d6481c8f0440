//go:build unix

package crash_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// build returns the server's program, built with those tags.
func build(t *testing.T, tags string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "server")
	said, err := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", program, "..").CombinedOutput()
	require.NoError(t, err, string(said))
	return program
}

// child is a server in a process of its own.
type child struct {
	began time.Time
	url   string        // "" if it died before it served
	ended chan struct{} // closed when it has
	err   error         // why; to be read once it has ended
	cmd   *exec.Cmd

	mu  sync.Mutex
	log []string // the last lines
}

// launch starts the program in a folder and waits until it serves or has died.
func launch(ctx context.Context, program, folder string, env ...string) (*child, error) {
	c := &child{began: time.Now(), ended: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, program, "--config", configFile)
	c.cmd.Dir = folder
	c.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	bind(c.cmd)
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	serving := make(chan string, 1)
	go func() {
		c.follow(stderr, serving)
		c.err = c.cmd.Wait()
		close(c.ended)
	}()
	select {
	case c.url = <-serving:
		return c, nil
	case <-c.ended:
		return c, nil
	case <-time.After(patience):
		return nil, errors.Join(c.kill(), errors.New("the server does not start\n"+c.said()))
	}
}

// follow keeps the last lines of a log, and tells where the server is.
func (c *child) follow(log io.Reader, serving chan<- string) {
	const most = 40
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		c.mu.Lock()
		c.log = append(c.log, lines.Text())
		if len(c.log) > most {
			c.log = slices.Delete(c.log, 0, 1)
		}
		c.mu.Unlock()
		var line struct{ Msg, URL string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "serving" {
			serving <- line.URL
		}
	}
}

// said returns the last lines of the log.
func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.log, "\n")
}

// dead reports whether it has ended.
func (c *child) dead() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// kill is kill -9.
func (c *child) kill() error {
	err := c.cmd.Process.Kill()
	<-c.ended
	return err
}

// killed reports whether it died as by kill -9, of its own or another's hand.
func (c *child) killed() bool {
	if !c.dead() {
		return false
	}
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stop asks it to end, and wants that to be a success.
func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.ended:
	case <-time.After(patience):
		return errors.Join(c.kill(), errors.New("the server does not stop\n"+c.said()))
	}
	if c.err != nil {
		return fmt.Errorf("the server stops with %w\n%s", c.err, c.said())
	}
	return nil
}
