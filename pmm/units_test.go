package pmm_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func TestWei(t *testing.T) {
	const most = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
	for _, row := range []struct {
		name, amount string
		decimals     uint8
		wei          string // empty for ErrInvalid
	}{
		{"whole tokens", "12", 6, "12000000"},
		{"a fraction is rounded down", "1.9999999", 6, "1999999"},
		{"less than a wei is nothing", "0.0000009", 6, "0"},
		{"no decimals", "7.9", 0, "7"},
		{"the most there is", most, 0, most},
		{"one more", "115792089237316195423570985008687907853269984665640564039457584007913129639936", 0, ""},
		{"a digit more", "1e78", 0, ""},
		{"below zero", "-0.1", 6, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := pmm.Wei(dec(row.amount), row.decimals)
			if row.wei == "" {
				require.ErrorIs(t, err, pmm.ErrInvalid)
				require.Zero(t, got)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.wei, got.Dec())
		})
	}
}

func TestAnExponentCannotTakeAllMemory(t *testing.T) {
	for _, row := range []struct {
		amount decimal.Decimal
		err    error
	}{
		{decimal.New(1, 2_000_000_000), pmm.ErrInvalid},
		{decimal.New(-1, 2_000_000_000), pmm.ErrInvalid},
		{decimal.New(-1, -2_000_000_000), pmm.ErrInvalid},
		{decimal.New(1, -2_000_000_000), nil},
		{decimal.New(0, 2_000_000_000), nil},
	} {
		got, err := pmm.Wei(row.amount, 18)
		require.ErrorIs(t, err, row.err)
		require.Zero(t, got)
	}
}

func TestPriceWei(t *testing.T) {
	for _, row := range []struct {
		price       string
		base, quote uint8
		i           string
	}{
		{"1", 18, 6, "1000000"},
		{"1", 18, 18, "1000000000000000000"},
		{"4000.5", 18, 6, "4000500000"},
		{"0.00025", 6, 18, "250000000000000000000000000"},
		{"0.0000001", 18, 6, ""},
		{"-1", 18, 6, ""},
		{"1e99", 18, 6, ""},
	} {
		i, err := pmm.PriceWei(dec(row.price), row.base, row.quote)
		if row.i == "" {
			require.ErrorIs(t, err, pmm.ErrInvalid, row.price)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, row.i, i.Dec())
		require.True(t, dec(row.price).Equal(pmm.Price(i, row.base, row.quote)), row.price)
	}
}

func TestWeiAndTokensAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, decimals := edge(t, "x"), rapid.Uint8().Draw(t, "decimals")
		back, err := pmm.Wei(pmm.Tokens(x, decimals), decimals)
		require.NoError(t, err)
		require.Equal(t, x, back)
	})
}

func TestLinearPrice(t *testing.T) {
	rule := pmm.LinearPrice{Oracle: dec("2"), K: dec("0.5")}
	for _, row := range []struct{ name, current, price string }{
		{"on target the price is the oracle's", "100", "2"},
		{"half of the base gone, the price is higher", "50", "2.5"},
		{"twice the base, the price is lower", "200", "1"},
		{"none left", "0", "3"},
		{"far too much: the price stays at zero", "1000", "0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := rule.At(dec(row.current), dec("100"))
			require.NoError(t, err)
			require.True(t, dec(row.price).Equal(got), got)
		})
	}
	got, err := rule.At(dec("2"), dec("3"))
	require.NoError(t, err)
	require.Equal(t, "2.333333333333333333", got.String())

	for _, bad := range []struct {
		rule            pmm.LinearPrice
		current, target string
	}{
		{pmm.LinearPrice{K: dec("1")}, "1", "1"},
		{pmm.LinearPrice{Oracle: dec("1"), K: dec("-1")}, "1", "1"},
		{rule, "-1", "1"},
		{rule, "1", "0"},
	} {
		_, err := bad.rule.At(dec(bad.current), dec(bad.target))
		require.ErrorIs(t, err, pmm.ErrInvalid)
	}
}

func TestLinearPriceHasThePoolsSignAndHalfItsSlope(t *testing.T) {
	pool := balanced(t)
	rule := pmm.LinearPrice{Oracle: dec("1"), K: dec("0.01")}
	for _, side := range []pmm.Side{pmm.SellBase, pmm.SellQuote} {
		after, _, err := pool.Swap(side, wei("1000"+token))
		require.NoError(t, err)
		mid, err := after.Mid()
		require.NoError(t, err)
		line, err := rule.At(pmm.Tokens(after.Curve.B, 18), pmm.Tokens(pool.Curve.B0, 18))
		require.NoError(t, err)
		moved := pmm.Price(mid, 18, 18).Sub(dec("1"))
		require.Equal(t, side == pmm.SellQuote, moved.IsPositive())
		require.InEpsilon(t, 2, moved.DivRound(line.Sub(dec("1")), 6).InexactFloat64(), 0.01)
	}
}

func TestARouteIsItsHopsOneAfterTheOther(t *testing.T) {
	first, second := balanced(t), balanced(t)
	second.Curve.I = *uint256.NewInt(5e17)
	route := pmm.Route{{Pool: first, Side: pmm.SellBase}, {Pool: second, Side: pmm.SellQuote}}
	kept := append(pmm.Route{}, route...)
	pay := wei("1000" + token)

	firstAfter, q1, err := first.Swap(pmm.SellBase, pay)
	require.NoError(t, err)
	secondAfter, q2, err := second.Swap(pmm.SellQuote, q1.Receive)
	require.NoError(t, err)

	receive, err := route.Quote(pay)
	require.NoError(t, err)
	require.Equal(t, q2.Receive, receive)
	after, receive, err := route.Swap(pay)
	require.NoError(t, err)
	require.Equal(t, q2.Receive, receive)
	require.Equal(t, pmm.Route{{Pool: firstAfter, Side: pmm.SellBase}, {Pool: secondAfter, Side: pmm.SellQuote}}, after)
	require.Equal(t, kept, route, "the old route is untouched")

	route[1].Pool.MinQuote.Not(&route[1].Pool.MinQuote)
	same, receive, err := route.Swap(pay)
	require.ErrorIs(t, err, pmm.ErrTooSmall)
	require.Equal(t, route, same, "all hops or none")
	require.Zero(t, receive)
	_, err = route.Quote(pay)
	require.ErrorIs(t, err, pmm.ErrTooSmall)

	receive, err = pmm.Route{}.Quote(pay)
	require.NoError(t, err)
	require.Equal(t, pay, receive, "no hop, no change")
}
