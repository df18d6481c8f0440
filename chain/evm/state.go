package evm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// standing returns, after the block named at, the account's first unused nonce and its
// balance in wei.
func (c *Client) standing(ctx context.Context, at chain.Hash) (used uint64, balance uint256.Int, err error) {
	block := map[string]any{"blockHash": at, "requireCanonical": true}
	var nonce hexutil.Uint64
	var wei hexutil.U256
	elems := []rpc.BatchElem{
		{Method: "eth_getTransactionCount", Args: []any{c.account, block}, Result: &nonce},
		{Method: "eth_getBalance", Args: []any{c.account, block}, Result: &wei},
	}
	if err := c.chain.Batch(ctx, at, elems); err != nil {
		return 0, uint256.Int{}, err
	}
	if err := oneLine(elems[0].Error, elems[1].Error); err != nil {
		return 0, uint256.Int{}, err
	}
	return uint64(nonce), uint256.Int(wei), nil
}

// gas returns the limit for a call, or chain.ErrReverted if it would revert in the block
// to come: rules that count blocks answer otherwise in the last one.
func (c *Client) gas(ctx context.Context, call chain.Call) (uint64, error) {
	if c.cfg.GasLimit > 0 {
		return c.cfg.GasLimit, nil
	}
	answer, err := c.chain.Raw(ctx, "eth_estimateGas", c.message(call), "pending")
	if err != nil {
		return 0, fmt.Errorf("estimate gas: %w", reverted(err))
	}
	var gas hexutil.Uint64
	if err := json.Unmarshal(answer, &gas); err != nil {
		return 0, fmt.Errorf("estimate gas: %w: %w", ErrBadAnswer, err)
	}
	if gas < transferGas || gas > maxGasLimit {
		return 0, fmt.Errorf("estimate gas: %w: %d: must be 21000 to 100000000", ErrBadAnswer, uint64(gas))
	}
	return uint64(gas + gas/4), nil // prices move before it is mined, and with them what it takes
}

// reverted adds chain.ErrReverted to the error with which a node says that a call
// failed inside the chain's virtual machine. The code 3 is go-ethereum's for a revert,
// -32015 Nethermind's; otherwise there are only words.
func reverted(err error) error {
	var told rpc.Error
	if !errors.As(err, &told) {
		return err
	}
	text := strings.ToLower(told.Error())
	does := told.ErrorCode() == 3 || told.ErrorCode() == -32015
	for _, words := range []string{"revert", "invalid opcode", "invalid jump", "out of gas", "stack underflow", "stack limit"} {
		does = does || strings.Contains(text, words)
	}
	if does {
		return fmt.Errorf("%w: %w", chain.ErrReverted, err)
	}
	return err
}

// Check reports in one line what would keep the client from working: no fresh head,
// an account that could not pay for a transaction at the head's price, or a call that
// reverts. It sends nothing.
func (c *Client) Check(ctx context.Context, calls ...chain.Call) error {
	_, newest, err := c.look(ctx)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if c.outbox != nil {
		_, balance, err := c.standing(ctx, newest.Hash)
		if err == nil {
			err = c.affordable(balance, max(c.cfg.GasLimit, transferGas), chain.Tx{MaxGasPrice: newest.GasPrice})
		}
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
	}
	if _, err := c.Read(ctx, newest.Hash, calls...); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}
