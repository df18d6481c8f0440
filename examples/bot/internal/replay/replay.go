package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/weekend"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// ErrInvalid is wrapped by every rejection of a [Config].
var ErrInvalid = errors.New("replay: invalid")

// Config is what is replayed. All of it is required but Inbox and Progress.
type Config struct {
	Maker    maker.Config          // of weekend.Pair; it is always live: the venue is of paper
	Filter   exchange.FilterConfig // of the price, whose one source is the market itself
	Market   exchange.Market       // rules and fees of the venue
	Minutes  []weekend.Minute      // at least one
	Base     decimal.Decimal       // what the account begins with, > 0
	Quote    decimal.Decimal       // > 0
	Share    decimal.Decimal       // part of the flow that reaches us, > 0, up to 1
	Key      string                // of the journal
	Journal  evenkeel.Store        // without a record of Key
	Progress func(done, total int) // minutes; nil is silence
}

func (c Config) validate() error {
	must := func(ok bool, field string, value any, rule string) error {
		if ok {
			return nil
		}
		return fmt.Errorf("%w: %s %v: %s", ErrInvalid, field, value, rule)
	}
	return errors.Join(
		must(c.Maker.Pair == weekend.Pair, "pair", c.Maker.Pair, "must be "+weekend.Pair.String()+", which is what is replayed"),
		must(len(c.Minutes) > 0, "minutes", len(c.Minutes), "must be at least one"),
		must(c.Base.IsPositive() && c.Quote.IsPositive(), "funds", fmt.Sprintf("%v and %v", c.Base, c.Quote), "must be > 0"),
		must(c.Share.IsPositive() && c.Share.LessThanOrEqual(decimal.NewFromInt(1)), "share", c.Share, "must be > 0, up to 1"),
	)
}

// legs of a minute, and how long one takes.
const (
	legs = 3
	leg  = time.Minute / legs
)

// Run replays all minutes. The same configuration gives the same result.
func Run(ctx context.Context, cfg Config) (Result, error) {
	if err := cfg.validate(); err != nil {
		return Result{}, err
	}
	if last, err := cfg.Journal.Last(ctx, cfg.Key); !errors.Is(err, evenkeel.ErrNotFound) {
		if err == nil {
			err = fmt.Errorf("%w: journal %s: must be empty, has %d records", ErrInvalid, cfg.Key, last.Seq)
		}
		return Result{}, err
	}
	s, err := openStage(cfg)
	if err != nil {
		return Result{}, err
	}
	for i, m := range cfg.Minutes {
		if err := s.minute(ctx, m); err != nil {
			return Result{}, err
		}
		if cfg.Progress != nil {
			cfg.Progress(i+1, len(cfg.Minutes))
		}
	}
	return s.result(ctx)
}

// stage is a replay in progress.
type stage struct {
	cfg    Config
	venue  *paper.Venue
	us     *paper.Account
	others *paper.Account // everybody who takes
	run    *evenkeel.Runner[maker.State, maker.Observation, maker.Decision]
	orders int             // of the others, so far
	asked  map[string]bool // to be cancelled, by the last decision
	tally  Result
}

func openStage(cfg Config) (*stage, error) {
	cfg.Maker.Mode = maker.Live
	s := &stage{cfg: cfg}
	var err error
	if s.venue, err = paper.New(paper.Config{Name: "paper", Start: cfg.Minutes[0].Start, Markets: []exchange.Market{cfg.Market}}); err != nil {
		return nil, err
	}
	s.us, s.others = s.venue.Account("us"), s.venue.Account("others")
	plenty := decimal.New(1, 15)
	if err := errors.Join(
		s.us.Deposit(cfg.Maker.Pair.Base, cfg.Base), s.us.Deposit(cfg.Maker.Pair.Quote, cfg.Quote),
		s.others.Deposit(cfg.Maker.Pair.Base, plenty), s.others.Deposit(cfg.Maker.Pair.Quote, plenty),
	); err != nil {
		return nil, err
	}
	feed, err := prices(cfg)
	if err != nil {
		return nil, err
	}
	engine, err := maker.New(cfg.Maker)
	if err != nil {
		return nil, err
	}
	world, err := maker.NewWorld(maker.WorldConfig{Key: cfg.Key, Engine: engine, Venue: s.us, Feed: feed})
	if err != nil {
		return nil, err
	}
	s.run, err = evenkeel.NewRunner(cfg.Key, engine, world, cfg.Journal, evenkeel.Options{Every: leg})
	return s, err
}

// prices is the market as a maker sees it, at the beginning of each leg, behind
// the same filter as a live one's.
func prices(cfg Config) (exchange.PriceFeed, error) {
	seen := make([]exchange.Price, 0, len(cfg.Minutes)*legs)
	for _, m := range cfg.Minutes {
		path := walk(m)
		for i, price := range path[:legs] {
			seen = append(seen, exchange.Price{Value: price, At: m.Start.Add(time.Duration(i) * leg), Sources: []string{"market"}})
		}
	}
	market, err := exchange.NewHistory(cfg.Maker.Pair, cfg.Filter.MaxAge, seen)
	if err != nil {
		return nil, err
	}
	filter, err := exchange.NewFilter(cfg.Filter)
	if err != nil {
		return nil, err
	}
	return exchange.NewFeed(cfg.Maker.Pair, filter, []exchange.Source{{Name: "market", Pair: cfg.Maker.Pair, Feed: market}}, exchange.FilterState{})
}

// walk returns the prices between which the legs of a minute run.
func walk(m weekend.Minute) [legs + 1]decimal.Decimal {
	if m.Close.LessThan(m.Open) {
		return [...]decimal.Decimal{m.Open, m.High, m.Low, m.Close}
	}
	return [...]decimal.Decimal{m.Open, m.Low, m.High, m.Close}
}

func (s *stage) minute(ctx context.Context, m weekend.Minute) error {
	path := walk(m)
	for i := range legs {
		now := m.Start.Add(time.Duration(i) * leg)
		if err := s.venue.Advance(now); err != nil {
			return err
		}
		d, err := s.run.Tick(ctx, now)
		if err != nil && !errors.Is(err, evenkeel.ErrAct) { // what became of an act, the next look tells
			return err
		}
		if err := s.note(ctx, now, path[i], &d); err != nil {
			return err
		}
		if err := s.trade(ctx, m, path[i], path[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// trade lets one leg happen: whoever it carries beyond our orders takes them.
func (s *stage) trade(ctx context.Context, m weekend.Minute, from, to decimal.Decimal) error {
	side, took, limit := exchange.Bid, m.Bought, to.Sub(s.cfg.Market.Tick)
	if to.LessThan(from) {
		side, took, limit = exchange.Ask, m.Sold, to.Add(s.cfg.Market.Tick)
	}
	lots, _ := took.Mul(s.cfg.Share).QuoRem(m.Close.Mul(decimal.NewFromInt(legs)).Mul(s.cfg.Market.Lot), 0)
	amount := lots.Mul(s.cfg.Market.Lot)
	if to.Equal(from) || !amount.IsPositive() || amount.LessThan(s.cfg.Market.MinAmount) || amount.Mul(limit).LessThan(s.cfg.Market.MinNotional) {
		return nil // nobody sends less than the venue takes
	}
	s.orders++
	o := exchange.Order{ClientID: fmt.Sprintf("t%d", s.orders), Pair: s.cfg.Maker.Pair, Side: side, Price: limit, Amount: amount}
	if _, err := s.others.Place(ctx, o); err != nil {
		return err
	}
	return s.others.Cancel(ctx, o.Pair, o.ClientID)
}
