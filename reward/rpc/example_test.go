package rpc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/rpc"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// A payment is asked for twice and made once.
func Example() {
	daemon := httptest.NewServer(scripted(map[string][]string{
		"getbalance":       {`100.00000000`},
		"sendmany":         {`"2b8f"`},
		"listtransactions": {`[]`, `[{"txid": "2b8f", "comment": "alp:3f9c", "confirmations": 2, "time": 1714564800}]`},
	}))
	defer daemon.Close()

	client, err := rpc.New(rpc.Config{URL: daemon.URL, User: "pool", Password: "from a file that only we can read"})
	if err != nil {
		panic(err)
	}
	payer, err := rpc.NewSendmany(rpc.SendmanyConfig{Client: client, Notes: &memory.Inbox{}, MinConfirmations: 1})
	if err != nil {
		panic(err)
	}
	amount := decimal.RequireFromString("12.5")
	batch := payout.Batch{ID: "3f9c", Outputs: []payout.Output{{Address: "BAddressOfAnn", Amount: amount}}, Total: amount}
	for range 2 {
		if err := payer.Pay(context.Background(), batch); err != nil {
			panic(err)
		}
	}
	receipt, err := payer.Find(context.Background(), batch.ID)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s in %s, %d confirmations\n", receipt.Status, receipt.TxID, receipt.Confirmations)
	// Output:
	// listtransactions ["*",100,0]
	// getbalance ["*",1]
	// sendmany ["",{"BAddressOfAnn":"12.5"},1,"alp:3f9c"]
	// listtransactions ["*",100,0]
	// listtransactions ["*",100,0]
	// sent in 2b8f, 2 confirmations
}

// scripted prints each call and answers it with the next of its results; the last
// one it repeats.
func scripted(results map[string][]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			ID     int
			Method string
			Params json.RawMessage
		}
		if err := json.NewDecoder(r.Body).Decode(&call); err != nil {
			panic(err)
		}
		fmt.Println(call.Method, string(call.Params))
		waiting := results[call.Method]
		_, _ = fmt.Fprintf(w, `{"result": %s, "error": null, "id": %d}`, waiting[0], call.ID)
		if len(waiting) > 1 {
			results[call.Method] = waiting[1:]
		}
	})
}
