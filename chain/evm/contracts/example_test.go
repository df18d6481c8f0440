package contracts_test

import (
	"fmt"
	"log"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// Data for the transaction that deploys a token, and for the one that then mints some:
// to be sent by whatever signs.
func Example() {
	token, err := contracts.Load(contracts.Token)
	if err != nil {
		log.Fatal(err)
	}
	treasury := common.HexToAddress("0x0000000000000000000000000000000000000138")
	create, err := token.Creation("Tether on 138", "cUSDT", uint8(6), treasury)
	if err != nil {
		log.Fatal(err)
	}
	mint, err := token.ABI.Pack("mint", treasury, big.NewInt(1_000_000))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("more than the code alone:", len(create) > len(token.Bytecode))
	fmt.Printf("mint: %x...\n", mint[:4])
	_, err = token.Creation("Tether on 138", "cUSDT")
	fmt.Println(err)
	// Output:
	// more than the code alone: true
	// mint: 40c10f19...
	// contracts: invalid: arguments of Token: argument count mismatch: got 2 for 4
}
