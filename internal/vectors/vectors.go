package vectors

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Env names the environment variable that replaces testdata/vectors.
const Env = "EVENKEEL_VECTORS"

// Path returns the file of the golden set called name, such as
// "pmm/curve.jsonl". It skips the test with a reason when the set has no such
// file, and fails it when the directory itself is absent or not absolute.
func Path(tb testing.TB, name string) string {
	tb.Helper()
	path := filepath.Join(root(tb), filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		tb.Skipf("golden file %s is not in this set: %v", name, err)
	}
	return path
}

// Glob returns the names, sorted, of the set's files that match pattern, such
// as "pmm/*_sequence.json"; each name is fit for [Path]. It skips the test with
// a reason when nothing matches.
func Glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	dir := root(tb)
	paths, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil {
		tb.Fatalf("pattern %q: %v", pattern, err)
	}
	if len(paths) == 0 {
		tb.Skipf("no golden file matches %s in this set", pattern)
	}
	names := make([]string, len(paths))
	for i, path := range paths {
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			tb.Fatalf("golden file %s: %v", path, err)
		}
		names[i] = filepath.ToSlash(rel)
	}
	slices.Sort(names)
	return names
}

// Report logs the one line that every golden test prints for each of its
// files, and fails the test if any case failed or none ran.
func Report(tb testing.TB, name string, passed, failed int) {
	tb.Helper()
	tb.Logf("%s vectors: %d passed, %d failed", name, passed, failed)
	if failed > 0 || passed == 0 {
		tb.Fail()
	}
}

func root(tb testing.TB) string {
	tb.Helper()
	dir, set := os.LookupEnv(Env)
	if !set || dir == "" {
		dir = filepath.Join("testdata", "vectors")
	} else if !filepath.IsAbs(dir) {
		tb.Fatalf("%s=%q: must be an absolute directory", Env, dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		tb.Fatalf("golden directory %s is absent: %v", dir, err)
	}
	return dir
}
