package memchain_test

import (
	"context"
	"fmt"
	"time"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

// A transaction is mined, orphaned and mined again, under the same id and once.
func Example() {
	ctx, at := context.Background(), time.Date(2026, 2, 14, 0, 0, 0, 0, time.UTC)
	alice, bob := chain.Address{19: 1}, chain.Address{19: 2}

	c := memchain.New(138, at, memchain.Options{})
	token := memchain.NewToken(c, 6)
	mine := func(txs ...memchain.Tx) {
		at = at.Add(2 * time.Second)
		if _, err := c.Mine(at, txs...); err != nil {
			fmt.Println(err)
		}
	}
	mine(memchain.Tx{Do: func(env memchain.Env) error { return token.Mint(env, alice, *uint256.NewInt(100)) }})

	client := c.Client(alice)
	call := abi.Transfer.Call(token.Address(), abi.Payment{Who: bob, Amount: *uint256.NewInt(30)})
	report := func(event string) {
		r, err := client.Receipt(ctx, "pay/1")
		balance := token.Balance(bob)
		fmt.Println(event, r.Status, balance.Dec(), err)
	}
	_, err := client.Send(ctx, "pay/1", chain.Tx{Call: call, MaxGasPrice: *uint256.NewInt(2e9), Deadline: 10})
	fmt.Println(err)
	report("sent:")
	mine()
	report("mined:")
	_, err = c.Reorg(1)
	fmt.Println(err)
	report("orphaned:")
	mine()
	mine()
	report("mined again:")
	// Output:
	// <nil>
	// sent: pending 0 <nil>
	// mined: mined 30 <nil>
	// <nil>
	// orphaned: pending 0 <nil>
	// mined again: mined 30 <nil>
}
