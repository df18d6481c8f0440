package binance_test

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/binance"
)

// A provider signs a proof of its open orders with a key that may only read, and
// sends nothing. The secret is the one of the venue's documentation.
func Example() {
	prover, err := binance.NewProver("my-read-only-key", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")
	if err != nil {
		fmt.Println(err)
		return
	}
	pair := exchange.Pair{Base: "BTC", Quote: "USDT"}
	proof, err := prover.ProveOpenOrders(pair, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
	fmt.Println(proof, err)
	fmt.Println(proof.Params)
	// Output:
	// proof of BTC/USDT at "binance" by "my-read-only-key" of 2024-05-01 12:00:00 +0000 UTC <nil>
	// map[recvWindow:60000 timestamp:1714564800000]
}
