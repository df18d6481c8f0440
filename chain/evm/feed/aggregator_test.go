package feed_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/feed"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
)

var (
	noon = time.Date(2026, 2, 14, 12, 0, 0, 0, time.UTC)
	pair = exchange.Pair{Base: "XAU", Quote: "USD"}
)

// oracle is an aggregator contract that says what it is told to.
type oracle struct {
	decimals []byte
	round    []byte
}

func (o *oracle) Call(_ memchain.Env, data []byte) ([]byte, error) {
	switch fmt.Sprintf("%x", data) {
	case "313ce567":
		return o.decimals, nil
	case "feaf968c":
		return o.round, nil
	}
	return nil, errors.New("no such method")
}

// round encodes an answer of latestRoundData: id, answer, startedAt, updatedAt,
// answeredInRound.
func round(values ...uint64) []byte {
	var data []byte
	for _, v := range values {
		w := uint256.NewInt(v).Bytes32()
		data = append(data, w[:]...)
	}
	return data
}

// good is 2,650.25 USD at 8 decimals, ten minutes before noon.
func good() *oracle {
	then := uint64(noon.Add(-10 * time.Minute).Unix())
	return &oracle{round(8), round(7, 265_025_000_000, then, then, 7)}
}

func open(t *testing.T, o *oracle) (*memchain.Chain, feed.Config) {
	t.Helper()
	c := memchain.New(138, noon, memchain.Options{})
	return c, feed.Config{
		Chain: c.Client(chain.Address{1}), Contract: c.Deploy(o), Pair: pair, Decimals: 8, MaxAge: time.Hour,
		Above: decimal.New(100, 0), Below: decimal.New(100_000, 0),
	}
}

func TestAggregatorKeepsThePromisesOfThePort(t *testing.T) {
	exchangetest.RunFeed(t, func(t *testing.T) exchangetest.FeedFixture {
		_, cfg := open(t, good())
		a, err := feed.New(cfg)
		require.NoError(t, err)
		return exchangetest.FeedFixture{Feed: a, Pair: pair, Now: noon}
	})
}

func TestAnAnswerThatStands(t *testing.T) {
	_, cfg := open(t, good())
	a, err := feed.New(cfg)
	require.NoError(t, err)
	for _, now := range []time.Time{noon.Add(-10 * time.Minute), noon, noon.Add(50 * time.Minute)} {
		p, err := a.Price(t.Context(), pair, now)
		require.NoError(t, err)
		require.Equal(t, "2650.25", p.Value.String())
		require.Equal(t, noon.Add(-10*time.Minute), p.At)
		require.Equal(t, []string{cfg.Contract.String()}, p.Sources)
		require.True(t, p.Spread.IsZero())
	}
}

func TestAnAnswerThatDoesNotStand(t *testing.T) {
	then := uint64(noon.Add(-10 * time.Minute).Unix())
	minus := new(uint256.Int).SetAllOne().Bytes32()
	huge := new(uint256.Int).Lsh(uint256.NewInt(1), 128).Bytes32()
	with := func(i int, w [32]byte) []byte {
		data := good().round
		copy(data[32*i:], w[:])
		return data
	}
	for name, row := range map[string]struct {
		change func(*oracle)
		now    time.Time
		is     error
		says   string
	}{
		"a second too old":              {func(*oracle) {}, noon.Add(50*time.Minute + time.Second), exchange.ErrStale, "1h0m1s ago: must be within 1h0m0s"},
		"of the future":                 {func(*oracle) {}, noon.Add(-10*time.Minute - time.Second), exchange.ErrStale, "after now"},
		"of a round that is not over":   {func(o *oracle) { o.round = round(7, 265_025_000_000, then, 0, 7) }, noon, exchange.ErrStale, "round 7 is not complete"},
		"carried over":                  {func(o *oracle) { o.round = round(7, 265_025_000_000, then, then, 6) }, noon, exchange.ErrStale, "round 7 was carried over from round 6"},
		"zero":                          {func(o *oracle) { o.round = round(7, 0, then, then, 7) }, noon, exchange.ErrInvalid, "must be > 0"},
		"negative":                      {func(o *oracle) { o.round = with(1, minus) }, noon, exchange.ErrInvalid, "must be > 0"},
		"enormous":                      {func(o *oracle) { o.round = with(1, huge) }, noon, exchange.ErrInvalid, "below 2^128"},
		"at the lower bound":            {func(o *oracle) { o.round = round(7, 100_0000_0000, then, then, 7) }, noon, exchange.ErrInvalid, "answer 100: must be above 100 and below 100000"},
		"at the upper bound":            {func(o *oracle) { o.round = round(7, 100_000_0000_0000, then, then, 7) }, noon, exchange.ErrInvalid, "answer 100000: must be above 100 and below 100000"},
		"at no time that there will be": {func(o *oracle) { o.round = round(7, 265_025_000_000, then, 1<<40+1, 7) }, noon, exchange.ErrInvalid, "updatedAt 1099511627777: must be at most 2^40"},
		"of other decimals":             {func(o *oracle) { o.decimals = round(18) }, noon, exchange.ErrInvalid, "must be 8"},
		"of no decimals":                {func(o *oracle) { o.decimals = nil }, noon, exchange.ErrInvalid, "decimals() "},
		"of two words for decimals":     {func(o *oracle) { o.decimals = round(8, 8) }, noon, exchange.ErrInvalid, "decimals() "},
		"a word short":                  {func(o *oracle) { o.round = o.round[32:] }, noon, exchange.ErrInvalid, "latestRoundData() of 128 bytes: must have 160"},
		"a word long":                   {func(o *oracle) { o.round = append(o.round, o.round[:32]...) }, noon, exchange.ErrInvalid, "latestRoundData() of 192 bytes: must have 160"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			row.change(o)
			_, cfg := open(t, o)
			a, err := feed.New(cfg)
			require.NoError(t, err)
			p, err := a.Price(t.Context(), pair, row.now)
			require.ErrorIs(t, err, row.is)
			require.ErrorContains(t, err, row.says)
			require.ErrorContains(t, err, "price of XAU/USD from "+cfg.Contract.String())
			require.Zero(t, p)
		})
	}
}

func TestAChainThatDoesNotAnswer(t *testing.T) {
	c, cfg := open(t, good())
	client := c.Client(chain.Address{1})
	cfg.Chain = client
	a, err := feed.New(cfg)
	require.NoError(t, err)
	client.SetFaults(memchain.Faults{Offline: true})
	_, err = a.Price(t.Context(), pair, noon)
	require.ErrorIs(t, err, memchain.ErrOffline)
	cfg.Contract = chain.Address{9}
	client.SetFaults(memchain.Faults{})
	a, err = feed.New(cfg)
	require.NoError(t, err)
	_, err = a.Price(t.Context(), pair, noon)
	require.ErrorIs(t, err, chain.ErrReverted, "there is no contract")
}

func TestNewRefuses(t *testing.T) {
	_, fine := open(t, good())
	for name, row := range map[string]struct {
		change func(*feed.Config)
		says   string
	}{
		"no chain":             {func(c *feed.Config) { c.Chain = nil }, "Chain"},
		"no contract":          {func(c *feed.Config) { c.Contract = chain.Address{} }, "Contract"},
		"no pair":              {func(c *feed.Config) { c.Pair = exchange.Pair{} }, "Pair"},
		"too many decimals":    {func(c *feed.Config) { c.Decimals = 19 }, "Decimals 19: must be at most 18"},
		"prices of any age":    {func(c *feed.Config) { c.MaxAge = 0 }, "MaxAge 0s: must be > 0"},
		"a negative bound":     {func(c *feed.Config) { c.Above = decimal.New(-1, 0) }, "Above -1"},
		"bounds the other way": {func(c *feed.Config) { c.Below = c.Above }, "Below 100: must be above Above"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := fine
			row.change(&cfg)
			_, err := feed.New(cfg)
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.ErrorContains(t, err, row.says)
		})
	}
}

// An ounce of gold, as a contract has it, and why it is not believed an hour later.
func ExampleAggregator_Price() {
	c := memchain.New(138, noon, memchain.Options{})
	a, err := feed.New(feed.Config{
		Chain: c.Client(chain.Address{1}), Contract: c.Deploy(good()), Pair: pair, Decimals: 8, MaxAge: time.Hour,
		Above: decimal.New(100, 0), Below: decimal.New(100_000, 0),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := a.Price(context.Background(), pair, noon)
	fmt.Println(p.Value, p.At.Format(time.TimeOnly), err)
	_, err = a.Price(context.Background(), pair, noon.Add(time.Hour))
	fmt.Println(errors.Is(err, exchange.ErrStale))
	// Output:
	// 2650.25 11:50:00 <nil>
	// true
}
