package reward_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// BenchmarkStep decides a round of 100,000 orders from 10,000 providers, on both
// sides of two markets and in two ranks.
func BenchmarkStep(b *testing.B) {
	const orders, providers = 100_000, 10_000
	e := engine(b, func(c *reward.Config) { c.MaxOrders = orders })
	seen := reward.Observation{At: start, Grants: funds("1000")}
	for i := range orders {
		o := bid(uint64(i+1), fmt.Sprint("provider ", i%providers), []string{"0.999", "0.95"}[i/4%2], fmt.Sprint(1+i%997, ".", i%89))
		o.Side = []exchange.Side{exchange.Ask, exchange.Bid}[i%2]
		o.Unit = []string{"btc", "ppc"}[i/2%2]
		seen.Orders = append(seen.Orders, o)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, d, err := e.Step(reward.State{}, seen)
		require.NoError(b, err)
		require.Equal(b, reward.Paid, d.Reason)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/orders, "ns/order")
}
