package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
)

// history is one value a minute from start.
func history(t require.TestingT, maxAge time.Duration, values ...string) *exchange.History {
	var prices []exchange.Price
	for i, v := range values {
		prices = append(prices, exchange.Price{Value: dec(v), At: start.Add(time.Duration(i) * time.Minute), Sources: []string{"replay"}})
	}
	h, err := exchange.NewHistory(pair, maxAge, prices)
	require.NoError(t, err)
	return h
}

// stub is a source that answers as told.
type stub struct {
	price exchange.Price
	err   error
	hangs bool
}

func (s stub) Price(ctx context.Context, _ exchange.Pair, _ time.Time) (exchange.Price, error) {
	if s.hangs {
		<-ctx.Done()
		return exchange.Price{}, ctx.Err()
	}
	return s.price, s.err
}

func says(v string) stub { return stub{price: exchange.Price{Value: dec(v), At: start}} }

func sources(feeds ...exchange.PriceFeed) []exchange.Source {
	var out []exchange.Source
	for i, f := range feeds {
		out = append(out, exchange.Source{Name: string(rune('a' + i)), Pair: pair, Feed: f})
	}
	return out
}

// voters is a feed of three sources of which two must agree, without a jump
// guard.
func voters(t *testing.T, feeds ...exchange.PriceFeed) *exchange.Feed {
	t.Helper()
	c := triple()
	c.Confirmations = 0
	f, err := exchange.NewFeed(pair, newFilter(t, c), sources(feeds...), exchange.FilterState{})
	require.NoError(t, err)
	return f
}

func TestFeedsKeepTheirLaws(t *testing.T) {
	series := func(t *testing.T) exchange.PriceFeed { return history(t, 10*time.Minute, "1", "1.001", "1.002") }
	for name, open := range map[string]func(*testing.T) exchange.PriceFeed{
		"History": series,
		"Feeds":   func(t *testing.T) exchange.PriceFeed { return exchange.Feeds{pair: series(t)} },
		"Feed":    func(t *testing.T) exchange.PriceFeed { return voters(t, series(t), series(t), series(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			exchangetest.RunFeed(t, func(t *testing.T) exchangetest.FeedFixture {
				return exchangetest.FeedFixture{Feed: open(t), Pair: pair, Now: start.Add(130 * time.Second)}
			})
		})
	}
}

func TestAFeedDoesWithoutTheSourcesThatFail(t *testing.T) {
	down := errors.New("no route")
	for _, c := range []struct {
		story   string
		third   stub
		sources []string
	}{
		{"all answer", says("1.002"), []string{"a", "b", "c"}},
		{"one fails", stub{err: down}, []string{"a", "b"}},
		{"one answers with nothing", stub{}, []string{"a", "b"}},
		{"one answers with a negative price", says("-1"), []string{"a", "b"}},
		{"one answers from the future", stub{price: exchange.Price{Value: dec("1"), At: start.Add(time.Hour)}}, []string{"a", "b"}},
		{"one is wild", says("3.99"), []string{"a", "b"}},
	} {
		t.Run(c.story, func(t *testing.T) {
			p, err := voters(t, says("1"), says("1.002"), c.third).Price(t.Context(), pair, start)
			require.NoError(t, err)
			require.Equal(t, c.sources, p.Sources)
		})
	}
}

func TestAFeedSaysWhyThereIsNoPrice(t *testing.T) {
	down := errors.New("no route")
	old := stub{price: exchange.Price{Value: dec("1"), At: start.Add(-time.Hour)}}
	for _, c := range []struct {
		story string
		feeds [3]exchange.PriceFeed
		want  []error
		text  string
	}{
		{"too few answer", [3]exchange.PriceFeed{says("1"), stub{err: down}, stub{err: exchange.ErrRateLimited}}, []error{exchange.ErrNoQuorum, down, exchange.ErrRateLimited}, "USDC/USDT: 1 sources answer, 2 must; source b: no route; source c: exchange: rate limited"},
		{"too few are fresh", [3]exchange.PriceFeed{says("1"), old, old}, []error{exchange.ErrStale}, "1 of 3 prints are at most 1m30s old"},
		{"they contradict each other", [3]exchange.PriceFeed{says("1"), says("1.1"), says("1.2")}, []error{exchange.ErrDivergent}, "from 1 to 1.2 are within 50 bps of their median 1.1"},
	} {
		t.Run(c.story, func(t *testing.T) {
			p, err := voters(t, c.feeds[:]...).Price(t.Context(), pair, start)
			require.Zero(t, p)
			for _, want := range c.want {
				require.ErrorIs(t, err, want)
			}
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestASourceThatHangsCostsTheDeadlineNotTheQuorum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		p, err := voters(t, says("1"), says("1"), stub{hangs: true}).Price(ctx, pair, start)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b"}, p.Sources)
	})
}

func TestAFeedHoldsAJumpUntilItIsConfirmed(t *testing.T) {
	series := history(t, time.Hour, "1", "1", "1", "0.9", "0.9", "0.9", "0.9")
	feed, err := exchange.NewFeed(pair, newFilter(t, single()), sources(series), exchange.FilterState{})
	require.NoError(t, err)
	ask := func(f *exchange.Feed, minute int) error {
		_, err := f.Price(t.Context(), pair, start.Add(time.Duration(minute)*time.Minute))
		return err
	}
	for minute := range 3 {
		_ = ask(feed, minute)
	}
	err = ask(feed, 3)
	require.ErrorIs(t, err, exchange.ErrUnconfirmed)
	require.ErrorContains(t, err, "0.9 is more than 100 bps from 1")
	require.ErrorIs(t, ask(feed, 4), exchange.ErrUnconfirmed)

	state := feed.State()
	restarted, err := exchange.NewFeed(pair, newFilter(t, single()), sources(series), state)
	require.NoError(t, err)
	require.NoError(t, ask(restarted, 5), "a restart goes on where it was")

	state.Recent[0].Value = dec("7")
	require.NoError(t, ask(feed, 5), "a state that was handed out is a copy")
}

func TestSourcesOfDifferentQuotesAreNeverMixed(t *testing.T) {
	c := triple()
	c.Quorum = 2
	good := sources(says("1"), says("1"), says("1"))
	for _, row := range []struct {
		story string
		spoil func([]exchange.Source) []exchange.Source
		text  string
	}{
		{"another quote", func(s []exchange.Source) []exchange.Source { s[1].Pair.Quote = "USD"; return s }, "Source.Pair USDC/USD: source b must quote USDC/USDT"},
		{"another base", func(s []exchange.Source) []exchange.Source { s[1].Pair.Base = "DAI"; return s }, "Source.Pair DAI/USDT: source b must quote USDC/USDT"},
		{"a name twice", func(s []exchange.Source) []exchange.Source { s[1].Name = "a"; return s }, `Source.Name "a"`},
		{"no name", func(s []exchange.Source) []exchange.Source { s[1].Name = ""; return s }, `Source.Name ""`},
		{"no feed", func(s []exchange.Source) []exchange.Source { s[1].Feed = nil; return s }, "Source.Feed <nil>: source b must have one"},
		{"fewer than the quorum", func(s []exchange.Source) []exchange.Source { return s[:1] }, "sources 1: must be at most 64, of which the Quorum 2 is a majority"},
		{"a quorum of half", func(s []exchange.Source) []exchange.Source {
			return append(s, exchange.Source{Name: "d", Pair: pair, Feed: says("1")})
		}, "sources 4: must be"},
	} {
		t.Run(row.story, func(t *testing.T) {
			_, err := exchange.NewFeed(pair, newFilter(t, c), row.spoil(append([]exchange.Source{}, good...)), exchange.FilterState{})
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, row.text)
		})
	}
	for what, build := range map[string]func() error{
		"no pair": func() error {
			_, err := exchange.NewFeed(exchange.Pair{}, newFilter(t, c), good, exchange.FilterState{})
			return err
		},
		"no filter": func() error { _, err := exchange.NewFeed(pair, nil, good, exchange.FilterState{}); return err },
		"a broken state": func() error {
			_, err := exchange.NewFeed(pair, newFilter(t, c), good, exchange.FilterState{Reference: dec("-1")})
			return err
		},
	} {
		require.ErrorIs(t, build(), exchange.ErrInvalid, what)
	}
}

func TestAFeedMayHaveManySources(t *testing.T) {
	c := triple()
	c.Quorum = 33
	var many []exchange.Source
	for i := range 65 {
		many = append(many, exchange.Source{Name: fmt.Sprintf("%064d", i), Pair: pair, Feed: says("1")})
	}
	_, err := exchange.NewFeed(pair, newFilter(t, c), many[:64], exchange.FilterState{})
	require.NoError(t, err)
	_, err = exchange.NewFeed(pair, newFilter(t, c), many, exchange.FilterState{})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	many[0].Name += "0"
	_, err = exchange.NewFeed(pair, newFilter(t, c), many[:64], exchange.FilterState{})
	require.ErrorIs(t, err, exchange.ErrInvalid)
}

func TestHistoryAnswersWithTheNewestOfItsTime(t *testing.T) {
	h := history(t, 90*time.Second, "1", "1.001", "1.002")
	for _, c := range []struct {
		story string
		after time.Duration
		want  string // "" is stale
	}{
		{"before the first", -1, ""},
		{"at the first", 0, "1"},
		{"just before the second", time.Minute - 1, "1"},
		{"at the second", time.Minute, "1.001"},
		{"after the last, as old as it may be", 2*time.Minute + 90*time.Second, "1.002"},
		{"long after the last", 2*time.Minute + 90*time.Second + 1, ""},
	} {
		t.Run(c.story, func(t *testing.T) {
			p, err := h.Price(t.Context(), pair, start.Add(c.after))
			if c.want == "" {
				require.ErrorIs(t, err, exchange.ErrStale)
				require.Zero(t, p)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, p.Value.String())
		})
	}
}

func TestHistoryKeepsTheSourcesItIsGiven(t *testing.T) {
	east := time.FixedZone("", 3600)
	given := []exchange.Price{
		{Value: dec("1"), At: start.In(east), Sources: []string{"replay"}},
		{Value: dec("2"), At: start.Add(time.Hour), Sources: []string{"a", "b"}, Spread: dec("3")},
	}
	h, err := exchange.NewHistory(pair, time.Hour, given)
	require.NoError(t, err)
	for i, want := range []exchange.Price{
		{Value: dec("1"), At: start, Sources: []string{"replay"}},
		{Value: dec("2"), At: start.Add(time.Hour), Sources: []string{"a", "b"}, Spread: dec("3")},
	} {
		for range 2 { // what was handed out is a copy
			p, err := h.Price(t.Context(), pair, given[i].At)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, p))
			p.Sources[0] = "spoiled"
		}
	}
}

func TestHistoryRefusesASeriesOutOfOrder(t *testing.T) {
	price := func(v string, at time.Time) exchange.Price {
		return exchange.Price{Value: dec(v), At: at, Sources: []string{"replay"}}
	}
	for _, c := range []struct {
		story  string
		pair   exchange.Pair
		maxAge time.Duration
		prices []exchange.Price
		text   string
	}{
		{"no pair", exchange.Pair{}, 1, nil, "Pair.Base"},
		{"no age", pair, 0, nil, "maxAge 0s: must be > 0"},
		{"a price of zero", pair, 1, []exchange.Price{price("0", start)}, "prices[0].Value 0: must be > 0"},
		{"nobody's price", pair, 1, []exchange.Price{{Value: dec("1"), At: start}}, "prices[0].Sources []: must name a source"},
		{"a time twice", pair, 1, []exchange.Price{price("1", start), price("1", start)}, "prices[1].At"},
		{"back in time", pair, 1, []exchange.Price{price("1", start), price("1", start.Add(-1))}, "prices[1].At"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, err := exchange.NewHistory(c.pair, c.maxAge, c.prices)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, c.text)
		})
	}
}

// bookReader is a venue that shows one book.
type bookReader struct {
	book exchange.Book
	err  error
}

func (b bookReader) Book(context.Context, exchange.Pair, int) (exchange.Book, error) {
	return b.book, b.err
}

func TestMidRefusesTheMiddleOfNothing(t *testing.T) {
	down := errors.New("no route")
	book := func(at time.Time, bids, asks []exchange.Level) bookReader {
		return bookReader{book: exchange.Book{Pair: pair, At: at, Bids: bids, Asks: asks}}
	}
	bids, asks := levels("0.999", "1"), levels("1.001", "1")
	for _, c := range []struct {
		story string
		books bookReader
		limit string
		want  error
	}{
		{"a book as wide as it may be", book(start, bids, asks), "20", nil},
		{"a book too wide", book(start, bids, asks), "19.99", exchange.ErrDivergent},
		{"a wide book without a limit", book(start, levels("0.1", "1"), levels("9", "1")), "0", nil},
		{"no bids", book(start, nil, asks), "0", exchange.ErrDivergent},
		{"no asks", book(start, bids, nil), "0", exchange.ErrDivergent},
		{"as old as it may be", book(start.Add(-time.Minute), bids, asks), "0", nil},
		{"too old", book(start.Add(-time.Minute-1), bids, asks), "0", exchange.ErrStale},
		{"a venue whose clock is ahead", book(start.Add(time.Second), bids, asks), "0", nil},
		{"a venue that is down", bookReader{err: down}, "0", down},
	} {
		t.Run(c.story, func(t *testing.T) {
			mid := exchange.Mid{Name: "x", Books: c.books, MaxSpreadBps: dec(c.limit), MaxAge: time.Minute}
			p, err := mid.Price(t.Context(), pair, start)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.Zero(t, p)
				return
			}
			require.NoError(t, err)
			require.False(t, p.At.After(start), "never from the future")
		})
	}
	p, err := exchange.Mid{Name: "x", Books: book(start, bids, asks)}.Price(t.Context(), pair, start.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(exchange.Price{Value: decimal.NewFromInt(1), At: start, Sources: []string{"x"}}, p))
}
