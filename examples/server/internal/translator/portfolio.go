package translator

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Holding is how much somebody holds of an instrument.
type Holding struct {
	ISIN market.ISIN
	Size decimal.Decimal // face value, > 0
}

// Leave says what it takes to leave several instruments at once, by the newest looks
// at them. how has all but the holdings. An instrument of which nothing is known is
// [ErrUnknown], one without market data [ErrNoInputs], each named; it is [ErrBusy] if
// too many ask at once.
func (s *Service) Leave(ctx context.Context, held []Holding, how risk.Leaving) (risk.Portfolio, error) {
	done, err := s.turn(ctx)
	if err != nil {
		return risk.Portfolio{}, err
	}
	defer done()
	for _, h := range held {
		l, err := s.Fast(ctx, h.ISIN)
		if err == nil {
			err = s.ours(l)
		}
		if err != nil {
			if !errors.Is(err, ErrUnknown) {
				err = fmt.Errorf("%s: %w", h.ISIN, err)
			}
			return risk.Portfolio{}, err
		}
		how.Holdings = append(how.Holdings, risk.Holding{Inputs: *l.Seen.Inputs, Track: l.State.Track, Size: h.Size})
	}
	return s.engine.Leave(how)
}
