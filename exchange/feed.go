package exchange

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Source is one voice in a [Feed].
type Source struct {
	Name string // 1 to 64 characters, unique within the feed
	Pair Pair   // what Feed quotes: USDC/USDT does not speak about USDC/USD
	Feed PriceFeed
}

// Feed is a [PriceFeed] of one pair made of several sources and a [Filter].
// Safe for concurrent use.
type Feed struct {
	pair    Pair
	sources []Source
	filter  *Filter

	mu    sync.Mutex
	state FilterState
}

var _ PriceFeed = (*Feed)(nil)

// NewFeed returns a feed that goes on from state; the zero FilterState is a
// fresh start. It returns [ErrInvalid] unless every source is named once and
// quotes this very pair, and the filter's Quorum is a majority of them: two
// halves that disagree must not both be right.
func NewFeed(pair Pair, filter *Filter, sources []Source, state FilterState) (*Feed, error) {
	if err := pair.Validate(); err != nil {
		return nil, err
	}
	if filter == nil {
		return nil, invalid("filter", filter, "must be set")
	}
	if q := filter.cfg.Quorum; q > len(sources) || 2*q <= len(sources) || len(sources) > maxPrints {
		return nil, invalid("sources", len(sources), fmt.Sprintf("must be at most 64, of which the Quorum %d is a majority", q))
	}
	names := map[string]bool{}
	for _, s := range sources {
		switch {
		case s.Name == "" || len(s.Name) > 64 || names[s.Name]:
			return nil, invalid("Source.Name", clip(s.Name), "must have 1 to 64 characters and be unique")
		case s.Pair != pair:
			return nil, invalid("Source.Pair", s.Pair, fmt.Sprintf("source %s must quote %v", s.Name, pair))
		case s.Feed == nil:
			return nil, invalid("Source.Feed", s.Feed, "source "+s.Name+" must have one")
		}
		names[s.Name] = true
	}
	if err := state.validate(); err != nil {
		return nil, err
	}
	return &Feed{pair: pair, sources: slices.Clone(sources), filter: filter, state: state.clone()}, nil
}

// State returns what the feed remembers; NewFeed goes on from it after a
// restart.
func (f *Feed) State() FilterState {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state.clone()
}

// Price asks all sources at once. One that fails, hangs until ctx ends or breaks
// the promises of a [PriceFeed] is one voice less; its error is wrapped in the
// one that is returned if the others make no price.
func (f *Feed) Price(ctx context.Context, pair Pair, now time.Time) (Price, error) {
	if err := ctx.Err(); err != nil {
		return Price{}, err
	}
	if pair != f.pair {
		return Price{}, fmt.Errorf("%w: price of %v", ErrNotFound, pair)
	}
	prints, failures := f.ask(ctx, now)

	f.mu.Lock()
	state, verdict, err := f.filter.Step(f.state, Sighting{Now: now, Prints: prints})
	f.state = state
	f.mu.Unlock()

	if err != nil {
		return Price{}, err
	}
	if sentinel := refusals[verdict.Reason]; sentinel != nil {
		err = fmt.Errorf("%w: price of %v: %s", sentinel, pair, verdict.Note)
		for _, failure := range failures {
			err = fmt.Errorf("%w; %w", err, failure)
		}
		return Price{}, err
	}
	return verdict.Price, nil
}

var refusals = map[Reason]error{
	Unconfirmed: ErrUnconfirmed,
	Stale:       ErrStale,
	NoQuorum:    ErrNoQuorum,
	Divergent:   ErrDivergent,
}

// ask returns the prints of the sources that have one and the errors of the
// others, both in the order of the sources.
func (f *Feed) ask(ctx context.Context, now time.Time) (prints []Print, failures []error) {
	answers := make([]Print, len(f.sources))
	errs := make([]error, len(f.sources))
	var wg sync.WaitGroup
	for i, s := range f.sources {
		wg.Go(func() {
			price, err := s.Feed.Price(ctx, f.pair, now)
			answers[i] = Print{Source: s.Name, Value: price.Value, At: price.At}
			if err == nil {
				err = answers[i].validate()
			}
			if err != nil {
				errs[i] = fmt.Errorf("source %s: %w", s.Name, err)
			}
		})
	}
	wg.Wait()
	for i := range f.sources {
		if errs[i] != nil {
			failures = append(failures, errs[i])
			continue
		}
		prints = append(prints, answers[i])
	}
	return prints, failures
}
