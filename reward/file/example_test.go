package file_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/file"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// A person finds what to pay in the folder and answers with the transaction.
func Example() {
	folder, err := os.MkdirTemp("", "payouts")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	payer, err := file.Open(folder)
	if err != nil {
		panic(err)
	}
	defer func() { _ = payer.Close() }()

	amount := decimal.RequireFromString("12.5")
	batch := payout.Batch{ID: "3f9c", Outputs: []payout.Output{{Address: "BAddressOfAnn", Amount: amount}}, Total: amount}
	if err := payer.Pay(context.Background(), batch); err != nil {
		panic(err)
	}
	order, _ := os.ReadFile(filepath.Join(folder, "3f9c.csv"))
	fmt.Print(string(order))

	waiting, _ := payer.Find(context.Background(), batch.ID)
	fmt.Println(waiting.Status, "-", waiting.Note)
	_ = os.WriteFile(filepath.Join(folder, "3f9c.txid"), []byte(strings.Repeat("ab", 32)), 0o600)
	paid, _ := payer.Find(context.Background(), batch.ID)
	fmt.Println(paid.Status, "-", paid.TxID[:8])
	// Output:
	// batch,3f9c
	// total,12.5
	// address,amount
	// BAddressOfAnn,12.5
	// pending - waits for 3f9c.txid
	// sent - abababab
}
