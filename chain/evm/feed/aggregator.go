package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Config describes one aggregator contract. Every field is required.
type Config struct {
	Chain    chain.Client
	Contract chain.Address
	Pair     exchange.Pair   // what the contract prices
	Decimals uint8           // of its answers, up to 18; another number is not believed
	MaxAge   time.Duration   // the contract's heartbeat and some margin, > 0
	Above    decimal.Decimal // answers must be above, >= 0
	Below    decimal.Decimal // and below; > Above
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(exchange.ErrInvalid, rules...) }

// Aggregator is a price feed out of one contract. Safe for concurrent use.
type Aggregator struct{ cfg Config }

var _ exchange.PriceFeed = (*Aggregator)(nil)

// New returns a feed, or exchange.ErrInvalid naming the first field that breaks its
// rule. It asks nothing yet.
func New(cfg Config) (*Aggregator, error) {
	if err := check(
		rule{cfg.Chain != nil, "Chain", nil, "must not be nil"},
		rule{cfg.Contract != chain.Address{}, "Contract", cfg.Contract, "must be a contract"},
		rule{cfg.Decimals <= valid.MaxDecimals, "Decimals", cfg.Decimals, "must be at most 18"},
		rule{cfg.MaxAge > 0, "MaxAge", cfg.MaxAge, "must be > 0"},
		rule{valid.NotNegative(cfg.Above), "Above", cfg.Above, valid.MustBeAmount},
		rule{valid.Positive(cfg.Below) && cfg.Below.GreaterThan(cfg.Above), "Below", cfg.Below, "must be above Above, and in range"},
	); err != nil {
		return nil, err
	}
	if err := cfg.Pair.Validate(); err != nil {
		return nil, err
	}
	return &Aggregator{cfg}, nil
}

// The first four bytes of the Keccak-256 hashes of "decimals()" and
// "latestRoundData()".
var (
	decimalsCall = []byte{0x31, 0x3c, 0xe5, 0x67}
	roundCall    = []byte{0xfe, 0xaf, 0x96, 0x8c}
)

// Price implements exchange.PriceFeed. Answers that no time would mend are
// exchange.ErrInvalid: not positive, out of bounds, of other decimals. Errors of the
// chain come as they are.
func (a *Aggregator) Price(ctx context.Context, pair exchange.Pair, now time.Time) (exchange.Price, error) {
	p, err := a.price(ctx, pair, now)
	if err != nil {
		return exchange.Price{}, fmt.Errorf("price of %v from %s: %w", pair, a.cfg.Contract, err)
	}
	return p, nil
}

func (a *Aggregator) price(ctx context.Context, pair exchange.Pair, now time.Time) (exchange.Price, error) {
	if pair != a.cfg.Pair {
		return exchange.Price{}, fmt.Errorf("%w: the contract prices %v", exchange.ErrNotFound, a.cfg.Pair)
	}
	head, err := a.cfg.Chain.Head(ctx)
	if err != nil {
		return exchange.Price{}, err
	}
	answers, err := a.cfg.Chain.Read(ctx, head.Hash,
		chain.Call{To: a.cfg.Contract, Data: decimalsCall}, chain.Call{To: a.cfg.Contract, Data: roundCall})
	if err != nil {
		return exchange.Price{}, err
	}
	if want := *uint256.NewInt(uint64(a.cfg.Decimals)); len(answers[0]) != wordLen || word(answers[0], 0) != want {
		return exchange.Price{}, fmt.Errorf("%w: decimals() %#x: must be %d", exchange.ErrInvalid, answers[0][:min(len(answers[0]), wordLen)], a.cfg.Decimals)
	}
	r, err := readRound(answers[1])
	if err != nil {
		return exchange.Price{}, err
	}
	return a.judge(r, now)
}

// judge returns the price of a round that we stand by.
func (a *Aggregator) judge(r round, now time.Time) (exchange.Price, error) {
	switch {
	case r.updatedAt.IsZero():
		return exchange.Price{}, fmt.Errorf("%w: round %s is not complete", exchange.ErrStale, r.id.Dec())
	case r.answeredIn.Lt(&r.id):
		return exchange.Price{}, fmt.Errorf("%w: round %s was carried over from round %s", exchange.ErrStale, r.id.Dec(), r.answeredIn.Dec())
	case !r.updatedAt.IsUint64() || r.updatedAt.Uint64() > lastSecond:
		return exchange.Price{}, fmt.Errorf("%w: updatedAt %s: must be at most 2^40", exchange.ErrInvalid, r.updatedAt.Dec())
	case r.answer.Sign() <= 0 || r.answer.BitLen() > maxAnswerBits:
		return exchange.Price{}, fmt.Errorf("%w: answer %#x: must be > 0 and below 2^128", exchange.ErrInvalid, &r.answer)
	}
	at := time.Unix(int64(r.updatedAt.Uint64()), 0).UTC() //nolint:gosec // bounded above
	value := decimal.NewFromBigInt(r.answer.ToBig(), -int32(a.cfg.Decimals))
	switch {
	case !value.GreaterThan(a.cfg.Above) || !value.LessThan(a.cfg.Below):
		return exchange.Price{}, fmt.Errorf("%w: answer %v: must be above %v and below %v", exchange.ErrInvalid, value, a.cfg.Above, a.cfg.Below)
	case at.After(now):
		return exchange.Price{}, fmt.Errorf("%w: updated at %v, after now", exchange.ErrStale, at)
	case now.Sub(at) > a.cfg.MaxAge:
		return exchange.Price{}, fmt.Errorf("%w: updated at %v, %v ago: must be within %v", exchange.ErrStale, at, now.Sub(at), a.cfg.MaxAge)
	}
	return exchange.Price{Value: value, At: at, Sources: []string{a.cfg.Contract.String()}}, nil
}

const (
	wordLen       = 32
	maxAnswerBits = 128
	lastSecond    = 1 << 40
)

// round is what latestRoundData answers: (uint80 roundId, int256 answer, uint256
// startedAt, uint256 updatedAt, uint80 answeredInRound).
type round struct {
	id, answer, updatedAt, answeredIn uint256.Int // answer is signed, in two's complement
}

func readRound(data []byte) (round, error) {
	if len(data) != 5*wordLen {
		return round{}, fmt.Errorf("%w: latestRoundData() of %d bytes: must have 160", exchange.ErrInvalid, len(data))
	}
	return round{word(data, 0), word(data, 1), word(data, 3), word(data, 4)}, nil
}

func word(data []byte, i int) (v uint256.Int) {
	v.SetBytes32(data[i*wordLen:])
	return v
}
