package venuetest

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

// Start is when every double opens.
var Start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// Stables is the market of most doubles.
var Stables = exchange.Market{
	Pair: exchange.Pair{Base: "USDC", Quote: "USDT"}, Tick: Dec("0.0001"), Lot: Dec("0.01"), MinAmount: Dec("0.01"), MinNotional: Dec("5"),
	MakerFeeBps: Dec("1"), TakerFeeBps: Dec("7.5"),
}

// Dec reads a number; it panics for anything else.
func Dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// Object is a JSON object.
type Object = map[string]any

// Order is an order of the double's market.
func (d *Double) Order(clientID string, side exchange.Side, amount, price string) exchange.Order {
	return exchange.Order{ClientID: clientID, Pair: d.wire.Market.Pair, Side: side, Amount: Dec(amount), Price: Dec(price)}
}

// Fixture is what exchangetest.Run takes.
func (d *Double) Fixture(client, other exchange.Client) exchangetest.Fixture {
	return exchangetest.Fixture{
		Client: client, Other: other, Pair: d.wire.Market.Pair, Price: d.wire.Price, Amount: d.wire.Amount,
		LoseAnswer:  func() { d.LoseAnswer(d.wire.Places) },
		LoseRequest: func() { d.LoseRequest(d.wire.Places) },
		RateLimit:   func() { d.Refuse(d.wire.Lists, exchange.ErrRateLimited) },
	}
}

// StormFixture is what exchangetest.RunStorm takes: the account of key in a gale.
func (d *Double) StormFixture(key string, client exchange.Client, seed uint64) exchangetest.StormFixture {
	d.t.Helper()
	d.Storm(seed, Gale)
	return exchangetest.StormFixture{
		Client: client, Pair: d.wire.Market.Pair, Price: d.wire.Price, Amount: d.wire.Amount,
		Wait: d.Clock.Add, Calm: d.Calm, Weather: d.Weather,
		Orders: func() []exchange.Order {
			d.mu.Lock()
			defer d.mu.Unlock()
			return slices.Clone(d.Orders(d.t.Context(), key))
		},
	}
}

// ProofFixture is what exchangetest.RunProofs takes: the owner and somebody else
// have an order each.
func (d *Double) ProofFixture(owner, other exchange.Client, prover exchange.Prover, verifier exchange.Verifier) exchangetest.ProofFixture {
	d.t.Helper()
	o := exchange.Order{ClientID: "a1", Pair: d.wire.Market.Pair, Side: exchange.Bid, Price: d.wire.Price, Amount: d.wire.Amount}
	for _, client := range []exchange.Client{owner, other} {
		_, err := client.Place(d.t.Context(), o)
		require.NoError(d.t, err)
	}
	return exchangetest.ProofFixture{Prover: prover, Verifier: verifier, Owner: owner, Pair: o.Pair, Now: Start}
}

// Signature is a published example.
type Signature struct {
	Key, Secret, Method, Path, Nonce string
	Signed                           string `json:"string_to_sign"`
	Hashed                           string `json:"sha256_of"` // Kraken's
	Signature                        string
}

// Signatures compares sign with the examples of one venue.
func Signatures(t *testing.T, venue string, sign func(Signature) string) {
	t.Helper()
	const name = "exchange/signing.json"
	body, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file struct {
		Exchanges map[string]struct{ Vectors []Signature }
	}
	require.NoError(t, json.Unmarshal(body, &file))
	passed, failed := 0, 0
	for _, want := range file.Exchanges[venue].Vectors {
		if got := sign(want); got != want.Signature {
			failed++
			t.Errorf("%s %s: signed %s, want %s", want.Path, want.Signed, got, want.Signature)
			continue
		}
		passed++
	}
	vectors.Report(t, name, passed, failed)
}
