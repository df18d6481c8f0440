package sql_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

var tickBanks = flag.Int("banks", 1000, "banks in a tick of BenchmarkTick")

// BenchmarkTick measures a tick of a treasury, from reading what a source told of
// every bank to having made the transfers, one in a hundred banks each time, and
// the same with the chronicle; and what it takes to be told.
func BenchmarkTick(b *testing.B) {
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			db := open(b, empty(b))
			run := newBenchTreasury(b, db)
			var tells, follows time.Duration
			sends := 0
			b.StopTimer()
			for tick := range b.N + 3 {
				if tick == 3 { // the first ones are not like the others
					b.ResetTimer()
					tells, follows, sends = 0, 0, 0
				}
				now := noon.Add(time.Duration(tick) * 10 * time.Second)
				tells += timed(func() { require.NoError(b, db.Positions().Put(b.Context(), "core", tideAt(tick, now))) })
				b.StartTimer()
				d, err := run.Tick(b.Context(), now)
				b.StopTimer()
				require.NoError(b, err)
				require.Len(b, d.Banks, *tickBanks)
				sends += len(d.Send)
				follows += timed(func() {
					_, err := chronicle.Follow(b.Context(), db.Store(), treasuryKey, db.Chronicle(treasuryKey))
					require.NoError(b, err)
				})
			}
			per := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
			b.ReportMetric(per(b.Elapsed()), "ms/tick")
			b.ReportMetric(per(b.Elapsed()+follows), "ms/tick+chronicle")
			b.ReportMetric(per(tells), "ms/told")
			b.ReportMetric(float64(sends)/float64(b.N), "transfers/tick")
			require.NoError(b, db.Settlement().Audit(b.Context()))
		})
	}
}

func timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

func newBenchTreasury(b *testing.B, db *sql.DB) *evenkeel.Runner[liquidity.State, liquidity.Observation, liquidity.Decision] {
	b.Helper()
	cfg := treasuryConfig()
	cfg.Budget, cfg.MaxAction, cfg.BankBudget = dec("10000000"), dec("1000"), dec("100000")
	engine, err := liquidity.New(cfg)
	require.NoError(b, err)
	require.NoError(b, db.Settlement().Contribute(b.Context(), "glp", "start", dec("20000000")))
	world, err := liquidity.NewWorld(liquidity.WorldConfig{
		Key: treasuryKey, Engine: engine, Inbox: db.Inbox(), Quorum: 1,
		Feeds:     []liquidity.Feed{lentTo{db.Positions().Feed("core"), db.Settlement()}},
		Executors: map[string]liquidity.Executor{"glp": db.Settlement().Provider("glp")},
	})
	require.NoError(b, err)
	run, err := evenkeel.NewRunner(treasuryKey, engine, world, db.Store(), evenkeel.Options{})
	require.NoError(b, err)
	return run
}

// tideAt is how the banks stand at a tick: another hundredth of them is short each
// time, until it is short no more.
func tideAt(tick int, now time.Time) []liquidity.Position {
	positions := make([]liquidity.Position, *tickBanks)
	for i := range positions {
		liquid := int64(110_000 + (i*37+tick*11)%4000)
		if i%100 == tick%100 {
			liquid = 95_000
		}
		positions[i] = position(fmt.Sprintf("bank-%04d", i), decimal.New(liquid, -2).String(), now)
		positions[i].SRI, positions[i].FXVolatility, positions[i].PBreach = dec("35"), dec("8.1"), dec("0.02")
	}
	return positions
}

// BenchmarkChronicle measures an entry of a thousand banks, and the questions that
// a page of a monitor asks of a hundred such entries.
func BenchmarkChronicle(b *testing.B) {
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			c := open(b, empty(b)).Chronicle(treasuryKey)
			seq := uint64(0)
			write := func() {
				seq++
				e := chronicle.Entry{Seq: seq, At: noon.Add(time.Duration(seq) * time.Second)}
				for _, p := range tideAt(int(seq), e.At) {
					plan := liquidity.Suggestion{Bank: p.Bank, Action: liquidity.None, Reasons: []liquidity.Reason{liquidity.RatioInBand}}
					e.Ratios = append(e.Ratios, chronicle.Ratio{Position: p, Plan: plan, SeenAt: e.At, Seq: seq})
				}
				require.NoError(b, c.Write(b.Context(), e))
			}
			for range 100 {
				write()
			}
			for name, ask := range map[string]func() error{
				"write": func() error { write(); return nil },
				"latest of 500 banks": func() error {
					_, err := c.Latest(b.Context(), "", chronicle.MaxPage)
					return err
				},
				"50 of one bank": func() error {
					_, err := c.Ratios(b.Context(), chronicle.Query{Bank: "bank-0500"})
					return err
				},
				"of one bank within a minute": func() error {
					_, err := c.Ratios(b.Context(), chronicle.Query{Bank: "bank-0500", From: noon.Add(20 * time.Second), To: noon.Add(80 * time.Second)})
					return err
				},
			} {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						require.NoError(b, ask())
					}
				})
			}
		})
	}
}
