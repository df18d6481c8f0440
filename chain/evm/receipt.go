package evm

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
)

// Receipt implements chain.Client. It asks by nonce first: while that is unused as of
// Head, nothing was mined. Nodes do not tell what a call returned: Output is that of a
// stabilizer's swap, which says so in a log, and nil for other calls.
//
// What it finds expired it takes out of the way, see [Client.Send].
func (c *Client) Receipt(ctx context.Context, id string) (chain.Receipt, error) {
	r, err := c.receipt(ctx, id)
	if err != nil {
		return chain.Receipt{}, fmt.Errorf("receipt %.64s: %w", id, err)
	}
	return r, nil
}

func (c *Client) receipt(ctx context.Context, id string) (chain.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return chain.Receipt{}, err
	}
	if c.outbox == nil {
		return chain.Receipt{}, chain.ErrNotFound
	}
	if err := c.outbox.Sync(ctx); err != nil {
		return chain.Receipt{}, err
	}
	in, known := c.outbox.Find(id)
	if !known {
		return chain.Receipt{}, chain.ErrNotFound
	}
	head, newest, err := c.look(ctx)
	if err != nil {
		return chain.Receipt{}, err
	}
	r, used, err := c.outcome(ctx, in, head)
	if err == nil && r.Status == chain.Expired && used <= in.Nonce {
		// Its error changes nothing about the answer, and the next Send tries again.
		_ = c.inTurn(ctx, func() error {
			used, _, err := c.standing(ctx, newest.Hash)
			if err != nil {
				return err
			}
			return c.withdrawAll(ctx, used, newest)
		})
	}
	return r, err
}

// outcome reports what became of an intent as of head, and the account's first unused
// nonce there.
func (c *Client) outcome(ctx context.Context, in outbox.Intent, head chain.Block) (r chain.Receipt, used uint64, err error) {
	if used, _, err = c.standing(ctx, head.Hash); err != nil {
		return chain.Receipt{}, 0, err
	}
	open := chain.Receipt{Tx: in.Standing().Hash(), Status: chain.Pending}
	if in.Deadline <= head.Number {
		open.Status = chain.Expired
	}
	if used <= in.Nonce {
		return open, used, nil
	}
	for i := len(in.Versions) - 1; i >= 0; i-- {
		v := in.Versions[i]
		m, err := c.mined(ctx, v.Hash())
		if err != nil {
			return chain.Receipt{}, 0, err
		}
		if m == nil {
			continue
		}
		// The chain may have moved on since it told us of head.
		b, err := c.chain.Block(ctx, min(uint64(m.BlockNumber), head.Number))
		if err == nil && (b.Hash != m.BlockHash || b.Number != uint64(m.BlockNumber)) {
			err = fmt.Errorf("%w: block %d %s, which holds %s", chain.ErrReorged, uint64(m.BlockNumber), m.BlockHash, v.Hash())
		}
		if err != nil {
			return chain.Receipt{}, 0, err
		}
		if v.Kind != outbox.Call && b.Number > in.Deadline {
			return open, used, nil // what took its nonce came late, and so would it have
		}
		return c.settled(v, m), used, nil
	}
	return chain.Receipt{}, 0, fmt.Errorf("%w: nonce %d at or below block %d, by none of %d versions", ErrForeign, in.Nonce, head.Number, len(in.Versions))
}

// mined is what eth_getTransactionReceipt says that concerns us.
type mined struct {
	BlockNumber       hexutil.Uint64  `json:"blockNumber"`
	BlockHash         chain.Hash      `json:"blockHash"`
	Status            *hexutil.Uint64 `json:"status"`
	GasUsed           hexutil.Uint64  `json:"gasUsed"`
	EffectiveGasPrice hexutil.U256    `json:"effectiveGasPrice"`
	Logs              []receiptLog    `json:"logs"`
}

// mined asks whether a transaction is in a block. All endpoints must say the same;
// nil means that they say no.
func (c *Client) mined(ctx context.Context, tx chain.Hash) (*mined, error) {
	answers, err := c.chain.Each(ctx, "eth_getTransactionReceipt", tx)
	if err != nil {
		return nil, err
	}
	var agreed *mined
	for i, a := range answers {
		if a.Err != nil {
			return nil, a.Err
		}
		var m *mined
		if err := json.Unmarshal(a.Result, &m); err != nil {
			return nil, fmt.Errorf("%w: %s: receipt of %s: %w", ErrBadAnswer, a.Endpoint, tx, err)
		}
		if m != nil && m.Status == nil {
			return nil, fmt.Errorf("%w: %s: receipt of %s: no status", ErrBadAnswer, a.Endpoint, tx)
		}
		if i > 0 && !reflect.DeepEqual(m, agreed) {
			return nil, fmt.Errorf("%w: receipt of %s: %s and %s answer differently", ErrDisagree, tx, answers[0].Endpoint, a.Endpoint)
		}
		agreed = m
	}
	return agreed, nil
}

func (c *Client) settled(v outbox.Version, m *mined) chain.Receipt {
	price := uint256.Int(m.EffectiveGasPrice)
	r := chain.Receipt{
		Tx: v.Hash(), Block: uint64(m.BlockNumber), Hash: m.BlockHash,
		GasCost: *new(uint256.Int).Mul(uint256.NewInt(uint64(m.GasUsed)), &price),
	}
	switch {
	case v.Kind != outbox.Call:
		r.Status = chain.Cancelled
	case *m.Status == 0:
		r.Status = chain.Reverted
	default:
		r.Status, r.Output = chain.Mined, c.output(chain.Address(*v.To()), v.Data(), m.Logs)
	}
	return r
}
