package exchange_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// levels pairs "price amount" numbers up.
func levels(numbers ...string) []exchange.Level {
	var out []exchange.Level
	for i := 0; i < len(numbers); i += 2 {
		out = append(out, exchange.Level{Price: dec(numbers[i]), Amount: dec(numbers[i+1])})
	}
	return out
}

func TestABookIsInOrder(t *testing.T) {
	for _, c := range []struct {
		story      string
		bids, asks []exchange.Level
		text       string // "" if valid
	}{
		{"an empty book", nil, nil, ""},
		{"one side only", levels("1", "5", "0.9", "5"), nil, ""},
		{"both sides", levels("1", "5", "0.9", "5"), levels("1.1", "5", "1.2", "5"), ""},
		{"crossed", levels("1.1", "5"), levels("1", "5"), "best bid 1.1 must be below best ask 1"},
		{"locked", levels("1", "5"), levels("1", "5"), "best bid 1 must be below best ask 1"},
		{"bids from the lowest", levels("0.9", "5", "1", "5"), nil, "Book.Bids[1].Price 1: must be behind 0.9"},
		{"asks from the highest", nil, levels("1.1", "5", "1", "5"), "Book.Asks[1].Price 1: must be behind 1.1"},
		{"a price twice", nil, levels("1", "5", "1.0", "5"), "Book.Asks[1].Price 1: must be behind 1"},
		{"a level of nothing", levels("1", "0"), nil, "Book.Bids[0].Amount 0: must be > 0"},
		{"a price of nothing", nil, levels("1", "1", "0", "1"), "Book.Asks[1].Price 0: must be > 0"},
	} {
		t.Run(c.story, func(t *testing.T) {
			err := exchange.Book{Pair: pair, At: start, Bids: c.bids, Asks: c.asks}.Validate()
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.text)
		})
	}
	require.ErrorIs(t, exchange.Book{}.Validate(), exchange.ErrInvalid, "a book of no pair")
}

// The middle is strictly between the best prices of a valid book, exactly half
// way.
func TestTheMiddleOfABook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []exchange.Level {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) exchange.Level {
				return exchange.Level{
					Price:  decimal.New(rapid.Int64Range(0, 6).Draw(t, "price"), -1),
					Amount: decimal.New(rapid.Int64Range(0, 3).Draw(t, "amount"), 0),
				}
			}), 0, 3).Draw(t, name)
		}
		b := exchange.Book{Pair: pair, Bids: draw("bids"), Asks: draw("asks")}
		if b.Validate() != nil {
			return
		}
		mid, spread, ok := b.Mid()
		require.Equal(t, len(b.Bids) > 0 && len(b.Asks) > 0, ok)
		if !ok {
			return
		}
		below, above := mid.Sub(b.Bids[0].Price), b.Asks[0].Price.Sub(mid)
		require.True(t, below.IsPositive() && below.Equal(above), "%v in %v %v", mid, b.Bids, b.Asks)
		width := below.Add(above)
		require.True(t, spread.Mul(mid).Sub(width.Shift(4)).Abs().LessThan(dec("0.0001")), "%v bps of %v are not %v", spread, mid, width)
	})
}
