package main

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

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// alert is one of a rule file of Prometheus.
type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) []alert {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	var all []alert
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// everySeries is what Prometheus sees of bots to which everything has happened once.
func everySeries(t *testing.T) string {
	t.Helper()
	k := metrics.NewKeeper(dec("1"), dec("1"))
	k.Peg(watch.Peg{Action: stabilizer.Hold, Reason: stabilizer.InBand, Block: 1, Alerts: []stabilizer.Alert{{}}, Settled: []stabilizer.Receipt{{Outcome: stabilizer.Reverted}}})
	k.Peg(watch.Peg{})
	p := metrics.NewParity([2]uint64{1, 2})
	p.Spread(watch.Spread{Action: parity.Hold, Alerts: []parity.Alert{{}}})
	m := metrics.New()
	m.Look(watch.Look{Reason: maker.Quoting, Alerts: []maker.Alert{{}}})
	var all strings.Builder
	for _, handler := range []http.Handler{k.Handler(), p.Handler(), m.Handler()} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		all.WriteString(answer.Body.String())
	}
	return all.String()
}

var (
	seriesName  = regexp.MustCompile(`(evenkeel_[a-z_]+)(\{[^}]*\})?`)
	headingMark = regexp.MustCompile(`(?m)^## (.+)$`)
)

// headings are what an alert may name in the runbook.
func headings(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	var all []string
	for _, h := range headingMark.FindAllStringSubmatch(string(text), -1) {
		all = append(all, strings.ReplaceAll(strings.ToLower(h[1]), " ", "-"))
	}
	return all
}

// A rule that asks for a series that is not there never fires, and nobody notices.
func TestAlertsAskForWhatThereIs(t *testing.T) {
	there, help, told := everySeries(t), headings(t), map[string]bool{}
	for _, r := range alerts(t) {
		t.Run(r.Alert, func(t *testing.T) {
			require.Regexp(t, `^([A-Z][a-z]+)+$`, r.Alert)
			require.False(t, told[r.Alert], "twice")
			told[r.Alert] = true
			if r.For != "" {
				_, err := time.ParseDuration(r.For)
				require.NoError(t, err)
			}
			require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"])
			require.NotEmpty(t, r.Annotations["summary"])
			require.NotEmpty(t, r.Annotations["description"])
			require.Contains(t, help, r.Annotations["runbook"], "what to do is in the runbook")
			for _, pair := range []string{"()", "[]", "{}"} {
				require.Equal(t, strings.Count(r.Expr, pair[:1]), strings.Count(r.Expr, pair[1:]), r.Expr)
			}
			asked := seriesName.FindAllString(r.Expr, -1)
			require.NotEmpty(t, asked)
			for _, name := range asked {
				require.Contains(t, there, "\n"+name, r.Expr)
			}
		})
	}
	for _, heading := range help {
		require.Condition(t, func() bool {
			for _, r := range alerts(t) {
				if r.Annotations["runbook"] == heading {
					return true
				}
			}
			return false
		}, "no alert leads to %s", heading)
	}
}

// The runbook speaks of series and alerts that are there.
func TestTheRunbookNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	there := everySeries(t)
	for _, name := range seriesName.FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, there, "\n"+name[1])
	}
	known := map[string]bool{}
	for _, r := range alerts(t) {
		known[r.Alert] = true
		require.Contains(t, string(text), "`"+r.Alert+"`")
	}
	for _, notice := range regexp.MustCompile(`\*\*Notice\.\*\*[^\n]*`).FindAllString(string(text), -1) {
		for _, named := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(notice, -1) {
			require.True(t, known[named[1]], named[1])
		}
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
