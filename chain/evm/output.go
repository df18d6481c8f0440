package evm

import (
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
)

// receiptLog is what a contract wrote while it was called.
type receiptLog struct {
	Address chain.Address `json:"address"`
	Topics  []chain.Hash  `json:"topics"`
	Data    hexutil.Bytes `json:"data"`
}

// swapExecuted begins the log that the stabilizer contract writes at each swap.
var swapExecuted = chain.Hash(crypto.Keccak256Hash([]byte("PrivateSwapExecuted(address,address,address,uint256,uint256,int256)")))

// output returns what a mined call returned, as far as its logs tell: a node keeps no
// outputs. The stabilizer's swap does, which is what an engine's account of its losses
// needs; for other calls it is nil.
func (c *Client) output(to chain.Address, data []byte, logs []receiptLog) []byte {
	swap, err := abi.ExecutePrivateSwap.Args(data)
	if err != nil {
		return nil
	}
	topics := []chain.Hash{swapExecuted, topic(c.account), topic(swap.TokenIn), topic(swap.TokenOut)}
	for _, l := range logs {
		if l.Address != to || !slices.Equal(l.Topics, topics) || len(l.Data) != 3*32 {
			continue
		}
		sold, received := new(uint256.Int).SetBytes(l.Data[:32]), new(uint256.Int).SetBytes(l.Data[32:64])
		if sold.Eq(&swap.Size) {
			return abi.ExecutePrivateSwap.EncodeResult(*received)
		}
	}
	return nil
}

// topic is an indexed address.
func topic(a chain.Address) chain.Hash {
	var h chain.Hash
	copy(h[len(h)-len(a):], a[:])
	return h
}
