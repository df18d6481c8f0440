package pmm_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
)

func TestBounds(t *testing.T) {
	valid := pmm.Params{Kind: pmm.DSP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e18)}
	for _, row := range []struct {
		name string
		set  func(*pmm.Params)
		says string // the error, or nothing if it is allowed
	}{
		{"the smallest guide price is one", func(p *pmm.Params) { p.I = *uint256.NewInt(1) }, ""},
		{"the largest guide price is 1e36", func(p *pmm.Params) { p.I = wei("1000000000000000000000000000000000000") }, ""},
		{"a guide price above 1e36", func(p *pmm.Params) { p.I = wei("1000000000000000000000000000000000001") }, "I 1000000000000000000000000000000000001: must be in (0, 1e36]"},
		{"no guide price", func(p *pmm.Params) { p.I = uint256.Int{} }, "I 0: must be in (0, 1e36]"},
		{"K may be 0", func(p *pmm.Params) { p.K = uint256.Int{} }, ""},
		{"K above one", func(p *pmm.Params) { p.K = *uint256.NewInt(1e18 + 1) }, "K 1000000000000000001: must be at most 1e18"},
		{"no kind", func(p *pmm.Params) { p.Kind = 0 }, "Kind 0: must be DSP, DPP or DVM"},
		{"an unknown kind", func(p *pmm.Params) { p.Kind = 4 }, "Kind 4: must be DSP, DPP or DVM"},
		{"fees may take everything", func(p *pmm.Params) { p.LPFeeRate, p.MTFeeRate = *uint256.NewInt(9e17), *uint256.NewInt(1e17) }, ""},
		{"fees above everything", func(p *pmm.Params) { p.LPFeeRate, p.MTFeeRate = *uint256.NewInt(9e17), *uint256.NewInt(2e17) }, "must be at most 1e18"},
		{"fees that overflow", func(p *pmm.Params) { p.LPFeeRate.Not(&p.LPFeeRate); p.MTFeeRate = *uint256.NewInt(1) }, "must be at most 1e18"},
		{"a DPP with shares", func(p *pmm.Params) { p.Kind, p.LockedShares = pmm.DPP, 1001 }, "a DPP has no shares"},
		{"a DPP of 2^112 wei", func(p *pmm.Params) { p.Kind = pmm.DPP; p.Base.Lsh(uint256.NewInt(1), 112) }, "B 5192296858534827628530496329220096: must be below 2^112"},
		{"a DPP just below", func(p *pmm.Params) {
			p.Kind = pmm.DPP
			p.Base.Lsh(uint256.NewInt(1), 112)
			p.Base.SubUint64(&p.Base, 1)
		}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			params := valid
			row.set(&params)
			pool, err := pmm.New(params)
			if row.says == "" {
				require.NoError(t, err)
				require.NoError(t, pool.Validate())
				return
			}
			require.ErrorIs(t, err, pmm.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			require.Zero(t, pool)
		})
	}

	dvm, err := pmm.New(pmm.Params{Kind: pmm.DVM, I: *uint256.NewInt(1)})
	require.NoError(t, err)
	dvm.Curve.B0 = *uint256.NewInt(1)
	require.ErrorContains(t, dvm.Validate(), "a DVM stores no targets")
	lost := balanced(t)
	lost.Curve.R = 3
	require.ErrorContains(t, lost.Validate(), "R 3: must be One, AboveOne or BelowOne")
	_, err = lost.Mid()
	require.ErrorIs(t, err, pmm.ErrInvalid)
}

func TestTheZeroSideIsInvalid(t *testing.T) {
	pool := balanced(t)
	for _, side := range []pmm.Side{0, 3} {
		_, err := pool.Quote(side, *uint256.NewInt(1))
		require.ErrorIs(t, err, pmm.ErrInvalid)
		require.ErrorContains(t, err, fmt.Sprintf("Side %d: must be SellBase or SellQuote", side))
		_, _, err = pool.Curve.Sell(side, *uint256.NewInt(1))
		require.ErrorIs(t, err, pmm.ErrInvalid)
	}
}

func TestWhereAPoolSurprises(t *testing.T) {
	t.Run("a payment of nothing at one changes R, unless a minimum is set", func(t *testing.T) {
		pool := balanced(t)
		for side, r := range map[pmm.Side]pmm.RState{pmm.SellBase: pmm.BelowOne, pmm.SellQuote: pmm.AboveOne} {
			after, q, err := pool.Swap(side, uint256.Int{})
			require.NoError(t, err)
			require.Zero(t, q.Receive)
			require.Equal(t, r, after.Curve.R)
		}
		pool.MinBase, pool.MinQuote = *uint256.NewInt(10), *uint256.NewInt(20)
		for _, row := range []struct {
			side pmm.Side
			pay  uint64
			err  error
		}{{pmm.SellBase, 9, pmm.ErrTooSmall}, {pmm.SellBase, 10, nil}, {pmm.SellQuote, 19, pmm.ErrTooSmall}, {pmm.SellQuote, 20, nil}} {
			_, err := pool.Quote(row.side, *uint256.NewInt(row.pay))
			require.ErrorIs(t, err, row.err)
			_, _, err = pool.Swap(row.side, *uint256.NewInt(row.pay))
			require.ErrorIs(t, err, row.err)
		}
	})
	t.Run("one wei may receive more than it is worth", func(t *testing.T) {
		// Step 28 of pmm/dpp_sequence.json: the price is 1.01, three are given.
		pool := pmm.Pool{Kind: pmm.DPP, Curve: pmm.Curve{
			I: *uint256.NewInt(1_010_000_000_000_000_000), K: *uint256.NewInt(500_000_000_000_000), R: pmm.AboveOne,
			B: wei("881471179457"), Q: wei("1350567529643"), B0: wei("1008522963833"), Q0: wei("1233434619307"),
		}}
		q, err := pool.Quote(pmm.SellQuote, *uint256.NewInt(1))
		require.NoError(t, err)
		require.Equal(t, *uint256.NewInt(3), q.Receive)
	})
	t.Run("K just below one gives halves of a token, K one does not", func(t *testing.T) {
		half := *uint256.NewInt(5e17)
		pool := balanced(t)
		pool.Curve.K = *uint256.NewInt(1e18 - 1)
		gross, _, err := pool.Curve.Sell(pmm.SellBase, *uint256.NewInt(1e18))
		require.NoError(t, err)
		var rest uint256.Int
		require.True(t, rest.Mod(&gross, &half).IsZero(), gross.Dec())
		pool.Curve.K = *uint256.NewInt(1e18)
		gross, _, err = pool.Curve.Sell(pmm.SellBase, *uint256.NewInt(1e18))
		require.NoError(t, err)
		require.False(t, rest.Mod(&gross, &half).IsZero(), gross.Dec())
	})
	t.Run("a large guide price makes sales of quote dearer", func(t *testing.T) {
		// 1e36/4.98e33 = 200.8, and the pool calculates with 200.
		flat := pmm.Curve{I: wei("4980000000000000000000000000000000"), B: wei("1000000000000"), B0: wei("1000000000000")}
		receive, _, err := flat.Sell(pmm.SellQuote, wei("4980000000000000000000000"))
		require.NoError(t, err)
		require.Equal(t, *uint256.NewInt(996_000_000), receive, "of a true 1,000,000,000")
	})
	t.Run("a pool without slope gives all it has and no more", func(t *testing.T) {
		flat := pmm.Curve{I: *uint256.NewInt(1e18), Q: wei("500"), Q0: wei("500")}
		for _, row := range []struct{ pay, receive uint64 }{{499, 499}, {500, 500}, {501, 500}, {1 << 63, 500}} {
			receive, _, err := flat.Sell(pmm.SellBase, *uint256.NewInt(row.pay))
			require.NoError(t, err)
			require.Equal(t, *uint256.NewInt(row.receive), receive)
		}
	})
	t.Run("a payment that dwarfs the pool is refused", func(t *testing.T) {
		small := pmm.Curve{I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e16), Q: *uint256.NewInt(1e9), Q0: *uint256.NewInt(1e9)}
		_, _, err := small.Sell(pmm.SellBase, *uint256.NewInt(1e18))
		require.ErrorIs(t, err, pmm.ErrDust)
		require.EqualError(t, err, "pmm: revert: DODOMath: should not be zero")
	})
	t.Run("a payment back to the target exactly ends at one, and a wei more or less does not", func(t *testing.T) {
		pool, _, err := balanced(t).Swap(pmm.SellQuote, wei("200000000000000000000000"))
		require.NoError(t, err)
		c, err := pool.Adjusted()
		require.NoError(t, err)
		var exact, spare uint256.Int
		exact.Sub(&c.B0, &c.B)
		spare.Sub(&c.Q, &c.Q0)
		for shift, r := range map[int]pmm.RState{-1: pmm.AboveOne, 0: pmm.One, 1: pmm.BelowOne} {
			pay := exact
			pay.AddUint64(&pay, uint64(shift+1)).SubUint64(&pay, 1)
			q, err := pool.Quote(pmm.SellBase, pay)
			require.NoError(t, err)
			require.Equal(t, r, q.R)
			gross := sum(q.Receive, q.LPFee, q.MTFee)
			require.Equal(t, shift > 0, gross.Gt(&spare), "what is on the way back is at most the excess")
		}
	})
}

func TestOnlyAChangeOfRStoresATarget(t *testing.T) {
	start := balanced(t)
	up, _, err := start.Swap(pmm.SellQuote, wei("1000000000000000000000"))
	require.NoError(t, err)
	further, q, err := up.Swap(pmm.SellQuote, wei("1000000000000000000000"))
	require.NoError(t, err)
	require.Equal(t, pmm.AboveOne, q.R)
	require.Equal(t, [2]uint256.Int{up.Curve.B0, up.Curve.Q0}, [2]uint256.Int{further.Curve.B0, further.Curve.Q0})

	adjusted, err := further.Adjusted()
	require.NoError(t, err)
	require.NotEqual(t, further.Curve.B0, adjusted.B0, "the fees have raised it")
	through, q, err := further.Swap(pmm.SellBase, wei("5000000000000000000000"))
	require.NoError(t, err)
	require.Equal(t, pmm.BelowOne, through.Curve.R)
	require.Equal(t, adjusted.B0, through.Curve.B0, "of the token sold")
	require.Equal(t, adjusted.B0, q.Target)
	require.Equal(t, further.Curve.Q0, through.Curve.Q0, "of the other it is as it was")
}

func TestADVMStoresNoTarget(t *testing.T) {
	pool, err := pmm.New(pmm.Params{
		Kind: pmm.DVM, I: *uint256.NewInt(1e18), K: *uint256.NewInt(1e17),
		Base: wei("1000000000000000000000"), Quote: wei("500000000000000000000"),
	})
	require.NoError(t, err)
	adjusted, err := pool.Adjusted()
	require.NoError(t, err)
	require.True(t, adjusted.B0.Gt(&pool.Curve.B), "quote in the pool means that base was sold from it")
	for _, side := range []pmm.Side{pmm.SellBase, pmm.SellQuote} {
		pool, _, err = pool.Swap(side, wei("50000000000000000000"))
		require.NoError(t, err)
		require.NoError(t, pool.Validate())
	}
	adjusted, err = pool.Adjusted()
	require.NoError(t, err)
	var exact uint256.Int
	exact.Sub(&adjusted.B0, &adjusted.B)
	all, err := pool.Quote(pmm.SellBase, exact)
	require.NoError(t, err)
	require.Equal(t, pool.Curve.Q, all.Receive, "as much base as was ever sold is worth all its quote")
	_, err = pool.Quote(pmm.SellBase, sum(exact, *uint256.NewInt(1)))
	require.ErrorIs(t, err, pmm.ErrNoTarget, "for more there is none")
	emptied, q, err := pool.Swap(pmm.SellBase, exact)
	require.NoError(t, err)
	require.Equal(t, pmm.One, q.R)
	require.NoError(t, emptied.Validate(), "R and the targets are stored by no trade")
}

func TestAPoolWhoseReservesContradictRMustBeCorrected(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(*pmm.Curve)
		side pmm.Side
	}{
		{"below one with base short", func(c *pmm.Curve) { c.R = pmm.BelowOne; c.B.SubUint64(&c.B0, 1) }, pmm.SellBase},
		{"above one with quote short", func(c *pmm.Curve) { c.R = pmm.AboveOne; c.Q.SubUint64(&c.Q0, 1) }, pmm.SellQuote},
	} {
		t.Run(row.name, func(t *testing.T) {
			pool := balanced(t)
			row.set(&pool.Curve)
			_, _, err := pool.Swap(row.side, *uint256.NewInt(1e18))
			require.ErrorIs(t, err, pmm.ErrSub)
			right, err := pool.CorrectRState()
			require.NoError(t, err)
			require.Equal(t, pmm.Curve{I: pool.Curve.I, K: pool.Curve.K, B: pool.Curve.B, Q: pool.Curve.Q, B0: pool.Curve.B, Q0: pool.Curve.Q}, right.Curve)
			_, _, err = right.Swap(row.side, *uint256.NewInt(1e18))
			require.NoError(t, err)
		})
	}
	pool := balanced(t)
	same, err := pool.CorrectRState()
	require.NoError(t, err)
	require.Equal(t, pool, same, "nothing to correct")
}

func TestWhatAKindDoesNotHave(t *testing.T) {
	one := *uint256.NewInt(1)
	for kind, lacks := range map[pmm.Kind][]string{
		pmm.DSP: {"Reset", "RatioSync"},
		pmm.DPP: {"BuyShares", "SellShares", "Sync", "CorrectRState"},
		pmm.DVM: {"Reset", "RatioSync", "CorrectRState"},
	} {
		pool, err := pmm.New(pmm.Params{Kind: kind, I: one})
		require.NoError(t, err)
		for _, method := range lacks {
			var after pmm.Pool
			switch method {
			case "Reset":
				after, err = pool.Reset(pmm.Reset{I: one})
			case "RatioSync":
				after, err = pool.RatioSync(one, one)
			case "BuyShares":
				after, _, err = pool.BuyShares(one, one)
			case "SellShares":
				after, _, _, err = pool.SellShares(one, one, one)
			case "Sync":
				after, err = pool.Sync(one, one)
			case "CorrectRState":
				after, err = pool.CorrectRState()
			}
			require.ErrorIs(t, err, pmm.ErrUnsupported)
			require.EqualError(t, err, fmt.Sprintf("pmm: unsupported: %s of a %s", method, kind))
			require.Equal(t, pool, after)
		}
	}
}

func TestReserveAndTargetsStayBelow112Bits(t *testing.T) {
	pool := balanced(t)
	pool.Curve.K = uint256.Int{}
	var most uint256.Int
	most.Lsh(uint256.NewInt(1), 112).Sub(&most, &pool.Curve.B)
	_, _, err := pool.Swap(pmm.SellBase, most)
	require.ErrorIs(t, err, pmm.ErrOverflow)
	most.SubUint64(&most, 1)
	_, _, err = pool.Swap(pmm.SellBase, most)
	require.NoError(t, err)
}

func TestAPoolThatContradictsItselfPaysNothingItHasNot(t *testing.T) {
	short := balanced(t)
	short.Curve.B, short.Curve.Q = *uint256.NewInt(1), *uint256.NewInt(1) // at one, they say, with empty pockets
	for _, side := range []pmm.Side{pmm.SellBase, pmm.SellQuote} {
		after, _, err := short.Swap(side, wei("1000"+token))
		require.ErrorIs(t, err, pmm.ErrTransfer)
		require.Equal(t, short, after)
	}
	wide := balanced(t)
	wide.Curve.B0.Lsh(uint256.NewInt(1), 112)
	_, _, err := wide.Swap(pmm.SellBase, wei("1000"+token))
	require.ErrorIs(t, err, pmm.ErrOverflow, "a target of 113 bits is not stored")
}

func TestJSONIsReadable(t *testing.T) {
	pool := balanced(t)
	pool.Curve.R = pmm.BelowOne
	text, err := json.Marshal(struct {
		Pool pmm.Pool
		Hop  pmm.Hop
	}{pool, pmm.Hop{Pool: pool, Side: pmm.SellQuote}})
	require.NoError(t, err)
	for _, part := range []string{`"kind":"DSP"`, `"i":"1000000000000000000"`, `"r":"BELOW_ONE"`, `"supply":"1000000000000000000000000"`, `"postTrade":"0"`, `"side":"sell_quote"`} {
		require.Contains(t, string(text), part)
	}

	for _, v := range []any{
		&pmm.Quote{Receive: wei("123456789012345678901234567890"), R: pmm.AboveOne},
		&pmm.Params{Kind: pmm.DPP, I: wei("1"), TWAP: true},
		&pmm.Reset{I: wei("5"), QuoteOut: wei("7")},
		&pmm.Flash{BaseOut: wei("5"), QuoteBack: wei("7")},
		&pmm.Route{{Pool: pool, Side: pmm.SellBase}, {Pool: pool}},
	} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NotContains(t, string(text), "[0,", "an integer as words")
		switch v := v.(type) {
		case *pmm.Quote:
			roundTrip(t, text, *v)
		case *pmm.Params:
			roundTrip(t, text, *v)
		case *pmm.Reset:
			roundTrip(t, text, *v)
		case *pmm.Flash:
			roundTrip(t, text, *v)
		case *pmm.Route:
			roundTrip(t, text, *v)
		}
	}

	for _, text := range []string{`{"kind":"AMM"}`, `{"curve":{"r":"TWO"}}`, `{"curve":{"i":"-1"}}`} {
		require.Error(t, json.Unmarshal([]byte(text), &pool), text)
	}
	var side pmm.Side
	require.EqualError(t, side.UnmarshalText([]byte("buy")), `pmm: invalid: Side "buy": must be one of ["" "sell_base" "sell_quote"]`)
	require.Equal(t, "7?", pmm.Side(7).String())
}

func roundTrip[T any](t *testing.T, text []byte, want T) {
	t.Helper()
	var got T
	require.NoError(t, json.Unmarshal(text, &got))
	require.Empty(t, cmp.Diff(want, got))
}

func TestQuoteAndSwapDoNotAllocate(t *testing.T) {
	for _, q := range questions(t, func(pmm.RState) bool { return true })[:200] {
		q.pool.TWAP = pmm.TWAP{Open: true}
		q.pool.Time = 12
		route := pmm.Route{{Pool: q.pool, Side: q.side}}
		require.Zero(t, testing.AllocsPerRun(1, func() {
			_, _ = q.pool.Quote(q.side, q.pay)
			_, _, _ = q.pool.Swap(q.side, q.pay)
			_, _ = route.Quote(q.pay)
		}))
	}
}
