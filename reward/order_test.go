package reward_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

func TestPlace(t *testing.T) {
	e := engine(t, func(c *reward.Config) { c.Markets[0].Ask.Ranks = c.Markets[0].Ask.Ranks[1:] })
	for name, r := range map[string]struct {
		order           reward.Order
		rank, deviation string
	}{
		"on the peg":                  {bid(1, "ann", "1", "1"), "rank_1", "0"},
		"at the end of a rank":        {bid(1, "ann", "0.9895", "1"), "rank_1", "0.0105"},
		"beyond it":                   {bid(1, "ann", "0.989499999999", "1"), "rank_2", "0.0105"}, // shown rounded, ranked exactly
		"far above":                   {bid(1, "ann", "3", "1"), "rank_2", "0.66666667"},
		"too far for the side's rank": {ask(1, "ann", "3", "1"), "", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := e.Place(r.order)
			require.Equal(t, r.rank, got.Rank)
			require.Equal(t, r.rank != "", ok)
			require.True(t, got.Deviation.Equal(dec(r.deviation)), got.Deviation)
		})
	}
	o := bid(1, "ann", "1", "1")
	o.Unit = "doge"
	_, ok := e.Place(o)
	require.False(t, ok, "a market that is not ours")
}

// Amounts count in the pegged asset, on whichever side of the pair it stands.
func TestSight(t *testing.T) {
	order := func(base, quote, price, amount, filled string) exchange.Order {
		return exchange.Order{
			Pair: exchange.Pair{Base: base, Quote: quote}, Side: exchange.Ask, ID: "77",
			Price: dec(price), Amount: dec(amount), Filled: dec(filled),
		}
	}
	changed := func(change func(*exchange.Order)) exchange.Order {
		o := order("BTC", "NBT", "250", "3", "1")
		change(&o)
		return o
	}
	for name, r := range map[string]struct {
		order       exchange.Order
		price       string
		amount, peg string
		want        string // "" for no error
	}{
		"the pegged asset is the quote":      {order("BTC", "NBT", "250", "3", "1"), "251", "500", "251", ""},
		"the pegged asset is the base":       {order("NBT", "BTC", "0.0039", "300", "100"), "250", "200", "0.004", ""},
		"a peg without end is rounded down":  {order("NBT", "BTC", "0.3", "1", "0"), "3", "1", "0.333333333333333333", ""},
		"an amount is rounded down":          {order("BTC", "NBT", "0.000000000000000003", "0.7", "0"), "1", "0.000000000000000002", "1", ""},
		"the pair is of something else":      {order("BTC", "USD", "250", "3", "1"), "250", "", "", `pair BTC/USD: must have "NBT"`},
		"nothing is left":                    {order("BTC", "NBT", "250", "3", "3"), "250", "", "", "Order.Remaining 0"},
		"more is filled than there was":      {order("BTC", "NBT", "250", "3", "4"), "250", "", "", "Order.Remaining -1"},
		"no price of the order":              {order("BTC", "NBT", "0", "3", "1"), "250", "", "", "Order.Price 0"},
		"no price of the unit":               {order("BTC", "NBT", "250", "3", "1"), "0", "", "", "price 0"},
		"what is left is worth nothing":      {order("BTC", "NBT", "1e-18", "0.5", "0"), "1", "", "", "amount in NBT 0"},
		"what is left is worth all there is": {order("BTC", "NBT", "1e17", "1e17", "0"), "1", "", "", "amount in NBT (out of range)"},
		"an order of no pair":                {exchange.Order{}, "1", "", "", "Pair.Base"},
		"an order of no side":                {changed(func(o *exchange.Order) { o.Side = 0 }), "1", "", "", "Order.Side"},
		"an order without a name":            {changed(func(o *exchange.Order) { o.ID = "" }), "1", "", "", "Order.ID"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reward.Sight(r.order, "NBT", dec(r.price))
			if r.want != "" {
				require.ErrorIs(t, err, reward.ErrInvalid)
				require.ErrorContains(t, err, r.want)
				require.Empty(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, r.amount, got.Amount.String())
			require.Equal(t, r.peg, got.Peg.String())
			require.Equal(t, r.order.Price, got.Price)
			require.Equal(t, exchange.Ask, got.Side)
			require.Equal(t, "77", got.OrderID)
		})
	}
}

func TestParseAddress(t *testing.T) {
	const address = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"
	for name, r := range map[string]struct {
		address string
		want    error
	}{
		"as it is":                                        {address, nil},
		"with blanks at the end":                          {address + " \t\n", nil},
		"with blanks inside":                              {"BMJ2 PJ1T NMwn TYUopQVxBrAPmmJjJjhd96", nil},
		"a leading blank counts":                          {" " + address, reward.ErrAddressPrefix},
		"nothing":                                         {"", reward.ErrAddressPrefix},
		"an address of another chain":                     {"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", reward.ErrAddressPrefix},
		"a wrong letter at the end":                       {"BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd95", reward.ErrAddressChecksum},
		"two letters swapped":                             {"BJM2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96", reward.ErrAddressChecksum},
		"a letter missing":                                {"BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd9", reward.ErrAddressChecksum},
		"a letter that is not base58":                     {"BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhdO6", reward.ErrAddressChecksum},
		"a letter of another script":                      {"BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhdé6", reward.ErrAddressChecksum},
		"a right checksum of a payload of another length": {"BLUHnueG6yMi", reward.ErrAddressChecksum},
		"only the letter":                                 {"B", reward.ErrAddressChecksum},
		"an address without an end":                       {"B" + strings.Repeat("M", 1_000_000), reward.ErrAddressChecksum},
		"blanks without an end":                           {address + strings.Repeat(" ", 1_000_000), reward.ErrAddressChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reward.ParseAddress(r.address)
			require.ErrorIs(t, err, r.want)
			if r.want == nil {
				require.Equal(t, address, got)
				return
			}
			require.Empty(t, got)
			require.Less(t, len(err.Error()), 200)
		})
	}
}

func TestAgree(t *testing.T) {
	some := func(prices ...string) (ps []decimal.NullDecimal) {
		for _, p := range prices {
			if p == "" {
				ps = append(ps, decimal.NullDecimal{})
			} else {
				ps = append(ps, decimal.NewNullDecimal(dec(p)))
			}
		}
		return ps
	}
	for name, r := range map[string]struct{ main, backups, want string }{
		"five percent below still agrees":            {"95", "100 100", "95"},
		"and less does not":                          {"94.99999999", "100 100", "100"},
		"five percent above still agrees":            {"105", "100 100", "105"},
		"and more does not":                          {"105.00000001", "100 100", "100"},
		"an average without end is compared exactly": {"3.5", "3 3 4", "3.5"}, // 3.3333... × 1.05
		"and rounded when it is the answer":          {"9", "3 3 4", "3.333333333333333333"},
		"without the main price it is the rest":      {"", "100 104", "102"},
		"one source alone is not trusted":            {"100", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := reward.Agree(some(r.main)[0], some(strings.Split(r.backups, " ")...))
			require.Equal(t, r.want != "", ok)
			if ok {
				require.Equal(t, r.want, got.String())
			}
		})
	}
}
