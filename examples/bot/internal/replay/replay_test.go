package replay_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/replay"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/weekend"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

var begin = time.Date(2023, 3, 12, 0, 0, 0, 0, time.UTC)

// minute is one after n others, in which 3,000 were sold and 6,000 bought.
func minute(n int, open, high, low, closing string) weekend.Minute {
	return weekend.Minute{
		Start: begin.Add(time.Duration(n) * time.Minute), Open: dec(open), High: dec(high), Low: dec(low), Close: dec(closing),
		Sold: dec("3000"), Bought: dec("6000"),
	}
}

// usual is a wall of 1,000 on each side, 20 bps away, and the whole flow.
func usual(minutes ...weekend.Minute) replay.Config {
	c := maker.Careful("desk", weekend.Pair, dec("1000"))
	c.Bids.WidthBps, c.Asks.WidthBps, c.AddFee, c.TolerancePriceBps = decimal.Zero, decimal.Zero, false, dec("10")
	return replay.Config{
		Maker: c, Market: weekend.Market(dec("1")), Minutes: minutes, Base: dec("5000"), Quote: dec("5000"), Share: dec("1"),
		Key: "maker/desk", Journal: &memory.Store{},
		Filter: exchange.FilterConfig{Quorum: 1, MaxAge: 30 * time.Second, MaxDivergenceBps: dec("50"), MaxJumpBps: dec("100"), Confirmations: 1},
	}
}

// still is a minute in which nothing moves: the maker comes to rest.
func still(n int) weekend.Minute { return minute(n, "1", "1", "1", "1") }

func TestOnlyWhatGoesBeyondOurPricesTradesWithUs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		story        string
		then         weekend.Minute
		bought, sold string
	}{
		{"nothing moves", still(1), "0", "0"},
		{"the price touches our bid", minute(1, "1", "1", "0.998", "0.999"), "0", "0"},
		{"the price goes a tick beyond our bid", minute(1, "1", "1", "0.9979", "0.998"), "1000", "0"},
		{"the price touches our ask", minute(1, "1", "1.002", "1", "1.001"), "0", "0"},
		{"the price goes a tick beyond our ask", minute(1, "1", "1.0021", "1", "1.001"), "0", "1000"},
	} {
		t.Run(c.story, func(t *testing.T) {
			t.Parallel()
			r, err := replay.Run(t.Context(), usual(still(0), c.then))
			require.NoError(t, err)
			require.Equal(t, []string{c.bought, c.sold}, []string{r.Bought.String(), r.Sold.String()})
		})
	}
}

func TestNoMoreReachesUsThanOurShareOfTheFlow(t *testing.T) {
	t.Parallel()
	down, up := minute(1, "1", "1", "0.99", "0.995"), minute(1, "1", "1.01", "1", "1.005")
	for _, c := range []struct {
		story  string
		minute weekend.Minute
		want   string // of either side
	}{
		{"a third of a tenth of what was sold, in whole lots", down, "100"}, // 3,000 / 3 / 0.995 / 10 = 100.5
		{"a third of a tenth of what was bought", up, "199"},                // 6,000 / 3 / 1.005 / 10 = 199.0
	} {
		t.Run(c.story, func(t *testing.T) {
			t.Parallel()
			cfg := usual(still(0), c.minute)
			cfg.Share = dec("0.1")
			r, err := replay.Run(t.Context(), cfg)
			require.NoError(t, err)
			require.Equal(t, c.want, r.Bought.Add(r.Sold).String())
			require.Equal(t, 1, r.Fills)
		})
	}
}

func TestTheResultAddsUp(t *testing.T) {
	t.Parallel()
	cfg := usual(still(0), minute(1, "1", "1", "0.997", "1"), still(2), minute(3, "1", "1.003", "1", "1"), still(4))
	r, err := replay.Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, "1000", r.Bought.String())
	require.Equal(t, "1000", r.Sold.String())
	require.Equal(t, "4", r.Spread.String(), "1,000 x (1.002 - 0.998)")
	require.Equal(t, "0.2", r.Fees.String(), "0.1 USDC at 0.998, and 1 bps of 1,002")
	require.Equal(t, "-0.1", r.Inventory.String(), "the fee of what was bought")
	require.Equal(t, "10000", r.Held.String())
	require.Equal(t, "3.7998", r.Made().String())
	require.Equal(t, "10018.7995", r.Highest.String(), "in the middle of the rise, with 6,000 USDC")
	require.Equal(t, 15, r.Looks)
	require.True(t, r.Uptime.IsPositive())
	require.Equal(t, maker.Reason(""), r.Halted)
	require.Len(t, r.Digest, 64)

	again := cfg
	again.Journal = &memory.Store{}
	same, err := replay.Run(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, r, same)
}

func TestALossLimitStopsTheReplayedMakerToo(t *testing.T) {
	t.Parallel()
	cfg := usual(still(0), minute(1, "1", "1", "0.995", "0.995"), minute(2, "0.995", "0.995", "0.993", "0.993"))
	cfg.Maker.MaxLoss = dec("10")
	r, err := replay.Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, maker.Lost, r.Halted)
	require.Equal(t, 1, r.Alerts[maker.LossStop])
}

func TestWhatCannotBeReplayedIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		story, says string
		change      func(*replay.Config)
	}{
		{"another pair", "pair BTC/USDT: must be USDC/USDT", func(c *replay.Config) { c.Maker.Pair.Base = "BTC" }},
		{"no time at all", "minutes 0: must be at least one", func(c *replay.Config) { c.Minutes = nil }},
		{"no money", "funds 0 and 5000: must be > 0", func(c *replay.Config) { c.Base = decimal.Zero }},
		{"more flow than there was", "share 1.1: must be > 0, up to 1", func(c *replay.Config) { c.Share = dec("1.1") }},
	} {
		t.Run(c.story, func(t *testing.T) {
			t.Parallel()
			cfg := usual(still(0))
			c.change(&cfg)
			_, err := replay.Run(t.Context(), cfg)
			require.ErrorIs(t, err, replay.ErrInvalid)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestAJournalIsForOneReplay(t *testing.T) {
	t.Parallel()
	cfg := usual(still(0))
	_, err := replay.Run(t.Context(), cfg)
	require.NoError(t, err)
	_, err = replay.Run(t.Context(), cfg)
	require.ErrorContains(t, err, "journal maker/desk: must be empty, has 3 records")
}
