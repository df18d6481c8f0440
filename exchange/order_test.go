package exchange_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

func TestAnOrderSurvivesJSON(t *testing.T) {
	o := bid("10", "0.9995")
	o.ID, o.Filled, o.Status, o.PostOnly, o.PlacedAt = "77", dec("2.5"), exchange.Open, true, start
	for _, want := range []exchange.Order{o, {}} {
		wire, err := json.Marshal(want)
		require.NoError(t, err)
		var got exchange.Order
		require.NoError(t, json.Unmarshal(wire, &got))
		require.Empty(t, cmp.Diff(want, got))
	}
	wire, err := json.Marshal(o)
	require.NoError(t, err)
	for _, text := range []string{`"Pair":"USDC/USDT"`, `"Side":"bid"`, `"Status":"open"`, `"Price":"0.9995"`} {
		require.Contains(t, string(wire), text)
	}
}

func TestWordsThatAreNoneAreRefused(t *testing.T) {
	for _, wire := range []string{`{"Side":"buy"}`, `{"Side":"BID"}`, `{"Status":"gone"}`, `{"Pair":"USDCUSDT"}`, `{"Pair":"A/"}`, `{"Pair":"A/B/C"}`} {
		o := bid("1", "1")
		require.ErrorIs(t, json.Unmarshal([]byte(wire), &o), exchange.ErrInvalid, wire)
		require.Empty(t, cmp.Diff(bid("1", "1"), o), "nothing changes")
	}
	_, err := json.Marshal(exchange.Pair{Base: "A"})
	require.ErrorIs(t, err, exchange.ErrInvalid)
}

func TestWordsOfAnEnum(t *testing.T) {
	require.Equal(t, "bid ask  3", fmt.Sprint(exchange.Bid, " ", exchange.Ask, " ", exchange.Side(0), " ", exchange.Side(3)))
	require.Equal(t, "open filled cancelled ", fmt.Sprint(exchange.Open, " ", exchange.Filled, " ", exchange.Cancelled, " ", exchange.Status(0)))
	require.Equal(t, exchange.Ask, exchange.Bid.Opposite())
	require.Equal(t, exchange.Bid, exchange.Ask.Opposite())
	require.Equal(t, exchange.Side(0), exchange.Side(0).Opposite())
}

func TestSameTermsIsAboutTheTrade(t *testing.T) {
	o := bid("10", "1")
	for _, c := range []struct {
		story string
		spoil func(*exchange.Order)
		same  bool
	}{
		{"itself", func(*exchange.Order) {}, true},
		{"the same number written otherwise", func(o *exchange.Order) { o.Price = dec("1.000") }, true},
		{"what the venue added", func(o *exchange.Order) { o.ID, o.Status, o.Filled, o.PlacedAt = "7", exchange.Open, dec("1"), start }, true},
		{"another pair", func(o *exchange.Order) { o.Pair.Quote = "USD" }, false},
		{"another side", func(o *exchange.Order) { o.Side = exchange.Ask }, false},
		{"another price", func(o *exchange.Order) { o.Price = dec("1.1") }, false},
		{"another amount", func(o *exchange.Order) { o.Amount = dec("11") }, false},
	} {
		t.Run(c.story, func(t *testing.T) {
			p := o
			c.spoil(&p)
			require.Equal(t, c.same, o.SameTerms(p))
			require.Equal(t, c.same, p.SameTerms(o))
		})
	}
}

func TestSums(t *testing.T) {
	o := bid("10", "0.5")
	o.Filled = dec("2.5")
	require.Equal(t, "7.5", o.Remaining().String())
	require.Equal(t, "5", o.Notional().String())
	require.Equal(t, "5", exchange.Balance{Free: dec("3"), Held: dec("2")}.Total().String())
}

func TestPairsHaveBounds(t *testing.T) {
	long := strings.Repeat("x", 32)
	for text, good := range map[string]bool{
		"USDC/USDT": true, "azAZ09._-/cUSDT": true, long + "/USD": true, "USD/" + long: true,
		"usdc/USDC":    true, // case matters
		long + "x/USD": false, "USD/" + long + "x": false, "USDC": false, "/USD": false, "USDC/": false,
		"A/B/C": false, "A/A": false, "A B/C": false, "A@/C": false, "Ä/C": false, "": false,
	} {
		p, err := exchange.ParsePair(text)
		if good {
			require.NoError(t, err)
			require.Equal(t, text, p.String())
			continue
		}
		require.ErrorIs(t, err, exchange.ErrInvalid, text)
	}
}

func TestClientIDsFitEveryVenueAndRarelyMeet(t *testing.T) {
	seen := map[string]bool{}
	for step := range 300 {
		for n := range 10 {
			id := exchange.ClientID(fmt.Sprintf("book/USDC/%d", step), n)
			o := bid("10", "1")
			o.ClientID = id
			require.NoError(t, o.Validate())
			require.False(t, seen[id], "%s named two orders", id)
			seen[id] = true
		}
	}
	require.Equal(t, "ffoewtwcpxdvtehwfx", exchange.ClientID("k/1", 2), "ids in journals stay valid: never change how they are made")
}

func TestProofsAreOfSaneSize(t *testing.T) {
	fields := func(n, size int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("%0*d", size, i)] = strings.Repeat("x", size)
		}
		return m
	}
	for _, c := range []struct {
		story string
		spoil func(*exchange.Proof)
		bad   bool
	}{
		{"as large as it may be", func(p *exchange.Proof) {
			p.Key, p.Signature = strings.Repeat("x", 4096), strings.Repeat("x", 4096)
			p.Params, p.Headers = fields(16, 4096), fields(16, 4096)
		}, false},
		{"no key", func(p *exchange.Proof) { p.Key = "" }, true},
		{"a key that ends in a blank", func(p *exchange.Proof) { p.Key = "k " }, true},
		{"a key that begins with a line", func(p *exchange.Proof) { p.Key = "\nk" }, true},
		{"a key with a blank within", func(p *exchange.Proof) { p.Key = "k k" }, false},
		{"no signature", func(p *exchange.Proof) { p.Signature = "" }, true},
		{"another exchange", func(p *exchange.Proof) { p.Exchange = strings.Repeat("x", 4096) }, true},
		{"another pair", func(p *exchange.Proof) { p.Pair.Base = strings.Repeat("x", 4096) }, true},
		{"too many parameters", func(p *exchange.Proof) { p.Params = fields(17, 1) }, true},
		{"too many headers", func(p *exchange.Proof) { p.Headers = fields(17, 1) }, true},
		{"a parameter too long", func(p *exchange.Proof) { p.Params = fields(1, 4097) }, true},
		{"a header too long", func(p *exchange.Proof) { p.Headers = fields(1, 4097) }, true},
		{"a key too long", func(p *exchange.Proof) { p.Key = strings.Repeat("x", 4097) }, true},
		{"a signature too long", func(p *exchange.Proof) { p.Signature = strings.Repeat("x", 4097) }, true},
	} {
		t.Run(c.story, func(t *testing.T) {
			p := exchange.Proof{Exchange: "paper", Key: "k", Pair: pair, Signature: "s", IssuedAt: start}
			c.spoil(&p)
			err := p.Check("paper", pair, start)
			if !c.bad {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, exchange.ErrInvalid)
			require.Less(t, len(err.Error()), 300, "an error does not repeat what was too long")
		})
	}
}

func TestProofsHaveATime(t *testing.T) {
	p := exchange.Proof{Exchange: "paper", Key: "k", Pair: pair, Signature: "s", IssuedAt: start}
	for age, want := range map[time.Duration]error{
		exchange.MaxProofAge:       nil,
		exchange.MaxProofAge + 1:   exchange.ErrStale,
		-exchange.MaxProofSkew:     nil,
		-exchange.MaxProofSkew - 1: exchange.ErrStale,
	} {
		require.ErrorIs(t, p.Check("paper", pair, start.Add(age)), want, "age %v", age)
	}
}

func TestAProofCarriesJustWhatItShould(t *testing.T) {
	params := map[string]string{"timestamp": "1"}
	headers := map[string]string{"Passphrase": "secret"}
	for _, c := range []struct {
		story string
		proof exchange.Proof
		text  string // "" if valid
	}{
		{"just that", exchange.Proof{IssuedAt: start, Params: params, Headers: headers}, ""},
		{"a time between two that the venue can tell apart", exchange.Proof{IssuedAt: start.Add(time.Microsecond), Params: params, Headers: headers}, "Proof.IssuedAt"},
		{"another value", exchange.Proof{IssuedAt: start, Params: map[string]string{"timestamp": "2"}, Headers: headers}, "Proof.Params"},
		{"one parameter more", exchange.Proof{IssuedAt: start, Params: map[string]string{"timestamp": "1", "symbol": "X"}, Headers: headers}, "Proof.Params"},
		{"no parameter", exchange.Proof{IssuedAt: start, Headers: headers}, "Proof.Params"},
		{"another header", exchange.Proof{IssuedAt: start, Params: params, Headers: map[string]string{"Passphrase": "another secret"}}, "Proof.Headers"},
		{"no header", exchange.Proof{IssuedAt: start, Params: params}, "Proof.Headers"},
	} {
		err := c.proof.CheckFields(time.Millisecond, params, headers)
		if c.text == "" {
			require.NoError(t, err, c.story)
			continue
		}
		require.ErrorIs(t, err, exchange.ErrInvalid, c.story)
		require.ErrorContains(t, err, c.text, c.story)
		require.NotContains(t, err.Error(), "secret", c.story)
	}
	require.NoError(t, exchange.Proof{IssuedAt: start, Params: params, Headers: map[string]string{}}.CheckFields(time.Second, params, nil), "none is none")
}

func TestTheTermsOfAForeignOrderNeedNoClientID(t *testing.T) {
	o := bid("10", "1")
	for _, id := range []string{"", "web/1", strings.Repeat("x", 99)} {
		o.ClientID = id
		require.NoError(t, o.ValidateTerms())
		require.ErrorIs(t, o.Validate(), exchange.ErrInvalid)
	}
	for what, spoil := range map[string]func(*exchange.Order){
		"Pair":         func(o *exchange.Order) { o.Pair.Base = "" },
		"Order.Side":   func(o *exchange.Order) { o.Side = 0 },
		"Order.Price":  func(o *exchange.Order) { o.Price = dec("0") },
		"Order.Amount": func(o *exchange.Order) { o.Amount = dec("-1") },
	} {
		o := bid("10", "1")
		spoil(&o)
		require.ErrorIs(t, o.ValidateTerms(), exchange.ErrInvalid, what)
		require.ErrorContains(t, o.Validate(), what)
	}
}

func TestErrorsKeepTheirFamily(t *testing.T) {
	cause := errors.New("HTTP 429")
	err := fmt.Errorf("place: %w", &exchange.RateLimitError{RetryAfter: 3 * time.Second, Cause: cause})
	require.ErrorIs(t, err, exchange.ErrRateLimited)
	require.ErrorIs(t, err, cause)
	require.NotErrorIs(t, err, exchange.ErrRejected)
	require.EqualError(t, err, "place: exchange: rate limited: retry after 3s: HTTP 429")
	require.EqualError(t, &exchange.RateLimitError{RetryAfter: time.Second}, "exchange: rate limited: retry after 1s")
	require.ErrorIs(t, exchange.ErrInsufficient, exchange.ErrRejected)
	require.ErrorIs(t, exchange.ErrWouldCross, exchange.ErrRejected)
	require.NotErrorIs(t, exchange.ErrWouldCross, exchange.ErrInsufficient)
}

func FuzzParsePair(f *testing.F) {
	for _, s := range []string{"USDC/USDT", "cUSDT/USD", "/", "A/A", "A/B/C", "Ä/B", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := exchange.ParsePair(s)
		if err != nil {
			require.ErrorIs(t, err, exchange.ErrInvalid)
			return
		}
		require.NoError(t, p.Validate())
		require.Equal(t, s, p.String())
	})
}
