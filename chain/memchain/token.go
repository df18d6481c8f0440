package memchain

import (
	"fmt"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
)

// Token is an ERC-20 token without allowances. What its holders hold sums to
// its supply.
type Token struct {
	address  chain.Address
	decimals uint8
	supply   Cell[uint256.Int]
	balances map[chain.Address]*Cell[uint256.Int]
}

var _ Contract = (*Token)(nil)

// NewToken deploys a token of which there is none yet. Amounts have that many
// digits after the point.
func NewToken(c *Chain, decimals uint8) *Token {
	t := &Token{decimals: decimals, balances: make(map[chain.Address]*Cell[uint256.Int])}
	t.address = c.Deploy(t)
	return t
}

// Address is where the token lives.
func (t *Token) Address() chain.Address { return t.address }

// Supply returns how much there is.
func (t *Token) Supply() uint256.Int { return t.supply.Load() }

// Balance returns what an account holds.
func (t *Token) Balance(of chain.Address) uint256.Int {
	if cell := t.balances[of]; cell != nil {
		return cell.Load()
	}
	return uint256.Int{}
}

// Mint makes amount out of nothing; it cannot be called through the ABI.
func (t *Token) Mint(env Env, to chain.Address, amount uint256.Int) error {
	supply := t.supply.Load()
	if _, overflow := supply.AddOverflow(&supply, &amount); overflow {
		return fmt.Errorf("token %s: mint %s: supply overflows", t.address, amount.Dec())
	}
	t.supply.Store(env, supply)
	t.credit(env, to, amount)
	return nil
}

// Burn destroys the caller's tokens; it cannot be called through the ABI.
func (t *Token) Burn(env Env, amount uint256.Int) error {
	if err := t.debit(env, amount); err != nil {
		return err
	}
	supply := t.supply.Load()
	supply.Sub(&supply, &amount) // a balance is part of the supply
	t.supply.Store(env, supply)
	return nil
}

// Transfer moves the caller's tokens.
func (t *Token) Transfer(env Env, to chain.Address, amount uint256.Int) error {
	if err := t.debit(env, amount); err != nil {
		return err
	}
	t.credit(env, to, amount)
	return nil
}

func (t *Token) debit(env Env, amount uint256.Int) error {
	cell := t.cell(env.Caller)
	balance := cell.Load()
	if balance.Lt(&amount) {
		return fmt.Errorf("token %s: %s has %s: needs %s", t.address, env.Caller, balance.Dec(), amount.Dec())
	}
	balance.Sub(&balance, &amount)
	cell.Store(env, balance)
	return nil
}

// credit cannot overflow: balances sum to the supply.
func (t *Token) credit(env Env, to chain.Address, amount uint256.Int) {
	cell := t.cell(to)
	balance := cell.Load()
	balance.Add(&balance, &amount)
	cell.Store(env, balance)
}

func (t *Token) cell(of chain.Address) *Cell[uint256.Int] {
	cell := t.balances[of]
	if cell == nil {
		cell = new(Cell[uint256.Int])
		t.balances[of] = cell
	}
	return cell
}

// Call implements [Contract].
func (t *Token) Call(env Env, data []byte) ([]byte, error) {
	selector, err := abi.SelectorOf(data)
	if err != nil {
		return nil, err
	}
	switch selector {
	case abi.BalanceOf.Selector():
		return answer(abi.BalanceOf, data, func(of chain.Address) (uint256.Int, error) { return t.Balance(of), nil })
	case abi.Transfer.Selector():
		return answer(abi.Transfer, data, func(p abi.Payment) (bool, error) { return true, t.Transfer(env, p.Who, p.Amount) })
	case abi.Decimals.Selector():
		return answer(abi.Decimals, data, func(abi.None) (uint8, error) { return t.decimals, nil })
	}
	return nil, fmt.Errorf("token %s: no method %x", t.address, selector)
}
