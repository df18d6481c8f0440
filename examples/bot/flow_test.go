package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/parityfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/vault"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/watch"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// gold is the anchor of chain 138: private pools of either token, deep and open to
// the guard and to one arbitrageur only.
type gold struct {
	*town.Strait
	xau   *memchain.Token
	legs  [2]*memchain.Pool // cUSDT/XAU and USDT/XAU
	guard *memchain.Stabilizer
}

var (
	mint    = chain.Address{19: 21} // owns what is here only
	citizen = chain.Address{19: 22}
	arb     = chain.Address{19: 23}
)

// one unit of gold is two thousand of either token, of 6 digits; gold has 18.
const goldPrice = "500000000000000000000000000"

func layGold(t *testing.T, clk clock.Clock) *gold {
	t.Helper()
	strait, err := town.NewStrait(clk)
	require.NoError(t, err)
	here := strait.Shores[0]
	g := &gold{Strait: strait, xau: memchain.NewToken(here.Chain, 18)}
	i := uint256.MustFromDecimal(goldPrice)
	for n, token := range []*memchain.Token{here.Base, here.Quote} {
		g.legs[n], err = memchain.NewPool(here.Chain, memchain.PoolConfig{
			Base: token, Quote: g.xau, Owner: mint, Private: true, Params: pmm.Params{Kind: pmm.DPP, I: *i, K: *uint256.NewInt(5e17)},
		})
		require.NoError(t, err)
	}
	g.guard, err = memchain.NewStabilizer(here.Chain, memchain.StabilizerConfig{
		Owner: mint, Keeper: town.Keeper, Pools: g.legs[:], Observed: here.Pool, Peg: *uint256.NewInt(1e18), ThresholdBps: 1, MinBlocks: 3, BlockCap: town.Units(2000),
	})
	require.NoError(t, err)
	bars := uint256.MustFromDecimal("500000000000000000000")
	require.NoError(t, here.Mine(clk.Now(), memchain.Tx{From: mint, Do: func(env memchain.Env) error {
		errs := []error{g.xau.Mint(env, mint, *new(uint256.Int).Mul(bars, uint256.NewInt(2)))}
		for n, token := range []*memchain.Token{here.Base, here.Quote} {
			errs = append(errs, g.legs[n].Admit(env, mint), g.legs[n].Admit(env, g.guard.Address()), g.legs[n].Admit(env, arb))
			for who, amount := range map[chain.Address]uint64{mint: 1_000_000, citizen: 100_000, arb: 100_000, g.guard.Address(): 50_000} {
				errs = append(errs, token.Mint(env, who, town.Units(amount)))
			}
			errs = append(errs, g.legs[n].Deposit(env, town.Units(1_000_000), *bars))
		}
		return errors.Join(errs...)
	}}))
	return g
}

// arbitrage closes what it profits from: private pools against the public one, in
// both directions, as much as still pays.
func (g *gold) arbitrage() memchain.Tx {
	here := g.Shores[0]
	round := func(env memchain.Env, size uint64, cheapInside bool) error {
		before := here.Quote.Balance(arb)
		inside := func(from, to int, amount uint256.Int) (uint256.Int, error) {
			bars, err := g.legs[from].Swap(env, pmm.SellBase, amount)
			if err != nil {
				return bars, err
			}
			return g.legs[to].Swap(env, pmm.SellQuote, bars)
		}
		var got uint256.Int
		var err error
		if cheapInside {
			if got, err = inside(1, 0, town.Units(size)); err == nil {
				_, err = here.Pool.Swap(env, pmm.SellBase, got)
			}
		} else if got, err = here.Pool.Swap(env, pmm.SellQuote, town.Units(size)); err == nil {
			_, err = inside(0, 1, got)
		}
		after := here.Quote.Balance(arb)
		if err == nil && !after.Gt(&before) {
			err = errors.New("does not pay")
		}
		return err
	}
	return memchain.Tx{From: arb, Do: func(env memchain.Env) error {
		for _, size := range []uint64{800, 400, 200, 100, 50, 25, 10} {
			for _, cheapInside := range []bool{true, false} {
				for env.Try(func(env memchain.Env) error { return round(env, size, cheapInside) }) == nil {
				}
			}
		}
		return nil
	}}
}

// crew is the engines of the plan over one pair of chains, ticked by hand.
type crew struct {
	t       *testing.T
	at      time.Time
	peg     *evenkeel.Runner[stabilizer.State, stabilizer.Observation, stabilizer.Decision]
	parity  *evenkeel.Runner[parity.State, parity.Observation, parity.Decision]
	reserve *evenkeel.Runner[monitor.State, monitor.Observation, monitor.Decision]
	pegs    []watch.Peg
	spreads []watch.Spread
	ratios  []watch.Reserve
	counted *metrics.Keeper
}

func (g *gold) crew(t *testing.T) *crew {
	t.Helper()
	here := g.Shores[0]
	bot, err := keeperfile.Read(strings.NewReader(strings.NewReplacer("chain: demo", "chain: 138", "vault: demo", `vault: "`+town.Vault.String()+`"`).Replace(string(keeperSample))+`
rpc: [https://node.example]
private_rpc: [https://relay.example]
key_file: keeper.key
stabilizer: "`+g.guard.Address().String()+`"
pool: "`+here.Pool.Address().String()+`"
via: XAU
tokens:
  cUSDT: {address: "`+here.Base.Address().String()+`", decimals: 6}
  USDT: {address: "`+here.Quote.Address().String()+`", decimals: 6}
  XAU: {address: "`+g.xau.Address().String()+`", decimals: 18}
`), "keeper.yaml")
	require.NoError(t, err)
	require.Equal(t, stabilizer.Mesh, bot.Engine.Mode())
	c := &crew{t: t, counted: metrics.NewKeeper(bot.Peg, bot.Owed)}

	engine, err := stabilizer.New(bot.Engine)
	require.NoError(t, err)
	h := hold{bot: bot, node: here.Chain.Client(town.Keeper), inbox: &memory.Inbox{}}
	world, err := h.peg(nil, engine, func(p watch.Peg) { c.pegs = append(c.pegs, p); c.counted.Peg(p) })
	require.NoError(t, err)
	c.peg, err = evenkeel.NewRunner(bot.Key(), engine, world, &memory.Store{}, evenkeel.Options{})
	require.NoError(t, err)

	guard, err := monitor.New(bot.Reserve)
	require.NoError(t, err)
	c.reserve, err = evenkeel.NewRunner(bot.ReserveKey(), guard, watch.Reserves(vault.New(vault.Config{
		Chain: h.node, Base: bot.Place.Tokens["cUSDT"], Quote: bot.Place.Tokens["USDT"], Peg: bot.Peg, Stabilizer: g.guard.Address(), Vault: bot.Vault, Patience: time.Minute,
	}), func(r watch.Reserve) { c.ratios = append(c.ratios, r); c.counted.Reserve(r) }), &memory.Store{}, evenkeel.Options{})
	require.NoError(t, err)

	two, err := parityfile.Read(strings.NewReader(string(paritySample)), "parity.yaml")
	require.NoError(t, err)
	arbitrageur, err := parity.New(two.Engine)
	require.NoError(t, err)
	places, err := parity.NewWorld(crossing(two, arbitrageur, g.Strait, &memory.Inbox{}))
	require.NoError(t, err)
	c.parity, err = evenkeel.NewRunner(two.Key(), arbitrageur, watch.Parity(arbitrageur, places, 0, nil, func(s watch.Spread) { c.spreads = append(c.spreads, s) }), &memory.Store{}, evenkeel.Options{})
	require.NoError(t, err)
	return c
}

// block lets a block come on both chains, people's transactions first, and then
// everybody look.
func (c *crew) block(g *gold, people ...memchain.Tx) {
	c.t.Helper()
	c.at = c.at.Add(500 * time.Millisecond)
	require.NoError(c.t, g.Mine(c.at, [2][]memchain.Tx{append(people, g.arbitrage())}))
	now := c.at.Add(100 * time.Millisecond)
	_, err := c.peg.Tick(c.t.Context(), now)
	require.NoError(c.t, err)
	_, err = c.parity.Tick(c.t.Context(), now)
	require.NoError(c.t, err)
	_, err = c.reserve.Tick(c.t.Context(), now)
	require.NoError(c.t, err)
}

func mid(t *testing.T, p *memchain.Pool) float64 {
	t.Helper()
	m, err := p.State().Mid()
	require.NoError(t, err)
	return decimal.NewFromBigInt(m.ToBig(), -18).InexactFloat64()
}

// The seven steps of Vault plan §12, from a user's trade to the reserve's ratio.
func TestTheOperationalFlowFromTradeToReserve(t *testing.T) {
	clk := clock.NewMock()
	clk.Set(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	g := layGold(t, clk)
	c := g.crew(t)
	c.at = clk.Now()
	here, there := g.Shores[0], g.Shores[1]
	for range 3 {
		c.block(g)
	}
	require.Equal(t, stabilizer.InBand, c.pegs[len(c.pegs)-1].Reason)
	before := c.ratios[len(c.ratios)-1]
	bars := [2]uint256.Int{g.xau.Balance(g.legs[0].Address()), g.xau.Balance(g.legs[1].Address())}

	// 1. A user trades on the public PMM.
	c.block(g, memchain.Tx{From: citizen, Do: func(env memchain.Env) error {
		_, err := here.Pool.Swap(env, pmm.SellQuote, town.Units(4000))
		return err
	}})

	// 2. The inventory deviates. Arbitrage shares it out among public and private pools.
	state := here.Pool.State()
	require.True(t, state.Curve.B.Lt(&state.Curve.B0), "the pool is short of base")
	answers, err := here.Chain.Client(town.Keeper).Read(t.Context(), here.Chain.Head().Hash, abi.CheckDeviation.Call(g.guard.Address(), abi.None{}))
	require.NoError(t, err)
	deviation, err := abi.CheckDeviation.Result(answers[0])
	require.NoError(t, err)
	require.True(t, deviation.ShouldRebalance)
	first := c.pegs[len(c.pegs)-1]
	require.True(t, first.SpotBps.GreaterThan(dec("10")), first.SpotBps)

	// 3. One block is not believed; the TWAP of the next confirms it.
	require.Equal(t, stabilizer.Sustaining, first.Reason)
	c.block(g)
	second := c.pegs[len(c.pegs)-1]
	require.Equal(t, stabilizer.Rebalance, second.Reason)
	require.True(t, second.TWAPBps.GreaterThan(dec("10")))

	// 4. The private mesh executes a rebalance in proportion to the deviation.
	order := second.Order
	require.Equal(t, []stabilizer.Leg{{In: "cUSDT", Out: "XAU"}, {In: "XAU", Out: "USDT"}}, order.Route)
	require.True(t, decimal.Min(second.TWAPBps.Mul(dec("100")), dec("2000")).Sub(order.Size).Abs().LessThan(dec("0.02")), "k x e: %v for %v bps", order.Size, second.TWAPBps)
	c.block(g)
	require.Equal(t, stabilizer.Mined, c.pegs[len(c.pegs)-1].Settled[0].Outcome)

	// 5. Gold carries the value from one token's pool to the other's.
	after := [2]uint256.Int{g.xau.Balance(g.legs[0].Address()), g.xau.Balance(g.legs[1].Address())}
	require.NotEqual(t, bars, after)
	sum := func(of [2]uint256.Int) uint256.Int { return *new(uint256.Int).Add(&of[0], &of[1]) }
	require.Equal(t, sum(bars), sum(after), "and none of it is lost")

	// 6. The cross-chain bot brings both chains together.
	for range 40 {
		c.block(g)
	}
	traded, crossed := 0, 0
	for _, s := range c.spreads {
		if s.Action == parity.Trade {
			traded++
		}
		crossed += len(s.Arrived)
	}
	require.Positive(t, traded)
	require.Positive(t, crossed, "and the bridge brought the inventory back")
	last := c.pegs[len(c.pegs)-1]
	require.True(t, last.SpotBps.Abs().LessThan(dec("10")), "the plan's peg: %v", last.SpotBps)
	require.Less(t, 1e4*(mid(t, here.Pool)-mid(t, there.Pool)), 15.0, "and its spread")

	// 7. The vault engine updates the reserve's ratio.
	now := c.ratios[len(c.ratios)-1]
	require.False(t, before.Coverage.Equal(now.Coverage), "%v", now.Coverage)
	require.True(t, now.Available.LessThan(before.Available), "one side was spent")
	base, quote := g.held()
	require.True(t, decimal.Min(base, quote).Equal(now.Available), "as the chain has it")
	require.True(t, now.Coverage.Equal(now.Available.DivRound(now.Required, 12).RoundFloor(8)))
}

// held is what the guard holds, in whole tokens.
func (g *gold) held() (base, quote decimal.Decimal) {
	here := g.Shores[0]
	b, q := here.Base.Balance(g.guard.Address()), here.Quote.Balance(g.guard.Address())
	return decimal.NewFromBigInt(b.ToBig(), -6), decimal.NewFromBigInt(q.ToBig(), -6)
}
