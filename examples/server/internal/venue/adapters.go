package venue

import (
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
	"github.com/evenkeelhq/evenkeel/exchange/bitfinex"
	"github.com/evenkeelhq/evenkeel/exchange/bybit"
	"github.com/evenkeelhq/evenkeel/exchange/coinbase"
	"github.com/evenkeelhq/evenkeel/exchange/gate"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
	"github.com/evenkeelhq/evenkeel/exchange/poloniex"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// adapter is one real exchange. books is nil where they are not public.
type adapter struct {
	verifier func(transport.Options) (exchange.Verifier, error)
	books    func(transport.Options) (exchange.BookReader, error)
}

var adapters = map[string]adapter{
	binance.Name:  {verifier(binance.NewVerifier), books(binance.New)},
	bitfinex.Name: {verifier(bitfinex.NewVerifier), books(bitfinex.New)},
	bybit.Name:    {verifier(bybit.NewVerifier), books(bybit.New)},
	coinbase.Name: {verifier(coinbase.NewVerifier), nil},
	gate.Name:     {verifier(gate.NewVerifier), books(gate.New)},
	kraken.Name:   {verifier(kraken.NewVerifier), books(kraken.New)},
	okx.Name: {verifier(okx.NewVerifier), func(o transport.Options) (exchange.BookReader, error) {
		return okx.New(noKey, noKey, noKey, o)
	}},
	poloniex.Name: {verifier(poloniex.NewVerifier), books(poloniex.New)},
}

func verifier[V exchange.Verifier](open func(transport.Options) (V, error)) func(transport.Options) (exchange.Verifier, error) {
	return func(o transport.Options) (exchange.Verifier, error) { return open(o) }
}

// Books are public, and still the adapters want a key: this one signs nothing.
const noKey = "bm9uZQ=="

func books[B exchange.BookReader](open func(key, secret string, o transport.Options) (B, error)) func(transport.Options) (exchange.BookReader, error) {
	return func(o transport.Options) (exchange.BookReader, error) { return open(noKey, noKey, o) }
}
