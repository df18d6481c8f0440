package evm

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
)

// payload is what the versions of a kind have in common.
type payload struct {
	nonce uint64
	gas   uint64
	chain.Call
}

// replace signs and writes down another version of an intent, at its nonce.
func (c *Client) replace(ctx context.Context, in outbox.Intent, kind outbox.Kind, price uint256.Int) (outbox.Intent, error) {
	first := in.Versions[0]
	p := payload{in.Nonce, first.Gas(), chain.Call{To: chain.Address(*first.To()), Data: first.Data(), Value: *uint256.MustFromBig(first.Value())}}
	if kind != outbox.Call {
		p = payload{in.Nonce, transferGas, chain.Call{To: c.account}}
	}
	e := outbox.Entry{ID: in.ID, Kind: kind, Deadline: in.Deadline, Public: in.Public}
	return c.sign(ctx, e, p, price, *uint256.MustFromBig(in.Newest().GasTipCap()))
}

// sign signs a version that offers at most price per unit of gas, writes it down, and
// returns its intent. Nodes replace only when the tip grows by a tenth as well: so it
// does over lastTip, that of the version before.
func (c *Client) sign(ctx context.Context, e outbox.Entry, p payload, price, lastTip uint256.Int) (outbox.Intent, error) {
	tip := c.cfg.TipWei
	if least := chain.MinReplacement(lastTip); tip.Lt(&least) {
		tip = least
	}
	if tip.Gt(&price) {
		tip = price // a tenth over lastTip all the same, since price is one over a price that was no lower
	}
	to := common.Address(p.To)
	tx := types.NewTx(&types.DynamicFeeTx{
		ChainID: c.signing.ChainID(), Nonce: p.nonce, To: &to, Value: p.Value.ToBig(), Data: p.Data,
		Gas: p.gas, GasFeeCap: price.ToBig(), GasTipCap: tip.ToBig(),
	})
	signature, err := c.cfg.Signer.Sign(ctx, chain.Hash(c.signing.Hash(tx)))
	if err != nil {
		return outbox.Intent{}, err
	}
	if tx, err = tx.WithSignature(c.signing, signature[:]); err != nil {
		return outbox.Intent{}, fmt.Errorf("%w: signature: %w", chain.ErrInvalid, err)
	}
	if from, err := types.Sender(c.signing, tx); err != nil || chain.Address(from) != c.account {
		return outbox.Intent{}, fmt.Errorf("%w: signature by %s: must be by %s", chain.ErrInvalid, chain.Address(from), c.account)
	}
	if e.Raw, err = tx.MarshalBinary(); err != nil {
		return outbox.Intent{}, err
	}
	return c.outbox.Add(ctx, c.clock.Now(), e)
}
