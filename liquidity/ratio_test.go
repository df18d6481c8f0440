package liquidity_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

func TestLCR(t *testing.T) {
	for name, c := range map[string]struct {
		level1, level2A, rmbs, level2B string
		outflows, inflows              string
		liquid, obligations            string
	}{
		"level 1 counts whole":                          {"100", "0", "0", "0", "80", "0", "100", "80"},
		"haircuts are 15, 25 and 50 percent":            {"1000", "100", "20", "20", "1", "0", "1110", "1"},
		"level 2 is at most 40 percent of the stock":    {"60", "100", "0", "0", "1", "0", "100", "1"},
		"level 2B is at most 15 percent of the stock":   {"85", "0", "0", "100", "1", "0", "100", "1"},
		"the cap of level 2B counts capped level 2A":    {"60", "1000", "0", "100", "1", "0", "100", "1"},
		"without level 1 there is no stock":             {"0", "100", "100", "100", "1", "0", "0", "1"},
		"inflows cover at most 75 percent of outflows":  {"1", "0", "0", "0", "100", "90", "1", "25"},
		"inflows below that count whole":                {"1", "0", "0", "0", "100", "74.99", "1", "25.01"},
		"what a cap leaves is rounded against the bank": {"1", "1", "0", "0", "1", "0", "1.666666666666666666", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := liquidity.LCR(
				liquidity.HQLA{Level1: dec(c.level1), Level2A: dec(c.level2A), RMBS: dec(c.rmbs), Level2B: dec(c.level2B)},
				liquidity.Flows{Outflows: dec(c.outflows), Inflows: dec(c.inflows)},
			)
			require.NoError(t, err)
			require.Equal(t, c.liquid, m.Liquid.String())
			require.Equal(t, c.obligations, m.Obligations.String())
		})
	}
}

// The annex's formula, and the shares that it is there for.
func TestLCRKeepsItsCaps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) decimal.Decimal { return decimal.New(rapid.Int64Range(0, 300).Draw(rt, name), 0) }
		stock := liquidity.HQLA{Level1: draw("level 1"), Level2A: draw("level 2A"), RMBS: draw("RMBS"), Level2B: draw("level 2B")}
		m, err := liquidity.LCR(stock, liquidity.Flows{})
		require.NoError(rt, err)
		l1, l2a := stock.Level1, stock.Level2A.Mul(dec("0.85"))
		l2b := stock.RMBS.Mul(dec("0.75")).Add(stock.Level2B.Mul(dec("0.5")))
		ratio := func(d decimal.Decimal, n, of int64) decimal.Decimal {
			return d.Mul(decimal.New(n, 0)).DivRound(decimal.New(of, 0), 24)
		}
		over15 := decimal.Max(l2b.Sub(ratio(l1.Add(l2a), 15, 85)), l2b.Sub(ratio(l1, 15, 60)), decimal.Zero)
		over40 := decimal.Max(l2a.Add(l2b).Sub(over15).Sub(ratio(l1, 2, 3)), decimal.Zero)
		want := l1.Add(l2a).Add(l2b).Sub(over15).Sub(over40)
		require.True(rt, m.Liquid.LessThanOrEqual(want) && want.Sub(m.Liquid).LessThan(dec("1e-16")), "%v, want %v", m.Liquid, want)
		require.True(rt, m.Liquid.Mul(dec("0.6")).LessThanOrEqual(l1), "level 1 is at least 60 percent of %v", m.Liquid)
	})
}

func TestRatiosRefuseWhatIsMalformed(t *testing.T) {
	minus := dec("-1")
	for name, err := range map[string]func() error{
		"HQLA.Level1":  func() error { _, err := liquidity.LCR(liquidity.HQLA{Level1: minus}, liquidity.Flows{}); return err },
		"HQLA.Level2A": func() error { _, err := liquidity.LCR(liquidity.HQLA{Level2A: minus}, liquidity.Flows{}); return err },
		"HQLA.RMBS":    func() error { _, err := liquidity.LCR(liquidity.HQLA{RMBS: minus}, liquidity.Flows{}); return err },
		"HQLA.Level2B": func() error {
			_, err := liquidity.LCR(liquidity.HQLA{Level2B: dec("1e18")}, liquidity.Flows{})
			return err
		},
		"Flows.Outflows":   func() error { _, err := liquidity.LCR(liquidity.HQLA{}, liquidity.Flows{Outflows: minus}); return err },
		"Flows.Inflows":    func() error { _, err := liquidity.LCR(liquidity.HQLA{}, liquidity.Flows{Inflows: minus}); return err },
		"available":        func() error { _, err := liquidity.NSFR(minus, dec("1")); return err },
		"required":         func() error { _, err := liquidity.NSFR(dec("1"), minus); return err },
		"expected":         func() error { _, err := liquidity.Headroom(liquidity.Sources{}, minus); return err },
		"Sources.Reserves": func() error { _, err := liquidity.Headroom(liquidity.Sources{Reserves: minus}, dec("1")); return err },
		"probability":      func() error { _, err := liquidity.Probability(1.01); return err },
	} {
		require.ErrorIs(t, err(), liquidity.ErrInvalid, name)
		require.ErrorContains(t, err(), name)
	}
	p, err := liquidity.Probability(1.0 / 3)
	require.NoError(t, err)
	require.Equal(t, "0.333333", p.String())
	m, err := liquidity.NSFR(dec("110"), dec("100"))
	require.NoError(t, err)
	require.Equal(t, "110/100", m.Liquid.String()+"/"+m.Obligations.String())
	m, err = liquidity.Headroom(liquidity.Sources{Reserves: dec("1"), Collateral: dec("2"), Systems: dec("4"), Unsecured: dec("8"), CreditLines: dec("16"), Balances: dec("32")}, dec("50"))
	require.NoError(t, err)
	require.Equal(t, "63/50", m.Liquid.String()+"/"+m.Obligations.String())
}
