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
)

// World is where accounts and books are: exchanges over a network. Safe for
// concurrent use.
type World struct {
	Clock   clock.Clock
	Network http.RoundTripper
}

var accounts = map[string]func(keys.API, World) (exchange.Client, error){
	binance.Name: func(k keys.API, w World) (exchange.Client, error) {
		return binance.New(k.Key, k.Secret, binance.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	bitfinex.Name: func(k keys.API, w World) (exchange.Client, error) {
		return bitfinex.New(k.Key, k.Secret, bitfinex.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	bybit.Name: func(k keys.API, w World) (exchange.Client, error) {
		return bybit.New(k.Key, k.Secret, bybit.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	coinbase.Name: func(k keys.API, w World) (exchange.Client, error) {
		return coinbase.New(k.Key, k.Secret, coinbase.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	gate.Name: func(k keys.API, w World) (exchange.Client, error) {
		return gate.New(k.Key, k.Secret, gate.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	kraken.Name: func(k keys.API, w World) (exchange.Client, error) {
		return kraken.New(k.Key, k.Secret, kraken.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	okx.Name: func(k keys.API, w World) (exchange.Client, error) {
		return okx.New(k.Key, k.Secret, k.Passphrase, okx.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
	poloniex.Name: func(k keys.API, w World) (exchange.Client, error) {
		return poloniex.New(k.Key, k.Secret, poloniex.Options{Clock: w.Clock, RoundTripper: w.Network})
	},
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
	return open(key, w)
}

// Books are public, and still the adapters want a key: this one signs nothing.
const noKey = "bm9uZQ=="

// Books returns the order books of the exchange of that name.
func (w World) Books(name string) (exchange.BookReader, error) {
	return w.Account(name, keys.API{Key: noKey, Secret: noKey, Passphrase: noKey})
}
