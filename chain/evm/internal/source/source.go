package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Source is one chain as all its endpoints tell it. Safe for concurrent use.
type Source struct {
	cfg       Config
	endpoints []*Endpoint

	looking sync.Mutex // one Head at a time

	mu    sync.Mutex
	trail trail
	tip   Tip
}

// Open returns a source whose endpoints are all of that chain: [ErrWrongChain] names
// the first one that is not. An endpoint that does not answer is not let in, whatever
// Need says, for nobody knows what chain it has.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.URLs = slices.Clone(cfg.URLs)
	cfg.Options = cfg.withDefaults()
	if cfg.Need == 0 {
		cfg.Need = len(cfg.URLs)
	}
	if cfg.LogRange == 0 {
		cfg.LogRange = 1000
	}
	s := &Source{cfg: cfg}
	for i, url := range cfg.URLs {
		e, err := Dial("source "+strconv.Itoa(i+1), url, cfg.Options) //nolint:contextcheck // nothing is dialled over HTTP
		if err != nil {
			return nil, err
		}
		s.endpoints = append(s.endpoints, e)
	}
	for _, e := range s.endpoints {
		var id hexutil.Uint64
		if err := e.Call(ctx, &id, "eth_chainId"); err != nil {
			return nil, err
		}
		if uint64(id) != cfg.ChainID {
			return nil, fmt.Errorf("%w: %s: chain id %d: must be %d", ErrWrongChain, e.name, uint64(id), cfg.ChainID)
		}
	}
	return s, nil
}

// Close ends the use of the endpoints.
func (s *Source) Close() {
	for _, e := range s.endpoints {
		e.Close()
	}
}

// Tip is the newest block that the endpoints have in common.
type Tip struct {
	Block
	Orphaned uint64 // how many of the blocks known before it replaces; 0 without a reorg
}

// Head returns the newest block that all endpoints have in common, having followed
// the parents from there down to what was known. It can move back.
//
// Its errors are [ErrLagging], [ErrDisagree] and [ErrLying], which name endpoint and
// block, [ErrStale], [ErrNoAnswer], [ErrBusy] and [ErrBadAnswer]. After one the Tip is
// what it was before: do not act on it.
func (s *Source) Head(ctx context.Context) (Tip, error) {
	s.looking.Lock()
	defer s.looking.Unlock()
	heads, err := s.tagged(ctx, "latest")
	if err != nil {
		return Tip{}, err
	}
	low, err := s.lowest(heads)
	if err != nil {
		return Tip{}, err
	}
	s.mu.Lock()
	known := s.trail // Head alone changes it, and one Head runs at a time
	s.mu.Unlock()
	agreed := []Block{heads[0].value}
	if !unchanged(heads, &known) {
		if agreed, err = s.descend(ctx, low, &known); err != nil {
			return Tip{}, err
		}
	}
	head := agreed[0]
	if err := s.fresh(head); err != nil {
		return Tip{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tip = Tip{Block: head, Orphaned: s.trail.follow(agreed)}
	return s.tip, nil
}

// said is what one endpoint says.
type said[T any] struct {
	by    *Endpoint
	value T
}

// each asks all endpoints at once and returns what those say that live: as many as we
// need, or an error. An endpoint that answers badly is an error even when we need
// fewer: better to stop than to believe the rest because there is nobody else.
func each[T any](ctx context.Context, s *Source, ask func(context.Context, *Endpoint) (T, error)) ([]said[T], error) {
	answers, errs := make([]said[T], len(s.endpoints)), make([]error, len(s.endpoints))
	var wait sync.WaitGroup
	for i, e := range s.endpoints {
		wait.Go(func() {
			answers[i].by = e
			answers[i].value, errs[i] = ask(ctx, e)
		})
	}
	wait.Wait()
	live := answers[:0]
	for i, err := range errs {
		switch {
		case err == nil:
			live = append(live, answers[i])
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case !absent(err):
			return nil, err
		}
	}
	if len(live) < s.cfg.Need {
		return nil, errors.Join(errs...)
	}
	return live, nil
}

// tagged returns each endpoint's block of that tag.
func (s *Source) tagged(ctx context.Context, tag string) ([]said[Block], error) {
	return each(ctx, s, func(ctx context.Context, e *Endpoint) (Block, error) {
		var b *Block
		if err := e.Call(ctx, &b, "eth_getBlockByNumber", tag, false); err != nil {
			return Block{}, err
		}
		if b == nil {
			return Block{}, fmt.Errorf("%w: %s: no %s block", chain.ErrNotFound, e.name, tag)
		}
		return *b, nil
	})
}

// lowest returns the height that all heads reach, unless one is too far below another.
func (s *Source) lowest(heads []said[Block]) (uint64, error) {
	byNumber := func(a, b said[Block]) int { return cmp.Compare(a.value.Number, b.value.Number) }
	low, high := slices.MinFunc(heads, byNumber), slices.MaxFunc(heads, byNumber)
	if lag := high.value.Number - low.value.Number; lag > s.cfg.MaxLag {
		return 0, fmt.Errorf("%w: %s: block %d is %d behind %s: must be at most %d",
			ErrLagging, low.by.name, low.value.Number, lag, high.by.name, s.cfg.MaxLag)
	}
	return low.value.Number, nil
}

// unchanged reports whether all endpoints name one head that they have served before.
func unchanged(heads []said[Block], known *trail) bool {
	return !slices.ContainsFunc(heads, func(h said[Block]) bool { return h.value != heads[0].value || !known.knows(h.value) })
}

// fresh refuses a head that is too old, or from a future in which clock or node err.
func (s *Source) fresh(head Block) error {
	age := s.cfg.Clock.Now().Sub(head.Time)
	if age > s.cfg.MaxAge || age < -s.cfg.MaxAge {
		return fmt.Errorf("%w: block %d is %v old: must be within %v", ErrStale, head.Number, age.Round(time.Second), s.cfg.MaxAge)
	}
	return nil
}

// descend walks down from a height to the newest block that the endpoints agree on,
// and on from there to the known trail, and returns the walk from the newest agreed
// block on. It asks for one block first, which mostly is enough.
func (s *Source) descend(ctx context.Context, from uint64, known *trail) ([]Block, error) {
	var agreed []Block
	next := from
	for step := uint64(1); ; step = min(2*step, maxBatch) {
		step = min(step, next+1)
		rows, err := s.rows(ctx, next, step)
		if err != nil {
			return nil, err
		}
		for j := range step {
			number := next - j
			b, err := same(rows, next, j)
			switch {
			case errors.Is(err, errFork) && len(agreed) == 0 && from-number < s.cfg.MaxFork:
				continue
			case err != nil:
				return nil, err
			case len(agreed) > 0 && agreed[len(agreed)-1].Parent != b.Hash:
				return nil, fmt.Errorf("%w: block %d %s is not the parent of the next", ErrDisagree, number, b.Hash)
			}
			agreed = append(agreed, b)
			if known.knows(b) || !known.reaches(number) || number == 0 {
				return agreed, nil
			}
			if parent, found := known.at(number - 1); found && parent.Hash == b.Parent {
				return append(agreed, parent), nil
			}
		}
		if next < step {
			return nil, fmt.Errorf("%w: on no block down to 0", ErrDisagree)
		}
		next -= step
	}
}

// rows returns what each endpoint says of the blocks from, from-1 and so on; nil for
// one that it does not know.
func (s *Source) rows(ctx context.Context, from, count uint64) ([]said[[]*Block], error) {
	return each(ctx, s, func(ctx context.Context, e *Endpoint) ([]*Block, error) {
		row, elems := make([]*Block, count), make([]rpc.BatchElem, count)
		for j := range elems {
			number := hexutil.Uint64(from - uint64(j))
			elems[j] = rpc.BatchElem{Method: "eth_getBlockByNumber", Args: []any{number, false}, Result: &row[j]}
		}
		if err := e.Batch(ctx, elems); err != nil {
			return nil, err
		}
		for j, b := range row {
			if err := elems[j].Error; err != nil {
				return nil, err
			}
			if want := from - uint64(j); b != nil && b.Number != want {
				return nil, fmt.Errorf("%w: %s: block %d when asked for %d", ErrBadAnswer, e.name, b.Number, want)
			}
		}
		return row, nil
	})
}

// errFork is the disagreement that passes, if it is not deep.
var errFork = fmt.Errorf("%w: two blocks", ErrDisagree)

// same returns block from-j of rows that begin with block from: [ErrLying] if an
// endpoint does not have it, errFork if endpoints have different ones.
func same(rows []said[[]*Block], from, j uint64) (Block, error) {
	first := rows[0].value[j]
	for _, row := range rows {
		b := row.value[j]
		switch {
		case b == nil:
			return Block{}, fmt.Errorf("%w: %s: cannot serve block %d, at or below its head", ErrLying, row.by.name, from-j)
		case *b != *first:
			return Block{}, fmt.Errorf("%w: at %d %s says %s, %s says %s",
				errFork, b.Number, rows[0].by.name, first.Hash, row.by.name, b.Hash)
		}
	}
	return *first, nil
}

// Final returns the newest block to which all endpoints give that tag, "safe" or
// "finalized", at or below the Tip; chain.ErrNotFound when there is none. Endpoints may
// be apart, and must agree on the lower one's.
func (s *Source) Final(ctx context.Context, tag string) (Block, error) {
	blocks, err := s.tagged(ctx, tag)
	if err != nil {
		return Block{}, err
	}
	low := slices.MinFunc(blocks, func(a, b said[Block]) int { return cmp.Compare(a.value.Number, b.value.Number) })
	return s.Block(ctx, low.value.Number)
}

// Block returns the canonical block of that number as of the Tip: chain.ErrNotFound
// above it, and for one that an endpoint does not keep.
func (s *Source) Block(ctx context.Context, number uint64) (Block, error) {
	s.mu.Lock()
	top := s.tip.Number
	known, found := s.trail.at(number)
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Block{}, err
	}
	switch {
	case number > top:
		return Block{}, fmt.Errorf("%w: block %d: above the head, %d", chain.ErrNotFound, number, top)
	case found:
		return known, nil
	}
	rows, err := s.rows(ctx, number, 1)
	if err != nil {
		return Block{}, err
	}
	for _, row := range rows {
		if row.value[0] == nil {
			return Block{}, fmt.Errorf("%w: block %d: not kept by %s", chain.ErrNotFound, number, row.by.name)
		}
	}
	return same(rows, number, 0)
}
