// Package venue is the table of exchanges that the bot can sign for.
package venue

import (
	"maps"
	"slices"

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

var provers = map[string]func(keys.API) (exchange.Prover, error){
	binance.Name:  func(k keys.API) (exchange.Prover, error) { return binance.NewProver(k.Key, k.Secret) },
	bitfinex.Name: func(k keys.API) (exchange.Prover, error) { return bitfinex.NewProver(k.Key, k.Secret) },
	bybit.Name:    func(k keys.API) (exchange.Prover, error) { return bybit.NewProver(k.Key, k.Secret) },
	coinbase.Name: func(k keys.API) (exchange.Prover, error) { return coinbase.NewProver(k.Key, k.Secret) },
	gate.Name:     func(k keys.API) (exchange.Prover, error) { return gate.NewProver(k.Key, k.Secret) },
	kraken.Name:   func(k keys.API) (exchange.Prover, error) { return kraken.NewProver(k.Key, k.Secret) },
	okx.Name:      func(k keys.API) (exchange.Prover, error) { return okx.NewProver(k.Key, k.Secret, k.Passphrase) },
	poloniex.Name: func(k keys.API) (exchange.Prover, error) { return poloniex.NewProver(k.Key, k.Secret) },
}

// Names returns the exchanges of the table, sorted.
func Names() []string { return slices.Sorted(maps.Keys(provers)) }

// Prover returns who signs with a key at the exchange of that name, which is one
// of [Names].
func Prover(name string, key keys.API) (exchange.Prover, error) { return provers[name](key) }
