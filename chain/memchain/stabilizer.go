package memchain

import (
	"fmt"
	"math"
	"slices"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// StabilizerConfig is what a stabilizer is deployed with. Its limits are the
// rules of Vault plan Appendix A; each limit is off at zero.
type StabilizerConfig struct {
	Owner  chain.Address // pauses and withdraws
	Keeper chain.Address // executes
	Pools  []*Pool       // where it trades: through one of them or through two that share a token, the first that fit

	Observed     *Pool       // the pool whose deviation must call for a trade; nil lets the keeper judge
	Peg          uint256.Int // what Observed.Mid should be, in its unit; > 0 with Observed
	ThresholdBps int64       // beyond it there is something to rebalance, >= 0

	MinBlocks   uint64      // from one execution to the next
	BlockCap    uint256.Int // what may be sold in one block, in the smallest unit of whatever is sold
	MaxGasPrice uint256.Int // wei
}

// Stabilizer is the contract of Vault plan Appendix A. Its inventory is what it
// holds of each token; anyone can add to it by a transfer.
//
// Appendix A also has checkDeviation wait for N blocks. The contract of
// chain/evm/contracts does, by what its pools remember of each block; these pools
// remember nothing, so here that rule is the engine's alone, and what a flash loan
// could do within one block is bounded by Keeper, MinBlocks, BlockCap and the swap's
// own MinOut. BlockCap counts what is sold, there it counts base.
type Stabilizer struct {
	address chain.Address
	config  StabilizerConfig
	paused  Cell[bool]
	last    Cell[execution]
}

// execution is the last block that had one, and what was sold in it.
type execution struct {
	block uint64 // 0 for never
	sold  uint256.Int
}

var _ Contract = (*Stabilizer)(nil)

// NewStabilizer deploys a stabilizer that holds nothing. The error wraps
// chain.ErrInvalid.
func NewStabilizer(c *Chain, cfg StabilizerConfig) (*Stabilizer, error) {
	switch {
	case len(cfg.Pools) == 0:
		return nil, fmt.Errorf("%w: Pools: must not be empty", chain.ErrInvalid)
	case cfg.Observed != nil && cfg.Peg.IsZero():
		return nil, fmt.Errorf("%w: Peg 0: must be > 0 with Observed", chain.ErrInvalid)
	case cfg.ThresholdBps < 0:
		return nil, fmt.Errorf("%w: ThresholdBps %d: must be >= 0", chain.ErrInvalid, cfg.ThresholdBps)
	}
	cfg.Pools = slices.Clone(cfg.Pools)
	s := &Stabilizer{config: cfg}
	s.address = c.Deploy(s)
	return s, nil
}

// Address is where the stabilizer lives.
func (s *Stabilizer) Address() chain.Address { return s.address }

// Paused reports whether executions are refused.
func (s *Stabilizer) Paused() bool { return s.paused.Load() }

// Pause refuses executions, or admits them again; only the owner may.
func (s *Stabilizer) Pause(env Env, paused bool) error {
	if env.Caller != s.config.Owner {
		return s.refuse("%s is not its owner", env.Caller)
	}
	s.paused.Store(env, paused)
	return nil
}

// Withdraw sends inventory to the owner, who must be the caller.
func (s *Stabilizer) Withdraw(env Env, token *Token, amount uint256.Int) error {
	if env.Caller != s.config.Owner {
		return s.refuse("%s is not its owner", env.Caller)
	}
	return token.Transfer(env.As(s.address), env.Caller, amount)
}

// CheckDeviation returns the observed pool's distance from the peg, and whether
// that is beyond the threshold.
func (s *Stabilizer) CheckDeviation() (abi.Deviation, error) {
	if s.config.Observed == nil {
		return abi.Deviation{}, nil
	}
	mid, err := s.config.Observed.State().Mid()
	if err != nil {
		return abi.Deviation{}, err
	}
	var off, bps uint256.Int
	sign := int64(1)
	if off.Sub(&mid, &s.config.Peg); mid.Lt(&s.config.Peg) {
		off.Neg(&off)
		sign = -1
	}
	if _, overflow := bps.MulDivOverflow(&off, uint256.NewInt(10_000), &s.config.Peg); overflow || !bps.IsUint64() || bps.Uint64() > math.MaxInt64 {
		return abi.Deviation{}, s.refuse("deviation of mid %s from peg %s overflows", mid.Dec(), s.config.Peg.Dec())
	}
	d := abi.Deviation{Bps: sign * int64(bps.Uint64())}
	d.ShouldRebalance = bps.Uint64() > uint64(s.config.ThresholdBps)
	return d, nil
}

// ExecutePrivateSwap sells inventory for at least MinOut and returns what it
// received.
func (s *Stabilizer) ExecutePrivateSwap(env Env, swap abi.Swap) (uint256.Int, error) {
	if err := s.admit(env, swap); err != nil {
		return uint256.Int{}, err
	}
	route, err := s.route(swap.TokenIn, swap.TokenOut)
	if err != nil {
		return uint256.Int{}, err
	}
	amount := swap.Size
	for _, leg := range route {
		if amount, err = leg.pool.Swap(env.As(s.address), leg.side, amount); err != nil {
			return uint256.Int{}, err
		}
	}
	if amount.Lt(&swap.MinOut) {
		return uint256.Int{}, s.refuse("%s out: must be >= %s", amount.Dec(), swap.MinOut.Dec())
	}
	return amount, nil
}

// admit applies the rules that do not depend on the price, and books the trade
// against them.
func (s *Stabilizer) admit(env Env, swap abi.Swap) error {
	cfg, now := &s.config, env.Block()
	last := s.last.Load()
	if last.block != now.Number {
		last.sold.Clear()
	}
	last.sold.Add(&last.sold, &swap.Size) // what makes this wrap cannot be paid
	switch {
	case env.Caller != cfg.Keeper:
		return s.refuse("%s is not its keeper", env.Caller)
	case s.Paused():
		return s.refuse("paused")
	case now.Number > swap.DeadlineBlock:
		return s.refuse("block %d is past deadline %d", now.Number, swap.DeadlineBlock)
	case swap.Size.IsZero():
		return s.refuse("size 0: must be > 0")
	case !cfg.MaxGasPrice.IsZero() && now.GasPrice.Gt(&cfg.MaxGasPrice):
		return s.refuse("gas price %s: must be <= %s", now.GasPrice.Dec(), cfg.MaxGasPrice.Dec())
	case last.block != 0 && now.Number < last.block+cfg.MinBlocks:
		return s.refuse("block %d is within %d blocks of the last execution, %d", now.Number, cfg.MinBlocks, last.block)
	case !cfg.BlockCap.IsZero() && last.sold.Gt(&cfg.BlockCap):
		return s.refuse("%s sold in one block: must be <= %s", last.sold.Dec(), cfg.BlockCap.Dec())
	}
	if cfg.Observed != nil {
		d, err := s.CheckDeviation()
		if err != nil {
			return err
		}
		if !d.ShouldRebalance {
			return s.refuse("a deviation of %d bps is no cause to trade", d.Bps)
		}
	}
	last.block = now.Number
	s.last.Store(env, last)
	return nil
}

// leg is one sale of a route.
type leg struct {
	pool *Pool
	side pmm.Side
}

// route finds one pool of both tokens, else two that meet in a third.
func (s *Stabilizer) route(in, out chain.Address) ([]leg, error) {
	for _, first := range s.config.Pools {
		if l, got, ok := first.legFrom(in); ok && got == out {
			return []leg{l}, nil
		}
	}
	for _, first := range s.config.Pools {
		l1, anchor, ok := first.legFrom(in)
		if !ok {
			continue
		}
		for _, next := range s.config.Pools {
			if l2, got, ok := next.legFrom(anchor); ok && got == out && next != first {
				return []leg{l1, l2}, nil
			}
		}
	}
	return nil, s.refuse("no route from %s to %s", in, out)
}

// legFrom returns the sale of a token to the pool and the token it gives.
func (p *Pool) legFrom(in chain.Address) (leg, chain.Address, bool) {
	switch base, quote := p.config.Base.address, p.config.Quote.address; in {
	case base:
		return leg{p, pmm.SellBase}, quote, true
	case quote:
		return leg{p, pmm.SellQuote}, base, true
	}
	return leg{}, chain.Address{}, false
}

func (s *Stabilizer) refuse(format string, args ...any) error {
	return fmt.Errorf("stabilizer "+s.address.String()+": "+format, args...)
}

// Call implements [Contract].
func (s *Stabilizer) Call(env Env, data []byte) ([]byte, error) {
	selector, err := abi.SelectorOf(data)
	if err != nil {
		return nil, err
	}
	switch selector {
	case abi.CheckDeviation.Selector():
		return answer(abi.CheckDeviation, data, func(abi.None) (abi.Deviation, error) { return s.CheckDeviation() })
	case abi.IsKeeper.Selector():
		return answer(abi.IsKeeper, data, func(who chain.Address) (bool, error) { return who == s.config.Keeper, nil })
	case abi.ExecutePrivateSwap.Selector():
		return answer(abi.ExecutePrivateSwap, data, func(swap abi.Swap) (uint256.Int, error) { return s.ExecutePrivateSwap(env, swap) })
	}
	return nil, fmt.Errorf("stabilizer %s: no method %x", s.address, selector)
}
