package contracts_test

import (
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// depth is what moves the observed pool of a village by 1 bps: 100 tokens of a million.
var depth = units(100, baseDigits)

// one is the price of a whole base token in whole quote tokens, as pools write it.
var one = units(1, 18+quoteDigits-baseDigits)

// part is x × n / d, rounded down.
func part(x *big.Int, n, d int64) *big.Int {
	y := new(big.Int).Mul(x, big.NewInt(n))
	return y.Div(y, big.NewInt(d))
}

func plus(x *big.Int, n int64) *big.Int { return new(big.Int).Add(x, big.NewInt(n)) }

// plan is how a village is laid out.
type plan struct {
	token  string   // the contract of the base token; "" is Token
	feeBps int64    // of the observed pool
	price  *big.Int // of the observed pool
	peg    *big.Int
	mesh   bool // trade through two private pools that share an anchor
	limits contracts.StabilizerConfig
}

// village is an observed pool with a million of each token, a stabilizer with 50,000 of
// each, its keeper, and a trader who can do anything but keep.
type village struct {
	*ground
	base, quote, anchor actor
	pool                actor
	legs                []actor // private; none unless plan.mesh
	stabilizer          actor
	keeper, trader      actor
	config              contracts.StabilizerConfig
	swap, swapUnguarded string // methods of the stabilizer, with five arguments and with three
}

func settle(t require.TestingT, change func(*plan)) *village {
	p := plan{limits: contracts.TargetLimits(depth), price: one, peg: one}
	if change != nil {
		change(&p)
	}
	v := &village{ground: newGround(t)}
	if p.token == "" {
		v.base = v.found("Token", "cUSDT", "cUSDT", uint8(baseDigits), owner)
	} else {
		v.base = v.found(p.token)
	}
	v.quote = v.found("Token", "cUSDC", "cUSDC", uint8(quoteDigits), owner)
	v.keeper, v.trader = v.found("Attacker"), v.found("Attacker")
	v.stabilizer = v.found("Stabilizer", owner)
	v.pool = v.found("PublicPool", v.poolOf(v.base, v.quote, p.price, p.feeBps))
	v.config = p.limits
	v.config.Observed, v.config.Peg = v.pool.Address, p.peg
	v.config.Route = []common.Address{v.pool.Address}
	v.fund(p.price)
	if p.mesh {
		v.buildMesh()
	}
	v.stabilizer.do("configure", v.config)
	v.stabilizer.do("setKeeper", v.keeper.Address, true)
	v.stabilizer.do("unpause")
	v.mine()
	for name, m := range v.stabilizer.abi.Methods {
		if strings.HasPrefix(name, "executePrivateSwap") && len(m.Inputs) == 5 {
			v.swap = name
		} else if strings.HasPrefix(name, "executePrivateSwap") {
			v.swapUnguarded = name
		}
	}
	return v
}

func (v *village) poolOf(base, quote actor, price *big.Int, feeBps int64) contracts.PoolConfig {
	return contracts.PoolConfig{
		Base: base.Address, Quote: quote.Address, Maintainer: owner, MtFeeRate: new(big.Int),
		LpFeeRate: units(feeBps, 14), I: price, K: units(5, 17),
	}
}

// fund gives everybody tokens, the pool as many of each as are worth the same.
func (v *village) fund(price *big.Int) {
	v.base.do("mint", v.pool.Address, units(1_000_000, baseDigits))
	v.quote.do("mint", v.pool.Address, part(price, 1, 1_000_000)) // 10^12 base units, at price / 10^18
	for _, of := range []struct {
		token  actor
		digits int64
	}{{v.base, baseDigits}, {v.quote, quoteDigits}} {
		of.token.do("mint", v.stabilizer.Address, units(50_000, of.digits))
		of.token.do("mint", v.trader.Address, units(10_000_000, of.digits))
		of.token.do("mint", v.keeper.Address, units(10_000_000, of.digits))
	}
	v.pool.do("buyShares", owner)
}

// buildMesh opens base/anchor and quote/anchor, deep and private to the stabilizer. One
// unit of the anchor is 2,000 of either token.
func (v *village) buildMesh() {
	v.anchor = v.found("Token", "XAU", "XAU", uint8(18), owner)
	v.config.Route = nil
	for _, of := range []struct {
		token  actor
		digits int64
	}{{v.base, baseDigits}, {v.quote, quoteDigits}} {
		leg := v.found("PrivatePool", v.poolOf(of.token, v.anchor, part(units(1, 36-of.digits), 1, 2_000), 0), owner, v.stabilizer.Address)
		of.token.do("mint", leg.Address, units(2_000_000, of.digits))
		v.anchor.do("mint", leg.Address, units(1_000, 18))
		zero := new(big.Int)
		leg.do("reset", owner, zero, part(units(1, 36-of.digits), 1, 2_000), units(5, 17), zero, zero, zero, zero)
		v.legs = append(v.legs, leg)
		v.config.Route = append(v.config.Route, leg.Address)
	}
}

// order is the arguments of a swap.
type order struct {
	size     *big.Int
	in, out  common.Address
	minOut   *big.Int
	deadline uint64
}

// sale is an order to sell so many whole base tokens in the next block.
func (v *village) sale(tokens int64) order {
	return order{units(tokens, baseDigits), v.base.Address, v.quote.Address, new(big.Int), v.block + 1}
}

// purchase is an order to pay so many whole quote tokens for base in the next block.
func (v *village) purchase(tokens int64) order {
	return order{units(tokens, quoteDigits), v.quote.Address, v.base.Address, new(big.Int), v.block + 1}
}

// of is the order with another size.
func (o order) of(size *big.Int) order {
	o.size = size
	return o
}

func (o order) args() []any {
	return []any{o.size, o.in, o.out, o.minOut, new(big.Int).SetUint64(o.deadline)}
}

// refusal tries an order by the keeper in the next block.
func (v *village) refusal(o order) string {
	_, refusal := v.stabilizer.try(attempt{from: v.keeper.Address, method: v.swap, args: o.args()})
	return refusal
}

// received is what an order would give in the next block.
func (v *village) received(o order) *big.Int {
	out, refusal := v.stabilizer.try(attempt{from: v.keeper.Address, method: v.swap, args: o.args()})
	require.Empty(v, refusal)
	return as[*big.Int](v, out[0])
}

// act is one thing that an Attacker does.
type act struct {
	To   common.Address
	Data []byte
}

func (v *village) execute(o order) act {
	return act{v.stabilizer.Address, v.stabilizer.pack(v.swap, o.args()...)}
}

// push is a sale to the observed pool by whoever does it.
func (v *village) push(who actor, sellBase bool, amount *big.Int) act {
	return act{who.Address, who.pack("push", v.pool.Address, sellBase, amount)}
}

// restore undoes what the last push gave; sellBase is what is sold now.
func (v *village) restore(who actor, sellBase bool) act {
	return act{who.Address, who.pack("restore", v.pool.Address, sellBase)}
}

// raise lifts the price by about that many bps in the next block, or lowers it.
func (v *village) raise(bps int64) {
	sellBase, amount := v.shift(bps)
	v.trader.do("run", []act{v.push(v.trader, sellBase, amount)})
}

// shift is the sale that moves the price by about that many bps.
func (v *village) shift(bps int64) (sellBase bool, amount *big.Int) {
	if bps < 0 {
		return true, units(-100*bps, baseDigits)
	}
	return false, units(100*bps, quoteDigits)
}

// deviation is the price of the observed pool in bps of the peg, towards zero.
func (v *village) deviation() int64 {
	off := new(big.Int).Sub(v.pool.number("getMidPrice"), v.config.Peg)
	off.Mul(off, big.NewInt(10_000))
	return off.Quo(off, v.config.Peg).Int64()
}

func (v *village) holds(token actor) *big.Int {
	return token.number("balanceOf", v.stabilizer.Address)
}
