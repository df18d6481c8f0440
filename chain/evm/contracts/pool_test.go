package contracts_test

import (
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// stable is a pool of a stable pair: a million on each side, near 1.
func stable(kind pmm.Kind) pmm.Params {
	p := pmm.Params{
		Kind: kind, I: num("1000000000000000000"), K: num("200000000000000"),
		LPFeeRate: num("300000000000000"), MTFeeRate: num("100000000000000"),
		Base: num("1000000000000000000000000"), Quote: num("1000000000000000000000000"), TWAP: true,
	}
	if kind == pmm.DSP {
		p.LockedShares = 1001
	}
	return p
}

var changes = flag.Int("changes", 100, "how much is done at random to each pool")

// Whatever is done to a pool, package pmm knew what would come of it, to the wei.
func TestRandomChangesAreAsPredicted(t *testing.T) {
	for name, change := range map[string]func(*pmm.Params){
		"a stable pair":                 func(*pmm.Params) {},
		"a price that never moves":      func(p *pmm.Params) { p.K = uint256.Int{} },
		"a constant product":            func(p *pmm.Params) { p.K = num("1000000000000000000") },
		"tokens of 6 and 18 digits":     func(p *pmm.Params) { p.I, p.Base = num("1000000000000000000000000000000"), num("1000000000000") },
		"a pool of dust":                func(p *pmm.Params) { p.Base, p.Quote = num("5000"), num("6000") },
		"no fees and no TWAP":           func(p *pmm.Params) { p.LPFeeRate, p.MTFeeRate, p.TWAP = uint256.Int{}, uint256.Int{}, false },
		"more quote than the price has": func(p *pmm.Params) { p.Quote = num("1700000000000000000000000") },
	} {
		for _, kind := range []pmm.Kind{pmm.DSP, pmm.DPP} {
			t.Run(name+", "+kind.String(), func(t *testing.T) {
				p := stable(kind)
				change(&p)
				r := newPair(newMachine(t), p)
				require.Empty(t, r.diff())
				rng := rand.New(rand.NewPCG(1, uint64(kind)))
				done := 0
				for i := range *changes {
					r.mine(rng.Uint64N(3))
					ok := r.change(rng)
					require.Empty(t, r.diff(), "change %d", i)
					if ok {
						done++
					}
				}
				require.Greater(t, done, *changes/2, "most changes must not be refusals")
				t.Logf("%d swaps to the wei among %d changes", r.swaps, done)
			})
		}
	}
}

// change does something at random to the pool and its model, and reports whether they
// agreed to do it.
func (r *pair) change(rng *rand.Rand) bool {
	c := r.model.Curve
	side := pmm.SellBase
	pay := upTo(rng, c.B, 10, 10_000, 300_000, 5_000_000)
	if rng.IntN(2) == 0 {
		side, pay = pmm.SellQuote, upTo(rng, c.Q, 10, 10_000, 300_000, 5_000_000)
	}
	switch kind := rng.IntN(10); {
	case kind < 7:
		next, q, want := r.model.Swap(side, pay)
		got, err := r.sell(side, pay)
		require.Equal(r, want == nil, err == nil, "%s %s: %v, %v", side, pay.Dec(), want, err)
		if err == nil {
			require.Equal(r, q.Receive.Dec(), got)
			r.model = next
			r.swaps++
		}
		return err == nil
	case r.model.Kind == pmm.DPP:
		return r.changePrivate(rng)
	default:
		return r.changePublic(rng, side, pay)
	}
}

func (r *pair) changePrivate(rng *rand.Rand) bool {
	c := r.model.Curve
	base, quote := upTo(rng, c.B, 100_000), upTo(rng, c.Q, 100_000)
	undo := r.undo()
	r.send(r.base, base)
	r.send(r.quote, quote)
	if rng.IntN(2) == 0 {
		next, want := r.model.RatioSync(base, quote)
		_, err := r.pool.try(owner, "ratioSync")
		return r.agree(next, want, err, undo)
	}
	change := pmm.Reset{
		I: c.I, K: c.K, LPFeeRate: upTo(rng, num("100000000000000000"), 1_000_000), BaseIn: base, QuoteIn: quote,
		BaseOut: upTo(rng, c.B, 100_000), QuoteOut: upTo(rng, c.Q, 100_000),
	}
	next, want := r.model.Reset(change)
	_, err := r.pool.try(owner, "reset", owner, change.LPFeeRate.ToBig(), c.I.ToBig(), c.K.ToBig(),
		change.BaseOut.ToBig(), change.QuoteOut.ToBig(), new(big.Int), new(big.Int))
	return r.agree(next, want, err, undo)
}

// agree checks that contract and model did something both or refused it both.
func (r *pair) agree(next pmm.Pool, want, err error, undo func()) bool {
	require.Equal(r, want == nil, err == nil, "%v, %v", want, err)
	if err != nil {
		undo()
		return false
	}
	r.model = next
	return true
}

func (r *pair) changePublic(rng *rand.Rand, side pmm.Side, pay uint256.Int) bool {
	c := r.model.Curve
	base, quote := upTo(rng, c.B, 100_000), upTo(rng, c.Q, 100_000)
	undo := r.undo()
	var next pmm.Pool
	var want, err error
	switch rng.IntN(4) {
	case 0:
		r.send(r.base, base)
		r.send(r.quote, quote)
		next, _, want = r.model.BuyShares(base, quote)
		_, err = r.pool.try(trader, "buyShares", trader)
	case 1:
		shares := upTo(rng, r.model.Supply, 100_000)
		next, _, _, want = r.model.SellShares(shares, uint256.Int{}, uint256.Int{})
		_, err = r.pool.try(trader, "sellShares", shares.ToBig(), trader, new(big.Int), new(big.Int), new(big.Int).SetUint64(r.time))
	case 2:
		r.send(r.base, base)
		r.send(r.quote, quote)
		next, want = r.model.Sync(base, quote)
		_, err = r.pool.try(stranger, "sync")
	default:
		loan := pmm.Flash{BaseBack: pay, QuoteOut: upTo(rng, c.Q, 100_000)}
		token := r.base
		if side == pmm.SellQuote {
			loan, token = pmm.Flash{QuoteBack: pay, BaseOut: upTo(rng, c.B, 100_000)}, r.quote
		}
		r.send(token, pay)
		next, _, want = r.model.Flash(loan)
		_, err = r.pool.try(stranger, "flashLoan", loan.BaseOut.ToBig(), loan.QuoteOut.ToBig(), stranger, []byte{})
	}
	return r.agree(next, want, err, undo)
}

func TestAPrivatePoolTradesWithItsTraderOnly(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DPP))
	r.send(r.base, num("1000000"))
	for _, who := range []struct {
		name string
		at   common.Address
	}{{"its owner", owner}, {"a stranger", stranger}, {"the maintainer", maintainer}} {
		for _, method := range []string{"sellBase", "sellQuote"} {
			_, err := r.pool.try(who.at, method, who.at)
			require.EqualError(t, err, "NotAdmitted("+who.at.Hex()+")", "%s: %s", who.name, method)
		}
	}
	require.NotEqual(t, "[0]", fmt.Sprint(r.pool.do(trader, "sellBase", stranger)))
}

func TestOnlyItsOwnerChangesAPrivatePool(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DPP))
	none := new(big.Int)
	for _, who := range []common.Address{trader, stranger} {
		_, err := r.pool.try(who, "reset", who, none, wei("1"), none, none, none, none, none)
		require.ErrorContains(t, err, "OwnableUnauthorizedAccount("+who.Hex())
		_, err = r.pool.try(who, "ratioSync")
		require.ErrorContains(t, err, "OwnableUnauthorizedAccount("+who.Hex())
	}
	_, err := r.pool.try(owner, "renounceOwnership")
	require.ErrorContains(t, err, "OwnableInvalidOwner")
	require.Empty(t, r.diff())
}

func TestAResetIsRefusedWhenATradeCameBefore(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DPP))
	c := r.model.Curve
	reset := func(lpFeeRate, i, k, minBase, minQuote uint256.Int) error {
		none := new(big.Int)
		_, err := r.pool.try(owner, "reset", owner, lpFeeRate.ToBig(), i.ToBig(), k.ToBig(), none, none, minBase.ToBig(), minQuote.ToBig())
		return err
	}
	var above uint256.Int
	above.AddUint64(&c.B, 1)
	require.ErrorContains(t, reset(r.model.LPFeeRate, c.I, c.K, above, c.Q), "ReserveNotEnough")
	above.AddUint64(&c.Q, 1)
	require.ErrorContains(t, reset(r.model.LPFeeRate, c.I, c.K, c.B, above), "ReserveNotEnough")
	require.Empty(t, r.diff())
	require.NoError(t, reset(r.model.LPFeeRate, c.I, c.K, c.B, c.Q))
}

func TestParametersOutsideTheirBoundsAreRefused(t *testing.T) {
	m := newMachine(t)
	base := m.deploy(owner, contracts.Token, "Base", "B", uint8(6), owner).at
	quote := m.deploy(owner, contracts.Token, "Quote", "Q", uint8(6), owner).at
	one := wei("1000000000000000000")
	more := func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(1)) }
	for name, row := range map[string]struct {
		change func(*contracts.PoolConfig)
		reason string
	}{
		"fees of all that the curve gives":  {func(c *contracts.PoolConfig) { c.MtFeeRate, c.LpFeeRate = big.NewInt(0), one }, ""},
		"fees of more than that":            {func(c *contracts.PoolConfig) { c.MtFeeRate, c.LpFeeRate = big.NewInt(1), one }, "FeesOutOfRange(1000000000000000000, 1)"},
		"fees whose sum would wrap":         {func(c *contracts.PoolConfig) { c.MtFeeRate = new(big.Int).Sub(new(big.Int).Lsh(one, 196), one) }, "FeesOutOfRange"},
		"the steepest slope":                {func(c *contracts.PoolConfig) { c.K = one }, ""},
		"a steeper one":                     {func(c *contracts.PoolConfig) { c.K = more(one) }, "KOutOfRange"},
		"the lowest price":                  {func(c *contracts.PoolConfig) { c.I = big.NewInt(1) }, ""},
		"no price":                          {func(c *contracts.PoolConfig) { c.I = big.NewInt(0) }, "IOutOfRange(0)"},
		"the highest price":                 {func(c *contracts.PoolConfig) { c.I = new(big.Int).Mul(one, one) }, ""},
		"a higher one":                      {func(c *contracts.PoolConfig) { c.I = more(new(big.Int).Mul(one, one)) }, "IOutOfRange"},
		"a token that is not there":         {func(c *contracts.PoolConfig) { c.Base = stranger }, "BadTokens"},
		"a quote token that is not there":   {func(c *contracts.PoolConfig) { c.Quote = stranger }, "BadTokens"},
		"one token on both sides":           {func(c *contracts.PoolConfig) { c.Quote = c.Base }, "BadTokens"},
		"fees for a maintainer of nobody's": {func(c *contracts.PoolConfig) { c.Maintainer = common.Address{} }, "BadMaintainer()"},
	} {
		t.Run(name, func(t *testing.T) {
			c := contracts.PoolConfig{Base: base, Quote: quote, Maintainer: maintainer, MtFeeRate: big.NewInt(0), LpFeeRate: big.NewInt(0), I: one, K: one}
			row.change(&c)
			for _, deploy := range []func() (*deployed, error){
				func() (*deployed, error) { return m.tryDeploy(owner, contracts.PublicPool, c) },
				func() (*deployed, error) { return m.tryDeploy(owner, contracts.PrivatePool, c, owner, trader) },
			} {
				_, err := deploy()
				if row.reason == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, row.reason)
				}
			}
		})
	}
	_, err := m.tryDeploy(owner, contracts.PrivatePool, contracts.PoolConfig{
		Base: base, Quote: quote, Maintainer: maintainer, MtFeeRate: big.NewInt(0), LpFeeRate: big.NewInt(0), I: one, K: one,
	}, owner, common.Address{})
	require.EqualError(t, err, "BadTrader()")
}

func TestSharesAreRefusedBelowWhatTheSellerAsksAndAfterTheDeadline(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DSP))
	shares := wei("1000000000000000000")
	sell := func(minBase, minQuote *big.Int, deadline uint64) error {
		_, err := r.pool.try(trader, "sellShares", shares, trader, minBase, minQuote, new(big.Int).SetUint64(deadline))
		return err
	}
	more := new(big.Int).Add(shares, big.NewInt(1))
	require.ErrorContains(t, sell(more, shares, r.time), "WithdrawNotEnough")
	require.ErrorContains(t, sell(shares, more, r.time), "WithdrawNotEnough")
	require.ErrorContains(t, sell(shares, shares, r.time-1), "Expired")
	require.Empty(t, r.diff())
	require.NoError(t, sell(shares, shares, r.time))
	_, err := r.pool.try(stranger, "sellShares", shares, stranger, new(big.Int), new(big.Int), new(big.Int).SetUint64(r.time))
	require.ErrorContains(t, err, "ERC20InsufficientBalance")
}

// A token that takes balances away, as none of ours does, can leave reserves on the
// wrong side of a target. Such a pool refuses all trade, and says that it has no price.
func TestAPoolWhoseReservesContradictItsStateIsMended(t *testing.T) {
	for name, side := range map[string]pmm.Side{"base below its target": pmm.SellBase, "quote below its target": pmm.SellQuote} {
		t.Run(name, func(t *testing.T) {
			r := newPair(newMachine(t), stable(pmm.DSP))
			_, err := r.sell(side, num("1000000000000000000000"))
			require.NoError(t, err)
			token := map[pmm.Side]*deployed{pmm.SellBase: r.base, pmm.SellQuote: r.quote}[side]
			undo := r.undo()
			r.pool.do(stranger, "correctRState")
			require.NotEqual(t, "0", r.pool.ask("_RState_"), "nothing to mend")
			undo()

			left := num("900000000000000000000000")
			slot := crypto.Keccak256Hash(common.LeftPadBytes(r.pool.at[:], 32), make([]byte, 32))
			r.state.SetState(token.at, slot, left.Bytes32())
			require.Equal(t, left.Dec(), token.ask("balanceOf", r.pool.at))
			r.block++
			r.pool.do(stranger, "sync")
			_, err = r.pool.tryAsk("querySellBase", trader, oneToken)
			require.EqualError(t, err, "arithmetic underflow or overflow")
			require.Equal(t, fmt.Sprintf("NoPrice(%d)", r.block), r.rangeOf(r.block))

			r.block++
			r.pool.do(stranger, "correctRState")
			require.Equal(t, "0", r.pool.ask("_RState_"))
			require.Equal(t, r.pool.ask("_BASE_RESERVE_"), r.pool.ask("_BASE_TARGET_"))
			require.Equal(t, r.pool.ask("_QUOTE_RESERVE_"), r.pool.ask("_QUOTE_TARGET_"))
			require.Equal(t, oneToken.String(), r.pool.ask("getMidPrice"))
			r.block++
			require.Equal(t, fmt.Sprintf("[%[1]s %[1]s %[1]s]", oneToken), r.rangeOf(r.block))
			_, err = r.sell(pmm.SellBase, num("1000000000000000000000"))
			require.NoError(t, err)
		})
	}
}

func TestDepositsThatMintTooLittleAreRefused(t *testing.T) {
	type deposit struct {
		base, quote int64
		reason      string
	}
	m := newMachine(t)
	base := m.deploy(owner, contracts.Token, "Base", "B", uint8(6), owner)
	quote := m.deploy(owner, contracts.Token, "Quote", "Q", uint8(6), owner)
	for name, row := range map[string]struct {
		price    int64
		deposits []deposit
		shares   string // in the end
	}{
		"a first one of which most is locked": {1e18, []deposit{{2001, 2001, "MintAmountNotEnough(2001)"}, {2002, 2002, ""}}, "1001"},
		"a first one of which quote limits":   {1e18, []deposit{{9999, 2001, "MintAmountNotEnough(2001)"}, {9999, 2002, ""}}, "1001"},
		"a first one without base":            {1e18, []deposit{{0, 2002, "NoBaseInput()"}}, "0"},
		"a first one without quote":           {1e18, []deposit{{2002, 0, "NoQuoteInput()"}}, "0"},
		"a first one of worthless quote":      {1, []deposit{{2002, 2002, "QuoteTargetIsZero()"}}, "0"},
		"a later one":                         {1e18, []deposit{{4000, 4000, ""}, {1000, 1000, "MintAmountNotEnough(1000)"}, {1001, 1001, ""}}, "4000"},
		"a later one without quote":           {1e18, []deposit{{4000, 4000, ""}, {4000, 0, "MintAmountNotEnough(0)"}}, "2999"},
	} {
		t.Run(name, func(t *testing.T) {
			pool := m.deploy(owner, contracts.PublicPool, contracts.PoolConfig{
				Base: base.at, Quote: quote.at, Maintainer: maintainer, MtFeeRate: big.NewInt(0), LpFeeRate: big.NewInt(0), I: big.NewInt(row.price), K: slope,
			})
			for _, d := range row.deposits {
				undo := m.undo()
				base.do(owner, "mint", pool.at, big.NewInt(d.base))
				quote.do(owner, "mint", pool.at, big.NewInt(d.quote))
				_, err := pool.try(trader, "buyShares", trader)
				if d.reason == "" {
					require.NoError(t, err)
					continue
				}
				require.EqualError(t, err, d.reason)
				undo()
			}
			require.Equal(t, row.shares, pool.ask("balanceOf", trader))
		})
	}
}
