package source

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Block heads a block, as a node tells it.
type Block struct {
	Number  uint64
	Hash    chain.Hash
	Parent  chain.Hash
	Time    time.Time   // UTC
	BaseFee uint256.Int // wei; 0 on a chain that has none
}

// lastSecond bounds a block's time: beyond it, Go's arithmetic with times is not to be
// relied on.
const lastSecond = 1 << 40

// UnmarshalJSON reads what eth_getBlockByNumber answers. The block's hash is what
// the node says it is: chains differ in what they hash, and endpoints must agree on it
// anyway.
func (b *Block) UnmarshalJSON(text []byte) error {
	var raw struct {
		Number        *hexutil.Uint64 `json:"number"`
		Hash          *chain.Hash     `json:"hash"`
		ParentHash    *chain.Hash     `json:"parentHash"`
		Timestamp     *hexutil.Uint64 `json:"timestamp"`
		BaseFeePerGas *hexutil.U256   `json:"baseFeePerGas"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if raw.Number == nil || raw.Hash == nil || raw.ParentHash == nil || raw.Timestamp == nil {
		return fmt.Errorf("%w: block without number, hash, parentHash or timestamp", ErrBadAnswer)
	}
	if *raw.Timestamp > lastSecond {
		return fmt.Errorf("%w: block timestamp %d: must be at most 2^40", ErrBadAnswer, uint64(*raw.Timestamp))
	}
	*b = Block{
		Number: uint64(*raw.Number), Hash: *raw.Hash, Parent: *raw.ParentHash,
		Time: time.Unix(int64(*raw.Timestamp), 0).UTC(), //nolint:gosec // bounded above
	}
	if raw.BaseFeePerGas != nil {
		b.BaseFee = uint256.Int(*raw.BaseFeePerGas)
	}
	return nil
}
