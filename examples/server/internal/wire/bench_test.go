package wire_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// BenchmarkLiquidity is 64 clients that hand in proofs of ten orders each, over
// HTTP into SQLite. The server replays each at a venue that it asks over HTTP as
// well; all of it shares the machine.
func BenchmarkLiquidity(b *testing.B) {
	const clients, orders = 64, 10
	r := open(b)
	venue := httptest.NewServer(paper.Handler(r.venue))
	defer venue.Close()
	verifier, err := paper.NewVerifier(paper.Options{Name: "paper", Base: venue.URL}) // whose pace is that of the real clock
	require.NoError(b, err)
	r.ports.Venues.Verifiers["test_exchange"] = verifier
	accounts := make([]*paper.Account, clients)
	for i := range accounts {
		user := fmt.Sprint("lp", i)
		accounts[i] = r.account(user)
		r.register(user, home, "btc")
		for o := range orders {
			r.place(accounts[i], fmt.Sprint("o", o), nbtBTC, exchange.Bid, "1", "0.004")
		}
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = 2 * clients //nolint:errcheck // it is one
	var number atomic.Int64
	var all sync.Mutex
	var took []time.Duration
	b.SetParallelism(clients / 2) // times two cores
	b.ResetTimer()
	b.RunParallel(func(each *testing.PB) {
		a := accounts[number.Add(1)%clients]
		var mine []time.Duration
		for each.Next() {
			began := time.Now()
			if got := r.post("/liquidity", r.proof(a, nbtBTC)); !strings.Contains(got.body, saved) {
				b.Error(got)
				return
			}
			mine = append(mine, time.Since(began))
		}
		all.Lock()
		defer all.Unlock()
		took = append(took, mine...)
	})
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
