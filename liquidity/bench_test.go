package liquidity_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// system is that many banks: every tenth is short, every tenth has too much.
func system(banks int, at time.Time) liquidity.Observation {
	seen := liquidity.Observation{At: at, Providers: []liquidity.Provider{
		{ID: "a", Contributed: dec("60000000")}, {ID: "b", Contributed: dec("40000000")}, {ID: "c", Contributed: dec("20000000")},
	}}
	for i := range banks {
		liquid := int64(110_000 + 37*(i%400))
		switch i % 10 {
		case 3:
			liquid = int64(90_000 + 7*(i%1000))
		case 7:
			liquid = int64(140_000)
		}
		seen.Banks = append(seen.Banks, liquidity.Position{
			Bank: fmt.Sprintf("bank-%05d", i), Kind: liquidity.SXLR, Currency: currency, Source: "core", At: at,
			Liquid: decimal.New(liquid, -2), Obligations: dec("1000.00"), SRI: dec("35"), FXVolatility: dec("8.1"), PBreach: dec("0.02"),
		})
	}
	return seen
}

func BenchmarkStep(b *testing.B) {
	for _, mode := range []liquidity.Mode{liquidity.Suggest, liquidity.Live} {
		b.Run(fmt.Sprintf("mode=%s/banks=10000", mode), func(b *testing.B) {
			cfg := liquidity.Careful("glp", currency, dec("1000000"))
			cfg.Mode, cfg.Finality = mode, time.Hour
			cfg.SRITarget, cfg.SRICap, cfg.FXCalm, cfg.FXHalt = dec("0.05"), dec("0.5"), dec("10"), dec("40")
			e, err := liquidity.New(cfg)
			require.NoError(b, err)
			state, d, err := e.Step(liquidity.State{}, system(10_000, start))
			require.NoError(b, err)
			second := system(10_000, start.Add(time.Minute))
			second.Receipts = map[string]liquidity.Receipt{}
			for _, t := range d.Send {
				second.Receipts[t.ID] = liquidity.Receipt{Status: liquidity.StatusSettled, Amount: t.Amount}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Step(state, second); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
