package memchain

import (
	"context"
	"errors"
	"fmt"

	"github.com/evenkeelhq/evenkeel/chain"
)

// BridgeFaults is what is wrong with a bridge client's nodes; the zero
// BridgeFaults are healthy ones.
type BridgeFaults struct {
	Offline      bool // every method fails with ErrOffline and does nothing
	LoseAnswers  bool // Send does its work, then fails with ErrAnswerLost
	OmitArrivals bool // the event that says that a transfer was paid out, or back, is not told
}

// BridgeClient is one account's adapter to a [Bridge], which moves what that
// account holds on either chain.
type BridgeClient struct {
	bridge  *Bridge
	nodes   [2]*Client
	holders [2]chain.Address
	faults  BridgeFaults
}

var _ chain.Bridge = (*BridgeClient)(nil)

// Client returns a client that signs as keeper and moves the tokens of holders,
// on the first and the second chain, as if they had approved of that.
func (b *Bridge) Client(keeper chain.Address, holders [2]chain.Address) *BridgeClient {
	c := &BridgeClient{bridge: b, holders: holders}
	for i, end := range b.ends {
		c.nodes[i] = end.chain.Client(keeper)
	}
	return c
}

// SetFaults replaces what is wrong with the nodes.
func (c *BridgeClient) SetFaults(f BridgeFaults) {
	c.bridge.mu.Lock()
	defer c.bridge.mu.Unlock()
	c.faults = f
}

// Node returns the client's node of a chain, 0 or 1, whose faults are those of
// that chain's part.
func (c *BridgeClient) Node(of int) *Client { return c.nodes[of] }

func (c *BridgeClient) enter(ctx context.Context) (BridgeFaults, error) {
	if err := ctx.Err(); err != nil {
		return BridgeFaults{}, err
	}
	c.bridge.mu.Lock()
	defer c.bridge.mu.Unlock()
	if c.faults.Offline {
		return c.faults, ErrOffline
	}
	return c.faults, nil
}

// Limit implements [chain.Bridge].
func (c *BridgeClient) Limit(ctx context.Context, at chain.Lane) (chain.Limit, error) {
	if _, err := c.enter(ctx); err != nil {
		return chain.Limit{}, fmt.Errorf("limit: %w", err)
	}
	from, lane, err := c.lane(at)
	if err != nil {
		return chain.Limit{}, fmt.Errorf("limit: %w", err)
	}
	from.chain.mu.Lock()
	defer from.chain.mu.Unlock()
	room := lane.out.at(lane.left.Load(), from.chain.at(from.chain.head).Time)
	limit := chain.Limit{Room: room, Capacity: lane.out.capacity, PerMinute: lane.out.perMinute}
	if limit.Capacity.IsZero() {
		limit.Capacity, limit.PerMinute = room, room
	}
	return limit, nil
}

func (c *BridgeClient) lane(at chain.Lane) (*bridgeEnd, *lane, error) {
	from := c.bridge.end(at.From)
	if from == nil || c.bridge.other(from).chain.id != at.To {
		return nil, nil, fmt.Errorf("%w: no lane from %d to %d", chain.ErrNotFound, at.From, at.To)
	}
	from.chain.mu.Lock()
	defer from.chain.mu.Unlock()
	lane := from.lanes[at.Token]
	if lane == nil {
		return nil, nil, fmt.Errorf("%w: no lane for token %s of chain %d", chain.ErrNotFound, at.Token, at.From)
	}
	return from, lane, nil
}

// Send implements [chain.Bridge].
func (c *BridgeClient) Send(ctx context.Context, id string, t chain.Transfer) error {
	faults, err := c.enter(ctx)
	if err == nil {
		err = t.Validate()
	}
	if err == nil && id == "" {
		err = fmt.Errorf("%w: id: must not be empty", chain.ErrInvalid)
	}
	if err == nil {
		err = c.send(ctx, id, t)
	}
	if err == nil && faults.LoseAnswers {
		err = ErrAnswerLost
	}
	if err != nil {
		return fmt.Errorf("bridge %s: %w", id, err)
	}
	return nil
}

func (c *BridgeClient) send(ctx context.Context, id string, t chain.Transfer) error {
	from, lane, err := c.lane(t.Lane)
	if err != nil {
		return err
	}
	for i, node := range c.nodes {
		switch _, err := node.Receipt(ctx, id); {
		case errors.Is(err, chain.ErrNotFound):
			if i != from.index() {
				continue
			}
			limit, err := c.Limit(ctx, t.Lane)
			if err != nil {
				return err
			}
			if limit.Room.Lt(&t.Amount) {
				return fmt.Errorf("%w: %s of %s pass", chain.ErrLaneFull, limit.Room.Dec(), t.Amount.Dec())
			}
		case err != nil:
			return err
		case i != from.index():
			return fmt.Errorf("%w: id was sent before from chain %d", chain.ErrInvalid, node.ID())
		}
	}
	order := departure{id: id, token: lane.token.address, amount: t.Amount, holder: c.holders}
	_, err = c.nodes[from.index()].Send(ctx, id, chain.Tx{
		Call:        chain.Call{To: from.address, Data: order.encode()},
		MaxGasPrice: t.MaxGasPrice, Deadline: t.Deadline,
	})
	return err
}

// Passages implements [chain.Bridge].
func (c *BridgeClient) Passages(ctx context.Context, ids ...string) ([]chain.Passage, error) {
	faults, err := c.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("passages: %w", err)
	}
	passages := make([]chain.Passage, len(ids))
	for i, id := range ids {
		if passages[i], err = c.passage(ctx, id, faults); err != nil {
			return nil, fmt.Errorf("passage of %s: %w", id, err)
		}
	}
	return passages, nil
}

func (c *BridgeClient) passage(ctx context.Context, id string, faults BridgeFaults) (chain.Passage, error) {
	for i, node := range c.nodes {
		r, err := node.Receipt(ctx, id)
		if errors.Is(err, chain.ErrNotFound) {
			continue
		}
		if err != nil {
			return chain.Passage{}, err
		}
		switch r.Status {
		case chain.Mined:
			return c.arrival(i, id, r.Block, faults), nil
		case chain.Reverted, chain.Cancelled:
			return chain.Passage{Stage: chain.Failed, Settled: r.Block}, nil
		case chain.Expired:
			return chain.Passage{Stage: chain.Failed, Settled: node.deadline(id)}, nil
		default:
			return chain.Passage{Stage: chain.Waiting}, nil
		}
	}
	return chain.Passage{Stage: chain.Unsent}, nil
}

// arrival says what became of what departed from an end, as far as the nodes
// know.
func (c *BridgeClient) arrival(from int, id string, sent uint64, faults BridgeFaults) chain.Passage {
	p := chain.Passage{Stage: chain.Departed, Sent: sent}
	source, dest := c.nodes[from], c.nodes[1-from]
	source.chain.mu.Lock()
	m := c.bridge.ends[from].messages[id]
	back, sourceHead := m.returned.Load(), source.head()
	source.chain.mu.Unlock()
	dest.chain.mu.Lock()
	paid, destHead := m.arrived.Load(), dest.head()
	dest.chain.mu.Unlock()
	switch {
	case faults.OmitArrivals:
	case paid.block > 0 && paid.block <= destHead:
		p.Stage, p.Settled, p.Received = chain.Arrived, paid.block, paid.amount
	case back.block > 0 && back.block <= sourceHead:
		p.Stage, p.Settled, p.Received = chain.Refunded, back.block, back.amount
	}
	return p
}

// deadline is the last block that could have included what was sent under id.
func (n *Client) deadline(id string) uint64 {
	n.chain.mu.Lock()
	defer n.chain.mu.Unlock()
	return n.account.intents[id].tx.Deadline
}
