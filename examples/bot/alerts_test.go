package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/examples/internal/alerttest"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

const alerts = "alerts.yaml"

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
	return alerttest.Shown(t, k.Handler(), p.Handler(), m.Handler())
}

var (
	seriesName  = regexp.MustCompile(`evenkeel_[a-z_]+`)
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

func TestAlertsAskForWhatThereIs(t *testing.T) {
	alerttest.Run(t, alerts, everySeries(t))
}

// Whoever is told of something finds in the runbook what to do, and nothing else.
func TestEachAlertLeadsToTheRunbook(t *testing.T) {
	led := map[string]bool{}
	help := headings(t)
	for _, a := range alerttest.Read(t, alerts) {
		require.Contains(t, help, a.Annotations["runbook"], a.Alert)
		led[a.Annotations["runbook"]] = true
	}
	for _, heading := range help {
		require.True(t, led[heading], "no alert leads to %s", heading)
	}
}

// The runbook speaks of series and alerts that are there.
func TestTheRunbookNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	there := everySeries(t)
	for _, name := range seriesName.FindAllString(string(text), -1) {
		require.Contains(t, there, "\n"+name)
	}
	known := map[string]bool{}
	for _, r := range alerttest.Read(t, alerts) {
		known[r.Alert] = true
		require.Contains(t, string(text), "`"+r.Alert+"`")
	}
	for _, notice := range regexp.MustCompile(`\*\*Notice\.\*\*[^\n]*`).FindAllString(string(text), -1) {
		for _, named := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(notice, -1) {
			require.True(t, known[named[1]], named[1])
		}
	}
}
