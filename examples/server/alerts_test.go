package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/internal/alerttest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

const alerts = "alerts.yaml"

func TestAlertsAskForWhatThereIs(t *testing.T) {
	m := metrics.New()
	m.Failure("rounds") // series with labels are there once something was counted
	m.PriceAge("unit", time.Minute)
	m.Liquidity(time.Now(), liquidity.State{}, liquidity.Observation{Banks: []liquidity.Position{{Source: "core"}}}, liquidity.Decision{}, time.Second)
	alerttest.Run(t, alerts, alerttest.Shown(t, m.Handler()))
}

func TestTheTranslatorHasTheAlertsThatWereAskedFor(t *testing.T) {
	there := map[string]bool{}
	for _, a := range alerttest.Read(t, alerts) {
		there[a.Alert] = true
	}
	for _, wanted := range []string{"HighRisk", "LiquidityDeteriorates", "ExitsFail", "DataQuality"} {
		require.True(t, there[wanted], wanted)
	}
}
