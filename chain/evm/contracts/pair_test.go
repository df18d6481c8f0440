package contracts_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// pair is a pool of two tokens of which the trader has plenty, and what the Go package
// says it should be.
type pair struct {
	*machine
	base, quote, pool *deployed
	model             pmm.Pool
	swaps             int // so far
}

var plenty = new(big.Int).Lsh(big.NewInt(1), 200)

// newPair deploys a pool as p says, with its first deposit, in a block of its own.
func newPair(m *machine, p pmm.Params) *pair {
	r := &pair{machine: m}
	r.base = m.deploy(owner, contracts.Token, "Base", "B", uint8(18), owner)
	r.quote = m.deploy(owner, contracts.Token, "Quote", "Q", uint8(18), owner)
	r.base.do(owner, "mint", trader, plenty)
	r.quote.do(owner, "mint", trader, plenty)
	config := contracts.PoolConfig{
		Base: r.base.at, Quote: r.quote.at, Maintainer: maintainer, MtFeeRate: p.MTFeeRate.ToBig(),
		LpFeeRate: p.LPFeeRate.ToBig(), I: p.I.ToBig(), K: p.K.ToBig(), IsOpenTWAP: p.TWAP,
	}
	p.Time = uint32(m.time)
	var err error
	r.model, err = pmm.New(p)
	require.NoError(m, err)
	if p.Kind == pmm.DPP {
		r.pool = m.deploy(owner, contracts.PrivatePool, config, owner, trader)
		r.send(r.base, p.Base)
		r.send(r.quote, p.Quote)
		none := new(big.Int)
		r.pool.do(owner, "reset", owner, config.LpFeeRate, config.I, config.K, none, none, none, none)
		return r
	}
	r.pool = m.deploy(owner, contracts.PublicPool, config)
	r.send(r.base, p.Base)
	r.send(r.quote, p.Quote)
	r.pool.do(trader, "buyShares", trader)
	return r
}

// send transfers the trader's tokens to the pool.
func (r *pair) send(token *deployed, amount uint256.Int) {
	token.do(trader, "transfer", r.pool.at, amount.ToBig())
}

// sell is one transaction that transfers and sells; it returns why it reverted.
func (r *pair) sell(side pmm.Side, pay uint256.Int) (string, error) {
	token, method := r.base, "sellBase"
	if side == pmm.SellQuote {
		token, method = r.quote, "sellQuote"
	}
	undo := r.undo()
	r.send(token, pay)
	results, err := r.pool.try(trader, method, trader)
	if err != nil {
		undo()
		return "", err
	}
	return fmt.Sprint(results[0]), nil
}

// mine ends blocks, two seconds each.
func (r *pair) mine(blocks uint64) {
	r.block += blocks
	r.time += 2 * blocks
	r.model.Time = uint32(r.time)
}

// diff compares the pool with the model.
func (r *pair) diff() string {
	c, want, got := r.model.Curve, map[string]string{}, map[string]string{}
	for method, value := range map[string]uint256.Int{
		"_I_": c.I, "_K_": c.K, "_BASE_RESERVE_": c.B, "_QUOTE_RESERVE_": c.Q, "_BASE_TARGET_": c.B0, "_QUOTE_TARGET_": c.Q0,
		"_RState_": *uint256.NewInt(uint64(c.R)), "_LP_FEE_RATE_": r.model.LPFeeRate, "_BASE_PRICE_CUMULATIVE_LAST_": r.model.TWAP.PostTrade,
	} {
		want[method], got[method] = value.Dec(), r.pool.ask(method)
	}
	for token, value := range map[*deployed]uint256.Int{r.base: r.model.MaintainerBase, r.quote: r.model.MaintainerQuote} {
		name := token.ask("symbol")
		want[name+" of maintainer"], got[name+" of maintainer"] = value.Dec(), token.ask("balanceOf", maintainer)
	}
	if r.pool.Name == contracts.PublicPool {
		want["supply"], got["supply"] = r.model.Supply.Dec(), r.pool.ask("totalSupply")
	}
	if mid, err := r.model.Mid(); err == nil {
		want["mid"], got["mid"] = mid.Dec(), r.pool.ask("getMidPrice")
	}
	return cmp.Diff(want, got)
}

func num(s string) uint256.Int { return *uint256.MustFromDecimal(s) }

// upTo is at most a share, in millionths, of n, often small or nothing.
func upTo(rng *rand.Rand, n uint256.Int, shares ...uint64) uint256.Int {
	share := shares[rng.IntN(len(shares))]
	z := new(uint256.Int).Mul(&n, uint256.NewInt(rng.Uint64N(share+1)))
	return *z.Div(z, uint256.NewInt(1_000_000))
}
