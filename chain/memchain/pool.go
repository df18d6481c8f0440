package memchain

import (
	"fmt"
	"slices"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// PoolConfig is what a pool is deployed with.
type PoolConfig struct {
	Base, Quote *Token
	Params      pmm.Params    // without a first deposit and a Time; see [Pool.Deposit]
	Owner       chain.Address // may admit, and reset a DPP
	Maintainer  chain.Address // receives MTFeeRate
	Private     bool          // only whom the owner admits may trade and borrow
}

// Pool is a PMM pool that holds tokens and trades them as pmm.Pool says: a DSP,
// DPP or DVM of DODO contractV2 c58c067. A sale takes what was transferred to
// the pool since its last call; the Go methods named after what a trader wants,
// Swap and Deposit, make that transfer themselves.
type Pool struct {
	address  chain.Address
	config   PoolConfig
	state    Cell[pmm.Pool]
	admitted Cell[[]chain.Address] // never written in place
	shares   *Token                // nil for a DPP
	lending  bool                  // within FlashLoan, as DODO's preventReentrant
}

var _ Contract = (*Pool)(nil)

// NewPool deploys an empty pool. Its TWAP, if Params open one, runs from the
// newest block on. The error wraps chain.ErrInvalid or pmm.ErrInvalid.
func NewPool(c *Chain, cfg PoolConfig) (*Pool, error) {
	switch {
	case cfg.Base == nil || cfg.Quote == nil || cfg.Base == cfg.Quote:
		return nil, fmt.Errorf("%w: Base, Quote: must be two tokens", chain.ErrInvalid)
	case !cfg.Params.Base.IsZero() || !cfg.Params.Quote.IsZero():
		return nil, fmt.Errorf("%w: Params with a first deposit: must be made by Deposit", chain.ErrInvalid)
	}
	cfg.Params.Time = seconds(c.Head())
	state, err := pmm.New(cfg.Params)
	if err != nil {
		return nil, err
	}
	p := &Pool{config: cfg, state: Cell[pmm.Pool]{value: state}}
	if state.Kind != pmm.DPP {
		p.shares = NewToken(c, 18)
	}
	p.address = c.Deploy(p)
	return p, nil
}

// seconds is a block's time as contracts of DODO keep it.
func seconds(b chain.Block) uint32 { return uint32(b.Time.Unix()) }

// Address is where the pool lives.
func (p *Pool) Address() chain.Address { return p.address }

// BaseToken is the token that is priced.
func (p *Pool) BaseToken() *Token { return p.config.Base }

// QuoteToken is the token that prices are in.
func (p *Pool) QuoteToken() *Token { return p.config.Quote }

// Shares is the token of those who deposited; nil for a DPP.
func (p *Pool) Shares() *Token { return p.shares }

// State returns the pool as stored. Its Time is that of the last change.
func (p *Pool) State() pmm.Pool { return p.state.Load() }

// tokens returns what a side sells and what it receives.
func (p *Pool) tokens(side pmm.Side) (sold, received *Token) {
	if side == pmm.SellBase {
		return p.config.Base, p.config.Quote
	}
	return p.config.Quote, p.config.Base
}

// Swap pays amount out of the caller's balance and returns what the caller
// received.
func (p *Pool) Swap(env Env, side pmm.Side, amount uint256.Int) (uint256.Int, error) {
	sold, _ := p.tokens(side)
	if err := sold.Transfer(env, p.address, amount); err != nil {
		return uint256.Int{}, err
	}
	return p.Sell(env, side, env.Caller)
}

// Sell sells what was transferred to the pool and sends the proceeds to an
// account (DSPTrader.sol sellBase, sellQuote).
func (p *Pool) Sell(env Env, side pmm.Side, to chain.Address) (uint256.Int, error) {
	state, err := p.enter(env)
	if err != nil {
		return uint256.Int{}, err
	}
	base, quote := p.unbooked(&state)
	pay := base
	if side == pmm.SellQuote {
		pay = quote
	}
	next, q, err := state.Swap(side, pay)
	if err != nil {
		return uint256.Int{}, fmt.Errorf("pool %s: %s %s: %w", p.address, side, pay.Dec(), err)
	}
	p.state.Store(env, next)
	return q.Receive, p.payOut(env, side, to, q.Receive, q.MTFee)
}

// payOut sends what a sale gave to its seller and the maintainer.
func (p *Pool) payOut(env Env, side pmm.Side, to chain.Address, receive, mtFee uint256.Int) error {
	_, received := p.tokens(side)
	if err := received.Transfer(env.As(p.address), to, receive); err != nil {
		return err
	}
	if mtFee.IsZero() {
		return nil
	}
	return received.Transfer(env.As(p.address), p.config.Maintainer, mtFee)
}

// Admit lets an account trade with a private pool; the caller must be the owner.
func (p *Pool) Admit(env Env, who chain.Address) error {
	if err := p.own(env); err != nil {
		return err
	}
	p.admitted.Store(env, append(slices.Clip(p.admitted.Load()), who))
	return nil
}

func (p *Pool) own(env Env) error {
	if env.Caller != p.config.Owner {
		return fmt.Errorf("pool %s: %s is not its owner", p.address, env.Caller)
	}
	return nil
}

// enter returns the state as of the block at work, for a caller who may trade.
func (p *Pool) enter(env Env) (pmm.Pool, error) {
	if p.config.Private && !slices.Contains(p.admitted.Load(), env.Caller) {
		return pmm.Pool{}, fmt.Errorf("pool %s: %s is not admitted", p.address, env.Caller)
	}
	return p.open(env)
}

// open returns the state as of the block at work.
func (p *Pool) open(env Env) (pmm.Pool, error) {
	if p.lending {
		return pmm.Pool{}, fmt.Errorf("pool %s: called within its own flash loan", p.address)
	}
	state := p.state.Load()
	state.Time = seconds(env.Block())
	return state, nil
}

// unbooked is what came in since the reserves were set.
func (p *Pool) unbooked(state *pmm.Pool) (base, quote uint256.Int) {
	base, quote = p.config.Base.Balance(p.address), p.config.Quote.Balance(p.address)
	base.Sub(&base, &state.Curve.B)
	quote.Sub(&quote, &state.Curve.Q)
	return base, quote
}

// Deposit pays base and quote out of the caller's balances: for shares, or, if
// the caller owns a DPP, as a reset that keeps its parameters.
func (p *Pool) Deposit(env Env, base, quote uint256.Int) error {
	if err := p.config.Base.Transfer(env, p.address, base); err != nil {
		return err
	}
	if err := p.config.Quote.Transfer(env, p.address, quote); err != nil {
		return err
	}
	state, err := p.open(env)
	if err != nil {
		return err
	}
	if state.Kind == pmm.DPP {
		return p.Reset(env, pmm.Reset{I: state.Curve.I, K: state.Curve.K, LPFeeRate: state.LPFeeRate})
	}
	base, quote = p.unbooked(&state)
	next, shares, err := state.BuyShares(base, quote)
	if err != nil {
		return fmt.Errorf("pool %s: deposit %s and %s: %w", p.address, base.Dec(), quote.Dec(), err)
	}
	p.state.Store(env, next)
	return p.shares.Mint(env, env.Caller, shares)
}

// Withdraw burns the caller's shares for their part of the reserves, of which it
// must be at least minBase and minQuote.
func (p *Pool) Withdraw(env Env, shares, minBase, minQuote uint256.Int) error {
	state, err := p.open(env)
	if err != nil {
		return err
	}
	next, base, quote, err := state.SellShares(shares, minBase, minQuote)
	if err != nil {
		return fmt.Errorf("pool %s: withdraw %s: %w", p.address, shares.Dec(), err)
	}
	if err := p.shares.Burn(env, shares); err != nil {
		return err
	}
	p.state.Store(env, next)
	return p.send(env, env.Caller, base, quote)
}

// Reset changes a DPP, whose owner the caller must be. BaseIn and QuoteIn are
// what was transferred to the pool, whatever r says.
func (p *Pool) Reset(env Env, r pmm.Reset) error {
	if err := p.own(env); err != nil {
		return err
	}
	state, err := p.open(env)
	if err != nil {
		return err
	}
	r.BaseIn, r.QuoteIn = p.unbooked(&state)
	next, err := state.Reset(r)
	if err != nil {
		return fmt.Errorf("pool %s: reset: %w", p.address, err)
	}
	p.state.Store(env, next)
	return p.send(env, env.Caller, r.BaseOut, r.QuoteOut)
}

// Sync counts what was transferred to the pool outside any sale: to its targets
// as well in a DPP (DPPVault.sol ratioSync), else to the reserves alone
// (DSPVault.sol, DVMVault.sol sync).
func (p *Pool) Sync(env Env) error {
	state, err := p.open(env)
	if err != nil {
		return err
	}
	count := state.Sync
	if state.Kind == pmm.DPP {
		count = state.RatioSync
	}
	next, err := count(p.unbooked(&state))
	if err != nil {
		return fmt.Errorf("pool %s: sync: %w", p.address, err)
	}
	p.state.Store(env, next)
	return nil
}

// FlashLoan lends base and quote to the caller while use runs, and then settles
// as pmm.Pool.Flash says (DSPTrader.sol flashLoan).
func (p *Pool) FlashLoan(env Env, base, quote uint256.Int, use func(Env) error) error {
	state, err := p.enter(env)
	if err != nil {
		return err
	}
	if err := p.send(env, env.Caller, base, quote); err != nil {
		return err
	}
	p.lending = true
	err = use(env)
	p.lending = false
	if err != nil {
		return err
	}
	loan := pmm.Flash{BaseOut: base, QuoteOut: quote}
	loan.BaseBack, loan.QuoteBack = p.unbooked(&state) // wraps below zero, by as much as the loan
	loan.BaseBack.Add(&loan.BaseBack, &base)
	loan.QuoteBack.Add(&loan.QuoteBack, &quote)
	next, q, err := state.Flash(loan)
	if err != nil {
		return fmt.Errorf("pool %s: flash loan of %s and %s: %w", p.address, base.Dec(), quote.Dec(), err)
	}
	p.state.Store(env, next)
	if q.MTFee.IsZero() {
		return nil
	}
	fee := p.config.Quote
	if loan.BaseBack.Lt(&base) {
		fee = p.config.Base
	}
	return fee.Transfer(env.As(p.address), p.config.Maintainer, q.MTFee)
}

// send pays both tokens out.
func (p *Pool) send(env Env, to chain.Address, base, quote uint256.Int) error {
	if err := p.config.Base.Transfer(env.As(p.address), to, base); err != nil {
		return err
	}
	return p.config.Quote.Transfer(env.As(p.address), to, quote)
}

// Call implements [Contract].
func (p *Pool) Call(env Env, data []byte) ([]byte, error) {
	selector, err := abi.SelectorOf(data)
	if err != nil {
		return nil, err
	}
	query := func(side pmm.Side) func(abi.Payment) (abi.PoolQuote, error) {
		return func(ask abi.Payment) (abi.PoolQuote, error) {
			q, err := p.State().Quote(side, ask.Amount)
			return abi.PoolQuote{Receive: q.Receive, MtFee: q.MTFee, NewR: uint8(q.R), NewTarget: q.Target}, err
		}
	}
	sell := func(side pmm.Side) func(chain.Address) (uint256.Int, error) {
		return func(to chain.Address) (uint256.Int, error) { return p.Sell(env, side, to) }
	}
	switch selector {
	case abi.BaseToken.Selector():
		return answer(abi.BaseToken, data, func(abi.None) (chain.Address, error) { return p.config.Base.address, nil })
	case abi.QuoteToken.Selector():
		return answer(abi.QuoteToken, data, func(abi.None) (chain.Address, error) { return p.config.Quote.address, nil })
	case abi.State.Selector():
		return answer(abi.State, data, func(abi.None) (abi.PoolState, error) {
			c, err := p.State().Adjusted()
			return abi.PoolState{I: c.I, K: c.K, B: c.B, Q: c.Q, B0: c.B0, Q0: c.Q0, R: uint8(c.R)}, err
		})
	case abi.PriceCumulative.Selector():
		return answer(abi.PriceCumulative, data, func(abi.None) (uint256.Int, error) { return p.State().TWAP.PostTrade, nil })
	case abi.QuerySellBase.Selector():
		return answer(abi.QuerySellBase, data, query(pmm.SellBase))
	case abi.QuerySellQuote.Selector():
		return answer(abi.QuerySellQuote, data, query(pmm.SellQuote))
	case abi.SellBase.Selector():
		return answer(abi.SellBase, data, sell(pmm.SellBase))
	case abi.SellQuote.Selector():
		return answer(abi.SellQuote, data, sell(pmm.SellQuote))
	}
	return nil, fmt.Errorf("pool %s: no method %x", p.address, selector)
}
