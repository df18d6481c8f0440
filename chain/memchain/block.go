package memchain

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// block is a block and what it takes to undo it.
type block struct {
	chain.Block
	hosted   []Tx      // the host's transactions
	included []*intent // the clients' transactions
	changes  []swapper
}

// at returns the place of block n.
func (c *Chain) at(n uint64) *block { return &c.ring[n%uint64(len(c.ring))] }

// begin clears the place of the next block, which in a full ring is the oldest
// one's: that can no longer be taken back, and neither can what it settled.
func (c *Chain) begin(header chain.Block) *block {
	b := c.at(header.Number)
	if header.Number-c.oldest == uint64(len(c.ring)) {
		for _, in := range b.included {
			in.forget()
		}
		c.oldest++
	}
	b.clear()
	b.Block, c.working, c.journal.log = header, header, b.changes
	return b
}

// clear keeps only the room that the block's lists take.
func (b *block) clear() {
	clear(b.hosted)
	clear(b.included)
	clear(b.changes)
	b.hosted, b.included, b.changes = b.hosted[:0], b.included[:0], b.changes[:0]
}

// find returns the canonical block of that hash, at or below a node's head.
func (c *Chain) find(hash chain.Hash, head uint64) (*block, error) {
	for n := head; ; n-- {
		if b := c.at(n); b.Hash == hash {
			return b, nil
		}
		if n == c.oldest {
			break
		}
	}
	if slices.Contains(c.orphans, hash) {
		return nil, fmt.Errorf("%w: %s", chain.ErrReorged, hash)
	}
	return nil, fmt.Errorf("%w: block %s", chain.ErrNotFound, hash)
}

// view runs look against the state after block b and leaves no trace of it.
func (c *Chain) view(b *block, look func() error) error {
	for n := c.head; n > b.Number; n-- {
		undo(c.at(n).changes)
	}
	c.working = b.Block
	err := look()
	for n := b.Number + 1; n <= c.head; n++ {
		redo(c.at(n).changes)
	}
	return err
}

// hash names a block by its content: its header, who traded in it, and the
// count of reorgs, lest an empty block be mined twice under one name.
func (c *Chain) hash(b *block) chain.Hash {
	e := binary.BigEndian.AppendUint64(c.encoding[:0], c.id)
	e = binary.BigEndian.AppendUint64(e, b.Number)
	e = append(e, b.Parent[:]...)
	e = binary.BigEndian.AppendUint64(e, uint64(b.Time.UnixMicro()))
	e = appendWord(e, b.GasPrice)
	e = binary.BigEndian.AppendUint64(e, c.branch)
	for _, tx := range b.hosted {
		e = append(e, tx.From[:]...)
	}
	for _, in := range b.included {
		e = append(e, in.receipt.Tx[:]...)
	}
	c.encoding = e
	return sha256.Sum256(e)
}

func appendWord(b []byte, v uint256.Int) []byte {
	word := v.Bytes32()
	return append(b, word[:]...)
}
