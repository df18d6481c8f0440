package paper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

func TestARejectionHappensOnceAndPlacesNothing(t *testing.T) {
	a := fund(t, open(t, paper.Config{}), "a")
	require.NoError(t, a.Script(paper.Fault{Call: paper.Place, Kind: paper.Reject}))
	_, err := a.Place(t.Context(), order("a1", exchange.Bid, "10", "1"))
	require.ErrorIs(t, err, exchange.ErrRejected)
	require.Equal(t, " | ", bookOf(t, a))
	place(t, a, order("a1", exchange.Bid, "10", "1"))
	require.Equal(t, "10@1 | ", bookOf(t, a))
}

func TestARateLimitLastsItsTimeForAllCalls(t *testing.T) {
	venue := open(t, paper.Config{})
	a, b := fund(t, venue, "a"), fund(t, venue, "b")
	require.NoError(t, a.Script(paper.Fault{Call: paper.Cancel, Kind: paper.RateLimit, For: 10 * time.Second}))
	place(t, a, order("a1", exchange.Bid, "10", "1"))
	require.ErrorIs(t, a.Cancel(t.Context(), pair, "a1"), exchange.ErrRateLimited)

	require.NoError(t, venue.Advance(start.Add(4*time.Second)))
	_, err := a.Balances(t.Context())
	var limit *exchange.RateLimitError
	require.ErrorAs(t, err, &limit)
	require.Equal(t, 6*time.Second, limit.RetryAfter)
	_, err = b.Balances(t.Context())
	require.NoError(t, err, "the other account is not limited")

	require.NoError(t, venue.Advance(start.Add(10*time.Second)))
	require.NoError(t, a.Cancel(t.Context(), pair, "a1"))
}

func TestALostCancelMayHaveHappened(t *testing.T) {
	for _, c := range []struct {
		story string
		kind  paper.Kind
		want  exchange.Status
	}{
		{"the answer was lost and the order is gone", paper.LoseAnswer, exchange.Cancelled},
		{"the request was lost and the order is open", paper.LoseRequest, exchange.Open},
	} {
		t.Run(c.story, func(t *testing.T) {
			a := fund(t, open(t, paper.Config{}), "a")
			place(t, a, order("a1", exchange.Bid, "10", "1"))
			require.NoError(t, a.Script(paper.Fault{Call: paper.Cancel, Kind: c.kind}))
			require.ErrorIs(t, a.Cancel(t.Context(), pair, "a1"), exchange.ErrUnknownOutcome)
			o, err := a.Order(t.Context(), pair, "a1")
			require.NoError(t, err)
			require.Equal(t, c.want, o.Status)
			require.NoError(t, a.Cancel(t.Context(), pair, "a1"), "cancelling again settles it")
			require.Equal(t, " | ", bookOf(t, a))
		})
	}
}

func TestALostAnswerHidesARefusalToo(t *testing.T) {
	a := open(t, paper.Config{}).Account("poor")
	require.NoError(t, a.Script(paper.Fault{Call: paper.Place, Kind: paper.LoseAnswer}))
	_, err := a.Place(t.Context(), order("a1", exchange.Bid, "10", "1"))
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	require.NotErrorIs(t, err, exchange.ErrInsufficient)
	_, err = a.Order(t.Context(), pair, "a1")
	require.ErrorIs(t, err, exchange.ErrNotFound)
}

func TestALateOrderArrivesAtItsTime(t *testing.T) {
	venue := open(t, paper.Config{})
	a := fund(t, venue, "a")
	late := func(id string, after time.Duration) {
		t.Helper()
		require.NoError(t, a.Script(paper.Fault{Call: paper.Place, Kind: paper.Delay, For: after}))
		_, err := a.Place(t.Context(), order(id, exchange.Bid, "10", "1"))
		require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	}
	late("slow", 3*time.Second)
	late("quick", time.Second)
	late("tied", 3*time.Second)
	require.NoError(t, a.Cancel(t.Context(), pair, "slow"), "cancelling does not reach what is under way")
	require.Equal(t, " | ", bookOf(t, a))

	require.NoError(t, venue.Advance(start.Add(3*time.Second-1)))
	require.Equal(t, "10@1 | ", bookOf(t, a))
	require.NoError(t, venue.Advance(start.Add(time.Minute)))
	orders, err := a.OpenOrders(t.Context(), pair)
	require.NoError(t, err)
	var arrived []string
	for _, o := range orders {
		arrived = append(arrived, o.ClientID+" "+o.PlacedAt.Sub(start).String())
	}
	require.Equal(t, []string{"quick 1s", "slow 3s", "tied 3s"}, arrived)
}

func TestALateOrderPlacedAgainMeanwhileIsPlacedOnce(t *testing.T) {
	venue := open(t, paper.Config{})
	a := fund(t, venue, "a")
	require.NoError(t, a.Script(paper.Fault{Call: paper.Place, Kind: paper.Delay, For: time.Second}))
	_, err := a.Place(t.Context(), order("a1", exchange.Bid, "10", "1"))
	require.ErrorIs(t, err, exchange.ErrUnknownOutcome)
	place(t, a, order("a1", exchange.Bid, "10", "1"))
	require.NoError(t, venue.Advance(start.Add(time.Second)))
	require.Equal(t, "10@1 | ", bookOf(t, a))
}

func TestScriptRefusesWhatCannotHappen(t *testing.T) {
	a := fund(t, open(t, paper.Config{}), "a")
	for _, c := range []struct {
		story string
		fault paper.Fault
	}{
		{"no kind", paper.Fault{Call: paper.Place}},
		{"no call", paper.Fault{Kind: paper.RateLimit, For: 1}},
		{"a rejected read", paper.Fault{Call: paper.Read, Kind: paper.Reject}},
		{"a read whose answer matters to nobody", paper.Fault{Call: paper.Read, Kind: paper.LoseAnswer}},
		{"a late cancel", paper.Fault{Call: paper.Cancel, Kind: paper.Delay, For: 1}},
		{"a delay of nothing", paper.Fault{Call: paper.Place, Kind: paper.Delay}},
		{"a rate limit of nothing", paper.Fault{Call: paper.Read, Kind: paper.RateLimit}},
		{"a rejection that lasts", paper.Fault{Call: paper.Place, Kind: paper.Reject, For: 1}},
		{"a negative delay", paper.Fault{Call: paper.Place, Kind: paper.Delay, For: -1}},
	} {
		t.Run(c.story, func(t *testing.T) {
			good := paper.Fault{Call: paper.Place, Kind: paper.Reject}
			require.ErrorIs(t, a.Script(good, c.fault), exchange.ErrInvalid)
		})
	}
	place(t, a, order("a1", exchange.Bid, "10", "1")) // nothing was scripted
}
