package stabilizer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/inbox"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// Token is where a token lives and how many of its digits stand after the point.
type Token struct {
	Address  chain.Address
	Decimals uint8 // up to 36
}

// WorldConfig is what an engine's world consists of. Every field is required
// but for those that say otherwise.
type WorldConfig struct {
	Key    string  // the runner's; commands are taken from the inbox under it
	Engine *Engine // the runner's

	Chain      chain.Client
	Stabilizer chain.Address    // the contract that holds the inventory and trades, Vault plan Appendix A
	Pool       chain.Address    // the observed pool
	Inverted   bool             // the pool's base is the engine's Pair.Quote
	Tokens     map[string]Token // by the names in the engine's Pair and Route

	Peg    decimal.Decimal    // the target, Quote per Base, > 0; used when Target is nil
	Target exchange.PriceFeed // optional: the target, when it moves
	Market exchange.PriceFeed // optional: what Base trades at elsewhere
	Inbox  evenkeel.Inbox     // optional: commands; a body is a [Verb]

	// Enrich, if set, adds to a block what neither chain nor feeds tell: CapUsed,
	// FlowPerMin, AnchorBps, Down, PublicOnly. Its error fails the observation.
	Enrich func(ctx context.Context, now time.Time, b *Block) error
}

// World is the I/O half of an [Engine], for an evenkeel.Runner: it reads one
// block after the other, tells what became of intents, and sends orders to the
// stabilizer contract. Let the runner tick at least twice per block, so that it
// catches up after an outage: each observation brings one block.
//
// A World is used by one runner and, like it, not safe for concurrent use.
type World struct {
	cfg     WorldConfig
	engine  Config
	started bool
}

var _ evenkeel.World[State, Observation, Decision] = (*World)(nil)

// NewWorld returns a world, or an error wrapping [ErrInvalid] that names the
// first field which breaks its rule.
func NewWorld(cfg WorldConfig) (*World, error) {
	if err := check(
		rule{cfg.Engine != nil, "Engine", nil, "must not be nil"},
		rule{cfg.Key != "", "Key", cfg.Key, "must not be empty"},
		rule{cfg.Chain != nil, "Chain", nil, "must not be nil"},
		rule{cfg.Stabilizer != chain.Address{}, "Stabilizer", cfg.Stabilizer, "must be a contract"},
		rule{cfg.Pool != chain.Address{}, "Pool", cfg.Pool, "must be a contract"},
		rule{!outOfRange(cfg.Peg) && (cfg.Target != nil || cfg.Peg.IsPositive()), "Peg", cfg.Peg, "must be > 0 without Target, and " + inRange},
	); err != nil {
		return nil, err
	}
	for _, leg := range cfg.Engine.cfg.Route {
		for _, name := range []string{leg.In, leg.Out} {
			token, known := cfg.Tokens[name]
			if err := check(
				rule{known && token.Address != chain.Address{}, "Tokens", name, "must have an address"},
				rule{token.Decimals <= maxExponent, "Tokens", name, "must have at most 36 decimals"},
			); err != nil {
				return nil, err
			}
		}
	}
	cfg.Tokens = maps.Clone(cfg.Tokens)
	return &World{cfg: cfg, engine: cfg.Engine.cfg}, nil
}

// Observe implements evenkeel.World. Commands get through even while the chain
// or a feed cannot be reached: the observation then consists of them alone.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{Restarted: !w.started}
	var err error
	if seen.Commands, err = inbox.First(w.commands(ctx, s.Command), maxCommands); err != nil {
		return Observation{}, err
	}
	seen.Block, err = w.see(ctx, now, s)
	if err != nil {
		seen.Block = nil
		if len(seen.Commands) == 0 {
			return Observation{}, err
		}
	} else {
		seen.Receipts = w.receipts(ctx, s, seen.Block)
	}
	w.started = true
	return seen, nil
}

// commands yields those after that number.
func (w *World) commands(ctx context.Context, after uint64) iter.Seq2[Command, error] {
	return inbox.Take(ctx, w.cfg.Inbox, w.cfg.Key, after, func(c evenkeel.Command) Command {
		return Command{Seq: c.Seq, ID: c.ID, Do: Verb(c.Body[:min(len(c.Body), maxVerb)])}
	})
}

// What commands may add to an observation: so many, of so many bytes each. The rest
// waits for the next look; a pause among them is obeyed at once.
const (
	maxCommands = 64
	maxVerb     = 32
)

// see returns the next block to judge, or nil when there is none.
func (w *World) see(ctx context.Context, now time.Time, s State) (*Block, error) {
	head, err := w.cfg.Chain.Head(ctx)
	if err != nil {
		return nil, err
	}
	next, err := w.next(ctx, head, s.History)
	if err != nil || next == nil {
		return nil, err
	}
	b := &Block{
		Number: next.Number, Hash: next.Hash.String(), Parent: next.Parent.String(), Time: next.Time, Head: head.Number,
		GasGwei: chain.FromUnits(next.GasPrice, gweiScale),
	}
	// A head that is long overdue is not the newest block, whatever the node says.
	if age := now.Sub(head.Time); age > 3*w.engine.BlockTime {
		b.Head += uint64(age / w.engine.BlockTime)
	}
	if err := w.read(ctx, next.Hash, b); err != nil {
		return nil, err
	}
	if err := w.prices(ctx, now, b); err != nil {
		return nil, err
	}
	if w.cfg.Enrich != nil {
		if err := w.cfg.Enrich(ctx, now, b); err != nil {
			return nil, fmt.Errorf("enrich block %d: %w", b.Number, err)
		}
	}
	return b, nil
}

// next returns the block after the newest one that we share with the chain: the
// head's child, or the first one of a fork. It returns nil when there is nothing
// new, and when the node is merely behind. What is too far behind to matter, or
// no longer known to the node, is skipped.
func (w *World) next(ctx context.Context, head chain.Block, seen History) (*chain.Block, error) {
	if seen.Len() == 0 || head.Number > seen.Head()+w.engine.ReorgBlocks {
		return &head, nil
	}
	at, err := w.shared(ctx, head, seen)
	if err != nil {
		return nil, err
	}
	want := seen.Head() + 1
	if at+1 < seen.Len() {
		want = seen.At(at + 1).Number // the first block that a fork replaces
	}
	if want > head.Number {
		return nil, nil
	}
	block, err := w.block(ctx, head, want)
	if errors.Is(err, chain.ErrNotFound) {
		return &head, nil
	}
	return &block, err
}

// shared returns the index of the newest block seen that is on the node's chain,
// or -1 if there is none.
func (w *World) shared(ctx context.Context, head chain.Block, seen History) (int, error) {
	for i := seen.Len() - 1; i >= 0; i-- {
		slot := seen.At(i)
		if slot.Number > head.Number {
			continue
		}
		if slot.Number+1 == head.Number && slot.Hash == head.Parent.String() {
			return i, nil
		}
		block, err := w.block(ctx, head, slot.Number)
		switch {
		case errors.Is(err, chain.ErrNotFound):
			return -1, nil // and nor are those below it
		case err != nil:
			return -1, err
		case slot.Hash == block.Hash.String():
			return i, nil
		}
	}
	return -1, nil
}

// block is the canonical block of that number, which may be the head.
func (w *World) block(ctx context.Context, head chain.Block, number uint64) (chain.Block, error) {
	if number == head.Number {
		return head, nil
	}
	return w.cfg.Chain.Block(ctx, number)
}

// read adds what the contracts say. A pool that does not answer has no price.
func (w *World) read(ctx context.Context, at chain.Hash, b *Block) error {
	base, quote := w.token(w.engine.Pair.Base), w.token(w.engine.Pair.Quote)
	answers, err := w.cfg.Chain.Read(ctx, at,
		abi.State.Call(w.cfg.Pool, abi.None{}),
		abi.BalanceOf.Call(base.Address, w.cfg.Stabilizer),
		abi.BalanceOf.Call(quote.Address, w.cfg.Stabilizer),
	)
	if errors.Is(err, chain.ErrReverted) {
		return nil
	}
	if err != nil {
		return err
	}
	state, err := abi.State.Result(answers[0])
	if err != nil {
		return err
	}
	b.Pool = w.mid(state)
	for i, part := range []struct {
		to    *decimal.Decimal
		token Token
	}{{&b.Base, base}, {&b.Quote, quote}} {
		held, err := abi.BalanceOf.Result(answers[i+1])
		if err != nil {
			return err
		}
		*part.to = chain.FromUnits(held, int32(part.token.Decimals))
	}
	return nil
}

// mid returns the pool's price in whole tokens, Quote per Base, or 0.
func (w *World) mid(s abi.PoolState) decimal.Decimal {
	wei, err := pmm.Curve{I: s.I, K: s.K, B: s.B, Q: s.Q, B0: s.B0, Q0: s.Q0, R: pmm.RState(s.R)}.Mid()
	if err != nil || wei.IsZero() {
		return decimal.Zero
	}
	base, quote := w.token(w.engine.Pair.Base), w.token(w.engine.Pair.Quote)
	if w.cfg.Inverted {
		price := chain.FromUnits(wei, 18+int32(base.Decimals)-int32(quote.Decimals))
		return one.DivRound(price, scale)
	}
	return chain.FromUnits(wei, 18+int32(quote.Decimals)-int32(base.Decimals))
}

// prices adds what the feeds say. A feed that does not answer is a fault that
// the engine decides on.
func (w *World) prices(ctx context.Context, now time.Time, b *Block) error {
	b.Target = Quote{Value: w.cfg.Peg, At: b.Time}
	var err error
	if w.cfg.Target != nil {
		if b.Target, err = w.price(ctx, now, w.cfg.Target); err != nil {
			return err
		}
	}
	if w.cfg.Market != nil {
		market, err := w.price(ctx, now, w.cfg.Market)
		if err != nil {
			return err
		}
		b.Market = &market
	}
	return nil
}

func (w *World) price(ctx context.Context, now time.Time, feed exchange.PriceFeed) (Quote, error) {
	p, err := feed.Price(ctx, w.engine.Pair, now)
	switch {
	case err == nil:
		return Quote{Value: p.Value, At: p.At, SpreadBps: p.Spread}, nil
	case ctx.Err() != nil:
		return Quote{}, err
	case errors.Is(err, exchange.ErrDivergent):
		return Quote{Fault: OracleDivergence}, nil
	case errors.Is(err, exchange.ErrInvalid), errors.Is(err, exchange.ErrNotFound):
		return Quote{Fault: PriceInvalid}, nil
	}
	return Quote{Fault: OracleStale}, nil // nothing seen recently enough, for whatever reason
}

// receipts asks for the outcome of each unresolved intent, as of the block b, or
// of the newest block seen if there is no b. What cannot be learnt now stays
// unresolved.
func (w *World) receipts(ctx context.Context, s State, b *Block) []Receipt {
	history, upTo := s.History, s.History.Head()
	head := upTo
	if b != nil {
		upTo, head = b.Number, b.Head
	}
	var receipts []Receipt
	for _, in := range s.Unresolved() {
		r, err := w.cfg.Chain.Receipt(ctx, in.TxID())
		switch {
		case errors.Is(err, chain.ErrNotFound) && head < in.Deadline:
			receipts = append(receipts, Receipt{ID: in.TxID(), Outcome: Unsent})
		case errors.Is(err, chain.ErrNotFound):
			receipts = append(receipts, Receipt{ID: in.TxID(), Outcome: Expired})
		case err == nil && r.Status != chain.Pending && w.agreed(r, history, b, upTo):
			receipts = append(receipts, w.receipt(in, r))
		}
	}
	return receipts
}

// agreed reports whether a receipt belongs to the chain as the engine knows it.
// While we catch up, or turn to a fork, it may be ahead of us; it will be there
// when we arrive.
func (w *World) agreed(r chain.Receipt, seen History, b *Block, upTo uint64) bool {
	switch {
	case r.Status == chain.Expired:
		return true
	case r.Block > upTo:
		return false
	case b != nil && r.Block == b.Number:
		return r.Hash.String() == b.Hash
	}
	at, known := seen.find(r.Block)
	return !known || seen.At(at).Hash == r.Hash.String()
}

// receipt translates an outcome. The contract trades all of an order or nothing.
func (w *World) receipt(in *Intent, r chain.Receipt) Receipt {
	out := Receipt{ID: in.TxID(), Block: r.Block}
	switch r.Status {
	case chain.Mined:
		out.Outcome, out.Filled = Mined, in.Size
		if got, err := abi.ExecutePrivateSwap.Result(r.Output); err == nil {
			_, bought := w.sides(&in.Order)
			out.Received = chain.FromUnits(got, int32(bought.Decimals))
		}
	case chain.Reverted:
		out.Outcome = Reverted
	case chain.Cancelled:
		out.Outcome = Cancelled
	default:
		out.Outcome = Expired
	}
	return out
}

// Act implements evenkeel.World. Every send is idempotent in the order's ID,
// which the recorded decision carries; so the stamp only tells how old it is.
func (w *World) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d Decision) error {
	switch d.Action {
	case Trade, Resubmit, Retry:
		late := now.Sub(stamp.At) > time.Duration(w.engine.DeadlineBlocks)*w.engine.BlockTime
		if late || d.Order == nil {
			return nil
		}
		if paused, err := w.paused(ctx, d.Command); err != nil || paused {
			return err
		}
		return w.send(ctx, d.Order)
	case Cancel:
		if d.Order == nil {
			return nil
		}
		err := w.cfg.Chain.Cancel(ctx, d.Order.ID, chain.GasPrice(d.Order.GasGwei))
		if errors.Is(err, chain.ErrNotFound) {
			return nil // nothing to cancel
		}
		return err
	default:
		return nil // None, Hold, DryTrade and Halt touch nothing
	}
}

// paused reads the kill switch again: commands that arrived after the decision.
func (w *World) paused(ctx context.Context, after uint64) (bool, error) {
	paused := false
	for c, err := range w.commands(ctx, after) {
		if err != nil {
			return false, err
		}
		if c.Do == Pause || c.Do == Resume {
			paused = c.Do == Pause
		}
	}
	return paused, nil
}

// send sends an order, or declines one that is past its deadline.
func (w *World) send(ctx context.Context, o *Order) error {
	sold, bought := w.sides(o)
	size, err := chain.ToUnits(o.AmountIn.Truncate(int32(sold.Decimals)), int32(sold.Decimals))
	if err != nil {
		return fmt.Errorf("%w: send %s: AmountIn: %w", ErrInvalid, o.ID, err)
	}
	minOut, err := chain.ToUnits(o.MinOut.RoundUp(int32(bought.Decimals)), int32(bought.Decimals))
	if err != nil {
		return fmt.Errorf("%w: send %s: MinOut: %w", ErrInvalid, o.ID, err)
	}
	_, err = w.cfg.Chain.Send(ctx, o.ID, chain.Tx{
		Call: abi.ExecutePrivateSwap.Call(w.cfg.Stabilizer, abi.Swap{
			Size: size, TokenIn: sold.Address, TokenOut: bought.Address, MinOut: minOut, DeadlineBlock: o.Deadline,
		}),
		MaxGasPrice: chain.GasPrice(o.GasGwei), Deadline: o.Deadline, Public: o.Public,
	})
	if errors.Is(err, chain.ErrTooLate) {
		return nil
	}
	return err
}

// sides returns the tokens that an order sells and buys.
func (w *World) sides(o *Order) (sold, bought Token) {
	in, out := w.token(o.Route[0].In), w.token(o.Route[len(o.Route)-1].Out)
	if o.Side == Buy {
		return out, in
	}
	return in, out
}

func (w *World) token(name string) Token { return w.cfg.Tokens[name] }
