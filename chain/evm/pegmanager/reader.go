package pegmanager

import (
	"context"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Chain is the part of an evm.Client that a Reader needs.
type Chain interface {
	Head(ctx context.Context) (chain.Block, error)
	Block(ctx context.Context, number uint64) (chain.Block, error)
	Logs(ctx context.Context, contract chain.Address, topic chain.Hash, from, to uint64) ([]evm.Log, error)
}

// Config says which events to read.
type Config struct {
	Chain     Chain
	Contract  chain.Address
	Event     string // as declared, without names: "RebalancingTriggered(address,uint256)"
	From      uint64 // the first block of interest: the one that the contract was deployed in
	MaxBlocks uint64 // per Read, 1 to 100,000
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(chain.ErrInvalid, rules...) }

// Position is up to where events were read. The zero Position is before Config.From.
type Position struct {
	Block uint64
	Hash  chain.Hash // of that block
}

// Reader reads the events of one contract. Safe for concurrent use.
type Reader struct {
	cfg   Config
	topic chain.Hash
}

// New returns a reader, or chain.ErrInvalid naming the first field that breaks its
// rule.
func New(cfg Config) (*Reader, error) {
	open, end := strings.IndexByte(cfg.Event, '('), len(cfg.Event)-1
	if err := check(
		rule{cfg.Chain != nil, "Chain", nil, "must not be nil"},
		rule{cfg.Contract != chain.Address{}, "Contract", cfg.Contract, "must be a contract"},
		rule{open > 0 && strings.IndexByte(cfg.Event, ')') == end && !strings.ContainsAny(cfg.Event, " \t\n"), "Event", cfg.Event, "must be a name and types, without blanks: Name(type,type)"},
		rule{cfg.MaxBlocks >= 1 && cfg.MaxBlocks <= 100_000, "MaxBlocks", cfg.MaxBlocks, "must be 1 to 100000"},
	); err != nil {
		return nil, err
	}
	return &Reader{cfg, chain.Hash(crypto.Keccak256Hash([]byte(cfg.Event)))}, nil
}

// Read returns the events after a position, of at most Config.MaxBlocks blocks up to the
// chain's Head, and the position to go on from. With nothing new, that is the one given.
//
// It returns chain.ErrReorged when the position's block, or one read just now, is no
// longer canonical: go back to an older position that was kept, or use a Client whose
// Final lies deeper than reorgs go. Other errors are passing; the position stays.
func (r *Reader) Read(ctx context.Context, after Position) ([]evm.Log, Position, error) {
	events, next, err := r.read(ctx, after)
	if err != nil {
		return nil, after, fmt.Errorf("events of %s after block %d: %w", r.cfg.Contract, after.Block, err)
	}
	return events, next, nil
}

func (r *Reader) read(ctx context.Context, after Position) ([]evm.Log, Position, error) {
	head, err := r.cfg.Chain.Head(ctx)
	if err != nil {
		return nil, after, err
	}
	from := r.cfg.From
	if after != (Position{}) {
		from = after.Block + 1
	}
	if from > head.Number {
		return nil, after, stands(after, head)
	}
	to := min(head.Number, from+r.cfg.MaxBlocks-1)
	end, err := r.cfg.Chain.Block(ctx, to)
	if err != nil {
		return nil, after, err
	}
	events, err := r.cfg.Chain.Logs(ctx, r.cfg.Contract, r.topic, from, to)
	if err != nil {
		return nil, after, err
	}
	// The events are of the chain that ends in that block, if it is still there, and
	// they follow upon the position, if the first block is its child.
	again, err := r.cfg.Chain.Block(ctx, to)
	if err == nil && again.Hash != end.Hash {
		err = fmt.Errorf("%w: block %d was %s, is %s", chain.ErrReorged, to, end.Hash, again.Hash)
	}
	if err != nil {
		return nil, after, err
	}
	if after != (Position{}) {
		first, err := r.cfg.Chain.Block(ctx, from)
		if err == nil && first.Parent != after.Hash {
			err = fmt.Errorf("%w: block %d was %s, is %s", chain.ErrReorged, after.Block, after.Hash, first.Parent)
		}
		if err != nil {
			return nil, after, err
		}
	}
	return events, Position{to, end.Hash}, nil
}

// stands returns an error if the chain, which has nothing new, has left the position. A
// head below it may be a node's that is behind.
func stands(at Position, head chain.Block) error {
	if at.Block == head.Number && at != (Position{}) && at.Hash != head.Hash {
		return fmt.Errorf("%w: block %d was %s, is %s", chain.ErrReorged, at.Block, at.Hash, head.Hash)
	}
	return nil
}
