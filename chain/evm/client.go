package evm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// Client is a chain.Client of an EVM chain. Safe for concurrent use.
type Client struct {
	cfg     Config
	account chain.Address // nobody, without a Signer
	chain   *source.Source
	public  []*source.Endpoint // to send through; the source reads
	relays  []*source.Endpoint // the private ones
	signing types.Signer
	outbox  *outbox.Outbox // nil without a Signer
	clock   clock.Clock

	turn chan struct{} // held while something is signed: one nonce after the other
}

var _ chain.Client = (*Client)(nil)

// Open returns a client, having asked every endpoint which chain it serves and read
// the outbox. Close it when done. A Config that breaks a rule is chain.ErrInvalid.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, clock: cfg.Clock, turn: make(chan struct{}, 1)}
	if c.clock == nil {
		c.clock = clock.New()
	}
	if err := c.open(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("open chain %d: %w", cfg.ChainID, err)
	}
	return c, nil
}

func (c *Client) open(ctx context.Context) (err error) {
	if c.public, err = dial("URLs", c.cfg.URLs, c.cfg.options()); err != nil { //nolint:contextcheck // it does not ask anything yet
		return err
	}
	if c.relays, err = dial("PrivateURLs", c.cfg.PrivateURLs, c.cfg.options()); err != nil { //nolint:contextcheck // nor do these
		return err
	}
	if c.chain, err = source.Open(ctx, c.cfg.source()); err != nil {
		return invalid(err)
	}
	if c.cfg.Signer == nil {
		return nil
	}
	c.account = c.cfg.Signer.Address()
	c.signing = types.LatestSignerForChainID(uint256.NewInt(c.cfg.ChainID).ToBig())
	c.outbox, err = outbox.Open(ctx, c.cfg.Store, c.cfg.Key, c.cfg.ChainID, c.account)
	return err
}

func dial(field string, urls []string, o source.Options) ([]*source.Endpoint, error) {
	var endpoints []*source.Endpoint
	for i, url := range urls {
		e, err := source.Dial(fmt.Sprintf("%s[%d]", field, i), url, o)
		if err != nil {
			return endpoints, invalid(err)
		}
		endpoints = append(endpoints, e)
	}
	return endpoints, nil
}

// invalid maps what the source refuses of a Config onto the port's sentinel.
func invalid(err error) error {
	if errors.Is(err, source.ErrInvalid) || errors.Is(err, source.ErrWrongChain) {
		return fmt.Errorf("%w: %w", chain.ErrInvalid, err)
	}
	return err
}

// Close ends the use of all endpoints. What was sent stays sent.
func (c *Client) Close() {
	for _, e := range slices.Concat(c.public, c.relays) {
		e.Close()
	}
	if c.chain != nil {
		c.chain.Close()
	}
}

// ID implements chain.Client.
func (c *Client) ID() uint64 { return c.cfg.ChainID }

// Account returns who signs, or nobody.
func (c *Client) Account() chain.Address { return c.account }

// Head implements chain.Client: the newest block that is final enough, by
// Config.Final, of those that all endpoints have.
func (c *Client) Head(ctx context.Context) (chain.Block, error) {
	b, _, err := c.look(ctx)
	if err != nil {
		return chain.Block{}, fmt.Errorf("head: %w", err)
	}
	return b, nil
}

// look returns Head, and the newest block that it was taken from.
func (c *Client) look(ctx context.Context) (head, newest chain.Block, err error) {
	tip, err := c.chain.Head(ctx)
	if err != nil {
		return head, newest, err
	}
	final := tip.Block
	switch f := c.cfg.Final; {
	case f.Tag != "":
		final, err = c.chain.Final(ctx, f.Tag)
	case f.Blocks > 0:
		final, err = c.chain.Block(ctx, tip.Number-min(f.Blocks, tip.Number))
	}
	if err != nil {
		return head, newest, err
	}
	return c.block(final), c.block(tip.Block), nil
}

func (c *Client) block(b source.Block) chain.Block {
	price := b.BaseFee
	if _, overflow := price.AddOverflow(&price, &c.cfg.TipWei); overflow {
		price.SetAllOne()
	}
	return chain.Block{Number: b.Number, Hash: b.Hash, Parent: b.Parent, Time: b.Time, GasPrice: price}
}

// Block implements chain.Client.
func (c *Client) Block(ctx context.Context, number uint64) (chain.Block, error) {
	head, _, err := c.look(ctx)
	if err == nil && number > head.Number {
		err = fmt.Errorf("%w: the head is %d", chain.ErrNotFound, head.Number)
	}
	var b source.Block
	if err == nil {
		b, err = c.chain.Block(ctx, number)
	}
	if err != nil {
		return chain.Block{}, fmt.Errorf("block %d: %w", number, err)
	}
	return c.block(b), nil
}

// Read implements chain.Client. The calls are one request, for the state after the
// block of that hash and no other (EIP-1898), and all endpoints must answer the same.
// The block must be one that a Head, of whatever finality, has reached.
func (c *Client) Read(ctx context.Context, at chain.Hash, calls ...chain.Call) ([][]byte, error) {
	block := map[string]any{"blockHash": at, "requireCanonical": true}
	found := make([]hexutil.Bytes, len(calls))
	elems := make([]rpc.BatchElem, len(calls))
	for i, call := range calls {
		elems[i] = rpc.BatchElem{Method: "eth_call", Args: []any{c.message(call), block}, Result: &found[i]}
	}
	if err := c.chain.Batch(ctx, at, elems); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	answers := make([][]byte, len(calls))
	for i, e := range elems {
		if e.Error != nil {
			return nil, fmt.Errorf("read call %d to %s at block %s: %w", i, calls[i].To, at, reverted(e.Error))
		}
		answers[i] = found[i]
	}
	return answers, nil
}

// message is a call as JSON-RPC wants it.
func (c *Client) message(call chain.Call) map[string]any {
	return map[string]any{
		"from": c.account, "to": call.To, "data": hexutil.Bytes(call.Data), "value": (*hexutil.U256)(&call.Value),
	}
}
