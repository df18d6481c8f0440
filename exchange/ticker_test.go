package exchange_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

func TestATickerIsOfOneMarket(t *testing.T) {
	for _, c := range []struct {
		story          string
		bid, ask, last string
		text           string // "" if valid
	}{
		{"a market that trades", "0.999", "1.001", "1", ""},
		{"a market that nobody has come to", "0", "0", "0", ""},
		{"nobody asks", "0.999", "0", "1", ""},
		{"nobody bids", "0", "1.001", "1", ""},
		{"the last trade was far away", "0.999", "1.001", "3", ""},
		{"crossed", "1.001", "0.999", "1", "Ticker.Bid 1.001: must be below Ask 0.999"},
		{"locked", "1", "1", "1", "Ticker.Bid 1: must be below Ask 1"},
		{"a negative bid", "-1", "1", "1", "Ticker.Bid -1: must be >= 0"},
		{"a negative ask", "0", "-1", "1", "Ticker.Ask -1: must be >= 0"},
		{"a negative trade", "1", "2", "-1", "Ticker.Last -1: must be >= 0"},
		{"a price of ten thousand digits", "1", "2", "1e9999", "Ticker.Last (out of range)"},
	} {
		t.Run(c.story, func(t *testing.T) {
			err := exchange.Ticker{Pair: pair, Bid: dec(c.bid), Ask: dec(c.ask), Last: dec(c.last), At: start}.Validate()
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.text)
		})
	}
	require.ErrorIs(t, exchange.Ticker{}.Validate(), exchange.ErrInvalid, "a ticker of no pair")
}
