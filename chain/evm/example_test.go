package evm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/evenkeelhq/evenkeel/chain/evm"
)

// The program expects chain 1, and was pointed at a node of chain 138.
func ExampleOpen() {
	node := standIn(time.Now())
	defer node.Close()

	cfg := evm.Config{ChainID: 1, URLs: []string{node.URL}, MaxAge: time.Minute}
	_, err := evm.Open(context.Background(), cfg)
	fmt.Println(err)

	cfg.ChainID = 138
	client, err := evm.Open(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	head, err := client.Head(context.Background())
	fmt.Println(head.Number, head.GasPrice.Dec(), "wei", err)
	// Output:
	// open chain 1: chain: invalid: source: wrong chain: source 1: chain id 138: must be 1
	// 7 1000000000 wei <nil>
}

// A node that stands still is not believed.
func ExampleClient_Head_stale() {
	node := standIn(time.Now().Add(-time.Hour))
	defer node.Close()
	client, err := evm.Open(context.Background(), evm.Config{ChainID: 138, URLs: []string{node.URL}, MaxAge: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	_, err = client.Head(context.Background())
	fmt.Println(errors.Is(err, evm.ErrStale))
	// Output: true
}

// standIn answers as a node of chain 138 at block 7 would.
func standIn(now time.Time) *httptest.Server {
	hash := func(n int) string { return fmt.Sprintf("0x%064x", n) }
	block := map[string]any{
		"number": "0x7", "hash": hash(7), "parentHash": hash(6),
		"timestamp": fmt.Sprintf("%#x", now.Unix()), "baseFeePerGas": "0x3b9aca00",
	}
	answer := func(q request) response {
		out := response{Version: "2.0", ID: q.ID, Result: json.RawMessage(`"0x8a"`)}
		if q.Method == "eth_getBlockByNumber" {
			out.Result, _ = json.Marshal(block)
		}
		return out
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { serve(w, q, answer) }))
}
