package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Batch asks about the state after the block named at, and all endpoints must say the
// same. Each element names that block itself, where its method takes one, and should
// require it to be canonical (EIP-1898):
//
//	rpc.BatchElem{Method: "eth_call", Args: []any{call, rpc.BlockNumberOrHashWithHash(hash, true)}, Result: &answer}
//
// It returns chain.ErrNotFound for a block that an endpoint does not know or that is
// above the Tip, chain.ErrReorged for one that is canonical no more, and [ErrDisagree]
// naming endpoint and method. What a node has against an element, such as a revert, is
// in the element's Error; Batch then returns nil.
func (s *Source) Batch(ctx context.Context, at chain.Hash, elems []rpc.BatchElem) error {
	looks, err := each(ctx, s, func(ctx context.Context, e *Endpoint) ([]rpc.BatchElem, error) {
		return s.look(ctx, e, at, elems)
	})
	if err != nil {
		return err
	}
	first := looks[0].value
	for _, look := range looks[1:] {
		for i, elem := range look.value {
			// Nodes word their errors differently.
			if (elem.Error == nil) != (first[i].Error == nil) || elem.Error == nil && !slices.Equal(raw(elem), raw(first[i])) {
				return fmt.Errorf("%w: %s at block %s: %s and %s answer differently", ErrDisagree, elem.Method, at, looks[0].by.name, look.by.name)
			}
		}
	}
	for i := range elems {
		if elems[i].Error = first[i].Error; elems[i].Error != nil {
			continue
		}
		if err := json.Unmarshal(raw(first[i]), elems[i].Result); err != nil {
			return fmt.Errorf("%w: %s: %s: %w", ErrBadAnswer, looks[0].by.name, elems[i].Method, err)
		}
	}
	return nil
}

func raw(e rpc.BatchElem) json.RawMessage { return *e.Result.(*json.RawMessage) } //nolint:errcheck // as look made it

// look asks one endpoint, after the block itself in the same request.
func (s *Source) look(ctx context.Context, e *Endpoint, at chain.Hash, elems []rpc.BatchElem) ([]rpc.BatchElem, error) {
	var b *Block
	own := make([]rpc.BatchElem, 0, len(elems)+1)
	own = append(own, rpc.BatchElem{Method: "eth_getBlockByHash", Args: []any{at, false}, Result: &b})
	for _, elem := range elems {
		own = append(own, rpc.BatchElem{Method: elem.Method, Args: elem.Args, Result: new(json.RawMessage)})
	}
	if err := e.Batch(ctx, own); err != nil {
		return nil, err
	}
	if err := own[0].Error; err != nil {
		return nil, err
	}
	s.mu.Lock()
	top := s.tip.Number
	s.mu.Unlock()
	switch {
	case b == nil:
		return nil, fmt.Errorf("%w: block %s: not known to %s", chain.ErrNotFound, at, e.name)
	case b.Hash != at:
		return nil, fmt.Errorf("%w: %s: block %s when asked for %s", ErrBadAnswer, e.name, b.Hash, at)
	case b.Number > top:
		return nil, fmt.Errorf("%w: block %s: number %d is above the head, %d", chain.ErrNotFound, at, b.Number, top)
	}
	if !slices.ContainsFunc(own[1:], func(elem rpc.BatchElem) bool { return elem.Error != nil }) {
		return own[1:], nil
	}
	// A refusal may be for the block's sake.
	var now *Block
	if err := e.Call(ctx, &now, "eth_getBlockByNumber", hexutil.Uint64(b.Number), false); err != nil {
		return nil, err
	}
	if now == nil || now.Hash != at {
		return nil, fmt.Errorf("%w: block %d %s, says %s", chain.ErrReorged, b.Number, at, e.name)
	}
	return own[1:], nil
}

// Answer is what one endpoint says: a result, which may be null, or an error of the
// node's own.
type Answer struct {
	Endpoint string // such as "source 2"; never its URL
	Result   json.RawMessage
	Err      error
}

// Each asks every endpoint, and returns what those say that answer, in the order of the
// URLs. Its error is that of ctx, or that fewer answered than we need: one of them may
// have done what it was asked.
func (s *Source) Each(ctx context.Context, method string, params ...any) ([]Answer, error) {
	said, err := each(ctx, s, func(ctx context.Context, e *Endpoint) (Answer, error) {
		a := Answer{Endpoint: e.name}
		a.Err = e.Call(ctx, &a.Result, method, params...)
		var told rpc.Error
		if errors.As(a.Err, &told) {
			return a, nil
		}
		return a, a.Err
	})
	answers := make([]Answer, len(said))
	for i, one := range said {
		answers[i] = one.value
	}
	return answers, err
}

// Raw asks the endpoints in the order of the URLs until one answers, and returns that
// answer: for what is no fact about the chain, such as a suggested tip.
func (s *Source) Raw(ctx context.Context, method string, params ...any) (json.RawMessage, error) {
	var errs []error
	for _, e := range s.endpoints {
		var result json.RawMessage
		err := e.Call(ctx, &result, method, params...)
		if !absent(err) {
			return result, err
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
