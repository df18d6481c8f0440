package show_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestAPegIsALineWhenSomethingChangesAndOnceAMinute(t *testing.T) {
	var out bytes.Buffer
	k := show.NewKeeper(&out, pair, false)
	for i := range 8 {
		k.Peg(watch.Peg{At: at.Add(time.Duration(i) * 10 * time.Second), Action: stabilizer.Hold, Reason: stabilizer.InBand, Block: uint64(i + 1), Price: dec("1")})
	}
	k.Peg(watch.Peg{At: at.Add(80 * time.Second), Action: stabilizer.None, Reason: stabilizer.NothingNew})
	k.Peg(watch.Peg{
		At: at.Add(90 * time.Second), Action: stabilizer.Trade, Reason: stabilizer.Rebalance, Block: 9, Price: dec("0.9987"), SpotBps: dec("-13"), Base: dec("1"), Quote: dec("2"),
		Order: &stabilizer.Order{Side: stabilizer.Buy, AmountIn: dec("5"), MinOut: dec("4"), Deadline: 11},
	})
	require.Equal(t, `12:00:00 block 1: hold in_band: USDC is at 1, on its peg; holds 0.00 USDC and 0.00 USDT
12:01:00 block 7: hold in_band: USDC is at 1, on its peg; holds 0.00 USDC and 0.00 USDT
12:01:30 trade rebalance: sells 5.00 USDT for at least 4.00 USDC, up to block 11
12:01:30 block 9: trade rebalance: USDC is at 0.9987, 13.0 bps below its peg; holds 1.00 USDC and 2.00 USDT
`, out.String())
}

func TestWhatPeopleMustReadOfAPegIsALineOfItsOwn(t *testing.T) {
	var out bytes.Buffer
	k := show.NewKeeper(&out, pair, false)
	k.Event(at, "a storm")
	k.Peg(watch.Peg{
		At: at, Fault: "unplugged\nand \x1b[2Joff", Cleared: true, Obeyed: []string{"pause by anna"}, Alerts: []stabilizer.Alert{{Code: stabilizer.NoTrade, Detail: "gas"}},
		Settled: []stabilizer.Receipt{{ID: strings.Repeat("x", 100), Outcome: stabilizer.Reverted, Block: 4}},
	})
	k.Reserve(watch.Reserve{At: at, Level: reserve.Warn, Coverage: dec("1.1"), Alerts: []monitor.Alert{monitor.Blind}, Refills: []watch.Refill{{Text: "REFILL 1"}}})
	k.Reserve(watch.Reserve{At: at, Fault: "gone"})
	require.Equal(t, `12:00:00 a storm
12:00:00 pause by anna
12:00:00 reverted in block 4: xxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxx
12:00:00 ALERT no_trade gas
12:00:00 fault: unplugged; and \x1b[2Joff
12:00:00 nothing succeeded for too long: took back what was pending
12:00:00 reserve WARN: 110 % of what must be held
12:00:00 ALERT blind
12:00:00 REFILL 1
12:00:00 reserve: fault: gone
`, out.String())
}

func TestTheTablesFitAScreen(t *testing.T) {
	drawn := show.Peg(pair, watch.Peg{Phase: stabilizer.PhaseWatch, Reason: stabilizer.Sustaining, Block: 7, Price: dec("1.0013"), SpotBps: dec("13")}, watch.Reserve{Level: reserve.OK, Coverage: dec("2")})
	apart := show.Spread(pair, [2]uint64{138, 651940}, watch.Spread{Reason: parity.InBand, Bps: dec("3")})
	for _, table := range []string{drawn, apart} {
		require.LessOrEqual(t, strings.Count(table, "\n"), 18, "with the lines below it, 24")
		for line := range strings.SplitSeq(table, "\n") {
			require.LessOrEqual(t, len([]rune(line)), 80, line)
		}
	}
	require.Contains(t, drawn, "13.0 bps above its peg")
	require.Contains(t, apart, "chain 651940")
}
