package memchain_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// books is everything the mesh's contracts keep, as bytes.
func (m *mesh) books() string {
	m.Helper()
	accounts := []chain.Address{owner, trader, maintainer, m.stabilizer.Address(), m.public.Address(), m.usdtGold.Address(), m.usdcGold.Address()}
	var state []any
	for _, t := range []*memchain.Token{m.usdt, m.usdc, m.gold, m.public.Shares()} {
		supply := t.Supply()
		state = append(state, supply.Dec())
		for _, a := range accounts {
			balance := t.Balance(a)
			state = append(state, balance.Dec())
		}
	}
	for _, p := range []*memchain.Pool{m.public, m.usdtGold, m.usdcGold} {
		pool := p.State()
		state = append(state, &pool)
	}
	text, err := json.Marshal(append(state, m.stabilizer.Paused()))
	require.NoError(m, err)
	return string(text)
}

// conserved fails unless each token's balances sum to its supply and each pool
// holds what its curve says.
func (m *mesh) conserved() {
	m.Helper()
	holders := []chain.Address{owner, trader, maintainer, m.stabilizer.Address(), m.public.Address(), m.usdtGold.Address(), m.usdcGold.Address()}
	for _, t := range []*memchain.Token{m.usdt, m.usdc, m.gold} {
		var sum uint256.Int
		for _, h := range holders {
			balance := t.Balance(h)
			sum.Add(&sum, &balance)
		}
		require.Equal(m, units(110_000_000), sum)
		require.Equal(m, sum, t.Supply())
	}
	for _, p := range []*memchain.Pool{m.public, m.usdtGold, m.usdcGold} {
		c := p.State().Curve
		require.Equal(m, [2]uint256.Int{c.B, c.Q}, [2]uint256.Int{p.BaseToken().Balance(p.Address()), p.QuoteToken().Balance(p.Address())})
	}
	require.Equal(m, m.public.State().Supply, m.public.Shares().Supply())
}

func TestPrivatePoolAdmitsWhomItsOwnerAdmits(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	swap := func(env memchain.Env) error { _, err := m.usdtGold.Swap(env, pmm.SellBase, units(1)); return err }
	borrow := func(env memchain.Env) error {
		return m.usdtGold.FlashLoan(env, num(0), num(0), func(memchain.Env) error { return nil })
	}
	admit := func(env memchain.Env) error { return m.usdtGold.Admit(env, trader) }
	for _, do := range []func(memchain.Env) error{swap, borrow} {
		require.ErrorContains(t, m.mine(memchain.Tx{From: trader, Do: do}).Reverts[0], "is not admitted")
	}
	require.ErrorContains(t, m.mine(memchain.Tx{From: trader, Do: admit}).Reverts[0], "is not its owner")
	m.do(owner, admit)
	m.do(trader, swap)
	m.do(trader, borrow)
	require.NoError(t, m.try(keeper, m.swap()), "who was admitted before still is")
	m.reorg(4)
	require.ErrorContains(t, m.mine(memchain.Tx{From: trader, Do: swap}).Reverts[0], "is not admitted", "the list is state like any other")
}

func TestPoolSellsWhatWasTransferredToIt(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	state := m.public.State()
	want, err := state.Quote(pmm.SellQuote, units(3))
	require.NoError(t, err)
	before := m.usdt.Balance(bob)
	m.do(trader, func(env memchain.Env) error {
		if err := m.usdc.Transfer(env, m.public.Address(), units(1)); err != nil {
			return err
		}
		if _, err := env.Call(abi.Transfer.Call(m.usdc.Address(), abi.Payment{Who: m.public.Address(), Amount: units(2)})); err != nil {
			return err
		}
		_, err := env.Call(abi.SellQuote.Call(m.public.Address(), bob))
		return err
	})
	got := m.usdt.Balance(bob)
	got.Sub(&got, &before)
	require.Equal(t, want.Receive, got)
	require.Equal(t, want.MTFee, m.usdt.Balance(maintainer))
}

func TestPoolAnswersThroughTheABI(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	pushes(1000)(m)
	client, pool := m.Client(keeper), m.public.Address()
	answers, err := client.Read(t.Context(), m.Head().Hash,
		abi.State.Call(pool, abi.None{}), abi.PriceCumulative.Call(pool, abi.None{}),
		abi.QuerySellBase.Call(pool, abi.Payment{Amount: units(7)}), abi.Decimals.Call(m.usdt.Address(), abi.None{}),
		abi.BaseToken.Call(pool, abi.None{}), abi.QuoteToken.Call(pool, abi.None{}))
	require.NoError(t, err)

	base, err := abi.BaseToken.Result(answers[4])
	require.NoError(t, err)
	require.Equal(t, m.public.BaseToken().Address(), base)
	quoteToken, err := abi.QuoteToken.Result(answers[5])
	require.NoError(t, err)
	require.Equal(t, m.public.QuoteToken().Address(), quoteToken)

	state := m.public.State()
	adjusted, err := state.Adjusted()
	require.NoError(t, err)
	curve, err := abi.State.Result(answers[0])
	require.NoError(t, err)
	require.Equal(t, abi.PoolState{I: adjusted.I, K: adjusted.K, B: adjusted.B, Q: adjusted.Q, B0: adjusted.B0, Q0: adjusted.Q0, R: uint8(adjusted.R)}, curve)

	cumulative, err := abi.PriceCumulative.Result(answers[1])
	require.NoError(t, err)
	require.Equal(t, state.TWAP.PostTrade, cumulative)
	require.False(t, cumulative.IsZero())

	want, err := state.Quote(pmm.SellBase, units(7))
	require.NoError(t, err)
	quote, err := abi.QuerySellBase.Result(answers[2])
	require.NoError(t, err)
	require.Equal(t, abi.PoolQuote{Receive: want.Receive, MtFee: want.MTFee, NewR: uint8(want.R), NewTarget: want.Target}, quote)

	decimals, err := abi.Decimals.Result(answers[3])
	require.NoError(t, err)
	require.EqualValues(t, 6, decimals)

	for _, to := range []chain.Address{pool, m.usdt.Address(), m.stabilizer.Address()} {
		for _, data := range [][]byte{nil, {1, 2, 3}, {1, 2, 3, 4}} {
			_, err := client.Read(t.Context(), m.Head().Hash, chain.Call{To: to, Data: data})
			require.ErrorIs(t, err, chain.ErrReverted)
		}
	}
}

func TestFlashLoanMustComeBackInItsTransaction(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	before := m.books()
	loan := func(use func(memchain.Env) error) error {
		return errors.Join(m.mine(memchain.Tx{From: trader, Do: func(env memchain.Env) error {
			return m.public.FlashLoan(env, units(1000), num(0), use)
		}}).Reverts...)
	}
	payBack := func(env memchain.Env) error { return m.usdt.Transfer(env, m.public.Address(), units(1000)) }

	require.ErrorIs(t, loan(func(memchain.Env) error { return nil }), pmm.ErrFlash)
	require.ErrorIs(t, loan(func(env memchain.Env) error { return errors.Join(payBack(env), errNo) }), errNo)
	require.ErrorContains(t, loan(func(env memchain.Env) error {
		_, err := m.public.Swap(env, pmm.SellBase, units(1))
		return err
	}), "within its own flash loan")
	require.Equal(t, before, m.books())

	require.NoError(t, loan(payBack))
	require.Equal(t, units(100_000_000), m.usdt.Balance(trader))

	require.NoError(t, loan(func(env memchain.Env) error { return m.usdc.Transfer(env, m.public.Address(), units(1001)) }), "paid back in the other token, it is a sale")
	require.Equal(t, units(100_001_000), m.usdt.Balance(trader))
	fee := m.usdt.Balance(maintainer)
	require.False(t, fee.IsZero(), "with its fee in what was kept")
	m.conserved()
}

func TestPoolConfigIsChecked(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	good := pmm.Params{Kind: pmm.DSP, I: num(1), K: num(1)}
	funded := good
	funded.Base = num(1)
	for want, cfg := range map[string]memchain.PoolConfig{
		"two tokens":    {Base: m.usdt, Quote: m.usdt, Params: good},
		"first deposit": {Base: m.usdt, Quote: m.usdc, Params: funded},
		"Kind":          {Base: m.usdt, Quote: m.usdc},
	} {
		_, err := memchain.NewPool(m.Chain, cfg)
		require.ErrorContains(t, err, want)
	}
	m.do(owner, func(env memchain.Env) error {
		if m.usdtGold.Withdraw(env, num(1), num(0), num(0)) == nil {
			t.Error("a DPP has no shares to sell")
		}
		return nil
	})
	require.ErrorContains(t, m.mine(memchain.Tx{From: trader, Do: func(env memchain.Env) error {
		return m.usdtGold.Deposit(env, units(1), units(1))
	}}).Reverts[0], "is not its owner")
}

// move is one thing that can happen to a mesh; every random choice is in it.
type move struct {
	Kind  string
	Pool  int
	Side  pmm.Side
	Size  uint64
	Depth int
	Break bool // revert after all is done
}

func moves() *rapid.Generator[[]move] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
		return move{
			Kind:  rapid.SampledFrom([]string{"swap", "swap", "swap", "execute", "send", "deposit", "withdraw", "flash", "pause", "mine", "reorg"}).Draw(t, "kind"),
			Pool:  rapid.IntRange(0, 2).Draw(t, "pool"),
			Side:  rapid.SampledFrom([]pmm.Side{pmm.SellBase, pmm.SellQuote}).Draw(t, "side"),
			Size:  rapid.SampledFrom([]uint64{0, 1, 3, 1000, 400_000}).Draw(t, "size"),
			Depth: rapid.IntRange(0, 4).Draw(t, "depth"),
			Break: rapid.IntRange(0, 3).Draw(t, "break") == 0,
		}
	}), 1, 30)
}

// play makes a move; after each, the block's hash and the books are noted.
func (m *mesh) play(mv move, number int, notes map[chain.Hash]string) {
	m.Helper()
	pool := []*memchain.Pool{m.public, m.usdtGold, m.usdcGold}[mv.Pool]
	swap := abi.Swap{Size: units(mv.Size), TokenIn: pool.BaseToken().Address(), TokenOut: m.gold.Address(), DeadlineBlock: m.Head().Number + 2}
	from, do := trader, func(memchain.Env) error { return nil }
	switch mv.Kind {
	case "swap":
		do = func(env memchain.Env) error { _, err := pool.Swap(env, mv.Side, units(mv.Size)); return err }
	case "execute":
		from, do = keeper, func(env memchain.Env) error { _, err := m.stabilizer.ExecutePrivateSwap(env, swap); return err }
	case "send":
		_, err := m.Client(keeper).Send(m.Context(), string(rune('a'+number)), chain.Tx{
			Call: abi.ExecutePrivateSwap.Call(m.stabilizer.Address(), swap), MaxGasPrice: num(1e9), Deadline: swap.DeadlineBlock,
		})
		require.NoError(m, err)
	case "deposit":
		do = func(env memchain.Env) error { return pool.Deposit(env, units(mv.Size), units(mv.Size)) }
	case "withdraw":
		from, do = owner, func(env memchain.Env) error { return m.public.Withdraw(env, units(mv.Size), num(0), num(0)) }
	case "flash":
		do = func(env memchain.Env) error {
			return pool.FlashLoan(env, units(mv.Size), num(0), func(env memchain.Env) error {
				return pool.QuoteToken().Transfer(env, pool.Address(), units(mv.Size*2))
			})
		}
	case "pause":
		from, do = owner, func(env memchain.Env) error { return m.stabilizer.Pause(env, mv.Side == pmm.SellBase) }
	case "reorg":
		depth := min(mv.Depth, int(m.Head().Number)-1) // the funding block stays
		m.reorg(depth)
		return
	}
	m.mine(memchain.Tx{From: from, Do: func(env memchain.Env) error {
		if err := do(env); err != nil || !mv.Break {
			return err
		}
		return errNo
	}})
	notes[m.Head().Hash] = m.books()
}

// Whatever is traded, lent, reverted and reorganised: tokens are conserved,
// every block that is the head again has the very state it had the first time,
// and the same moves give the same hashes.
func TestAnyRunConservesRestoresAndRepeats(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := moves().Draw(rt, "moves")
		run := func() (heads []chain.Hash, last string) {
			m := newMesh(t, memchain.Options{}, nil)
			notes := map[chain.Hash]string{m.Head().Hash: m.books()}
			for i, mv := range script {
				m.play(mv, i, notes)
				m.conserved()
				if diff := cmp.Diff(notes[m.Head().Hash], m.books()); diff != "" {
					rt.Fatalf("after move %d, %+v, block %d is not what it was:\n%s", i, mv, m.Head().Number, diff)
				}
				heads = append(heads, m.Head().Hash)
			}
			return heads, m.books()
		}
		heads, books := run()
		again, booksAgain := run()
		if diff := cmp.Diff(heads, again) + cmp.Diff(books, booksAgain); diff != "" {
			rt.Fatalf("a run is not repeatable:\n%s", diff)
		}
	})
}

func TestPreTradePriceIgnoresWhatDoesNotOutliveItsBlock(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	before := m.public.State().TWAP
	size := units(100_000)
	thereAndBack := func(env memchain.Env) error {
		got, err := m.public.Swap(env, pmm.SellBase, size)
		if err != nil {
			return err
		}
		_, err = m.public.Swap(env, pmm.SellQuote, got)
		return err
	}
	_, err := m.Mine(m.Head().Time.Add(time.Minute), memchain.Tx{From: trader, Do: thereAndBack})
	require.NoError(t, err)
	mean, err := m.public.State().TWAP.PreTradeMean(before)
	require.NoError(t, err)
	require.Equal(t, num(1e18), mean)
	posted, err := m.public.State().TWAP.PostTradeMean(before)
	require.NoError(t, err)
	require.NotEqual(t, num(1e18), posted, "the contract's own accumulator is fooled")
}
