package evm

import (
	"context"
	"fmt"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// Log is what a contract wrote in a transaction that was mined.
type Log struct {
	Block  uint64
	Hash   chain.Hash // of the block
	Index  uint64     // in the block
	Tx     chain.Hash
	Topics []chain.Hash
	Data   []byte
}

// Logs returns what a contract wrote, under that first topic, in the blocks from to to,
// both included, in the chain's order. All endpoints must have all of it: one that
// leaves something out is [ErrDisagree], naming the block.
//
// It returns chain.ErrNotFound when to is above Head, chain.ErrReorged when the chain
// moved meanwhile, and chain.ErrInvalid when from is above to or there are more than
// 100,000.
func (c *Client) Logs(ctx context.Context, contract chain.Address, topic chain.Hash, from, to uint64) ([]Log, error) {
	logs, err := c.logs(ctx, contract, topic, from, to)
	if err != nil {
		return nil, fmt.Errorf("logs of %s, blocks %d to %d: %w", contract, from, to, err)
	}
	return logs, nil
}

func (c *Client) logs(ctx context.Context, contract chain.Address, topic chain.Hash, from, to uint64) ([]Log, error) {
	head, _, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	if to > head.Number {
		return nil, fmt.Errorf("%w: the head is %d", chain.ErrNotFound, head.Number)
	}
	found, err := c.chain.Logs(ctx, from, to, source.Filter{Addresses: []chain.Address{contract}, Topics: [][]chain.Hash{{topic}}})
	if err != nil {
		return nil, invalid(err)
	}
	logs := make([]Log, len(found))
	for i, l := range found {
		logs[i] = Log{
			Block: l.BlockNumber, Hash: chain.Hash(l.BlockHash), Index: uint64(l.Index), Tx: chain.Hash(l.TxHash),
			Topics: make([]chain.Hash, len(l.Topics)), Data: l.Data,
		}
		for j, topic := range l.Topics {
			logs[i].Topics[j] = chain.Hash(topic)
		}
	}
	return logs, nil
}
