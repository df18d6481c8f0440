package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
)

// run lets the service work until the test is over, or stop is called.
func (r *rig) run() (stop func()) {
	r.TB.Helper()
	ctx, cancel := context.WithCancel(r.TB.Context())
	done := make(chan error, 1)
	service := r.service
	go func() { done <- service.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(r.TB, <-done)
		}
	}
	r.TB.Cleanup(stop)
	return stop
}

// until waits for an answer that will do.
func (r *rig) until(who, line string, will func(apitest.Object) bool) apitest.Object {
	r.TB.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for range 2000 {
		r.wait(time.Second) // for the limits
		if said := r.Ask(who, line, "").Is(200); will(said) {
			return said
		}
		<-again.C
	}
	require.Fail(r.TB, "no answer that will do", line)
	return nil
}

func done(o apitest.Object) bool { return o["status"] == "done" }

func TestWhatIsToBeTranslatedAgainIs(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.tellAll("IN0087654321")
	r.Ask("core", "POST /bonds", items(metadata("IN0000000000", start))).Is(200) // without a market
	was := r.Ask("rosa", "GET /"+bond, "").Is(200)["as_of"]
	r.wait(time.Second)
	stop := r.run()
	job := r.Ask("rita", "POST /recompute", `{"isins":["`+bond+`","IN0087654321","IN0000000000"],"mode":"accurate"}`).Is(202)
	require.Equal(t, json.Number("3"), job["total"])
	over := r.until("olga", "GET /recompute/"+fmt.Sprint(job["job_id"]), done)
	require.Equal(t, "rita", over["requested_by"])
	require.Equal(t, "done", over.At("items.0.status"))
	require.Equal(t, "nothing_to_translate", over.At("items.2.status"))
	require.Contains(t, over.At("items.2.fault"), "no market data")
	require.NotEqual(t, was, r.Ask("rosa", "GET /"+bond, "").Is(200)["as_of"])
	stop()
	r.replayed(bond)
}

func TestAJobOutlivesTheProcessThatTookIt(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	ask := func() apitest.Object {
		return r.Ask("rita", "POST /recompute", `{"isins":["`+bond+`"]}`, "Idempotency-Key: once").Is(202)
	}
	job := ask() // and nobody does it
	require.Equal(t, "pending", job["status"])
	r.restart()
	require.Equal(t, job["job_id"], ask()["job_id"], "the same is done once")
	r.restart()
	stop := r.run()
	r.until("rita", "GET /recompute/"+fmt.Sprint(job["job_id"]), done)
	stop()
	require.LessOrEqual(t, r.replayed(bond), 2, "the job's look, and perhaps one of the service's own")
	r.Ask("rita", "POST /recompute", `{"isins":["`+bond+`"],"mode":"fast"}`, "Idempotency-Key: once").Refused(422, "key_reused", "Idempotency-Key")
	r.wait(time.Minute)
	young := r.Ask("rita", "POST /recompute", `{"isins":["`+bond+`"],"mode":"fast"}`).Is(202)
	require.Equal(t, "done", young["status"], "it has not outlived its time")
}

func TestNoMoreJobsWaitThanThereIsRoomFor(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	for i := range 21 {
		r.wait(10 * time.Second)
		answer := r.Ask("rita", "POST /recompute", `{"isins":["`+bond+`"]}`)
		if i < 20 {
			answer.Is(202)
			continue
		}
		answer.Refused(503, "busy", "20 jobs wait")
		require.NotEmpty(t, answer.Head.Get("Retry-After"))
	}
}
