// Package alerttest holds a program's alerts, a rule file of Prometheus, to the series
// that the program has: a rule that asks for one that is not there never fires, and
// nobody notices.
package alerttest

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Alert is a rule of a rule file.
type Alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// Read returns the alerts of a rule file, in order.
func Read(t *testing.T, file string) []Alert {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []Alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&rules))
	var all []Alert
	for _, g := range rules.Groups {
		require.NotEmpty(t, g.Name)
		all = append(all, g.Rules...)
	}
	return all
}

// Shown returns what Prometheus sees at all of some handlers together.
func Shown(t *testing.T, handlers ...http.Handler) string {
	t.Helper()
	var all strings.Builder
	for _, h := range handlers {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		require.Equal(t, http.StatusOK, answer.Code)
		all.WriteString(answer.Body.String())
	}
	return all.String()
}

var (
	camel    = regexp.MustCompile(`^([A-Z][a-z]+)+$`)
	series   = regexp.MustCompile(`(evenkeel_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`^([a-z_]+)=(~?)"([^"]*)"$`)
	duration = regexp.MustCompile(`\[\d+[smhd]\]`)
)

// Run tests each alert of a rule file. there is what Prometheus sees of the program
// once everything has happened to it.
func Run(t *testing.T, file, there string) {
	t.Helper()
	told := map[string]bool{}
	for _, a := range Read(t, file) {
		t.Run(a.Alert, func(t *testing.T) {
			require.Regexp(t, camel, a.Alert)
			require.False(t, told[a.Alert], "twice")
			told[a.Alert] = true
			if a.For != "" {
				_, err := time.ParseDuration(a.For)
				require.NoError(t, err)
			}
			require.Contains(t, []string{"page", "ticket"}, a.Labels["severity"])
			require.NotEmpty(t, a.Annotations["summary"])
			require.NotEmpty(t, a.Annotations["description"])
			a.asks(t, there)
		})
	}
	t.Run("promtool", func(t *testing.T) { // Prometheus itself has the last word, where it is installed
		tool, err := exec.LookPath("promtool")
		if err != nil {
			t.Skip("promtool is not installed")
		}
		said, err := exec.CommandContext(t.Context(), tool, "check", "rules", file).CombinedOutput()
		require.NoError(t, err, string(said))
	})
}

// asks tests that an alert asks for series, and values of their labels, that are there.
func (a Alert) asks(t *testing.T, there string) {
	t.Helper()
	for _, pair := range []string{"()", "[]", "{}"} {
		require.Equal(t, strings.Count(a.Expr, pair[:1]), strings.Count(a.Expr, pair[1:]), a.Expr)
	}
	require.Len(t, duration.FindAllString(a.Expr, -1), strings.Count(a.Expr, "["), a.Expr)
	asked := series.FindAllStringSubmatch(a.Expr, -1)
	require.NotEmpty(t, asked)
	for _, s := range asked {
		require.Regexp(t, `(?m)^`+s[1]+`[ {]`, there)
		if s[2] == "" {
			continue
		}
		for _, one := range strings.Split(s[2], ",") {
			label := matcher.FindStringSubmatch(one)
			require.NotNil(t, label, one)
			values := []string{label[3]}
			if label[2] == "~" {
				values = strings.Split(label[3], "|")
			}
			for _, value := range values {
				require.Regexp(t, `(?m)^`+s[1]+`\{[^}]*\b`+label[1]+`="`+regexp.QuoteMeta(value)+`"`, there)
			}
		}
	}
}
