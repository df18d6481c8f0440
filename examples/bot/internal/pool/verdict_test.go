package pool_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
)

func num(s string) alp.Number { return alp.Number{Decimal: decimal.RequireFromString(s), Given: true} }

// credited is a credited order of 100, and the totals of its round: 250 of 2500,
// of which we have 100 of 200 in the rank. A tenth of 0.025 is 0.0025, half of it
// is the side's, 0.8 of that the rank's, half of that ours: 0.0005.
func credited(change func(*alp.Credit)) alp.Order {
	c := alp.Credit{
		At: num("1714564800"), Amount: num("0.0005"), UnitTotal: num("250"), UnitTarget: num("2500"), UnitReward: num("0.025"),
		CalculatedReward: num("0.0025"), SideRatio: num("0.5"), RankTotal: num("200"), RankRatio: num("0.8"),
	}
	if change != nil {
		change(&c)
	}
	return alp.Order{OrderID: "1", Side: exchange.Ask, Price: num("0.004"), Amount: num("100"), Credited: alp.Credited, Credit: &c}
}

func TestARoundIsRecomputed(t *testing.T) {
	for _, c := range []struct {
		story    string
		change   func(*alp.Credit)
		expected string
		wrong    string // part of what is wrong; "" is nothing
	}{
		{"a share of a share of a share", nil, "0.0005", ""},
		{"the last digit shown may be rounded", func(c *alp.Credit) { c.Amount = num("0.00050001") }, "0.0005", ""},
		{"and no more than that", func(c *alp.Credit) { c.Amount = num("0.00050002") }, "0.0005", "credited 0.00050002, earns 0.0005"},
		{"a target that is met earns the whole reward", func(c *alp.Credit) {
			c.UnitTotal, c.CalculatedReward, c.Amount = num("2500"), num("0.025"), num("0.005")
		}, "0.005", ""},
		{"beyond the target there is no more", func(c *alp.Credit) {
			c.UnitTotal, c.CalculatedReward, c.Amount = num("9999"), num("0.025"), num("0.005")
		}, "0.005", ""},
		{"a pot that does not end in eight decimals", func(c *alp.Credit) {
			c.UnitTarget, c.CalculatedReward, c.Amount = num("700"), num("0.00892857"), num("0.00178571")
		}, "0.001785714286", ""},
		{"far orders may not fill the target", func(c *alp.Credit) { c.CalculatedReward, c.Amount = num("0.001"), num("0.0002") }, "0.0002", ""},
		{"a rank that earns nothing", func(c *alp.Credit) { c.RankRatio, c.Amount = num("0"), num("0") }, "0", ""},
		{"the pot is more than the total earns", func(c *alp.Credit) { c.CalculatedReward = num("0.025") }, "0", "more than the 0.0025"},
		{"a target of nothing", func(c *alp.Credit) { c.UnitTarget = num("0") }, "0", "must be > 0"},
		{"an empty rank", func(c *alp.Credit) { c.RankTotal = num("0") }, "0", "must be > 0"},
		{"a rank smaller than our order", func(c *alp.Credit) { c.RankTotal = num("99") }, "0", "less than our own 100"},
	} {
		t.Run(c.story, func(t *testing.T) {
			v := pool.Judge([]alp.Order{credited(c.change)}, nil)
			require.Equal(t, c.expected, v.Expected.Round(12).String())
			if c.wrong == "" {
				require.Empty(t, v.Wrong)
				return
			}
			require.Len(t, v.Wrong, 1)
			require.Contains(t, v.Wrong[0], c.wrong)
		})
	}
}

func TestARoundIsHeldAgainstTheOrdersThereWere(t *testing.T) {
	had := func(id string, amount, filled string) exchange.Order {
		return exchange.Order{
			ID: id, Side: exchange.Ask, Price: decimal.RequireFromString("0.0040"),
			Amount: decimal.RequireFromString(amount), Filled: decimal.RequireFromString(filled),
		}
	}
	round := []alp.Order{credited(nil)}
	require.Empty(t, pool.Judge(round, []exchange.Order{had("1", "100", "0")}).Wrong)
	require.Empty(t, pool.Judge(round, []exchange.Order{had("1", "140", "40")}).Wrong, "what is left counts")
	require.Contains(t, pool.Judge(round, []exchange.Order{had("1", "140", "0")}).Wrong[0], "counted as 100, offers 140")
	require.Contains(t, pool.Judge(round, []exchange.Order{}).Wrong[0], "is not ours", "no orders is not the same as unknown ones")
	require.Contains(t, pool.Judge(append(round, credited(nil)), []exchange.Order{had("1", "100", "0")}).Wrong[0], "there twice")
	require.Equal(t, []string{"order 2, ask 5 at 0.004: was not credited"},
		pool.Judge(round, []exchange.Order{had("1", "100", "0"), had("2", "5", "0")}).Wrong)
}
