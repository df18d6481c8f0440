package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/evenkeelhq/evenkeel/chain"
)

const (
	// looksAtLogs is how often endpoints are asked that differ about logs: an index
	// may be behind its node's own head for a moment.
	looksAtLogs = 3
	maxLogs     = 100_000
)

// Filter chooses logs. Empty is everything.
type Filter struct {
	Addresses []chain.Address
	Topics    [][]chain.Hash // per position, the values that match there; none is any
}

// Logs returns the logs of blocks from to to, both included, in the chain's order, as
// of the Tip. All endpoints must have the same ones: those that differ are asked again,
// and then there is [ErrDisagree] naming the block and who lacks what.
//
// It returns chain.ErrNotFound when to is above the Tip, chain.ErrReorged when a log is
// of another block than the Tip's history has at that number, as far as it is
// remembered, and [ErrInvalid] for a range that is empty or has more than 100,000 logs.
// A Tip with Orphaned blocks means that logs of those, had before, are void.
func (s *Source) Logs(ctx context.Context, from, to uint64, f Filter) ([]types.Log, error) {
	s.mu.Lock()
	top := s.tip.Number
	s.mu.Unlock()
	if err := check(rule{from <= to, "Logs.from", from, fmt.Sprintf("must be at most to, %d", to)}); err != nil {
		return nil, err
	}
	if to > top {
		return nil, fmt.Errorf("%w: logs of block %d: above the head, %d", chain.ErrNotFound, to, top)
	}
	var logs []types.Log
	for count := s.cfg.LogRange; from <= to; {
		count = min(count, to-from+1)
		some, err := s.agreedLogs(ctx, span{from, from + count - 1}, f)
		switch {
		case tooMany(err) && count > 1:
			count /= 2 // nodes bound a question by blocks, by logs or by bytes, and word it as they like
			continue
		case err != nil:
			return nil, err
		}
		logs = append(logs, some...)
		if len(logs) > maxLogs {
			return nil, check(rule{false, "Logs", len(logs), fmt.Sprintf("must be at most %d", maxLogs)})
		}
		from += count
	}
	return logs, s.onTrail(logs)
}

// tooMany reports whether fewer blocks may help.
func tooMany(err error) bool {
	var told rpc.Error
	return errors.As(err, &told) || errors.Is(err, errTooLong)
}

// onTrail reports whether logs are of the blocks that we were told of.
func (s *Source) onTrail(logs []types.Log) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range logs {
		b, found := s.trail.at(logs[i].BlockNumber)
		if found && b.Hash != chain.Hash(logs[i].BlockHash) {
			return fmt.Errorf("%w: log of block %d %s", chain.ErrReorged, b.Number, logs[i].BlockHash)
		}
	}
	return nil
}

// span is a range of blocks, both ends included.
type span struct{ from, to uint64 }

// agreedLogs asks until all endpoints have the same logs.
func (s *Source) agreedLogs(ctx context.Context, in span, f Filter) ([]types.Log, error) {
	var differ error
	for range looksAtLogs {
		answers, err := each(ctx, s, func(ctx context.Context, e *Endpoint) ([]types.Log, error) { return e.logs(ctx, in, f) })
		if err != nil {
			return nil, err
		}
		differ = nil
		for _, other := range answers[1:] {
			differ = cmp.Or(differ, compareLogs(answers[0], other))
		}
		if differ == nil {
			return answers[0].value, nil
		}
	}
	return nil, differ
}

// compareLogs says where two endpoints' logs differ first.
func compareLogs(a, b said[[]types.Log]) error {
	for i := range max(len(a.value), len(b.value)) {
		order := -1 // the end comes after everything
		switch {
		case i >= len(a.value):
			order = 1
		case i < len(b.value):
			order = byPosition(a.value[i], b.value[i])
		}
		switch {
		case order < 0:
			return fmt.Errorf("%w: block %d: %s lacks log %d", ErrDisagree, a.value[i].BlockNumber, b.by.name, a.value[i].Index)
		case order > 0:
			return fmt.Errorf("%w: block %d: %s lacks log %d", ErrDisagree, b.value[i].BlockNumber, a.by.name, b.value[i].Index)
		case !reflect.DeepEqual(a.value[i], b.value[i]):
			return fmt.Errorf("%w: block %d: %s and %s differ about log %d", ErrDisagree, a.value[i].BlockNumber, a.by.name, b.by.name, a.value[i].Index)
		}
	}
	return nil
}

func byPosition(a, b types.Log) int {
	return cmp.Or(cmp.Compare(a.BlockNumber, b.BlockNumber), cmp.Compare(a.Index, b.Index))
}

// logs asks one endpoint, and checks that it answers what was asked.
func (e *Endpoint) logs(ctx context.Context, in span, f Filter) ([]types.Log, error) {
	question := map[string]any{"fromBlock": hexutil.Uint64(in.from), "toBlock": hexutil.Uint64(in.to)}
	if len(f.Addresses) > 0 {
		question["address"] = f.Addresses
	}
	if len(f.Topics) > 0 {
		question["topics"] = f.Topics
	}
	var logs []types.Log
	if err := e.Call(ctx, &logs, "eth_getLogs", question); err != nil {
		return nil, err
	}
	for i := range logs {
		log := &logs[i]
		log.BlockTimestamp = 0 // not every node tells it
		switch {
		case log.BlockNumber < in.from || log.BlockNumber > in.to || !f.matches(log):
			return nil, fmt.Errorf("%w: %s: log %d of block %d: not asked for", ErrBadAnswer, e.name, log.Index, log.BlockNumber)
		case log.Removed || i > 0 && byPosition(logs[i-1], *log) >= 0:
			return nil, fmt.Errorf("%w: %s: log %d of block %d: removed, or out of order", ErrBadAnswer, e.name, log.Index, log.BlockNumber)
		}
	}
	return logs, nil
}

func (f Filter) matches(log *types.Log) bool {
	if len(f.Addresses) > 0 && !slices.Contains(f.Addresses, chain.Address(log.Address)) {
		return false
	}
	for i, wanted := range f.Topics {
		if len(wanted) > 0 && (i >= len(log.Topics) || !slices.Contains(wanted, chain.Hash(log.Topics[i]))) {
			return false
		}
	}
	return true
}
