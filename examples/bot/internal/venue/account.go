package venue

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
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

// World is where accounts and books are: exchanges over a network. Safe for
// concurrent use.
type World struct {
	Clock   clock.Clock
	Network http.RoundTripper
}

var accounts = map[string]func(keys.API, transport.Options) (exchange.Client, error){
	binance.Name:  account(binance.New),
	bitfinex.Name: account(bitfinex.New),
	bybit.Name:    account(bybit.New),
	coinbase.Name: account(coinbase.New),
	gate.Name:     account(gate.New),
	kraken.Name:   account(kraken.New),
	okx.Name: func(k keys.API, o transport.Options) (exchange.Client, error) {
		return okx.New(k.Key, k.Secret, k.Passphrase, o)
	},
	poloniex.Name: account(poloniex.New),
}

func account[C exchange.Client](open func(key, secret string, o transport.Options) (C, error)) func(keys.API, transport.Options) (exchange.Client, error) {
	return func(k keys.API, o transport.Options) (exchange.Client, error) { return open(k.Key, k.Secret, o) }
}

// BooksAt returns whose books anybody may read, sorted: not Coinbase's.
func BooksAt() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return name == coinbase.Name })
}

// Account returns the account of a key at the exchange of that name.
func (w World) Account(name string, key keys.API) (exchange.Client, error) {
	open, found := accounts[name]
	if !found {
		return nil, fmt.Errorf("%w: venue %.40q: must be one of %q", exchange.ErrInvalid, name, Names())
	}
	return open(key, transport.Options{Clock: w.Clock, RoundTripper: w.Network})
}

// Books are public, and still the adapters want a key: this one signs nothing.
const noKey = "bm9uZQ=="

// Books returns the order books of the exchange of that name.
func (w World) Books(name string) (exchange.BookReader, error) {
	return w.Account(name, keys.API{Key: noKey, Secret: noKey, Passphrase: noKey})
}
