package coinbase_test

import (
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/coinbase"
)

// A provider signs a proof of its open orders with a key that may only view, and
// sends nothing. The secret is the EC key of RFC 7515, appendix A.3, in PEM.
func Example() {
	prover, err := coinbase.NewProver("organizations/o/apiKeys/my-view-only-key", `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END EC PRIVATE KEY-----
`)
	if err != nil {
		fmt.Println(err)
		return
	}
	pair := exchange.Pair{Base: "BTC", Quote: "USDT"}
	proof, err := prover.ProveOpenOrders(pair, time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
	fmt.Println(proof, err)
	fmt.Println(proof.Params)
	// Output:
	// proof of BTC/USDT at "coinbase" by "organizations/o/apiKeys/my-view-only-key" of 2024-05-01 12:00:00 +0000 UTC <nil>
	// map[nonce:1714564800000000]
}
