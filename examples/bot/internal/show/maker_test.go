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
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

var pair = exchange.Pair{Base: "USDC", Quote: "USDT"}

func TestALookIsALineWhenSomethingChangesAndOnceAMinute(t *testing.T) {
	var out bytes.Buffer
	tell := show.Looks(&out, pair)
	for i := range 14 {
		tell(watch.Look{At: at.Add(time.Duration(i) * 10 * time.Second), Reason: maker.Quoting, Bids: maker.InPlace, Asks: maker.InPlace, Worth: decimal.NewFromInt(5)})
	}
	tell(watch.Look{At: at.Add(140 * time.Second), Reason: maker.Quoting, Bids: maker.Moving, Asks: maker.InPlace, Cancel: 2})
	require.Equal(t, `12:00:00 USDC/USDT: quoting, bids in_place, asks in_place, 0 orders stand, 0 placed, 0 cancelled; 0 fills, worth 5.00 USDT
12:01:00 USDC/USDT: quoting, bids in_place, asks in_place, 0 orders stand, 0 placed, 0 cancelled; 0 fills, worth 5.00 USDT
12:02:00 USDC/USDT: quoting, bids in_place, asks in_place, 0 orders stand, 0 placed, 0 cancelled; 0 fills, worth 5.00 USDT
12:02:20 USDC/USDT: quoting, bids moving, asks in_place, 0 orders stand, 0 placed, 2 cancelled; 0 fills, worth 0.00 USDT
`, out.String())
}

func TestWhatPeopleMustReadIsALineOfItsOwn(t *testing.T) {
	var out bytes.Buffer
	show.Looks(&out, pair)(watch.Look{
		At: at, Fault: "unplugged\nand off", Cleared: true,
		Answers: []maker.Answer{{Seq: 7, Reply: maker.Done}}, Alerts: []maker.Alert{{What: maker.Strays, Note: "3\x1b[2J"}},
	})
	require.Equal(t, "12:00:00 command 7: done\n12:00:00 ALERT strays 3\\x1b[2J\n12:00:00 fault: unplugged; and off\n"+
		"12:00:00 nothing succeeded for too long: cancelled all orders\n", out.String())
	require.NotContains(t, out.String(), "\x1b")
}

func TestTheTableFitsAScreen(t *testing.T) {
	l := watch.Look{At: at, Reason: maker.Quoting, Bids: maker.InPlace, Asks: maker.NoFunds, Price: decimal.NewFromInt(1), PriceAge: 3 * time.Second, Worth: decimal.NewFromInt(20000)}
	for i := range 40 {
		l.Open = append(l.Open, watch.Order{Side: exchange.Side(1 + i%2), Price: decimal.New(int64(i+1), -2), Amount: decimal.NewFromInt(5), Level: i / 2})
	}
	drawn := show.Look(pair, l)
	require.LessOrEqual(t, strings.Count(drawn, "\n"), 18, "with the lines below it, 24")
	for _, want := range []string{"USDC/USDT", "quoting", "price 1", "3 s old", "level 3", "no_funds", "20000.00"} {
		require.Contains(t, drawn, want)
	}
	require.NotContains(t, drawn, "level 4")
}

func TestProgramsReadLooks(t *testing.T) {
	var out bytes.Buffer
	tell := show.LooksJSON(&out)
	tell(watch.Look{At: at, Reason: maker.Quoting})
	tell(watch.Look{At: at})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	require.True(t, strings.HasPrefix(lines[0], `{"at":"2024-05-01T12:00:00Z","reason":"quoting"`), lines[0])
}
