package bitfinex_test

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/bitfinex"
)

// A provider signs a proof of its open orders with a key that may only read, and
// sends nothing.
func Example() {
	prover, err := bitfinex.NewProver("my-read-only-key", "my-secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	pair := exchange.Pair{Base: "BTC", Quote: "USDT"}
	proof, err := prover.ProveOpenOrders(pair, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
	fmt.Println(proof, err)
	fmt.Println(proof.Params)
	// Output:
	// proof of BTC/USDT at "bitfinex" by "my-read-only-key" of 2024-05-01 12:00:00 +0000 UTC <nil>
	// map[nonce:1714564800000000]
}
