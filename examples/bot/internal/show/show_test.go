package show_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/show"
	"github.com/evenkeelhq/evenkeel/exchange"
)

var at = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func earned(id string) pool.Event {
	return pool.Event{At: at, Kind: pool.Earned, Text: "earned 1", Earned: &pool.Earnings{
		Total: decimal.NewFromInt(1),
		Orders: []pool.Sighting{{
			Order: id, Side: exchange.Ask, Price: decimal.RequireFromString("0.004"), Amount: decimal.NewFromInt(100),
			Rank: "rank_1", State: "credited", Credit: decimal.RequireFromString("0.0005"),
		}},
	}}
}

func TestLinesAreOneSentenceEach(t *testing.T) {
	var out bytes.Buffer
	tell := show.Lines(&out)
	tell(pool.Event{At: at, Text: "one"})
	tell(earned("1"))
	require.Equal(t, "12:00:00 one\n12:00:00 earned 1\n", out.String())
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var out bytes.Buffer
	tell := show.JSON(&out)
	tell(pool.Event{At: at, Kind: pool.Submitted, Text: "one"})
	tell(earned("1"))
	require.Empty(t, cmp.Diff(`{"at":"2024-05-01T12:00:00Z","event":"submitted","text":"one"}
{"at":"2024-05-01T12:00:00Z","event":"earned","text":"earned 1","earned":{"total":"1","unpaid":"0","orders":[`+
		`{"order":"1","side":"ask","price":"0.004","amount":"100","rank":"rank_1","state":"credited","credit":"0.0005"}]}}
`, out.String()))
}

func TestTheLiveTableIsDrawnOverTheLastOne(t *testing.T) {
	var out bytes.Buffer
	tell := show.Live(&out)
	tell(pool.Event{At: at, Text: "one"})
	require.Equal(t, "12:00:00 one\n", out.String())
	tell(earned("1"))
	require.Contains(t, out.String(), "\x1b[1A\x1b[J", "one line up, and erase")
	require.Contains(t, out.String(), "0.00050000")
	out.Reset()
	tell(pool.Event{At: at, Text: "three"})
	require.True(t, strings.HasPrefix(out.String(), "\x1b["), "over the table")
	require.Contains(t, out.String(), "0.00050000", "which stands as it was")
	tell(pool.Event{At: at, Text: strings.Repeat("word ", 100)})
	for _, l := range strings.Split(out.String(), "\n") {
		require.LessOrEqual(t, len([]rune(l)), 100, "no line is left to the terminal to wrap")
	}
	for range 50 {
		tell(pool.Event{At: at, Text: "more"})
	}
	out.Reset()
	tell(pool.Event{At: at, Text: "last"})
	require.Equal(t, 3, strings.Count(out.String(), "more"), "the lines do not grow without end")
}

func TestAStrangersNameCannotMoveTheCursor(t *testing.T) {
	require.NotContains(t, show.Orders(*earned("1\x1b[2J" + strings.Repeat("x", 99)).Earned), "\x1b")
}
