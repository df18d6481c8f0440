package memory_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// A sequence number is taken once, which is how a second writer is noticed; a
// command is put once, however often it is sent.
func Example() {
	ctx := context.Background()
	var journal memory.Store
	record := evenkeel.Record{Stamp: evenkeel.Stamp{Key: "peg/cUSDC", Seq: 1}}
	fmt.Println(journal.Append(ctx, record))
	fmt.Println(errors.Is(journal.Append(ctx, record), evenkeel.ErrConflict))

	var inbox memory.Inbox
	for range 2 {
		if err := inbox.Put(ctx, "peg/cUSDC", "night shift 1", []byte("pause")); err != nil {
			fmt.Println(err)
		}
	}
	for c, err := range inbox.Take(ctx, "peg/cUSDC", 0) {
		fmt.Println(c.Seq, c.ID, string(c.Body), err)
	}
	// Output:
	// <nil>
	// true
	// 1 night shift 1 pause <nil>
}
