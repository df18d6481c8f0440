package weekend

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// profile is the configuration of the stabilizer: one of the SDK's profiles.
func profile(s Setup) stabilizer.Config {
	start := stabilizer.Target
	if s.Profile == ConservativeProfile {
		start = stabilizer.Conservative
	}
	perBps := s.Depth.Shift(-4)
	cfg := start(pair, "public cUSDC/cUSDT", perBps, s.Block)
	cfg.FeeBps = decimal.New(s.FeeBps, 0)
	cfg.ReorgBlocks = 8 // this chain never takes a block back, and every record holds that memory
	if s.Mode == Mesh {
		cfg.Traded, cfg.Anchor, cfg.FeeBps = "private through XAU", gold.String(), decimal.Zero
		cfg.Route = []stabilizer.Leg{{In: cUSDC.String(), Out: gold.String()}, {In: gold.String(), Out: cUSDT.String()}}
		cfg.ImpactBpsPerUnit = decimal.New(2, 0).DivRound(perBps, digits) // two pools move
	}
	return cfg
}

// rules are what the contract enforces of that configuration by itself.
func rules(cfg stabilizer.Config) memchain.StabilizerConfig {
	return memchain.StabilizerConfig{
		ThresholdBps: max(0, cfg.ThetaExitBps.IntPart()-1), // it counts whole bps, rounded down
		MinBlocks:    cfg.MinBlocks,
		BlockCap:     wei(cfg.BlockCap),
		MaxGasPrice:  wei(cfg.EmergencyGasGwei.Shift(9 - digits)),
	}
}

// stabilizer returns the loop of the peg's engine.
func (sc *scenario) stabilizer(st *stage, s Setup, cfg stabilizer.Config, j *journals) (ticker[stabilizer.Decision], error) {
	const key = "peg/cUSDC"
	engine, err := stabilizer.New(cfg)
	if err != nil {
		return nil, err
	}
	market, err := newMarketFeed(sc)
	if err != nil {
		return nil, err
	}
	tokens := make(map[string]stabilizer.Token, assets)
	for a, token := range st.tokens {
		tokens[asset(a).String()] = stabilizer.Token{Address: token.Address(), Decimals: digits}
	}
	world, err := stabilizer.NewWorld(stabilizer.WorldConfig{
		Key: key, Engine: engine, Chain: st.chain.Client(keeper), Stabilizer: st.defence.Address(),
		Pool: st.public[usdcUSDT].Address(), Tokens: tokens, Peg: s.Target, Market: market,
	})
	if err != nil {
		return nil, err
	}
	return attach(j, key, engine, world)
}

// guard returns the books of the reserve and the loop of the engine that watches
// them.
func guard(st *stage, s Setup, j *journals) (*books, ticker[monitor.Decision], error) {
	engine, err := monitor.New(watch(s))
	if err != nil {
		return nil, nil, err
	}
	b, err := newBooks(st, s)
	if err != nil {
		return nil, nil, err
	}
	loop, err := attach(j, "reserve/cUSDT", engine, b)
	return b, loop, err
}

// defend plays the scenario with the SDK's engines: after every block the
// stabilizer looks and decides, every minute the reserve monitor. With journals
// both run in the SDK's Runner.
func (sc *scenario) defend(ctx context.Context, s Setup, j *journals, progress func(candle int)) (*played, error) {
	cfg := profile(s)
	st, err := newStage(sc, s, rules(cfg))
	if err != nil {
		return nil, err
	}
	peg, err := sc.stabilizer(st, s, cfg, j)
	if err != nil {
		return nil, err
	}
	b, watch, err := guard(st, s, j)
	if err != nil {
		return nil, err
	}
	before, seen, c, t := st.count(), newTrace(sc, s), newChronicle(sc, st, b, s), newTraders(st, sc, s)
	t.txs = append(t.txs, memchain.Tx{From: treasury, Do: b.pay})
	after := func(i int) error {
		now := sc.time(i)
		d, err := peg.Tick(ctx, now)
		if err != nil {
			return err
		}
		c.decided(i, d)
		t.closed = d.State == stabilizer.PhaseHalted
		if (i+1)%sc.minute() == 0 {
			if c.watched, err = watch.Tick(ctx, now); err != nil {
				return err
			}
		}
		c.mined(i)
		return j.played(ctx, i+1)
	}
	if err := sc.play(ctx, st, t, seen, after, progress); err != nil {
		return nil, err
	}
	return st.played(seen, c, before), nil
}
