package town

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// Length is how many blocks the story takes.
const Length = 50

// event is what people do in one block, and what is said of it.
type event struct {
	says string
	txs  []memchain.Tx
}

// The blocks of the story at which something begins.
const (
	push     = 4
	flash    = 10
	feint    = 15
	sale     = 20
	flowFrom = 30
	flowTo   = 44
)

// steady is a block's part of five times the flow of Vault plan §11, 833 units a
// minute, at blocks of half a second.
const steady = 35

// next returns what happens in the block to come.
func (t *Town) next() event {
	switch block := t.Chain.Head().Number + 1; {
	case block == push:
		return event{"a trader buys 1,300 cUSDT", []memchain.Tx{t.trade(trader, pmm.SellQuote, Units(1300))}}
	case block == flash:
		return event{"a flash loan: within this block 50,000 cUSDT are bought and sold again", []memchain.Tx{t.trade(attacker, pmm.SellQuote, Units(50_000)), t.back()}}
	case block == feint:
		return event{"an attacker buys 3,000 cUSDT, to sell them in the next block", []memchain.Tx{t.trade(attacker, pmm.SellQuote, Units(3000))}}
	case block == feint+1:
		return event{"the attacker sells them again", []memchain.Tx{t.back()}}
	case block == sale:
		return event{"a trader sells 2,500 cUSDT", []memchain.Tx{t.trade(trader, pmm.SellBase, Units(2500))}}
	case block == flowFrom:
		return event{"from now on people buy 35 cUSDT in every block: five times the projected flow", []memchain.Tx{t.trade(trader, pmm.SellQuote, Units(steady))}}
	case block > flowFrom && block <= flowTo:
		return event{"", []memchain.Tx{t.trade(trader, pmm.SellQuote, Units(steady))}}
	case block == flowTo+1:
		return event{"the flow ends", nil}
	}
	return event{}
}

// trade is somebody selling that much of one token for the other.
func (t *Town) trade(who chain.Address, side pmm.Side, amount uint256.Int) memchain.Tx {
	return memchain.Tx{From: who, Do: func(env memchain.Env) error {
		_, err := t.Pool.Swap(env, side, amount)
		return err
	}}
}

// back sells all that the attacker has bought.
func (t *Town) back() memchain.Tx {
	return memchain.Tx{From: attacker, Do: func(env memchain.Env) error {
		_, err := t.Pool.Swap(env, pmm.SellBase, t.Base.Balance(attacker))
		return err
	}}
}
