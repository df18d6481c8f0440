//go:build unix

package crash_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/pgtest"
)

// cluster is the private server of package pgtest, which listens in the folder
// that holds its data.
type cluster struct{ folder, control string }

// clusterOf returns the cluster behind a URL of pgtest, and starts it at the end
// of the test if that left it stopped.
func clusterOf(t *testing.T, dsn string) cluster {
	t.Helper()
	if os.Getenv(pgtest.Env) != "" {
		t.Skipf("the server in %s is not ours to stop", pgtest.Env)
	}
	at, err := url.Parse(dsn)
	require.NoError(t, err)
	c := cluster{folder: at.Query().Get("host")}
	c.control, err = exec.LookPath("pg_ctl")
	if err != nil { // Debian keeps one per version, off the path
		found, globErr := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
		require.NoError(t, globErr)
		require.NotEmpty(t, found)
		c.control = found[len(found)-1]
	}
	t.Cleanup(func() { _ = c.start(context.WithoutCancel(t.Context())) }) // fails if it runs
	return c
}

// stop is the harshest that PostgreSQL knows: it recovers at the next start.
func (c cluster) stop(ctx context.Context) error {
	return c.run(ctx, "stop", "-m", "immediate")
}

func (c cluster) start(ctx context.Context) error {
	return c.run(ctx, "start", "-w", "-l", filepath.Join(c.folder, "log"), "-o", "-k "+c.folder+" -c listen_addresses=")
}

// run runs pg_ctl as whom the data belongs to: never as root.
func (c cluster) run(ctx context.Context, args ...string) error {
	data := filepath.Join(c.folder, "data")
	info, err := os.Stat(data)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.control, append([]string{"-D", data}, args...)...)
	cmd.Dir = c.folder
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	return cmd.Run() // no pipes: the server would hold them open
}
