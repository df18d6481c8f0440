package mesh_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
)

func TestATokenHasAPriceInAnyOther(t *testing.T) {
	s, err := mesh.Named("hub_only_11")
	require.NoError(t, err)
	m, err := mesh.New(s.Network)
	require.NoError(t, err)
	now := m.Start()
	for _, c := range []struct {
		name        string
		base, quote mesh.Asset
		want        string // fair, and in the pools, which start there
	}{
		{"two dollars", asset(138, "cUSDT"), asset(138, "cUSDC"), "1"},
		{"a dollar in gold", asset(138, "cUSDT"), asset(138, "XAU"), "0.00025"},
		{"gold in dollars, though dollars are the base of the pool", asset(138, "XAU"), asset(138, "cUSDT"), "4000"},
		{"a euro in dollars, through gold", asset(138, "cEURT"), asset(138, "cUSDC"), "1.142857"},
		{"a euro on the hub in dollars of 18 decimals on a spoke", asset(138, "cEURT"), asset(56, "cUSDT"), "1.142857"},
		{"a dollar of 18 decimals in one of 6", asset(56, "cUSDT"), asset(1, "cUSDT"), "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fair, err := m.Fair(now, c.base, c.quote)
			require.NoError(t, err)
			require.Equal(t, c.want, fair.Round(6).String())
			price, err := m.Triangulate(now, c.base, c.quote)
			require.NoError(t, err)
			require.Equal(t, c.want, price.Round(6).String())
		})
	}

	// A pool that moves takes the triangulated price with it, not the fair one.
	plan, err := m.Route(now, mesh.Order{From: asset(138, "cUSDT"), To: asset(138, "XAU"), Pay: wei("300000000000")}, mesh.Limits{MaxHops: 1})
	require.NoError(t, err)
	after, _, err := m.Execute(now, plan)
	require.NoError(t, err)
	price, err := m.Triangulate(after, asset(138, "cUSDT"), asset(138, "cEURT"))
	require.NoError(t, err)
	require.True(t, price.LessThan(dec("0.86")), price.String())
	fair, err := m.Fair(after, asset(138, "cUSDT"), asset(138, "cEURT"))
	require.NoError(t, err)
	require.Equal(t, "0.875", fair.Round(6).String())

	_, err = m.Fair(now, asset(138, "cUSDT"), asset(138, "M00"))
	require.ErrorIs(t, err, mesh.ErrInvalid)
	_, err = m.Triangulate(mesh.Snapshot{}, asset(138, "cUSDT"), asset(138, "XAU"))
	require.ErrorIs(t, err, mesh.ErrInvalid)
}

func TestPathsAreFoundShortestFirst(t *testing.T) {
	m, err := mesh.New(twoChains())
	require.NoError(t, err)
	paths, err := m.Paths(asset(2, "cUSDT"), asset(1, "cUSDC"), mesh.Limits{})
	require.NoError(t, err)
	var got []string
	for _, p := range paths {
		got = append(got, m.Describe(p))
	}
	require.Equal(t, []string{
		"2/cUSDT ~ 1/cUSDT > 1/cUSDC",
		"2/cUSDT > 2/XAU ~ 1/XAU > 1/cUSDC",
		"2/cUSDT ~ 1/cUSDT > 1/XAU > 1/cUSDC",
		"2/cUSDT > 2/XAU ~ 1/XAU > 1/cUSDT > 1/cUSDC",
	}, got)

	paths, err = m.Paths(asset(2, "cUSDT"), asset(1, "cUSDC"), mesh.Limits{MaxPaths: 1})
	require.NoError(t, err)
	require.Len(t, paths, 1)
	_, err = m.Paths(asset(2, "cUSDT"), asset(1, "cUSDC"), mesh.Limits{MaxHops: 1})
	require.ErrorIs(t, err, mesh.ErrNoRoute)
	_, err = m.Paths(asset(2, "cUSDT"), asset(2, "cUSDT"), mesh.Limits{})
	require.ErrorIs(t, err, mesh.ErrInvalid)
	_, err = m.Paths(asset(2, "cUSDT"), asset(1, "cUSDT"), mesh.Limits{MaxHops: 9})
	require.ErrorContains(t, err, "MaxHops 9: must be 0 to 8")
}

func TestABridgeTakesItsFeeItsDustAndNoMoreThanItHolds(t *testing.T) {
	m, err := mesh.New(twoChains())
	require.NoError(t, err)
	send := func(s mesh.Snapshot, from, to uint64, token, pay string) (mesh.Snapshot, string, error) {
		plan, err := m.Route(s, mesh.Order{From: asset(from, token), To: asset(to, token), Pay: wei(pay)}, mesh.Limits{MaxHops: 1})
		if err != nil {
			return s, "", err
		}
		require.Equal(t, 2, plan.Legs[0].Epochs)
		after, received, err := m.Execute(s, plan)
		return after, received.Dec(), err
	}
	now := m.Start()
	_, received, err := send(now, 1, 2, "cUSDT", "10001")
	require.NoError(t, err)
	require.Equal(t, "9998000000000000", received, "of 10001 the fee of 2.0002 is 3, and 18 decimals follow 6")
	after, received, err := send(now, 2, 1, "cUSDT", "10000000999999999")
	require.NoError(t, err)
	require.Equal(t, "9998", received, "what has no decimals there stays with the bridge")
	require.Equal(t, "2000999999999", after.Lanes[1].Fees.Dec())

	full, _, err := send(now, 1, 2, "cUSDT", "49999999999")
	require.NoError(t, err)
	_, _, err = send(full, 1, 2, "cUSDT", "1")
	require.NoError(t, err)
	_, _, err = send(full, 1, 2, "cUSDT", "2")
	require.ErrorIs(t, err, mesh.ErrNoRoute)
	require.ErrorIs(t, err, mesh.ErrCapacity)

	now.Lanes[0].Halted = true
	_, _, err = send(now, 1, 2, "cUSDT", "1000")
	require.ErrorIs(t, err, mesh.ErrHalted)
}

func TestAnOrderLargerThanOneLaneGoesOverSeveral(t *testing.T) {
	m, err := mesh.New(twoChains())
	require.NoError(t, err)
	order := mesh.Order{From: asset(2, "cUSDT"), To: asset(1, mesh.Gold), Pay: wei("60000000000000000000000")}
	plan, err := m.Route(m.Start(), order, mesh.Limits{})
	require.NoError(t, err)
	require.Greater(t, len(plan.Legs), 1, "one lane takes 50,000")
	requirePlan(t, m, &plan)
}

func TestAPlanIsCheckedBeforeItIsExecuted(t *testing.T) {
	m, err := mesh.New(twoChains())
	require.NoError(t, err)
	order := mesh.Order{From: asset(1, "cUSDT"), To: asset(1, "cUSDC"), Pay: wei("1000")}
	for name, path := range map[string]mesh.Path{
		"no hop":              {},
		"a pool out of range": {{Index: 9, Side: pmm.SellBase}},
		"a side out of range": {{Index: 0, Side: 3}},
		"the wrong way":       {{Index: 0, Side: pmm.SellQuote}},
		"somewhere else":      {{Index: 1, Side: pmm.SellBase}},
		"in a circle":         {{Index: 0, Side: pmm.SellBase}, {Index: 0, Side: pmm.SellQuote}},
	} {
		_, _, err := m.Execute(m.Start(), mesh.Plan{Order: order, Legs: []mesh.Leg{{Path: path, Pay: order.Pay}}})
		require.ErrorIs(t, err, mesh.ErrInvalid, name)
		_, err = m.RouteOver(m.Start(), order, []mesh.Path{path}, mesh.Limits{})
		require.ErrorIs(t, err, mesh.ErrInvalid, name)
	}
	order.Pay = wei("0")
	_, err = m.Route(m.Start(), order, mesh.Limits{})
	require.ErrorContains(t, err, `Pay "0": must be > 0 and below 2^112`)
}
