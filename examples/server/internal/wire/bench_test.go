package wire_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// BenchmarkLiquidity is 64 clients that hand in proofs of ten orders each, over
// HTTP into SQLite; the venue answers at once.
func BenchmarkLiquidity(b *testing.B) {
	const clients, orders = 64, 10
	r := open(b)
	r.ports.Venues.Verifiers["test_exchange"] = r.venue
	accounts := make([]*paper.Account, clients)
	for i := range accounts {
		user := fmt.Sprint("lp", i)
		accounts[i] = r.account(user)
		r.register(user, home, "btc")
		for o := range orders {
			r.place(accounts[i], fmt.Sprint("o", o), nbtBTC, exchange.Bid, "1", "0.004")
		}
	}
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = clients //nolint:errcheck // it is one
	var number atomic.Int64
	b.SetParallelism(clients / 2)
	b.ResetTimer()
	b.RunParallel(func(each *testing.PB) {
		a := accounts[number.Add(1)%clients]
		for each.Next() {
			proof := r.proof(a, nbtBTC)
			if got := r.post("/liquidity", proof); !strings.Contains(got.body, saved) {
				b.Error(got)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proofs/s")
}
