package memchain_test

import (
	"errors"
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/pmm"
)

var owner = chain.Address{19: 0x0e}

// units is n whole tokens of six decimals.
func units(n uint64) uint256.Int { return num(n * 1_000_000) }

// mesh is a public pool of two stable tokens, a private pool of each with gold,
// all at a price of 1 with a million on each side, and a stabilizer that trades
// through the private ones. The trader has a hundred million of each token.
type mesh struct {
	world
	usdt, usdc, gold           *memchain.Token
	public, usdtGold, usdcGold *memchain.Pool
	stabilizer                 *memchain.Stabilizer
}

func newMesh(tb testing.TB, o memchain.Options, change func(*mesh, *memchain.StabilizerConfig)) *mesh {
	tb.Helper()
	m := &mesh{world: newWorld(tb, o)}
	token := func() *memchain.Token { return memchain.NewToken(m.Chain, 6) }
	m.usdt, m.usdc, m.gold = token(), token(), token()
	pool := func(kind pmm.Kind, base, quote *memchain.Token) *memchain.Pool {
		p, err := memchain.NewPool(m.Chain, memchain.PoolConfig{
			Base: base, Quote: quote, Owner: owner, Maintainer: maintainer, Private: kind == pmm.DPP,
			Params: pmm.Params{Kind: kind, I: num(1e18), K: num(1e17), LPFeeRate: num(3e14), MTFeeRate: num(1e14), TWAP: true},
		})
		require.NoError(tb, err)
		return p
	}
	m.public, m.usdtGold, m.usdcGold = pool(pmm.DSP, m.usdt, m.usdc), pool(pmm.DPP, m.usdt, m.gold), pool(pmm.DPP, m.usdc, m.gold)
	cfg := memchain.StabilizerConfig{Owner: owner, Keeper: keeper, Pools: []*memchain.Pool{m.usdtGold, m.usdcGold}}
	if change != nil {
		change(m, &cfg)
	}
	var err error
	m.stabilizer, err = memchain.NewStabilizer(m.Chain, cfg)
	require.NoError(tb, err)

	m.do(owner, func(env memchain.Env) error {
		for _, t := range []*memchain.Token{m.usdt, m.usdc, m.gold} {
			if err := errors.Join(
				t.Mint(env, owner, units(10_000_000)), t.Mint(env, trader, units(100_000_000)),
				t.Transfer(env, m.stabilizer.Address(), units(100_000)),
			); err != nil {
				return err
			}
		}
		for _, p := range []*memchain.Pool{m.public, m.usdtGold, m.usdcGold} {
			if err := errors.Join(p.Deposit(env, units(1_000_000), units(1_000_000)), p.Admit(env, m.stabilizer.Address())); err != nil {
				return err
			}
		}
		return nil
	})
	return m
}

// swap sells a thousand usdt for usdc, at 0.99 or better, at once.
func (m *mesh) swap() abi.Swap {
	return abi.Swap{
		Size: units(1000), TokenIn: m.usdt.Address(), TokenOut: m.usdc.Address(),
		MinOut: units(990), DeadlineBlock: m.Head().Number + 1,
	}
}

// try mines a block with one execution and returns why that reverted.
func (m *mesh) try(from chain.Address, swap abi.Swap) error {
	m.Helper()
	return errors.Join(m.mine(memchain.Tx{From: from, Do: func(env memchain.Env) error {
		_, err := env.Call(abi.ExecutePrivateSwap.Call(m.stabilizer.Address(), swap))
		return err
	}}).Reverts...)
}

func TestStabilizerTradesThroughGoldByTheClient(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	client := m.Client(keeper)
	call := abi.ExecutePrivateSwap.Call(m.stabilizer.Address(), m.swap())
	before, goldBefore := m.usdc.Balance(m.stabilizer.Address()), m.gold.Balance(m.stabilizer.Address())

	preview, err := client.Read(t.Context(), m.Head().Hash, call)
	require.NoError(t, err)
	require.Equal(t, before, m.usdc.Balance(m.stabilizer.Address()), "a preview trades nothing")

	_, err = client.Send(t.Context(), "peg/1", chain.Tx{Call: call, MaxGasPrice: num(2e9), Deadline: m.Head().Number + 1})
	require.NoError(t, err)
	m.mine()
	r, err := client.Receipt(t.Context(), "peg/1")
	require.NoError(t, err)
	require.Equal(t, chain.Mined, r.Status)
	require.Equal(t, preview[0], r.Output)

	got, err := abi.ExecutePrivateSwap.Result(r.Output)
	require.NoError(t, err)
	want := before
	want.Add(&want, &got)
	require.Equal(t, want, m.usdc.Balance(m.stabilizer.Address()))
	require.Equal(t, units(99_000), m.usdt.Balance(m.stabilizer.Address()))
	require.Equal(t, goldBefore, m.gold.Balance(m.stabilizer.Address()), "gold is passed on, all of it")
	require.Less(t, got.Uint64(), uint64(1_000_000_000), "the curve and two fees")
	require.Greater(t, got.Uint64(), uint64(998_000_000))
	require.Equal(t, units(1_000_000), func() uint256.Int { s := m.public.State(); return s.Curve.B }(), "the public pool is not touched")
}

func TestStabilizerTakesOnePoolWhereOneWillDo(t *testing.T) {
	m := newMesh(t, memchain.Options{}, func(m *mesh, cfg *memchain.StabilizerConfig) {
		cfg.Pools = append(cfg.Pools, m.public)
	})
	require.NoError(t, m.try(keeper, m.swap()))
	require.Equal(t, units(1_000_000), func() uint256.Int { s := m.usdtGold.State(); return s.Curve.B }())
	require.Equal(t, units(1_001_000), func() uint256.Int { s := m.public.State(); return s.Curve.B }())

	back := m.swap()
	back.TokenIn, back.TokenOut = back.TokenOut, back.TokenIn
	require.NoError(t, m.try(keeper, back))
	gold := m.swap()
	gold.TokenIn = m.gold.Address()
	require.NoError(t, m.try(keeper, gold), "from the anchor it is one leg, sold as quote")
}

// Each row breaks one rule of the contract.
func TestStabilizerRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		config func(*mesh, *memchain.StabilizerConfig)
		first  func(*mesh) // before the swap
		swap   func(*mesh, *abi.Swap)
		from   chain.Address
		says   string // "" if it must trade
	}{
		"nothing, when all is well":      {from: keeper},
		"a stranger":                     {from: trader, says: "is not its keeper"},
		"even its owner, as keeper":      {from: owner, says: "is not its keeper"},
		"while paused":                   {from: keeper, first: pauses(true), says: "paused"},
		"nothing after an unpause":       {from: keeper, first: func(m *mesh) { pauses(true)(m); pauses(false)(m) }},
		"a swap past its deadline":       {from: keeper, swap: func(m *mesh, s *abi.Swap) { s.DeadlineBlock = m.Head().Number }, says: "past deadline"},
		"a wei less than promised":       {from: keeper, swap: func(_ *mesh, s *abi.Swap) { s.MinOut = units(1000) }, says: "out: must be >= 1000000000"},
		"to sell nothing":                {from: keeper, swap: func(_ *mesh, s *abi.Swap) { s.Size.Clear(); s.MinOut.Clear() }, says: "size 0"},
		"to sell what it does not have":  {from: keeper, swap: func(_ *mesh, s *abi.Swap) { s.Size = units(100_001) }, says: "needs 100001000000"},
		"a token without a pool":         {from: keeper, swap: func(_ *mesh, s *abi.Swap) { s.TokenIn = bob }, says: "no route"},
		"a token for itself":             {from: keeper, swap: func(_ *mesh, s *abi.Swap) { s.TokenOut = s.TokenIn }, says: "no route"},
		"dear gas":                       {from: keeper, config: func(_ *mesh, c *memchain.StabilizerConfig) { c.MaxGasPrice = num(1e9 - 1) }, says: "gas price"},
		"nothing at its gas limit":       {from: keeper, config: func(_ *mesh, c *memchain.StabilizerConfig) { c.MaxGasPrice = num(1e9) }},
		"more than its cap":              {from: keeper, config: caps(1), says: "sold in one block"},
		"nothing at its cap":             {from: keeper, config: caps(0)},
		"a swap two blocks after one":    {from: keeper, config: delays(3), first: func(m *mesh) { trades(m); m.mine() }, says: "within 3 blocks"},
		"nothing three blocks after one": {from: keeper, config: delays(3), first: func(m *mesh) { trades(m); m.mine(); m.mine() }},
		"to trade on the peg":            {from: keeper, config: observes(10), says: "0 bps is no cause"},
		"to trade within the threshold":  {from: keeper, config: observes(10), first: pushes(4_000), says: "-8 bps is no cause"},
		"nothing beyond the threshold":   {from: keeper, config: observes(10), first: pushes(10_000)},
		"a pool that does not admit it":  {from: keeper, config: newcomer, says: "is not admitted"},
		"a size that no number can hold": {from: keeper, first: trades, swap: func(_ *mesh, s *abi.Swap) { s.Size.SetAllOne() }, says: "needs 1157920892373"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMesh(t, memchain.Options{}, row.config)
			if row.first != nil {
				row.first(m)
			}
			swap := m.swap()
			if row.swap != nil {
				row.swap(m, &swap)
			}
			before := m.books()
			err := m.try(row.from, swap)
			if row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, row.says)
			require.Equal(t, before, m.books(), "a refusal leaves no trace")
		})
	}
}

func pauses(on bool) func(*mesh) {
	return func(m *mesh) {
		m.do(owner, func(env memchain.Env) error { return m.stabilizer.Pause(env, on) })
		require.Equal(m, on, m.stabilizer.Paused())
	}
}

func trades(m *mesh) { require.NoError(m, m.try(keeper, m.swap())) }

// pushes sells usdt to the public pool, which cheapens it.
func pushes(size uint64) func(*mesh) {
	return func(m *mesh) {
		m.do(trader, func(env memchain.Env) error {
			_, err := m.public.Swap(env, pmm.SellBase, units(size))
			return err
		})
	}
}

func caps(below uint64) func(*mesh, *memchain.StabilizerConfig) {
	return func(_ *mesh, c *memchain.StabilizerConfig) {
		c.BlockCap = units(1000)
		c.BlockCap.SubUint64(&c.BlockCap, below)
	}
}

func delays(blocks uint64) func(*mesh, *memchain.StabilizerConfig) {
	return func(_ *mesh, c *memchain.StabilizerConfig) { c.MinBlocks = blocks }
}

func observes(bps int64) func(*mesh, *memchain.StabilizerConfig) {
	return func(m *mesh, c *memchain.StabilizerConfig) {
		c.Observed, c.Peg, c.ThresholdBps = m.public, num(1e18), bps
	}
}

// newcomer puts a private pool first that nobody was admitted to.
func newcomer(m *mesh, c *memchain.StabilizerConfig) {
	p, err := memchain.NewPool(m.Chain, memchain.PoolConfig{
		Base: m.usdt, Quote: m.usdc, Owner: owner, Private: true,
		Params: pmm.Params{Kind: pmm.DPP, I: num(1e18), K: num(1e17)},
	})
	require.NoError(m, err)
	c.Pools = append([]*memchain.Pool{p}, c.Pools...)
}

func TestStabilizerCountsTheCapPerBlock(t *testing.T) {
	m := newMesh(t, memchain.Options{}, func(_ *mesh, c *memchain.StabilizerConfig) { c.BlockCap = units(1500) })
	execute := memchain.Tx{From: keeper, Do: func(env memchain.Env) error {
		_, err := m.stabilizer.ExecutePrivateSwap(env, abi.Swap{
			Size: units(1000), TokenIn: m.usdt.Address(), TokenOut: m.usdc.Address(), DeadlineBlock: 100,
		})
		return err
	}}
	reverts := m.mine(execute, execute).Reverts
	require.NoError(t, reverts[0])
	require.ErrorContains(t, reverts[1], "2000000000 sold in one block")
	require.Nil(t, m.mine(execute).Reverts, "the next block has a cap of its own")
}

func TestStabilizerObeysItsOwnerOnly(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	withdraw := func(env memchain.Env) error { return m.stabilizer.Withdraw(env, m.gold, units(5)) }
	pause := func(env memchain.Env) error { return m.stabilizer.Pause(env, true) }
	for _, do := range []func(memchain.Env) error{withdraw, pause} {
		require.ErrorContains(t, m.mine(memchain.Tx{From: keeper, Do: do}).Reverts[0], "is not its owner")
		m.do(owner, do)
	}
	require.Equal(t, units(99_995), m.gold.Balance(m.stabilizer.Address()))
}

func TestStabilizerSeesTheDeviation(t *testing.T) {
	m := newMesh(t, memchain.Options{}, observes(10))
	client := m.Client(keeper)
	look := func() abi.Deviation {
		answers, err := client.Read(t.Context(), m.Head().Hash, abi.CheckDeviation.Call(m.stabilizer.Address(), abi.None{}))
		require.NoError(t, err)
		d, err := abi.CheckDeviation.Result(answers[0])
		require.NoError(t, err)
		return d
	}
	require.Equal(t, abi.Deviation{}, look())
	pushes(5_000)(m) // mid 0.99899..., towards zero: 10 bps, which is not beyond 10
	require.Equal(t, abi.Deviation{Bps: -10}, look())
	pushes(5_000)(m)
	require.Equal(t, abi.Deviation{Bps: -20, ShouldRebalance: true}, look())
	m.do(trader, func(env memchain.Env) error {
		_, err := m.public.Swap(env, pmm.SellQuote, units(20_000))
		return err
	})
	require.Equal(t, abi.Deviation{Bps: 20, ShouldRebalance: true}, look())
}

func TestStabilizerConfigIsChecked(t *testing.T) {
	m := newMesh(t, memchain.Options{}, nil)
	for field, cfg := range map[string]memchain.StabilizerConfig{
		"Pools":        {},
		"Peg":          {Pools: []*memchain.Pool{m.public}, Observed: m.public},
		"ThresholdBps": {Pools: []*memchain.Pool{m.public}, ThresholdBps: -1},
	} {
		_, err := memchain.NewStabilizer(m.Chain, cfg)
		require.ErrorIs(t, err, chain.ErrInvalid)
		require.ErrorContains(t, err, field)
	}
}
