package okx_test

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
)

// A provider signs a proof of its open orders with a key that may only read, and
// sends nothing. The secret is the one of the venue's documentation.
func Example() {
	prover, err := okx.NewProver("my-read-only-key", "22582BD0CFF14C41EDBF1AB98506286D", "the passphrase of that key")
	if err != nil {
		fmt.Println(err)
		return
	}
	pair := exchange.Pair{Base: "BTC", Quote: "USDT"}
	proof, err := prover.ProveOpenOrders(pair, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
	fmt.Println(proof, err)
	fmt.Println(proof.Params)
	// Output:
	// proof of BTC/USDT at "okx" by "my-read-only-key" of 2024-05-01 12:00:00 +0000 UTC <nil>
	// map[timestamp:2024-05-01T12:00:00.000Z]
}
