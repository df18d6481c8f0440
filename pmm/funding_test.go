package pmm_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/pmm"
)

const token = "000000000000000000"

// The numbers are those of the contracts' own tests, DODO contractV2
// test/DVM/funding.test.ts: i = 100, k = 0.1, no fees.
func TestSharesOfADVM(t *testing.T) {
	params := pmm.Params{Kind: pmm.DVM, I: wei("100" + token), K: *uint256.NewInt(1e17), Base: wei("10" + token)}
	withQuote := params
	withQuote.Quote = wei("100" + token)
	pool, err := pmm.New(withQuote)
	require.NoError(t, err)
	require.Equal(t, wei("10"+token), pool.Supply, "the first deposit's shares are its base")
	mid, err := pool.Mid()
	require.NoError(t, err)
	require.Equal(t, wei("102078438912577213500"), mid)

	pool, err = pmm.New(params)
	require.NoError(t, err)
	require.Equal(t, wei("10"+token), pool.Supply)
	pool, _, err = pool.Swap(pmm.SellQuote, wei("200"+token))
	require.NoError(t, err)
	for _, row := range []struct {
		name        string
		base, quote uint64 // of the reserve, per mille
		shares      string
	}{
		{"balanced", 100, 100, "999999999999999990"},
		{"less quote", 100, 50, "500000000000000000"},
		{"less base", 50, 100, "499999999999999990"},
	} {
		next, shares, err := pool.BuyShares(scaled(pool.Curve.B, row.base, 1000), scaled(pool.Curve.Q, row.quote, 1000))
		require.NoError(t, err)
		require.Equal(t, wei(row.shares), shares, row.name)
		require.NoError(t, next.Validate())
		if row.name == "balanced" {
			require.Equal(t, wei("8852116395368015179"), next.Curve.B)
			require.Equal(t, wei("220"+token), next.Curve.Q)
		}
	}

	pool, err = pmm.New(withQuote)
	require.NoError(t, err)
	pool, shares, err := pool.BuyShares(wei("1"+token), wei("10"+token))
	require.NoError(t, err)
	require.Equal(t, wei("1"+token), shares)
	pool, base, quote, err := pool.SellShares(wei("5"+token), wei("5"+token), wei("50"+token))
	require.NoError(t, err)
	require.Equal(t, [2]uint256.Int{wei("5" + token), wei("50" + token)}, [2]uint256.Int{base, quote})
	_, _, _, err = pool.SellShares(wei("6"+token), wei("6"+token+"1"), uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrWithdraw)
	_, _, _, err = pool.SellShares(wei("6"+token), uint256.Int{}, wei("60"+token+"1"))
	require.ErrorIs(t, err, pmm.ErrWithdraw)
	_, _, _, err = pool.SellShares(wei("7"+token), uint256.Int{}, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrSharesHeld)
}

func TestADVMTakesBaseAloneWhileItHasNoQuote(t *testing.T) {
	pool, err := pmm.New(pmm.Params{Kind: pmm.DVM, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e17), Base: *uint256.NewInt(3000)})
	require.NoError(t, err)
	pool, shares, err := pool.BuyShares(*uint256.NewInt(2000), uint256.Int{})
	require.NoError(t, err)
	require.Equal(t, *uint256.NewInt(2000), shares)
	require.Equal(t, *uint256.NewInt(5000), pool.Supply)
}

func TestFirstDeposits(t *testing.T) {
	for _, row := range []struct {
		name        string
		kind        pmm.Kind
		locked      uint64
		i           string
		base, quote uint64
		err         error
		b0, q0      uint64
	}{
		{"a DSP's targets are in the ratio of its price: quote short", pmm.DSP, 1001, "2" + token, 10_000, 10_000, nil, 5_000, 10_000},
		{"a DSP's targets are in the ratio of its price: base short", pmm.DSP, 1001, "2" + token, 4_000, 10_000, nil, 4_000, 8_000},
		{"a DSP needs base", pmm.DSP, 1001, "1" + token, 0, 10_000, pmm.ErrNoBase, 0, 0},
		{"a DSP needs quote", pmm.DSP, 1001, "1" + token, 10_000, 0, pmm.ErrNoQuote, 0, 0},
		{"2001 shares are too few when 1001 are locked", pmm.DSP, 1001, "1" + token, 2001, 2001, pmm.ErrFewShares, 0, 0},
		{"2002 suffice", pmm.DSP, 1001, "1" + token, 2002, 2002, nil, 2002, 2002},
		{"1000 shares are too few when none are", pmm.DSP, 0, "1" + token, 1000, 1000, pmm.ErrFewShares, 0, 0},
		{"1001 suffice", pmm.DSP, 0, "1" + token, 1001, 1001, nil, 1001, 1001},
		{"a DSP's target of quote may not round to nothing", pmm.DSP, 1001, "1000000000", 10_000, 1, pmm.ErrQuoteTarget, 0, 0},
		{"a DVM takes base alone", pmm.DVM, 0, "1" + token, 1001, 0, nil, 0, 0},
		{"999 wei of base are too few for a DVM", pmm.DVM, 0, "1" + token, 999, 0, pmm.ErrFirstBase, 0, 0},
		{"1000 are as many as none", pmm.DVM, 0, "1" + token, 1000, 0, pmm.ErrMintDVM, 0, 0},
		{"a DVM that locks shares needs as many as a DSP", pmm.DVM, 1001, "1" + token, 2001, 0, pmm.ErrFewShares, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			base, quote := *uint256.NewInt(row.base), *uint256.NewInt(row.quote)
			pool, err := pmm.New(pmm.Params{Kind: row.kind, I: wei(row.i), LockedShares: row.locked, Base: base, Quote: quote})
			require.ErrorIs(t, err, row.err)
			if row.err != nil {
				require.Zero(t, pool)
				return
			}
			require.Equal(t, [2]uint256.Int{base, quote}, [2]uint256.Int{pool.Curve.B, pool.Curve.Q})
			require.Equal(t, [2]uint256.Int{*uint256.NewInt(row.b0), *uint256.NewInt(row.q0)}, [2]uint256.Int{pool.Curve.B0, pool.Curve.Q0})
			_, _, _, err = pool.SellShares(pool.Supply, uint256.Int{}, uint256.Int{})
			if row.locked > 0 {
				require.ErrorIs(t, err, pmm.ErrSharesHeld, "nobody holds the locked shares")
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestBuyingAndSellingSharesGainsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := plan(t, true)
		if before.Kind == pmm.DPP {
			return
		}
		base := scaled(before.Curve.B, rapid.Uint64Range(1, 3_000_000).Draw(t, "base"), 1_000_000)
		quote := scaled(before.Curve.Q, rapid.Uint64Range(1, 3_000_000).Draw(t, "quote"), 1_000_000)
		pool, shares, err := before.BuyShares(base, quote)
		if err != nil {
			require.Equal(t, before, pool)
			return
		}
		after, gotBase, gotQuote, err := pool.SellShares(shares, uint256.Int{}, uint256.Int{})
		require.NoError(t, err)
		require.False(t, gotBase.Gt(&base), "base")
		require.False(t, gotQuote.Gt(&quote), "quote")
		require.Equal(t, before.Supply, after.Supply)
		require.Equal(t, sum(before.Curve.B, base), sum(after.Curve.B, gotBase))
		require.Equal(t, sum(before.Curve.Q, quote), sum(after.Curve.Q, gotQuote))
	})
}

func TestResetOfADPP(t *testing.T) {
	pool, err := pmm.New(pmm.Params{
		Kind: pmm.DPP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e17), LPFeeRate: *uint256.NewInt(3e15), MTFeeRate: *uint256.NewInt(2e15),
		Base: *uint256.NewInt(1000), Quote: *uint256.NewInt(2000),
	})
	require.NoError(t, err)
	require.Equal(t, pool.Curve.B, pool.Curve.B0, "a new DPP is at target, whatever the ratio")
	good := pmm.Reset{I: *uint256.NewInt(2e18), K: *uint256.NewInt(1e18), LPFeeRate: *uint256.NewInt(1e18)}
	set := func(change func(*pmm.Reset)) pmm.Reset {
		r := good
		change(&r)
		return r
	}
	for _, row := range []struct {
		name  string
		reset pmm.Reset
		err   error
	}{
		{"the reserve is below what the owner expects", set(func(r *pmm.Reset) { r.MinBase = *uint256.NewInt(1001); r.K = *uint256.NewInt(2e18) }), pmm.ErrReserve},
		{"nor may quote be", set(func(r *pmm.Reset) { r.MinQuote = *uint256.NewInt(2001) }), pmm.ErrReserve},
		{"fee rate above one", set(func(r *pmm.Reset) { r.LPFeeRate = *uint256.NewInt(1e18 + 1) }), pmm.ErrLPFeeRange},
		{"k above one", set(func(r *pmm.Reset) { r.K = *uint256.NewInt(1e18 + 1) }), pmm.ErrKRange},
		{"no price", set(func(r *pmm.Reset) { r.I = uint256.Int{} }), pmm.ErrIRange},
		{"price above 1e36", set(func(r *pmm.Reset) { r.I = wei("1000000000000000000000000000000000001") }), pmm.ErrIRange},
		{"more base out than there is", set(func(r *pmm.Reset) { r.BaseOut = *uint256.NewInt(1001) }), pmm.ErrTransfer},
		{"more quote out than there is", set(func(r *pmm.Reset) { r.QuoteOut = *uint256.NewInt(2001) }), pmm.ErrTransfer},
		{"more in than a reserve holds", set(func(r *pmm.Reset) { r.BaseIn.Lsh(uint256.NewInt(1), 112) }), pmm.ErrOverflow},
	} {
		t.Run(row.name, func(t *testing.T) {
			after, err := pool.Reset(row.reset)
			require.ErrorIs(t, err, row.err)
			require.Equal(t, pool, after)
		})
	}
	after, err := pool.Reset(pmm.Reset{
		I: good.I, K: good.K, LPFeeRate: good.LPFeeRate, MinBase: *uint256.NewInt(1000), MinQuote: *uint256.NewInt(2000),
		BaseIn: *uint256.NewInt(5), QuoteIn: *uint256.NewInt(7), BaseOut: *uint256.NewInt(100), QuoteOut: *uint256.NewInt(2007),
	})
	require.NoError(t, err)
	require.Equal(t, pmm.Curve{I: good.I, K: good.K, B: *uint256.NewInt(905), B0: *uint256.NewInt(905)}, after.Curve)
	require.Equal(t, good.LPFeeRate, after.LPFeeRate)
	require.Equal(t, pool.MTFeeRate, after.MTFeeRate)
}

func TestTokensSentToAPool(t *testing.T) {
	private, err := pmm.New(pmm.Params{Kind: pmm.DPP, I: *uint256.NewInt(1e18), Base: *uint256.NewInt(1000), Quote: *uint256.NewInt(3000)})
	require.NoError(t, err)
	after, err := private.RatioSync(*uint256.NewInt(500), *uint256.NewInt(0))
	require.NoError(t, err)
	require.Equal(t, []uint256.Int{*uint256.NewInt(1500), *uint256.NewInt(1500), *uint256.NewInt(3000), *uint256.NewInt(3000)},
		[]uint256.Int{after.Curve.B, after.Curve.B0, after.Curve.Q, after.Curve.Q0}, "a DPP's targets grow with it")
	empty, err := pmm.New(pmm.Params{Kind: pmm.DPP, I: *uint256.NewInt(1e18)})
	require.NoError(t, err)
	_, err = empty.RatioSync(*uint256.NewInt(1), uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrDiv, "nothing has no ratio")
	var most uint256.Int
	most.Lsh(uint256.NewInt(1), 112)
	_, err = private.RatioSync(most, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrOverflow)

	_, err = empty.RatioSync(most, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrOverflow, "which is looked at first")
	lopsided, err := pmm.New(pmm.Params{Kind: pmm.DPP, I: *uint256.NewInt(1e18), Base: *uint256.NewInt(1000)})
	require.NoError(t, err)
	_, err = lopsided.RatioSync(*uint256.NewInt(1), uint256.Int{})
	require.NoError(t, err, "a side that receives nothing keeps its target")
	lopsided, err = pmm.New(pmm.Params{Kind: pmm.DPP, I: *uint256.NewInt(1e18), Quote: *uint256.NewInt(1000)})
	require.NoError(t, err)
	_, err = lopsided.RatioSync(uint256.Int{}, *uint256.NewInt(1))
	require.NoError(t, err, "nor does the other")

	public := balanced(t)
	after, err = public.Sync(*uint256.NewInt(500), *uint256.NewInt(7))
	require.NoError(t, err)
	want := public
	want.Curve.B, want.Curve.Q = sum(public.Curve.B, *uint256.NewInt(500)), sum(public.Curve.Q, *uint256.NewInt(7))
	require.Equal(t, want, after, "a DSP's targets do not")
	_, err = public.Sync(uint256.Int{}, most)
	require.ErrorIs(t, err, pmm.ErrOverflow)
}

// Three times 2^111 needs 113 bits. The contracts cast without looking, and so
// the pool's target becomes 2^111.
func TestATargetIsCutTo112BitsAsTheContractCutsIt(t *testing.T) {
	var half uint256.Int
	half.Lsh(uint256.NewInt(1), 111)
	one, two := *uint256.NewInt(1), *uint256.NewInt(2)
	private := pmm.Pool{Kind: pmm.DPP, Curve: pmm.Curve{I: one, B: one, Q: one, B0: half, Q0: half}}
	after, err := private.RatioSync(two, two)
	require.NoError(t, err)
	require.Equal(t, [2]uint256.Int{half, half}, [2]uint256.Int{after.Curve.B0, after.Curve.Q0})

	public := private
	public.Kind, public.Supply = pmm.DSP, *uint256.NewInt(1e6)
	after, shares, err := public.BuyShares(two, two)
	require.NoError(t, err)
	require.Equal(t, *uint256.NewInt(2e6), shares)
	require.Equal(t, [2]uint256.Int{half, half}, [2]uint256.Int{after.Curve.B0, after.Curve.Q0})
}

func TestSmallDealingsInShares(t *testing.T) {
	million, few := *uint256.NewInt(1_000_000), *uint256.NewInt(1000)
	pool, err := pmm.New(pmm.Params{Kind: pmm.DSP, I: *uint256.NewInt(1e18), LockedShares: 1001, Base: million, Quote: million})
	require.NoError(t, err)
	after, shares, err := pool.BuyShares(few, few)
	require.ErrorIs(t, err, pmm.ErrFewShares, "1000 shares are too few at any time")
	require.Equal(t, pool, after)
	require.Zero(t, shares)
	_, shares, err = pool.BuyShares(sum(few, *uint256.NewInt(1)), sum(few, *uint256.NewInt(1)))
	require.NoError(t, err)
	require.Equal(t, *uint256.NewInt(1001), shares)
	_, _, err = pool.BuyShares(uint256.Int{}, few)
	require.ErrorIs(t, err, pmm.ErrNoBase)

	empty, err := pmm.New(pmm.Params{Kind: pmm.DSP, I: few, LockedShares: 1001})
	require.NoError(t, err)
	_, _, _, err = empty.SellShares(uint256.Int{}, uint256.Int{}, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrDiv, "no shares of none")
	_, _, _, err = empty.SellShares(few, uint256.Int{}, uint256.Int{})
	require.ErrorIs(t, err, pmm.ErrSharesHeld)
}

func TestFlashLoans(t *testing.T) {
	pool := balanced(t)
	thousand := wei("1000" + token)
	sale, err := pool.Quote(pmm.SellBase, thousand)
	require.NoError(t, err)
	more := sum(sale.Receive, *uint256.NewInt(1))
	for _, row := range []struct {
		name string
		loan pmm.Flash
		err  error
	}{
		{"nothing out, nothing back", pmm.Flash{}, nil},
		{"back in full", pmm.Flash{BaseOut: thousand, QuoteOut: thousand, BaseBack: thousand, QuoteBack: thousand}, nil},
		{"all that there is, and back", pmm.Flash{BaseOut: pool.Curve.B, BaseBack: pool.Curve.B}, nil},
		{"more than there is", pmm.Flash{BaseOut: sum(pool.Curve.B, *uint256.NewInt(1)), BaseBack: pool.Curve.B}, pmm.ErrTransfer},
		{"a wei short", pmm.Flash{BaseOut: *uint256.NewInt(1)}, pmm.ErrFlash},
		{"both short", pmm.Flash{BaseOut: thousand, QuoteOut: thousand, BaseBack: *uint256.NewInt(1)}, pmm.ErrFlash},
		{"short of quote by what a sale gives", pmm.Flash{QuoteOut: sale.Receive, BaseBack: thousand}, nil},
		{"short of quote by a wei more", pmm.Flash{QuoteOut: more, BaseBack: thousand}, pmm.ErrFlash},
	} {
		t.Run(row.name, func(t *testing.T) {
			after, _, err := pool.Flash(row.loan)
			require.ErrorIs(t, err, row.err)
			if err != nil {
				require.Equal(t, pool, after)
				return
			}
			in := sum(row.loan.BaseOut, after.Curve.B, after.MaintainerBase)
			require.Equal(t, sum(pool.Curve.B, row.loan.BaseBack), in, "every wei of base is somewhere")
			in = sum(row.loan.QuoteOut, after.Curve.Q, after.MaintainerQuote)
			require.Equal(t, sum(pool.Curve.Q, row.loan.QuoteBack), in, "every wei of quote is somewhere")
		})
	}
	swapped, q, err := pool.Swap(pmm.SellBase, thousand)
	require.NoError(t, err)
	loaned, lq, err := pool.Flash(pmm.Flash{QuoteOut: sale.Receive, BaseBack: thousand})
	require.NoError(t, err)
	require.Equal(t, swapped, loaned, "a loan not returned but paid for is a swap")
	require.Equal(t, q, lq)
}
