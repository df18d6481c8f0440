package evm

import (
	"context"
	"errors"
	"fmt"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

const (
	// maxWaiting is how many nonces of an account may wait; nodes keep sixteen for
	// sure (go-ethereum's AccountSlots).
	maxWaiting = 16
	// maxRaces is how often we start over when another process with our key was
	// faster.
	maxRaces = 8
	// transferGas is what a transfer of coins costs (Yellow paper, G_transaction).
	transferGas = 21_000
)

// Send implements chain.Client. What is signed is in the outbox before any endpoint
// sees it. A tx that is not Public goes to the private endpoints only; one that is
// goes there first, and into the public mempool if they all refuse it or when it is
// sent again.
//
// No chain knows a Deadline: it is for the contract to enforce, as
// executePrivateSwap does with its deadlineBlock. The client does its part by taking
// the nonce of what has expired; should an expired transaction be mined before that,
// its Receipt says so.
//
// Beyond the errors of the port it returns chain.ErrReverted, [ErrUnfunded] and
// [ErrBacklog], after which nothing was sent.
func (c *Client) Send(ctx context.Context, id string, tx chain.Tx) (chain.Hash, error) {
	var hash chain.Hash
	err := c.inTurn(ctx, func() (err error) {
		hash, err = c.send(ctx, id, tx)
		return err
	})
	if err != nil {
		return chain.Hash{}, fmt.Errorf("send %.64s: %w", id, err)
	}
	return hash, nil
}

// Cancel implements chain.Client: an empty transfer to ourselves, which goes to every
// endpoint, since it has nothing to hide.
func (c *Client) Cancel(ctx context.Context, id string, maxGasPrice uint256.Int) error {
	err := c.inTurn(ctx, func() error { return c.cancel(ctx, id, maxGasPrice) })
	if err != nil {
		return fmt.Errorf("cancel %.64s: %w", id, err)
	}
	return nil
}

// inTurn runs do with nobody else signing, and with an up-to-date outbox. It starts
// over when another process signed something meanwhile.
func (c *Client) inTurn(ctx context.Context, do func() error) error {
	if c.outbox == nil {
		return fmt.Errorf("%w: Signer nil: must be given to send", chain.ErrInvalid)
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var err error
	for range maxRaces {
		if err = ctx.Err(); err != nil {
			return err
		}
		if err = c.outbox.Sync(ctx); err != nil {
			return err
		}
		if err = do(); !errors.Is(err, evenkeel.ErrConflict) {
			return err
		}
	}
	return err
}

func (c *Client) send(ctx context.Context, id string, tx chain.Tx) (chain.Hash, error) {
	if err := check(rule{valid.Named(id), "id", id, valid.MustBeNamed}); err != nil {
		return chain.Hash{}, err
	}
	if err := tx.Validate(); err != nil {
		return chain.Hash{}, err
	}
	head, newest, err := c.look(ctx)
	if err != nil {
		return chain.Hash{}, err
	}
	in, known := c.outbox.Find(id)
	if !known {
		return c.first(ctx, newest, id, tx)
	}
	if !in.Is(tx) {
		return chain.Hash{}, fmt.Errorf("%w: id was sent before with another payload", chain.ErrInvalid)
	}
	r, _, err := c.outcome(ctx, in, head)
	if err != nil || r.Status != chain.Pending || in.Cancelling() || in.Deadline <= newest.Number {
		return r.Tx, err
	}
	if replaces(tx.MaxGasPrice, in, maxCalls) {
		if in, err = c.replace(ctx, in, outbox.Call, tx.MaxGasPrice); err != nil {
			return chain.Hash{}, err
		}
	}
	return in.Newest().Hash(), c.handOver(ctx, in, true)
}

// first sends an id that was not sent before.
func (c *Client) first(ctx context.Context, newest chain.Block, id string, tx chain.Tx) (chain.Hash, error) {
	switch {
	case tx.Deadline <= newest.Number:
		return chain.Hash{}, fmt.Errorf("%w: Deadline %d: must be above the newest block, %d", chain.ErrTooLate, tx.Deadline, newest.Number)
	case !tx.Public && len(c.relays) == 0:
		return chain.Hash{}, fmt.Errorf("%w to chain %d: PrivateURLs is empty", chain.ErrNoPrivateRoute, c.cfg.ChainID)
	}
	used, balance, err := c.standing(ctx, newest.Hash)
	if err != nil {
		return chain.Hash{}, err
	}
	// What blocks the way does not forbid to queue behind it.
	if err := c.withdrawAll(ctx, used, newest); errors.Is(err, evenkeel.ErrConflict) {
		return chain.Hash{}, err
	}
	nonce := max(used, c.outbox.Next())
	if waiting := nonce - used; waiting >= maxWaiting {
		return chain.Hash{}, fmt.Errorf("%w: nonces %d to %d: must be fewer than %d", ErrBacklog, used, nonce-1, maxWaiting)
	}
	gas, err := c.gas(ctx, tx.Call)
	if err != nil {
		return chain.Hash{}, err
	}
	if err := c.affordable(balance, gas, tx); err != nil {
		return chain.Hash{}, err
	}
	e := outbox.Entry{ID: id, Kind: outbox.Call, Deadline: tx.Deadline, Public: tx.Public}
	in, err := c.sign(ctx, e, payload{nonce, gas, tx.Call}, tx.MaxGasPrice, uint256.Int{})
	if err != nil {
		return chain.Hash{}, err
	}
	return in.Newest().Hash(), c.handOver(ctx, in, false)
}

// affordable returns an error unless the account can pay for tx at its price.
func (c *Client) affordable(balance uint256.Int, gas uint64, tx chain.Tx) error {
	cost, over := new(uint256.Int).MulOverflow(uint256.NewInt(gas), &tx.MaxGasPrice)
	_, more := cost.AddOverflow(cost, &tx.Value)
	if over || more || balance.Lt(cost) {
		if over || more {
			cost.SetAllOne()
		}
		return fmt.Errorf("%w: balance of %s %s wei: must be >= %s, for %d gas at %s wei each",
			ErrUnfunded, c.account, balance.Dec(), cost.Dec(), gas, tx.MaxGasPrice.Dec())
	}
	return nil
}

// maxCalls leaves room among an intent's versions for those that end it.
const maxCalls = outbox.MaxVersions / 2

// replaces reports whether a price makes another version of an intent, one of at most
// so many.
func replaces(price uint256.Int, in outbox.Intent, most int) bool {
	least := chain.MinReplacement(in.Newest().MaxGasPrice())
	return !price.Lt(&least) && len(in.Versions) < most
}

func (c *Client) cancel(ctx context.Context, id string, price uint256.Int) error {
	in, known := c.outbox.Find(id)
	if !known {
		return chain.ErrNotFound
	}
	head, _, err := c.look(ctx)
	if err != nil {
		return err
	}
	r, _, err := c.outcome(ctx, in, head)
	if err != nil || r.Status != chain.Pending {
		return err
	}
	switch {
	case replaces(price, in, outbox.MaxVersions):
		if in, err = c.replace(ctx, in, outbox.Cancel, price); err != nil {
			return err
		}
	case !in.Cancelling():
		least := chain.MinReplacement(in.Newest().MaxGasPrice())
		return fmt.Errorf("%w: %s wei: must be >= %s", chain.ErrUnderpriced, price.Dec(), least.Dec())
	}
	return c.handOver(ctx, in, true)
}

// withdrawAll takes the nonces of what is past its deadline and may still be mined,
// so that it is not and nobody queues behind it.
func (c *Client) withdrawAll(ctx context.Context, used uint64, newest chain.Block) error {
	var errs []error
	for _, in := range c.outbox.From(used) {
		if in.Deadline <= newest.Number {
			errs = append(errs, c.withdraw(ctx, in, newest.GasPrice))
		}
	}
	return oneLine(errs...)
}

// withdraw offers twice what gas costs now, as far as we are allowed to, and a tenth
// more than the last offer in any case. What does that already is handed over again.
func (c *Client) withdraw(ctx context.Context, in outbox.Intent, gasPrice uint256.Int) error {
	last := in.Newest().MaxGasPrice()
	price := *new(uint256.Int).Lsh(&gasPrice, 1)
	if price.Gt(&c.cfg.WithdrawGasWei) {
		price = c.cfg.WithdrawGasWei
	}
	if least := chain.MinReplacement(last); !in.Cancelling() && price.Lt(&least) {
		price = least
	}
	if tooCheap := last.Lt(&gasPrice); (tooCheap || !in.Cancelling()) && replaces(price, in, outbox.MaxVersions) {
		var err error
		if in, err = c.replace(ctx, in, outbox.Withdraw, price); err != nil {
			return err
		}
	}
	return c.handOver(ctx, in, true)
}
