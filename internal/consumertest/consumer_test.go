//go:build !race

package consumertest_test

import (
	"debug/buildinfo"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// linked is all that the core may bring into a host's binary.
var linked = []string{
	core,
	"github.com/benbjohnson/clock",
	"github.com/holiman/uint256",
	"github.com/shopspring/decimal",
	"go.uber.org/multierr", // through zap
	"go.uber.org/zap",
	"golang.org/x/sync",
}

func TestAHostThatImportsOnlyTheCoreLinksNoModuleOutsideItsList(t *testing.T) {
	modules, goVersion := workspace(t)
	host := newHost(t, modules, goVersion)
	host.get(modules[0])

	var source strings.Builder
	source.WriteString("package main\n\nimport (\n")
	for _, pkg := range strings.Fields(host.run("list", core+"/...")) {
		if !strings.Contains(pkg, "/internal/") && !strings.HasSuffix(pkg, "test") {
			source.WriteString("\t_ \"" + pkg + "\"\n")
		}
	}
	source.WriteString(")\n\nfunc main() {}\n")
	write(t, filepath.Join(host.dir, "main.go"), source.String())
	host.build("-o", "host", ".")

	info, err := buildinfo.ReadFile(filepath.Join(host.dir, "host"))
	require.NoError(t, err)
	require.NotEmpty(t, info.Deps)
	for _, dep := range info.Deps {
		t.Logf("links %s %s", dep.Path, dep.Version)
		require.Contains(t, linked, dep.Path)
	}
}

func TestAConsumerOfEachNestedModuleBuilds(t *testing.T) {
	modules, goVersion := workspace(t)
	host := newHost(t, modules, goVersion)
	for _, m := range modules[1:] {
		t.Run(strings.TrimPrefix(m.path, core+"/"), func(t *testing.T) {
			host := host.in(t)
			host.get(m)
			host.build("-o", os.DevNull, m.path+"/...")
			require.Equal(t, m.version, strings.TrimSpace(host.run("list", "-m", "-f", "{{.Version}}", core)))
		})
	}
}

// host is a module of somebody else's, in a directory of its own, that finds
// this workspace's modules in a proxy only.
type host struct {
	t    *testing.T
	dir  string
	env  []string
	mod  string
	sums string
}

func newHost(t *testing.T, modules []module, goVersion string) *host {
	t.Helper()
	var env struct{ GOPROXY, GOMODCACHE string }
	decode(t, ".", &env, "env", "-json", "GOPROXY", "GOMODCACHE")
	downloads := "file://" + filepath.ToSlash(filepath.Join(env.GOMODCACHE, "cache", "download"))
	h := &host{
		env: []string{
			"GOWORK=off",
			"GOFLAGS=-mod=mod -modcacherw -trimpath", // trimpath lets the build cache serve every temporary directory
			"GOPROXY=" + publish(t, modules) + "," + downloads + "," + env.GOPROXY,
			"GOMODCACHE=" + t.TempDir(), // the checkout must not pass for a release in anybody's cache
			"GOPRIVATE=", "GONOPROXY=", "GONOSUMDB=" + core,
		},
		mod:  "module example.com/host\n\ngo " + goVersion + "\n",
		sums: sums(t, modules),
	}
	return h.in(t)
}

// in returns the same host, started afresh for t.
func (h host) in(t *testing.T) *host {
	t.Helper()
	h.t, h.dir = t, t.TempDir()
	write(t, filepath.Join(h.dir, "go.mod"), h.mod)
	write(t, filepath.Join(h.dir, "go.sum"), h.sums)
	return &h
}

func (h *host) get(m module) {
	h.t.Helper()
	h.run("get", m.path+"@"+m.version)
}

// build builds, and fails the test if that took code that no go.sum of the
// workspace names: the go command then made up for a missing requirement with
// the newest version it found.
func (h *host) build(args ...string) {
	h.t.Helper()
	h.run(append([]string{"build"}, args...)...)
	after, err := os.ReadFile(filepath.Join(h.dir, "go.sum"))
	require.NoError(h.t, err)
	for line := range strings.Lines(string(after)) {
		ours, describes := strings.HasPrefix(line, core), strings.Contains(line, "/go.mod h1:")
		if !ours && !describes && !strings.Contains(h.sums, line) {
			h.t.Errorf("a go.mod lacks a requirement: the host took %s", line)
		}
	}
}

func (h *host) run(args ...string) string {
	h.t.Helper()
	return run(h.t, h.dir, h.env, args...)
}
