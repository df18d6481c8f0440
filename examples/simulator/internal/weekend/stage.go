package weekend

import (
	"crypto/sha256"
	"errors"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// asset is one of the four tokens.
type asset int

const (
	cUSDC asset = iota
	cUSDT
	cEURT
	gold
	assets = iota
)

var symbols = [assets]string{"cUSDC", "cUSDT", "cEURT", "XAU"}

func (a asset) String() string { return symbols[a] }

// Every token has 18 digits after the point, so that 1e18 wei is 1.
const digits = 18

// chainID is Chain 138's.
const chainID = 138

// The accounts of the weekend. A contract has its own address beside them.
var (
	crowd     = account("crowd")     // panics
	arbitrage = account("arbitrage") // keeps pools and market together
	insider   = account("insider")   // is admitted to the private pools
	outside   = account("outside")   // the rest of the world's market
	makers    = account("makers")    // deposited the pools' liquidity
	treasury  = account("treasury")  // bucket E
	keeper    = account("keeper")    // signs for the stabilizer
)

func account(name string) chain.Address {
	sum := sha256.Sum256([]byte("account " + name))
	return chain.Address(sum[:20])
}

// venue is one pool and what it trades.
type venue struct {
	*memchain.Pool
	base, quote asset
	fee         int64 // bps
}

// The public pools, in the order of stage.public.
const (
	usdcUSDT = iota // the observed one
	usdcGold
	usdtGold
	eurtGold
)

// The private pools, in the order of stage.private.
const (
	privateUSDC = iota
	privateUSDT
	privateEURT
)

// stage is a chain with tokens, pools and everyone's capital on it.
type stage struct {
	chain   *memchain.Chain
	tokens  [assets]*memchain.Token
	public  [4]*venue
	private [3]*venue
	defence *memchain.Stabilizer // bucket B
	minted  [assets]uint256.Int
	worth   [assets]path.Price // USD; that of cUSDC is the market's and changes
}

// newStage deploys and funds everything. The scenario's first block is the next
// to be mined. In Mesh mode the stabilizer trades in the private pools, else in
// the observed one.
func newStage(sc *scenario, s Setup, rules memchain.StabilizerConfig) (*stage, error) {
	st, err := deploy(sc, s, rules)
	if err != nil {
		return nil, err
	}
	mined, err := st.chain.Mine(sc.time(-1),
		memchain.Tx{From: makers, Do: func(env memchain.Env) error { return st.fund(env, sc, s) }},
		memchain.Tx{From: makers, Do: func(env memchain.Env) error { return st.provide(env, s) }},
		memchain.Tx{From: treasury, Do: st.admit},
	)
	return st, errors.Join(append(mined.Reverts, err)...)
}

func deploy(sc *scenario, s Setup, rules memchain.StabilizerConfig) (*stage, error) {
	st := &stage{
		chain: memchain.New(chainID, sc.time(-2), memchain.Options{}),
		worth: [assets]path.Price{path.FromDecimal(s.Target), path.FromDecimal(usdtUSD), path.FromDecimal(euroUSD), path.FromDecimal(goldUSD)},
	}
	for a := range st.tokens {
		st.tokens[a] = memchain.NewToken(st.chain, digits)
	}
	var errs []error
	open := func(base, quote asset, fee int64, private bool) *venue {
		v := &venue{base: base, quote: quote, fee: fee}
		var err error
		v.Pool, err = memchain.NewPool(st.chain, memchain.PoolConfig{
			Base: st.tokens[base], Quote: st.tokens[quote], Owner: treasury, Private: private,
			Params: pmm.Params{Kind: pmm.DSP, I: st.price(v), K: wei(slope), LPFeeRate: wei(decimal.New(fee, -4))},
		})
		errs = append(errs, err)
		return v
	}
	st.public = [...]*venue{
		open(cUSDC, cUSDT, s.FeeBps, false), open(cUSDC, gold, s.FeeBps, false),
		open(cUSDT, gold, s.FeeBps, false), open(cEURT, gold, s.FeeBps, false),
	}
	st.private = [...]*venue{open(cUSDC, gold, 0, true), open(cUSDT, gold, 0, true), open(cEURT, gold, 0, true)}
	observed := st.public[usdcUSDT].Pool
	rules.Observed, rules.Pools = observed, []*memchain.Pool{observed}
	if s.Mode == Mesh {
		rules.Pools = []*memchain.Pool{st.private[privateUSDC].Pool, st.private[privateUSDT].Pool}
	}
	rules.Owner, rules.Keeper, rules.Peg = treasury, keeper, wei(s.Target)
	var err error
	st.defence, err = memchain.NewStabilizer(st.chain, rules)
	return st, errors.Join(append(errs, err)...)
}

// slope is k of every pool: a ten-thousandth of the depth moves the price by
// one basis point.
var slope = decimal.New(5, -1)

// fund mints what everyone begins with; nothing is minted or burnt afterwards.
// The outside is so rich that the market never runs dry.
func (st *stage) fund(env memchain.Env, sc *scenario, s Setup) error {
	panicked := decimal.New(1, 0)
	for _, l := range sc.lumps {
		panicked = panicked.Add(decimal.New(l.amount, -6))
	}
	many := func(factor int64) decimal.Decimal { return s.Depth.Mul(decimal.New(factor, 0)) }
	for _, grant := range []struct {
		to     chain.Address
		amount decimal.Decimal // worth, USD
		of     []asset
	}{
		{outside, many(1_000_000), []asset{cUSDC, cUSDT, cEURT, gold}},
		{arbitrage, many(100), []asset{cUSDC, cUSDT, cEURT, gold}},
		{insider, many(100), []asset{cUSDC, cUSDT, gold}},
		{makers, many(10), []asset{cUSDC, cUSDT, cEURT, gold}},
		{crowd, panicked.Mul(decimal.New(100, 0)), []asset{cUSDC, cUSDT}}, // no price is above 100
		{treasury, s.Reserve, []asset{cUSDT}},
		{st.defence.Address(), s.Reserve, []asset{cUSDC, cUSDT}},
	} {
		for _, a := range grant.of {
			if err := st.tokens[a].Mint(env, grant.to, wei(grant.amount.DivRound(st.worth[a].Decimal(), digits))); err != nil {
				return err
			}
		}
	}
	for a, token := range st.tokens {
		st.minted[a] = token.Supply()
	}
	return nil
}

// provide fills every pool with as much of each side.
func (st *stage) provide(env memchain.Env, s Setup) error {
	for _, v := range st.venues() {
		base := wei(s.Depth.DivRound(st.worth[v.base].Decimal(), digits))
		if err := v.Deposit(env, base, times(base, st.price(v))); err != nil {
			return err
		}
	}
	return nil
}

// admit opens the private pools to the stabilizer and the insider.
func (st *stage) admit(env memchain.Env) error {
	for _, v := range st.private {
		if err := errors.Join(v.Admit(env, st.defence.Address()), v.Admit(env, insider)); err != nil {
			return err
		}
	}
	return nil
}

// venues are all pools, the public ones first.
func (st *stage) venues() []*venue {
	return append(st.public[:len(st.public):len(st.public)], st.private[:]...)
}

// price is what base is worth in quote outside, now.
func (st *stage) price(v *venue) uint256.Int { return ratio(st.worth[v.base], st.worth[v.quote]) }

func ratio(base, quote path.Price) uint256.Int {
	var x uint256.Int
	x.Mul(uint256.NewInt(uint64(base)), one)
	x.Div(&x, uint256.NewInt(uint64(quote)))
	return x
}

// times returns amount × price, rounded down; price has 18 decimals.
func times(amount, price uint256.Int) uint256.Int {
	var x uint256.Int
	x.MulDivOverflow(&amount, &price, one)
	return x
}

// wei returns d tokens, or the rate d, as the contracts count them.
func wei(d decimal.Decimal) uint256.Int {
	x, _ := uint256.FromBig(d.Shift(digits).BigInt())
	return *x
}

// units is the inverse of wei.
func units(x uint256.Int) decimal.Decimal { return pmm.Tokens(x, digits) }
