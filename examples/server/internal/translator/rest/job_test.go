package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run lets the service work until the test is over, or stop is called.
func (r *rig) run() (stop func()) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan error, 1)
	service := r.service
	go func() { done <- service.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(r.t, <-done)
		}
	}
	r.t.Cleanup(stop)
	return stop
}

// until waits for an answer that will do.
func (r *rig) until(who, line string, will func(object) bool) object {
	r.t.Helper()
	var last object
	require.Eventually(r.t, func() bool {
		r.wait(time.Second) // for the limits
		last = r.ask(who, line, "").is(200)
		return will(last)
	}, 10*time.Second, 5*time.Millisecond)
	return last
}

func done(o object) bool { return o["status"] == "done" }

func TestWhatIsToBeTranslatedAgainIs(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	r.tellAll("IN0087654321")
	r.ask("core", "POST /bonds", items(metadata("IN0000000000", start))).is(200) // without a market
	was := r.ask("rosa", "GET /"+bond, "").is(200)["as_of"]
	r.wait(time.Second)
	stop := r.run()
	job := r.ask("rita", "POST /recompute", `{"isins":["`+bond+`","IN0087654321","IN0000000000"],"mode":"accurate"}`).is(202)
	require.Equal(t, json.Number("3"), job["total"])
	over := r.until("olga", "GET /recompute/"+fmt.Sprint(job["job_id"]), done)
	require.Equal(t, "rita", over["requested_by"])
	require.Equal(t, "done", over.at("items.0.status"))
	require.Equal(t, "nothing_to_translate", over.at("items.2.status"))
	require.Contains(t, over.at("items.2.fault"), "no market data")
	require.NotEqual(t, was, r.ask("rosa", "GET /"+bond, "").is(200)["as_of"])
	stop()
	r.replayed(bond)
}

func TestAJobOutlivesTheProcessThatTookIt(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	ask := func() object {
		return r.ask("rita", "POST /recompute", `{"isins":["`+bond+`"]}`, "Idempotency-Key: once").is(202)
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
	r.ask("rita", "POST /recompute", `{"isins":["`+bond+`"],"mode":"fast"}`, "Idempotency-Key: once").refused(422, "key_reused", "Idempotency-Key")
	r.wait(time.Minute)
	young := r.ask("rita", "POST /recompute", `{"isins":["`+bond+`"],"mode":"fast"}`).is(202)
	require.Equal(t, "done", young["status"], "it has not outlived its time")
}

func TestNoMoreJobsWaitThanThereIsRoomFor(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	for i := range 21 {
		r.wait(10 * time.Second)
		answer := r.ask("rita", "POST /recompute", `{"isins":["`+bond+`"]}`)
		if i < 20 {
			answer.is(202)
			continue
		}
		answer.refused(503, "busy", "20 jobs wait")
		require.NotEmpty(t, answer.head.Get("Retry-After"))
	}
}
