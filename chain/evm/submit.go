package evm

import (
	"context"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// handOver gives the newest version of an intent to those that may see it. One that
// takes it is enough.
func (c *Client) handOver(ctx context.Context, in outbox.Intent, again bool) error {
	v := in.Newest()
	raw, err := v.MarshalBinary()
	if err != nil {
		return err
	}
	hidden, err := c.submit(ctx, c.relays, raw)
	if v.Kind == outbox.Call && (!in.Public || hidden && !again) {
		return err
	}
	open, openErr := c.submit(ctx, c.public, raw)
	if hidden || open {
		return nil
	}
	return oneLine(err, openErr)
}

// submit reports whether any of the endpoints took a signed transaction; if none did,
// the error says why.
func (c *Client) submit(ctx context.Context, to []*source.Endpoint, raw []byte) (bool, error) {
	var errs []error
	taken := false
	for _, e := range to {
		err := e.Call(ctx, nil, "eth_sendRawTransaction", hexutil.Bytes(raw))
		if err == nil || settledAlready(err) {
			taken = true
			continue
		}
		errs = append(errs, fmt.Errorf("submit: %w", err))
	}
	if taken {
		return true, nil
	}
	return false, oneLine(errs...)
}

// settledAlready reports whether a node refused a transaction because it has it, or
// because its nonce is used: then Receipt tells the rest. No code of JSON-RPC says
// this; the words are those of go-ethereum, Erigon and Nethermind, and of Besu.
func settledAlready(err error) bool {
	text := strings.ToLower(err.Error())
	for _, words := range []string{"already known", "known transaction", "alreadyknown", "already imported", "nonce too low", "oldnonce", "nonce_too_low"} {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
