package venue

import (
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
	"github.com/evenkeelhq/evenkeel/exchange/bitfinex"
	"github.com/evenkeelhq/evenkeel/exchange/bybit"
	"github.com/evenkeelhq/evenkeel/exchange/coinbase"
	"github.com/evenkeelhq/evenkeel/exchange/gate"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
	"github.com/evenkeelhq/evenkeel/exchange/poloniex"
)

// adapter is one real exchange. books is nil where they are not public.
type adapter struct {
	verifier func(settings) (exchange.Verifier, error)
	books    func(settings) (exchange.BookReader, error)
}

// settings is the Options of nearly every adapter.
type settings struct {
	Base         string
	Every        time.Duration
	Burst        int
	Clock        clock.Clock
	RoundTripper http.RoundTripper
}

// Books are public, and still the adapters want a key: this one signs nothing.
const noKey = "bm9uZQ=="

var adapters = map[string]adapter{
	binance.Name: {
		verifier: func(s settings) (exchange.Verifier, error) {
			return binance.NewVerifier(binance.Options{Clock: s.Clock, RoundTripper: s.RoundTripper})
		},
		books: func(s settings) (exchange.BookReader, error) {
			return binance.New(noKey, noKey, binance.Options{Clock: s.Clock, RoundTripper: s.RoundTripper})
		},
	},
	bitfinex.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return bitfinex.NewVerifier(bitfinex.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return bitfinex.New(noKey, noKey, bitfinex.Options(s)) },
	},
	bybit.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return bybit.NewVerifier(bybit.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return bybit.New(noKey, noKey, bybit.Options(s)) },
	},
	coinbase.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return coinbase.NewVerifier(coinbase.Options(s)) },
	},
	gate.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return gate.NewVerifier(gate.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return gate.New(noKey, noKey, gate.Options(s)) },
	},
	kraken.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return kraken.NewVerifier(kraken.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return kraken.New(noKey, noKey, kraken.Options(s)) },
	},
	okx.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return okx.NewVerifier(okx.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return okx.New(noKey, noKey, noKey, okx.Options(s)) },
	},
	poloniex.Name: {
		verifier: func(s settings) (exchange.Verifier, error) { return poloniex.NewVerifier(poloniex.Options(s)) },
		books:    func(s settings) (exchange.BookReader, error) { return poloniex.New(noKey, noKey, poloniex.Options(s)) },
	},
}
