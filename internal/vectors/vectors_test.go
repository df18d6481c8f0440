package vectors_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

// spy is a test that only remembers what was done to it.
type spy struct {
	testing.TB
	failed, skipped bool
	said            string
}

func (*spy) Helper()                   {}
func (s *spy) Fail()                   { s.failed = true }
func (s *spy) Logf(f string, a ...any) { s.said = fmt.Sprintf(f, a...) }
func (s *spy) Fatalf(f string, a ...any) {
	s.failed, s.said = true, fmt.Sprintf(f, a...)
	panic(s)
}

func (s *spy) Skipf(f string, a ...any) {
	s.skipped, s.said = true, fmt.Sprintf(f, a...)
	panic(s)
}

func watch(do func(testing.TB)) (s *spy) {
	s = new(spy)
	defer func() {
		if r := recover(); r != nil && r != any(s) {
			panic(r)
		}
	}()
	do(s)
	return s
}

func set(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "pmm"), 0o755))
	for _, name := range []string{"b_sequence.json", "a_sequence.json", "curve.jsonl"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "pmm", name), nil, 0o600))
	}
	return dir
}

func TestTheEnvironmentReplacesTheSet(t *testing.T) {
	dir := set(t)
	t.Setenv(vectors.Env, dir)
	require.Equal(t, filepath.Join(dir, "pmm", "curve.jsonl"), vectors.Path(t, "pmm/curve.jsonl"))
	require.Equal(t, []string{"pmm/a_sequence.json", "pmm/b_sequence.json"}, vectors.Glob(t, "pmm/*_sequence.json"))
}

func TestAFileThatIsNotInTheSetSkipsWithAReason(t *testing.T) {
	t.Setenv(vectors.Env, set(t))
	s := watch(func(tb testing.TB) { vectors.Path(tb, "pmm/other.json") })
	require.True(t, s.skipped)
	require.Contains(t, s.said, "pmm/other.json")
	s = watch(func(tb testing.TB) { vectors.Glob(tb, "alps/*") })
	require.True(t, s.skipped)
	require.Contains(t, s.said, "alps/*")
}

func TestASetThatIsNotThereFails(t *testing.T) {
	for name, dir := range map[string]string{"absent": filepath.Join(t.TempDir(), "none"), "relative": "testdata"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(vectors.Env, dir)
			require.True(t, watch(func(tb testing.TB) { vectors.Path(tb, "pmm/curve.jsonl") }).failed)
		})
	}
}

func TestAReportIsOneLineAndFailsUnlessAllPassed(t *testing.T) {
	for _, c := range []struct {
		passed, failed int
		fails          bool
	}{{3, 0, false}, {3, 1, true}, {0, 0, true}} {
		s := watch(func(tb testing.TB) { vectors.Report(tb, "pmm/curve.jsonl", c.passed, c.failed) })
		require.Equal(t, fmt.Sprintf("pmm/curve.jsonl vectors: %d passed, %d failed", c.passed, c.failed), s.said)
		require.Equal(t, c.fails, s.failed)
	}
}
