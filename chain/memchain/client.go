package memchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Errors of a node that does not answer; they say nothing about what happened.
var (
	ErrOffline    = errors.New("memchain: node offline")
	ErrAnswerLost = errors.New("memchain: answer lost")

	errScripted = errors.New("memchain: scripted revert")
)

// Faults is what is wrong with a client's node at present; the zero Faults is a
// healthy node.
type Faults struct {
	LagBlocks      uint64 // its head is that many blocks behind the chain's
	DelayBlocks    uint64 // what is sent now waits that many blocks longer before a block can include it
	Offline        bool   // every method fails with ErrOffline and does nothing
	LoseAnswers    bool   // Send and Cancel do their work, then fail with ErrAnswerLost
	Drop           bool   // what is sent now is accepted, then forgotten
	Revert         bool   // what is sent now reverts when it is included
	NoPrivateRoute bool   // only the public mempool can be reached
}

// Client is one account's adapter to a Chain, through one node. What it sent is
// remembered by the Chain, as if its outbox were durable: a second Client of the
// same account is that adapter after a restart, or behind another node.
type Client struct {
	chain   *Chain
	account *account
	faults  Faults
}

var _ chain.Client = (*Client)(nil)

// Client returns a client that signs as account.
func (c *Chain) Client(address chain.Address) *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.accounts[address]
	if a == nil {
		a = &account{address: address, intents: make(map[string]*intent)}
		c.accounts[address] = a
	}
	return &Client{chain: c, account: a}
}

// SetFaults replaces what is wrong with the node.
func (n *Client) SetFaults(f Faults) {
	n.chain.mu.Lock()
	defer n.chain.mu.Unlock()
	n.faults = f
}

// Drop makes the node forget what was sent under id, every version of it. No
// block includes it until it is sent again.
func (n *Client) Drop(id string) {
	n.chain.mu.Lock()
	defer n.chain.mu.Unlock()
	if in := n.account.intents[id]; in != nil {
		for i := range in.versions {
			in.versions[i].lost = true
		}
	}
}

// enter takes the chain's lock, unless the node cannot be asked.
func (n *Client) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n.chain.mu.Lock()
	if n.faults.Offline {
		n.chain.mu.Unlock()
		return ErrOffline
	}
	return nil
}

// head is the newest block that the node knows of.
func (n *Client) head() uint64 {
	c := n.chain
	return c.head - min(n.faults.LagBlocks, c.head-c.oldest)
}

// ID implements [chain.Client].
func (n *Client) ID() uint64 { return n.chain.id }

// Head implements [chain.Client].
func (n *Client) Head(ctx context.Context) (chain.Block, error) {
	if err := n.enter(ctx); err != nil {
		return chain.Block{}, fmt.Errorf("head: %w", err)
	}
	defer n.chain.mu.Unlock()
	return n.chain.at(n.head()).Block, nil
}

// Block implements [chain.Client].
func (n *Client) Block(ctx context.Context, number uint64) (chain.Block, error) {
	if err := n.enter(ctx); err != nil {
		return chain.Block{}, fmt.Errorf("block %d: %w", number, err)
	}
	defer n.chain.mu.Unlock()
	if number < n.chain.oldest || number > n.head() {
		return chain.Block{}, fmt.Errorf("block %d: %w: the node has %d to %d", number, chain.ErrNotFound, n.chain.oldest, n.head())
	}
	return n.chain.at(number).Block, nil
}

// Read implements [chain.Client].
func (n *Client) Read(ctx context.Context, at chain.Hash, calls ...chain.Call) ([][]byte, error) {
	if err := n.enter(ctx); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	c := n.chain
	defer c.mu.Unlock()
	b, err := c.find(at, n.head())
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	answers := make([][]byte, len(calls))
	err = c.view(b, func() error {
		for i, call := range calls {
			answers[i], err = c.journal.peek(Env{n.account.address, c}, call)
			if err != nil {
				return fmt.Errorf("read call %d to %s at block %d: %w: %w", i, call.To, b.Number, chain.ErrReverted, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// Send implements [chain.Client].
func (n *Client) Send(ctx context.Context, id string, tx chain.Tx) (chain.Hash, error) {
	if err := n.enter(ctx); err != nil {
		return chain.Hash{}, fmt.Errorf("send %s: %w", id, err)
	}
	defer n.chain.mu.Unlock()
	in, err := n.admit(id, tx)
	if err != nil {
		return chain.Hash{}, fmt.Errorf("send %s: %w", id, err)
	}
	if in.receipt.Status == chain.Pending && !in.cancelling() {
		n.submit(in, tx.MaxGasPrice, false)
	}
	if n.faults.LoseAnswers {
		return chain.Hash{}, fmt.Errorf("send %s: %w", id, ErrAnswerLost)
	}
	return in.receipt.Tx, nil
}

// admit returns the intent of that id, a new one without a version if there is
// none.
func (n *Client) admit(id string, tx chain.Tx) (*intent, error) {
	if id == "" {
		return nil, fmt.Errorf("%w: id: must not be empty", chain.ErrInvalid)
	}
	if err := tx.Validate(); err != nil {
		return nil, err
	}
	c := n.chain
	payload := c.digest(n.account.address, id, tx)
	in := n.account.intents[id]
	switch {
	case in != nil && in.payload != payload:
		return nil, fmt.Errorf("%w: id was sent before with another payload", chain.ErrInvalid)
	case in != nil:
		return in, nil
	case tx.Deadline <= n.head():
		return nil, fmt.Errorf("%w: Deadline %d: must be above the head, %d", chain.ErrTooLate, tx.Deadline, n.head())
	case !tx.Public && n.faults.NoPrivateRoute:
		return nil, fmt.Errorf("%w to chain %d", chain.ErrNoPrivateRoute, c.id)
	}
	c.sends++
	tx.Data = bytes.Clone(tx.Data)
	in = &intent{
		account: n.account.address, order: c.sends, payload: payload, tx: tx,
		receipt: chain.Receipt{Status: chain.Pending},
	}
	n.account.intents[id] = in
	c.open = append(c.open, in)
	return in, nil
}

// submit hands a version to the node: a new one if that pays enough to replace
// the newest, which otherwise is handed over once more if the node lost it.
func (n *Client) submit(in *intent, gasPrice uint256.Int, cancels bool) {
	from := n.chain.head + 1 + n.faults.DelayBlocks
	if len(in.versions) > 0 {
		last := in.newest()
		if least := chain.MinReplacement(last.gasPrice); gasPrice.Lt(&least) {
			if last.lost && !n.faults.Drop {
				last.lost, last.from = false, from
			}
			return
		}
	}
	in.add(version{gasPrice: gasPrice, from: from, cancels: cancels, lost: n.faults.Drop, reverts: n.faults.Revert})
}

// Cancel implements [chain.Client].
func (n *Client) Cancel(ctx context.Context, id string, maxGasPrice uint256.Int) error {
	if err := n.enter(ctx); err != nil {
		return fmt.Errorf("cancel %s: %w", id, err)
	}
	defer n.chain.mu.Unlock()
	in := n.account.intents[id]
	if in == nil {
		return fmt.Errorf("cancel %s: %w", id, chain.ErrNotFound)
	}
	if in.receipt.Status == chain.Pending {
		least := chain.MinReplacement(in.newest().gasPrice)
		if !in.cancelling() && maxGasPrice.Lt(&least) {
			return fmt.Errorf("cancel %s: %w: %s wei: must be >= %s", id, chain.ErrUnderpriced, maxGasPrice.Dec(), least.Dec())
		}
		n.submit(in, maxGasPrice, true)
	}
	if n.faults.LoseAnswers {
		return fmt.Errorf("cancel %s: %w", id, ErrAnswerLost)
	}
	return nil
}

// Receipt implements [chain.Client].
func (n *Client) Receipt(ctx context.Context, id string) (chain.Receipt, error) {
	if err := n.enter(ctx); err != nil {
		return chain.Receipt{}, fmt.Errorf("receipt %s: %w", id, err)
	}
	defer n.chain.mu.Unlock()
	in := n.account.intents[id]
	if in == nil {
		return chain.Receipt{}, fmt.Errorf("receipt %s: %w", id, chain.ErrNotFound)
	}
	settledAt := in.receipt.Block
	if in.receipt.Status == chain.Expired {
		settledAt = in.tx.Deadline
	}
	if settledAt > n.head() {
		return chain.Receipt{Tx: in.newest().hash, Status: chain.Pending}, nil
	}
	r := in.receipt
	r.Output = bytes.Clone(r.Output)
	return r, nil
}
