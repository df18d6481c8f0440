package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evenkeelhq/evenkeel"
)

// notes are a payer's durable memory, written before the wallet can forget or a
// process die. An inbox is used for its promise that an id is written once: of
// two writers with different bytes, one is refused.
type notes struct{ inbox evenkeel.Inbox }

// write keeps value under a key and an id. It is evenkeel.ErrConflict if another
// value is there.
func (n notes) write(ctx context.Context, key, id string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("note %q of %s: %w", id, key, err)
	}
	if err := n.inbox.Put(ctx, key, id, body); err != nil {
		return fmt.Errorf("note %q of %s: %w", id, key, err)
	}
	return nil
}

// read hands out the notes of a key, oldest first, until each fails.
func (n notes) read(ctx context.Context, key string, each func(id string, body []byte) error) error {
	if err := ctx.Err(); err != nil { // an inbox that has nothing need not look
		return err
	}
	for c, err := range n.inbox.Take(ctx, key, 0) {
		if err == nil {
			err = each(c.ID, c.Body)
		}
		if err != nil {
			return fmt.Errorf("notes of %s: %w", key, err)
		}
	}
	return nil
}

// voided is what people read of a void batch.
const voided = "the batch is void"

// maxNote is the longest text that a receipt may carry, in bytes.
const maxNote = 256

// remark writes a note for people, cut to what a receipt may carry.
func remark(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	return strings.ToValidUTF8(text[:min(len(text), maxNote)], "")
}

// batchKey is where the notes of a batch are.
func batchKey(id string) string { return "payer/" + id }

// errForeign is for a note of another kind of payer: what that one did, this one
// cannot find, so it must not touch the batch.
func errForeign(id string) error {
	return invalid("note", fmt.Sprintf("%q", id), "must be this payer's: another one has begun with the batch")
}
