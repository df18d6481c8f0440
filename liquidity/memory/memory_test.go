package memory_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
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

func TestChronicle(t *testing.T) {
	liquiditytest.RunChronicle(t, func(*testing.T) chronicle.Chronicle { return &memory.Chronicle{} })
}

func TestABoundedChronicleKeepsTheNewest(t *testing.T) {
	c := memory.Chronicle{Limit: 2}
	for seq := range uint64(7) {
		bank := string(rune('a' + seq))
		require.NoError(t, c.Write(t.Context(), chronicle.Entry{
			Seq:     seq + 1,
			Ratios:  []chronicle.Ratio{{Position: liquidity.Position{Bank: bank}}},
			Actions: []chronicle.Action{{Action: liquidity.Action{ID: bank}}, {Action: liquidity.Action{ID: "g"}}},
		}))
	}
	ratios, err := c.Ratios(t.Context(), chronicle.Query{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(ratios.Items), 2)
	require.Less(t, len(ratios.Items), 4)
	require.EqualValues(t, 7, ratios.Items[0].Number)
	_, err = c.Action(t.Context(), "a")
	require.ErrorIs(t, err, chronicle.ErrNotFound)
	newest, err := c.Action(t.Context(), "f")
	require.NoError(t, err)
	require.Equal(t, "f", newest.ID)
	latest, err := c.Latest(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, latest, 7, "the newest ratio of each bank stays")
}
