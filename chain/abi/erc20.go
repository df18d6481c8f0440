package abi

import (
	"math"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// The methods of an ERC-20 token.
var (
	// BalanceOf asks what an account holds, in the token's smallest unit.
	BalanceOf = Method[chain.Address, uint256.Int]{"balanceOf(address)", Selector{0x70, 0xa0, 0x82, 0x31}, account, amount}
	// Transfer moves the caller's tokens.
	Transfer = Method[Payment, bool]{"transfer(address,uint256)", Selector{0xa9, 0x05, 0x9c, 0xbb}, payment, boolean}
	// Decimals asks how many of a token's digits stand after the point.
	Decimals = Method[None, uint8]{"decimals()", Selector{0x31, 0x3c, 0xe5, 0x67}, none, codec[uint8]{
		1,
		func(w *writer, v uint8) { w.uint64(uint64(v)) },
		func(r *reader) uint8 { return uint8(r.upTo(math.MaxUint8, "a uint8")) },
	}}
)

// Payment is an amount, in a token's smallest unit, and whom it concerns.
type Payment struct {
	Who    chain.Address
	Amount uint256.Int
}

var payment = codec[Payment]{
	2,
	func(w *writer, p Payment) { w.address(p.Who); w.uint(p.Amount) },
	func(r *reader) Payment { return Payment{Who: r.address(), Amount: r.uint()} },
}
