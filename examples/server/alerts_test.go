package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
)

// rule is one of a rule file of Prometheus.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	var all []rule
	for _, g := range file.Groups {
		require.NotEmpty(t, g.Name)
		all = append(all, g.Rules...)
	}
	return all
}

var (
	series   = regexp.MustCompile(`evenkeel_[a-z_]+`)
	matchers = regexp.MustCompile(`(evenkeel_[a-z_]+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`^([a-z_]+)=(~?)"([^"]*)"$`)
	ranges   = regexp.MustCompile(`\[(\d+[smhd])\]`)
)

// A rule that asks for a series that is not there never fires, and nobody notices.
func TestAlertsAskForWhatThereIs(t *testing.T) {
	answer := httptest.NewRecorder()
	metrics.New().Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	there := answer.Body.String()
	labelled := map[string]bool{} // those with labels are there once something was counted
	text, err := os.ReadFile("internal/metrics/metrics.go")
	require.NoError(t, err)
	more, err := os.ReadFile("internal/metrics/liquidity.go")
	require.NoError(t, err)
	for _, named := range regexp.MustCompile(`(?:counters|gauges)\("([a-z_]+)"`).FindAllStringSubmatch(string(text)+string(more), -1) {
		labelled["evenkeel_"+named[1]] = true
	}
	seen := map[string]bool{}
	for _, r := range rules(t) {
		t.Run(r.Alert, func(t *testing.T) {
			require.Regexp(t, `^([A-Z][a-z]+)+$`, r.Alert)
			require.False(t, seen[r.Alert], "twice")
			seen[r.Alert] = true
			if r.For != "" {
				_, err := time.ParseDuration(r.For)
				require.NoError(t, err)
			}
			require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"])
			require.NotEmpty(t, r.Annotations["summary"])
			require.NotEmpty(t, r.Annotations["description"])
			for _, pair := range []string{"()", "[]", "{}"} {
				require.Equal(t, strings.Count(r.Expr, pair[:1]), strings.Count(r.Expr, pair[1:]), r.Expr)
			}
			require.Len(t, ranges.FindAllString(r.Expr, -1), strings.Count(r.Expr, "["), r.Expr)
			asked := series.FindAllString(r.Expr, -1)
			require.NotEmpty(t, asked)
			for _, name := range asked {
				require.True(t, labelled[name] || strings.Contains(there, "\n"+name+" ") || strings.Contains(there, "\n"+name+"{"), name)
			}
			for _, m := range matchers.FindAllStringSubmatch(r.Expr, -1) {
				for _, one := range strings.Split(m[2], ",") {
					parts := matcher.FindStringSubmatch(one)
					require.NotNil(t, parts, one)
					for _, value := range strings.Split(parts[3], "|") {
						require.Regexp(t, `(?m)^`+m[1]+`\{[^}]*`+parts[1]+`="`+value+`"`, there)
					}
				}
			}
		})
	}
	for _, wanted := range []string{"HighRisk", "LiquidityDeteriorates", "ExitsFail", "DataQuality"} {
		require.True(t, seen[wanted], wanted)
	}
}

// Prometheus itself has the last word, where it is installed.
func TestPrometheusTakesTheAlerts(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	said, err := exec.CommandContext(t.Context(), tool, "check", "rules", "alerts.yaml").CombinedOutput()
	require.NoError(t, err, string(said))
}
