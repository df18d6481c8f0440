package sql_test

import (
	"bytes"
	"flag"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward"
)

var roundOrders = flag.Int("orders", 100_000, "orders in a round of BenchmarkRound, ten to a provider")

// BenchmarkAppend measures one durable record of 3 KB.
func BenchmarkAppend(b *testing.B) {
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			store := open(b, empty(b)).Store()
			var last evenkeel.Record
			for b.Loop() {
				last = after(last)
				last.Seen = bytes.Repeat([]byte("seen"), 768)
				last.Hash = last.Sum()
				require.NoError(b, store.Append(b.Context(), last))
			}
		})
	}
}

// BenchmarkRound measures one round of a pool, from reading its sightings to
// having booked what they earned, and what it leaves in the database.
func BenchmarkRound(b *testing.B) {
	const each = 10
	providers := *roundOrders / each
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			dsn := empty(b)
			p, err := newPool(open(b, dsn), *roundOrders)
			require.NoError(b, err)
			p.grant(b)
			p.register(b, providers)
			at, before := noon, int64(0)
			round := func() {
				at = at.Add(time.Minute)
				p.submit(b, providers, each, at)
				before = size(b, dsn)
				b.StartTimer()
				d, err := p.runner.Tick(b.Context(), at.Add(time.Second))
				b.StopTimer()
				require.NoError(b, err)
				require.Equal(b, reward.Paid, d.Reason)
				require.Len(b, d.Orders, *roundOrders)
			}
			b.StopTimer()
			round() // whose orders are all new
			first := size(b, dsn)
			b.ResetTimer()
			grown := int64(0)
			for range b.N {
				round()
				grown += size(b, dsn) - before
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/round")
			b.ReportMetric(float64(grown)/float64(b.N)/1e6, "MB-booked/round")
			b.ReportMetric(float64(size(b, dsn)-first)/float64(b.N)/1e6, "MB/round")
		})
	}
}

// size returns how many bytes a database takes.
func size(tb testing.TB, dsn string) (bytes int64) {
	tb.Helper()
	ask := `SELECT SUM(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`
	if strings.HasPrefix(dsn, "sqlite:") {
		ask = `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`
	}
	require.NoError(tb, raw(tb, dsn).QueryRowContext(tb.Context(), ask).Scan(&bytes))
	return bytes
}

// BenchmarkSubmit measures submissions of ten orders from 64 callers at once,
// each durable when its caller goes on.
func BenchmarkSubmit(b *testing.B) {
	const callers = 64
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			p, err := newPool(open(b, empty(b)), 1000)
			require.NoError(b, err)
			p.register(b, callers)
			p.submit(b, callers, 10, noon)
			b.ResetTimer()
			var sent atomic.Int64
			var running sync.WaitGroup
			for i := range callers {
				running.Go(func() {
					for at := noon; sent.Add(1) <= int64(b.N); {
						at = at.Add(time.Second)
						if err := p.ledger.Submit(b.Context(), proof(i, 10, at)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			running.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submissions/s")
		})
	}
}
