package parity

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	Decimals uint8 // at least Config.Decimals, up to 18
}

// Place is one of the chains, as its node shows it.
type Place struct {
	Client   chain.Client
	Vault    chain.Address      // the contract that holds the inventory and trades, Vault plan Appendix A
	Pool     chain.Address      // the pool whose price counts
	Inverted bool               // its base is the engine's Pair.Quote
	Base     Token              // the engine's Pair.Base, there
	Quote    Token              // the engine's Pair.Quote, there
	Oracle   exchange.PriceFeed // the price that both chains are held to, as this chain has it
}

// WorldConfig is what an engine's world consists of. Every field is required but
// for those that say otherwise.
type WorldConfig struct {
	Key    string  // the runner's; commands are taken from the inbox under it
	Engine *Engine // the runner's

	Places  [2]Place       // in the order of the engine's Chains
	Bridge  chain.Bridge   // of the vaults
	Witness chain.Bridge   // optional: the same bridge through other nodes; what one does not confirm has not happened
	Inbox   evenkeel.Inbox // optional: commands; a body is a [Verb]
}

// World is the I/O half of an [Engine], for an evenkeel.Runner: it looks at the
// newest block of either chain, tells what became of legs and transfers, and
// sends new ones. Let the runner tick at least once per block.
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
		rule{cfg.Bridge != nil, "Bridge", nil, "must not be nil"},
	); err != nil {
		return nil, err
	}
	w := &World{cfg: cfg, engine: cfg.Engine.cfg}
	for i, p := range cfg.Places {
		if err := w.check(i, p); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *World) check(i int, p Place) error {
	at := fmt.Sprintf("Places[%d].", i)
	if err := check(
		rule{p.Client != nil, at + "Client", nil, "must not be nil"},
		rule{p.Vault != chain.Address{}, at + "Vault", p.Vault, "must be a contract"},
		rule{p.Pool != chain.Address{}, at + "Pool", p.Pool, "must be a contract"},
		rule{p.Oracle != nil, at + "Oracle", nil, "must not be nil"},
	); err != nil {
		return err
	}
	for _, token := range []struct {
		name string
		Token
	}{{at + "Base", p.Base}, {at + "Quote", p.Quote}} {
		if err := check(
			rule{token.Address != chain.Address{}, token.name + ".Address", token.Address, "must be a contract"},
			rule{int32(token.Decimals) >= w.engine.Decimals && token.Decimals <= scale, token.name + ".Decimals", token.Decimals, fmt.Sprintf("must be %d to 18", w.engine.Decimals)},
		); err != nil {
			return err
		}
	}
	id := w.engine.Chains[i].ID
	return check(rule{p.Client.ID() == id, at + "Client.ID()", p.Client.ID(), fmt.Sprintf("must be the engine's, %d", id)})
}

// Observe implements evenkeel.World. What can be learnt is told even while a
// chain, the bridge or a feed cannot be reached; only what says nothing at all
// is an error.
func (w *World) Observe(ctx context.Context, now time.Time, s State) (Observation, error) {
	seen := Observation{Now: now, Restarted: !w.started}
	var err error
	if seen.Commands, err = inbox.First(w.commands(ctx, s.Command), maxCommands); err != nil {
		return Observation{}, err
	}
	var errs [2]error
	for i := range w.cfg.Places {
		if seen.Blocks[i], errs[i] = w.see(ctx, now, i); errs[i] != nil {
			seen.Blocks[i] = nil
		}
	}
	if errs[0] != nil && errs[1] != nil && len(seen.Commands) == 0 {
		return Observation{}, errors.Join(errs[0], errs[1])
	}
	seen.Receipts = w.receipts(ctx, s, seen.Blocks)
	seen.Passages = w.passages(ctx, s.Transfers)
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

// see reads one chain as of its newest block.
func (w *World) see(ctx context.Context, now time.Time, i int) (*Block, error) {
	p := &w.cfg.Places[i]
	head, err := p.Client.Head(ctx)
	if err != nil {
		return nil, err
	}
	b := &Block{
		Number: head.Number, Hash: head.Hash.String(), Parent: head.Parent.String(), Time: head.Time,
		GasGwei: chain.FromUnits(head.GasPrice, gweiScale),
	}
	answers, err := p.Client.Read(ctx, head.Hash,
		abi.State.Call(p.Pool, abi.None{}),
		abi.BalanceOf.Call(p.Base.Address, p.Vault),
		abi.BalanceOf.Call(p.Quote.Address, p.Vault),
	)
	if err != nil {
		return nil, err
	}
	state, err := abi.State.Result(answers[0])
	if err != nil {
		return nil, err
	}
	b.Pool = p.mid(state)
	for n, part := range []struct {
		to    *decimal.Decimal
		token Token
	}{{&b.Base, p.Base}, {&b.Quote, p.Quote}} {
		held, err := abi.BalanceOf.Result(answers[n+1])
		if err != nil {
			return nil, err
		}
		*part.to = chain.FromUnits(held, int32(part.token.Decimals))
	}
	if b.Oracle, err = w.oracle(ctx, now, p.Oracle); err != nil {
		return nil, err
	}
	b.Lane = w.lanes(ctx, i)
	return b, nil
}

// mid returns the pool's price in whole tokens, Quote per Base, or 0.
func (p *Place) mid(s abi.PoolState) decimal.Decimal {
	wei, err := pmm.Curve{I: s.I, K: s.K, B: s.B, Q: s.Q, B0: s.B0, Q0: s.Q0, R: pmm.RState(s.R)}.Mid()
	if err != nil || wei.IsZero() {
		return decimal.Zero
	}
	base, quote := int32(p.Base.Decimals), int32(p.Quote.Decimals)
	if p.Inverted {
		return decimal.New(1, 0).DivRound(chain.FromUnits(wei, 18+base-quote), scale)
	}
	return chain.FromUnits(wei, 18+quote-base).RoundBank(scale)
}

// oracle asks a feed. One that does not answer is a fault that the engine
// decides on.
func (w *World) oracle(ctx context.Context, now time.Time, feed exchange.PriceFeed) (Price, error) {
	p, err := feed.Price(ctx, w.engine.Pair, now)
	switch {
	case err == nil:
		return Price{Value: p.Value, At: p.At}, nil
	case ctx.Err() != nil:
		return Price{}, err
	case errors.Is(err, exchange.ErrDivergent):
		return Price{Fault: OracleDiffers}, nil
	case errors.Is(err, exchange.ErrInvalid), errors.Is(err, exchange.ErrNotFound):
		return Price{Fault: PriceInvalid}, nil
	}
	return Price{Fault: OracleStale}, nil // nothing seen recently enough, for whatever reason
}

// lanes returns what the bridge lets leave a chain, or nil if it does not say.
func (w *World) lanes(ctx context.Context, from int) *Holding {
	var room Holding
	for _, a := range []Asset{Base, Quote} {
		token := w.token(a, from)
		limit, err := w.cfg.Bridge.Limit(ctx, w.lane(from, token))
		if err != nil {
			return nil
		}
		room = room.add(a, decimal.Min(chain.FromUnits(limit.Room, int32(token.Decimals)), endless))
	}
	return &room
}

// endless stands for the room of a lane that limits nothing.
var endless = decimal.New(1, 30)

func (w *World) lane(from int, token Token) chain.Lane {
	return chain.Lane{From: w.engine.Chains[from].ID, To: w.engine.Chains[1-from].ID, Token: token.Address}
}

func (w *World) token(a Asset, on int) Token {
	if a == Base {
		return w.cfg.Places[on].Base
	}
	return w.cfg.Places[on].Quote
}

// receipts asks what became of the legs that are watched, as of the blocks seen.
// What cannot be learnt now stays as it is.
func (w *World) receipts(ctx context.Context, s State, blocks [2]*Block) []Receipt {
	var receipts []Receipt
	for _, l := range s.Watched() {
		b := blocks[l.Chain]
		if b == nil {
			continue
		}
		r, err := w.cfg.Places[l.Chain].Client.Receipt(ctx, l.ID)
		switch {
		case errors.Is(err, chain.ErrNotFound):
			receipts = append(receipts, Receipt{ID: l.ID, Outcome: NotSent})
		case err == nil && r.Block <= b.Number: // what is newer than the balances is told with them
			receipts = append(receipts, w.receipt(l, r))
		}
	}
	return receipts
}

// receipt translates an outcome. The contract trades all of an order or nothing.
func (w *World) receipt(l *Leg, r chain.Receipt) Receipt {
	out := Receipt{ID: l.ID, Block: r.Block}
	switch r.Status {
	case chain.Mined:
		out.Outcome = Mined
		if got, err := abi.ExecutePrivateSwap.Result(r.Output); err == nil {
			_, bought := l.assets()
			out.Received = chain.FromUnits(got, int32(w.token(bought, l.Chain).Decimals))
		}
	case chain.Reverted, chain.Cancelled:
		out.Outcome = Reverted
	case chain.Expired:
		out.Outcome = Expired
	default:
		out.Outcome = Waiting
	}
	return out
}

// passages asks what became of the transfers that are open. What the bridge, or
// its witness, cannot tell now stays as it is.
func (w *World) passages(ctx context.Context, open []*Transfer) []Passage {
	if len(open) == 0 {
		return nil
	}
	ids := make([]string, len(open))
	for i, t := range open {
		ids[i] = t.ID
	}
	told, err := w.cfg.Bridge.Passages(ctx, ids...)
	if err != nil {
		return nil
	}
	if w.cfg.Witness != nil {
		confirmed, err := w.cfg.Witness.Passages(ctx, ids...)
		if err != nil {
			return nil
		}
		for i := range told {
			told[i] = agree(told[i], confirmed[i])
		}
	}
	passages := make([]Passage, len(open))
	for i, t := range open {
		on := t.To()
		if told[i].Stage == chain.Refunded {
			on = t.From
		}
		passages[i] = Passage{
			ID: t.ID, Stage: told[i].Stage, Sent: told[i].Sent, Settled: told[i].Settled,
			Received: chain.FromUnits(told[i].Received, int32(w.token(t.Asset, on).Decimals)),
		}
	}
	return passages
}

// agree returns as much as both say. Only both together give leave to send.
func agree(a, b chain.Passage) chain.Passage {
	switch {
	case a == b:
		return a
	case a.Sent > 0 && a.Sent == b.Sent:
		return chain.Passage{Stage: chain.Departed, Sent: a.Sent}
	}
	return chain.Passage{Stage: chain.Waiting}
}

// Act implements evenkeel.World. Every send is idempotent in the ID that the
// recorded decision carries. The second leg is not sent unless the first was: a
// leg alone would be a position.
func (w *World) Act(ctx context.Context, now time.Time, stamp evenkeel.Stamp, d Decision) error {
	if d.Action == DryTrade || len(d.Orders)+len(d.Transfers) == 0 {
		return nil
	}
	if paused, err := w.paused(ctx, d.Command); err != nil || paused {
		return err
	}
	var errs []error
	for _, o := range d.Orders {
		if now.Sub(stamp.At) > times(w.engine.Chains[o.Chain].BlockTime, w.engine.DeadlineBlocks) {
			break // too late, whatever the node's head
		}
		if err := w.trade(ctx, o); err != nil {
			errs = append(errs, fmt.Errorf("send %s: %w", o.ID, err))
			break
		}
	}
	for _, t := range d.Transfers {
		if err := w.transfer(ctx, t); err != nil {
			errs = append(errs, fmt.Errorf("send %s: %w", t.ID, err))
		}
	}
	return errors.Join(errs...)
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

// trade sends a leg.
func (w *World) trade(ctx context.Context, o Order) error {
	in, out := o.assets()
	sold, bought := w.token(in, o.Chain), w.token(out, o.Chain)
	size, err := chain.ToUnits(o.AmountIn, int32(sold.Decimals))
	if err != nil {
		return fmt.Errorf("%w: send %s: AmountIn: %w", ErrInvalid, o.ID, err)
	}
	minOut, err := chain.ToUnits(o.MinOut, int32(bought.Decimals))
	if err != nil {
		return fmt.Errorf("%w: send %s: MinOut: %w", ErrInvalid, o.ID, err)
	}
	place := &w.cfg.Places[o.Chain]
	_, err = place.Client.Send(ctx, o.ID, chain.Tx{
		Call: abi.ExecutePrivateSwap.Call(place.Vault, abi.Swap{
			Size: size, TokenIn: sold.Address, TokenOut: bought.Address, MinOut: minOut, DeadlineBlock: o.Deadline,
		}),
		MaxGasPrice: chain.GasPrice(o.GasGwei), Deadline: o.Deadline,
	})
	return err
}

// transfer sends money over the bridge. What is refused for sure stays unsent,
// and the engine sees that.
func (w *World) transfer(ctx context.Context, s Sending) error {
	token := w.token(s.Asset, s.From)
	amount, err := chain.ToUnits(s.Amount, int32(token.Decimals))
	if err != nil {
		return fmt.Errorf("%w: send %s: Amount: %w", ErrInvalid, s.ID, err)
	}
	err = w.cfg.Bridge.Send(ctx, s.ID, chain.Transfer{
		Lane: w.lane(s.From, token), Amount: amount, MaxGasPrice: chain.GasPrice(s.GasGwei), Deadline: s.Deadline,
	})
	if errors.Is(err, chain.ErrTooLate) || errors.Is(err, chain.ErrLaneFull) {
		return nil
	}
	return err
}
