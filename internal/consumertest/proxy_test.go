//go:build !race

package consumertest_test

import (
	"archive/zip"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const core = "github.com/evenkeelhq/evenkeel"

// module is one module of the workspace, as a tag would publish it.
type module struct {
	path    string
	version string
	dir     string
}

// workspace returns the modules that go.work lists, the core first, and the Go
// version it asks for. Each has the version that the nested modules require of
// the core: they are tagged together.
func workspace(t *testing.T) (modules []module, goVersion string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		t.Skipf("not a checkout: %v", err)
	}
	var work struct {
		Go  string
		Use []struct{ DiskPath string }
	}
	decode(t, root, &work, "work", "edit", "-json", "go.work")
	version := ""
	for _, use := range work.Use {
		dir := filepath.Join(root, use.DiskPath)
		var mod struct {
			Module  struct{ Path string }
			Require []struct{ Path, Version string }
		}
		decode(t, dir, &mod, "mod", "edit", "-json")
		modules = append(modules, module{path: mod.Module.Path, dir: dir})
		for _, require := range mod.Require {
			switch {
			case require.Path != core:
			case version == "":
				version = require.Version
			case version != require.Version:
				t.Fatalf("%s requires %s %s, another module %s: they are tagged together", mod.Module.Path, core, require.Version, version)
			}
		}
	}
	require.Equal(t, core, modules[0].path, "the first module that go.work uses")
	require.NotEmpty(t, version, "no nested module requires the core")
	for i := range modules {
		modules[i].version = version
	}
	return modules, work.Go
}

// publish lays modules out as a file-system module proxy and returns its URL.
func publish(t *testing.T, modules []module) string {
	t.Helper()
	dir := t.TempDir()
	for _, m := range modules {
		require.Equal(t, strings.ToLower(m.path), m.path, "the proxy protocol escapes capitals; this writer does not")
		at := filepath.Join(dir, filepath.FromSlash(m.path), "@v")
		require.NoError(t, os.MkdirAll(at, 0o755))
		goMod, err := os.ReadFile(filepath.Join(m.dir, "go.mod"))
		require.NoError(t, err)
		write(t, filepath.Join(at, "list"), m.version+"\n")
		write(t, filepath.Join(at, m.version+".info"), `{"Version":"`+m.version+`","Time":"2026-01-01T00:00:00Z"}`)
		write(t, filepath.Join(at, m.version+".mod"), string(goMod))
		archive(t, m, filepath.Join(at, m.version+".zip"))
	}
	return "file://" + filepath.ToSlash(dir)
}

// archive zips a module's files under "path@version/", without the modules
// nested in it, as the module reference prescribes.
func archive(t *testing.T, m module, name string) {
	t.Helper()
	file, err := os.Create(name)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	archive := zip.NewWriter(file)
	defer func() { require.NoError(t, archive.Close()) }()

	tree := os.DirFS(m.dir)
	require.NoError(t, fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, nested := fs.Stat(tree, path.Join(name, "go.mod"))
			if name != "." && (nested == nil || entry.Name() == ".git") {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		w, err := archive.Create(m.path + "@" + m.version + "/" + name)
		if err != nil {
			return err
		}
		_, err = w.Write(content)
		return err
	}))
}

// sums returns every checksum the workspace knows, so that a host checks third
// parties against what is committed here and asks no checksum database.
func sums(t *testing.T, modules []module) string {
	t.Helper()
	var all strings.Builder
	for _, m := range modules {
		for _, name := range []string{"go.sum", "go.work.sum"} {
			content, err := os.ReadFile(filepath.Join(m.dir, name))
			if err != nil {
				require.ErrorIs(t, err, fs.ErrNotExist)
			}
			all.Write(content)
		}
	}
	return all.String()
}

func decode(t *testing.T, dir string, into any, args ...string) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(run(t, dir, nil, args...)), into))
}

// run runs the go command in dir and returns its standard output.
func run(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s\n%s", strings.Join(args, " "), &stderr)
	return string(out)
}

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}
