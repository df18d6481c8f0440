package exchange_test

import (
	"math"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/exchange"
)

var pair = exchange.Pair{Base: "USDC", Quote: "USDT"}

func market() exchange.Market {
	return exchange.Market{
		Pair: pair, Tick: dec("0.0005"), Lot: dec("0.25"), MinAmount: dec("1"), MinNotional: dec("5"),
		MakerFeeBps: dec("-1"), TakerFeeBps: dec("2.5"),
	}
}

func bid(amount, price string) exchange.Order {
	return exchange.Order{ClientID: "a1", Pair: pair, Side: exchange.Bid, Amount: dec(amount), Price: dec(price)}
}

func TestAMarketNamesTheRuleThatAnOrderBreaks(t *testing.T) {
	for _, c := range []struct {
		story string
		spoil func(*exchange.Order)
		text  string // "" if the order is good
	}{
		{"a good order", func(*exchange.Order) {}, ""},
		{"a price between two ticks", func(o *exchange.Order) { o.Price = dec("1.0003") }, "Order.Price 1.0003: must be a multiple of tick 0.0005"},
		{"an amount between two lots", func(o *exchange.Order) { o.Amount = dec("10.1") }, "Order.Amount 10.1: must be a multiple of lot 0.25"},
		{"exactly the smallest notional", func(o *exchange.Order) { o.Amount = dec("5") }, ""},
		{"a lot less than the smallest notional", func(o *exchange.Order) { o.Amount = dec("4.75") }, "Order.Notional 4.75: must be at least 5 USDT"},
		{"exactly the smallest amount", func(o *exchange.Order) { o.Amount, o.Price = dec("1"), dec("5") }, ""},
		{"less than the smallest amount", func(o *exchange.Order) { o.Amount, o.Price = dec("0.75"), dec("100") }, "Order.Amount 0.75: must be at least 1 USDC"},
		{"another pair", func(o *exchange.Order) { o.Pair.Quote = "USD" }, "Order.Pair USDC/USD: must be USDC/USDT"},
		{"no side", func(o *exchange.Order) { o.Side = 0 }, "Order.Side 0: must be Bid or Ask"},
		{"a side that is none", func(o *exchange.Order) { o.Side = 3 }, "Order.Side 3: must be Bid or Ask"},
		{"no price", func(o *exchange.Order) { o.Price = decimal.Zero }, "Order.Price 0: must be > 0"},
		{"a negative amount", func(o *exchange.Order) { o.Amount = dec("-1") }, "Order.Amount -1: must be > 0"},
		{"a price that takes pages to write", func(o *exchange.Order) { o.Price = dec("1e9999") }, "Order.Price (out of range): must be"},
		{"a price with more decimals than anybody has", func(o *exchange.Order) { o.Price = dec("1e-37") }, "Order.Price (out of range): must be"},
		{"no client id", func(o *exchange.Order) { o.ClientID = "" }, `Order.ClientID "": must have 1 to 18 characters`},
		{"a client id one too long", func(o *exchange.Order) { o.ClientID = "abcdefghijklmnopqrs" }, `Order.ClientID "abcdefghijklmnopqrs": must have 1 to 18 characters`},
		{"a client id that some venues refuse", func(o *exchange.Order) { o.ClientID = "a-1" }, `Order.ClientID "a-1": must be ASCII letters and digits`},
		{"an asset with a slash", func(o *exchange.Order) { o.Pair.Base = "A/B" }, `Pair.Base "A/B": must be ASCII`},
	} {
		t.Run(c.story, func(t *testing.T) {
			o := bid("10", "1")
			c.spoil(&o)
			err := market().Check(o)
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, "exchange: invalid: "+c.text)
		})
	}
}

func TestNumbersHaveBounds(t *testing.T) {
	for _, c := range []struct {
		story string
		price decimal.Decimal
		good  bool
	}{
		{"36 digits", dec(strings.Repeat("9", 36)), true},
		{"36 digits as an exponent", dec("1e35"), true},
		{"37 digits", dec("1e36"), false},
		{"37 digits in two parts", decimal.New(10, 35), false},
		{"36 decimals", dec("1e-36"), true},
		{"37 decimals", dec("1e-37"), false},
		{"72 digits around the point", dec(strings.Repeat("9", 36) + "." + strings.Repeat("9", 36)), true},
		{"decimals that are zeros", dec("1." + strings.Repeat("0", 300)), true},
		{"an exponent that arithmetic would not survive", decimal.New(1, math.MaxInt32), false},
		{"a negative one", decimal.New(1, math.MinInt32), false},
	} {
		t.Run(c.story, func(t *testing.T) {
			o := bid("1", "1")
			o.Price = c.price
			if c.good {
				require.NoError(t, o.Validate())
				return
			}
			require.ErrorIs(t, o.Validate(), exchange.ErrInvalid)
		})
	}
}

func TestAMarketHasBounds(t *testing.T) {
	for _, c := range []struct {
		text  string
		spoil func(*exchange.Market)
	}{
		{"Market.Tick 0: must be > 0", func(m *exchange.Market) { m.Tick = decimal.Zero }},
		{"Market.Lot -1: must be > 0", func(m *exchange.Market) { m.Lot = dec("-1") }},
		{"Market.MinAmount -1: must be >= 0", func(m *exchange.Market) { m.MinAmount = dec("-1") }},
		{"Market.MinNotional -1: must be >= 0", func(m *exchange.Market) { m.MinNotional = dec("-1") }},
		{"Market.TakerFeeBps -1: must be 0 to below 10000", func(m *exchange.Market) { m.TakerFeeBps = dec("-1") }},
		{"Market.TakerFeeBps 10000: must be 0 to below 10000", func(m *exchange.Market) { m.TakerFeeBps = dec("10000") }},
		{"Market.MakerFeeBps -2.6: must be -TakerFeeBps to below 10000", func(m *exchange.Market) { m.MakerFeeBps = dec("-2.6") }},
		{"Market.MakerFeeBps 10000: must be -TakerFeeBps to below 10000", func(m *exchange.Market) { m.MakerFeeBps = dec("10000") }},
		{`Pair.Quote "": must have 1 to 32 characters`, func(m *exchange.Market) { m.Pair.Quote = "" }},
		{"Pair USDC/USDC: Base and Quote must differ", func(m *exchange.Market) { m.Pair.Quote = "USDC" }},
	} {
		t.Run(c.text, func(t *testing.T) {
			m := market()
			c.spoil(&m)
			for _, err := range []error{m.Validate(), m.Check(bid("10", "1"))} {
				require.ErrorIs(t, err, exchange.ErrInvalid)
				require.ErrorContains(t, err, "exchange: invalid: "+c.text)
			}
			_, err := m.Fit(bid("10", "1"))
			require.ErrorIs(t, err, exchange.ErrInvalid)
		})
	}
}

func TestFitRoundsInTheOwnersFavour(t *testing.T) {
	for _, c := range []struct {
		story         string
		side          exchange.Side
		amount, price string
		want          string
	}{
		{"a bid goes down to the tick", exchange.Bid, "10.3", "1.00049", "bid 10.25 USDC/USDT @ 1 (a1)"},
		{"an ask goes up to the tick", exchange.Ask, "10.3", "1.00001", "ask 10.25 USDC/USDT @ 1.0005 (a1)"},
		{"a bid on the tick stays", exchange.Bid, "10", "1.0005", "bid 10 USDC/USDT @ 1.0005 (a1)"},
		{"an ask on the tick stays", exchange.Ask, "10", "1.0005", "ask 10 USDC/USDT @ 1.0005 (a1)"},
	} {
		t.Run(c.story, func(t *testing.T) {
			o := bid(c.amount, c.price)
			o.Side = c.side
			fitted, err := market().Fit(o)
			require.NoError(t, err)
			require.Equal(t, c.want, fitted.String())
		})
	}
}

func TestFitRefusesWhatRoundsToNoOrder(t *testing.T) {
	for _, c := range []struct{ story, amount, price, text string }{
		{"less than a lot", "0.2", "1", "Order.Amount 0"},
		{"a bid below the first tick", "100", "0.0004", "Order.Price 0"},
		{"a notional that falls below the smallest", "5.1", "0.9999", "Order.Notional 4.9975"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, err := market().Fit(bid(c.amount, c.price))
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// What Fit returns is accepted, no worse for its owner, and less than a step off.
func TestFitIsTight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := market()
		m.MinAmount, m.MinNotional = decimal.Zero, decimal.Zero
		m.Tick = decimal.New(rapid.Int64Range(1, 30).Draw(t, "tick"), -4)
		m.Lot = decimal.New(rapid.Int64Range(1, 30).Draw(t, "lot"), -1)
		o := bid("1", "1")
		o.Side = rapid.SampledFrom([]exchange.Side{exchange.Bid, exchange.Ask}).Draw(t, "side")
		o.Price = decimal.New(rapid.Int64Range(300, 2_000).Draw(t, "price"), -5)
		o.Amount = decimal.New(rapid.Int64Range(300, 2_000).Draw(t, "amount"), -2)
		fitted, err := m.Fit(o)
		require.NoError(t, err)
		require.NoError(t, m.Check(fitted))
		better := o.Price.Sub(fitted.Price)
		if o.Side == exchange.Ask {
			better = better.Neg()
		}
		require.True(t, !better.IsNegative() && better.LessThan(m.Tick), "%v became %v", o, fitted)
		less := o.Amount.Sub(fitted.Amount)
		require.True(t, !less.IsNegative() && less.LessThan(m.Lot), "%v became %v", o, fitted)
		again, err := m.Fit(fitted)
		require.NoError(t, err)
		require.True(t, again.SameTerms(fitted), "what fits stays")
	})
}
