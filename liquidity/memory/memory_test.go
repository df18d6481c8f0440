package memory_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/liquiditytest"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
)

func bench(script ...memory.Luck) func(*testing.T) liquiditytest.Bench {
	return func(*testing.T) liquiditytest.Bench {
		var s memory.System
		s.Set(liquidity.Position{Bank: "bank", Liquid: decimal.New(1000, 0)})
		p := s.Provider("glp")
		p.Change(func(p *liquidity.Provider) { p.Contributed = decimal.New(100, 0) })
		p.Script(script...)
		return liquiditytest.Bench{
			Executor: p, Bank: "bank",
			Liquid: func(*testing.T) decimal.Decimal { return s.Position("bank").Liquid },
			Settle: func(*testing.T) { p.Settle() },
		}
	}
}

func TestProvider(t *testing.T) { liquiditytest.RunExecutor(t, bench()) }

func TestSlowProvider(t *testing.T) {
	liquiditytest.RunExecutor(t, bench(memory.Delay, memory.Delay, memory.Delay, memory.Delay))
}
