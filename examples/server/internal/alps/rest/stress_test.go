package rest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

func TestForecastsAreRead(t *testing.T) {
	r := open(t)
	r.look()
	none := r.Ask("core", "POST /stress/predict", "").Is(200)
	require.Equal(t, "1h0m0s", none["horizon"])
	require.Equal(t, "insufficient history: 0 observations of 200, one every 5m0s", none.Of("forecasts", "sovereignBankId", "bank-c")["missing"])
	require.Empty(t, r.Ask("rita", "GET /stress", "").Is(200)["items"], "what is missing is no event")

	event := func(bank string) chronicle.StressEvent {
		return chronicle.StressEvent{
			ID: "e/" + bank, Bank: bank, At: start, Licensed: true, Model: "stress@1/x",
			Forecast: stress.Forecast{
				P: 0.25, N: 1000, CalibratedOn: 200, Drivers: []stress.Driver{{Name: stress.Distance, Contribution: 1.5}},
				TimeToBreach: stress.TimeToBreach{P50: 20 * time.Minute, P90: 50 * time.Minute},
			},
		}
	}
	require.NoError(t, r.db.Chronicle(alps.Key("glp")).Foresee(t.Context(), []chronicle.StressEvent{event("bank-a"), event("bank-b")}))
	all := r.Ask("rita", "GET /stress", "").Is(200)
	require.Len(t, all["items"], 2)
	one := r.Ask("rita", "GET /stress?sovereignBankId=bank-a", "").Is(200)
	require.Len(t, one["items"], 1)
	require.Equal(t, json.Number("0.25"), one.At("items.0.probability"))
	require.Equal(t, "20m0s", one.At("items.0.timeToBreach.p50"))
	require.Equal(t, "distance", one.At("items.0.drivers.0.name"))
	require.Equal(t, true, one.At("items.0.licensed"))
	own := r.Ask("bert", "GET /stress", "").Is(200)
	require.Len(t, own["items"], 1)
	require.Equal(t, "bank-b", own.At("items.0.sovereignBankId"))

	r.restart() // it takes up what was forecast
	r.look()
	require.Equal(t, "0.25", r.Ask("anna", "GET /monitor/bank-a", "").Is(200).At("current.pBreach"))
	r.wait(20 * time.Minute)
	r.look()
	require.Nil(t, r.Ask("anna", "GET /monitor/bank-a", "").Is(200).At("current.pBreach"), "and forgets it when it is old")
}
