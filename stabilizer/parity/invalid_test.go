package parity_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

func TestEachFieldOfAConfigHasItsRule(t *testing.T) {
	t.Parallel()
	huge := decimal.New(1, 1_000_000_000)
	for want, change := range map[string]func(*parity.Config){
		"parity: invalid: exchange: invalid":             func(c *parity.Config) { c.Pair.Base = "" },
		"parity: invalid: Chains[1].ID 0":                func(c *parity.Config) { c.Chains[1].ID = 0 },
		"Chains[1].ID 138: must differ":                  func(c *parity.Config) { c.Chains[1].ID = 138 },
		"Chains[0].BlockTime 0s":                         func(c *parity.Config) { c.Chains[0].BlockTime = 0 },
		"BlockTime 1h0m0.000000001s":                     func(c *parity.Config) { c.Chains[0].BlockTime = time.Hour + 1 },
		"MinBlocks 0":                                    func(c *parity.Config) { c.Chains[0].MinBlocks = 0 },
		"UnitsPerBps 0: must be > 0":                     func(c *parity.Config) { c.Chains[0].UnitsPerBps = decimal.Zero },
		"UnitsPerBps (out of range)":                     func(c *parity.Config) { c.Chains[1].UnitsPerBps = huge },
		"MaxGasGwei -1":                                  func(c *parity.Config) { c.Chains[0].MaxGasGwei = dec("-1") },
		"Buffer.Base -1":                                 func(c *parity.Config) { c.Chains[0].Buffer.Base = dec("-1") },
		"Buffer.Quote -1":                                func(c *parity.Config) { c.Chains[0].Buffer.Quote = dec("-1") },
		"Floor.Base -1":                                  func(c *parity.Config) { c.Chains[0].Floor.Base = dec("-1") },
		"Floor.Quote -1":                                 func(c *parity.Config) { c.Chains[0].Floor.Quote = dec("-1") },
		"Decimals 19: must be 0 to 18":                   func(c *parity.Config) { c.Decimals = 19 },
		"EnterBps 0: must be above 0":                    func(c *parity.Config) { c.EnterBps = decimal.Zero },
		"EnterBps 10000":                                 func(c *parity.Config) { c.EnterBps = dec("10000") },
		"ExitBps 8: must be 0 to below EnterBps 8":       func(c *parity.Config) { c.ExitBps = dec("8") },
		"SustainBlocks 1: must be 2 to 1000000":          func(c *parity.Config) { c.SustainBlocks = 1 },
		"SkewBlocks 0":                                   func(c *parity.Config) { c.SkewBlocks = 0 },
		"HaltBlocks 2: must be above SkewBlocks":         func(c *parity.Config) { c.HaltBlocks = 2 },
		"MaxOracleAge 0s":                                func(c *parity.Config) { c.MaxOracleAge = 0 },
		"MaxTrade 0":                                     func(c *parity.Config) { c.MaxTrade = decimal.Zero },
		"MinTrade 5001: must be above 0, up to MaxTrade": func(c *parity.Config) { c.MinTrade = dec("5001") },
		"MaxSlippageBps 10000":                           func(c *parity.Config) { c.MaxSlippageBps = dec("10000") },
		"FeeBps -1":                                      func(c *parity.Config) { c.FeeBps = dec("-1") },
		"RebalanceBps 10000":                             func(c *parity.Config) { c.RebalanceBps = dec("10000") },
		"GasCost -1":                                     func(c *parity.Config) { c.GasCost = dec("-1") },
		"MinProfit (out of range)":                       func(c *parity.Config) { c.MinProfit = huge },
		"DeadlineBlocks 0":                               func(c *parity.Config) { c.DeadlineBlocks = 0 },
		"MaxRetries 0":                                   func(c *parity.Config) { c.MaxRetries = 0 },
		"AlarmBlocks 0":                                  func(c *parity.Config) { c.AlarmBlocks = 0 },
		"MaxFailures 0":                                  func(c *parity.Config) { c.MaxFailures = 0 },
		"ReorgBlocks 1025":                               func(c *parity.Config) { c.ReorgBlocks = 1025 },
		"MinTransfer 0":                                  func(c *parity.Config) { c.MinTransfer = decimal.Zero },
		"MaxTransfer 249: must be at least MinTransfer":  func(c *parity.Config) { c.MaxTransfer = dec("249") },
		"MaxInFlight 4999: must be at least MaxTransfer": func(c *parity.Config) { c.MaxInFlight = dec("4999") },
		"TransferBlocks 0":                               func(c *parity.Config) { c.TransferBlocks = 0 },
		"StuckAfter 0s":                                  func(c *parity.Config) { c.StuckAfter = 0 },
		"ReconcileAfter 0s":                              func(c *parity.Config) { c.ReconcileAfter = 0 },
		"Tiers 0: must be 1 to 16":                       func(c *parity.Config) { c.Tiers = nil },
		"Tiers[0].UpTo 5: must be 0 in the last tier":    func(c *parity.Config) { c.Tiers = []parity.Tier{{UpTo: dec("5"), Blocks: [2]uint64{1, 1}}} },
		"Tiers[1].UpTo 5: must be above the tier before": func(c *parity.Config) {
			c.Tiers = []parity.Tier{{UpTo: dec("5"), Blocks: [2]uint64{1, 1}}, {UpTo: dec("5"), Blocks: [2]uint64{1, 1}}, {Blocks: [2]uint64{1, 1}}}
		},
		"Tiers[0].Blocks[1] 0": func(c *parity.Config) { c.Tiers = []parity.Tier{{Blocks: [2]uint64{1, 0}}} },
	} {
		c := config("5000")
		change(&c)
		_, err := parity.New(c)
		require.ErrorIs(t, err, parity.ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
}

func TestAConfigIsCopied(t *testing.T) {
	t.Parallel()
	c := config("5000")
	e := engine(t, c)
	name, before := e.Identity()
	require.Equal(t, "parity@1", name)
	c.Tiers[0].Blocks[0] = 1
	require.EqualValues(t, 4, e.Config().Tiers[0].Blocks[0])
	_, other := engine(t, c).Identity()
	require.NotEqual(t, before, other)
}

func TestMalformedObservationsLeaveTheState(t *testing.T) {
	t.Parallel()
	huge := decimal.New(1, 1_000_000_000)
	for want, change := range map[string]func(*parity.Observation){
		"Now 0001-01-01":                      func(o *parity.Observation) { o.Now = time.Time{} },
		"Commands: Seq 0 after 0":             func(o *parity.Observation) { o.Commands = []parity.Command{{}} },
		"parity: invalid: Blocks[1].Number 0": func(o *parity.Observation) { o.Blocks[1].Number = 0 },
		"Blocks[0].Number 46":                 func(o *parity.Observation) { o.Blocks[0].Number = 1<<62 + 1 },
		"Blocks[0].Hash":                      func(o *parity.Observation) { o.Blocks[0].Hash = "" },
		"Blocks[0].Pool (out of range)":       func(o *parity.Observation) { o.Blocks[0].Pool = huge },
		"Blocks[0].Oracle.Value (out":         func(o *parity.Observation) { o.Blocks[0].Oracle.Value = huge },
		`Blocks[0].Oracle.Fault "gas"`:        func(o *parity.Observation) { o.Blocks[0].Oracle.Fault = parity.Gas },
		"Blocks[0].Base -1":                   func(o *parity.Observation) { o.Blocks[0].Base = dec("-1") },
		"Blocks[0].Quote (out of range)":      func(o *parity.Observation) { o.Blocks[0].Quote = dec("0.0000000000000000001") },
		"Blocks[0].GasGwei -1":                func(o *parity.Observation) { o.Blocks[0].GasGwei = dec("-1") },
		"Blocks[0].Lane.Base -1":              func(o *parity.Observation) { o.Blocks[0].Lane.Base = dec("-1") },
		"Blocks[0].Lane.Quote -1":             func(o *parity.Observation) { o.Blocks[0].Lane.Quote = dec("-1") },
		`Receipt.Outcome "lost"`:              func(o *parity.Observation) { o.Receipts = []parity.Receipt{{Outcome: "lost"}} },
		"Receipt.Block 0: must be > 0":        func(o *parity.Observation) { o.Receipts = []parity.Receipt{{Outcome: parity.Mined}} },
		"Receipt.Block 9":                     func(o *parity.Observation) { o.Receipts = []parity.Receipt{{Outcome: parity.Mined, Block: 1 << 63}} },
		"Receipt.Received -1": func(o *parity.Observation) {
			o.Receipts = []parity.Receipt{{Outcome: parity.Mined, Block: 1, Received: dec("-1")}}
		},
		"Passage.Stage invalid stage 0":            func(o *parity.Observation) { o.Passages = []parity.Passage{{}} },
		"Passage.Sent 0: must be > 0 for departed": func(o *parity.Observation) { o.Passages = []parity.Passage{{Stage: chain.Departed}} },
		"Passage.Sent 0: must be > 0 for arrived": func(o *parity.Observation) {
			o.Passages = []parity.Passage{{Stage: chain.Arrived, Settled: 1, Received: dec("1")}}
		},
		"Passage.Settled 0: must be > 0 for refunded": func(o *parity.Observation) {
			o.Passages = []parity.Passage{{Stage: chain.Refunded, Sent: 1, Received: dec("1")}}
		},
		"Passage.Received 0: must be > 0 for arrived": func(o *parity.Observation) {
			o.Passages = []parity.Passage{{Stage: chain.Arrived, Sent: 1, Settled: 1}}
		},
		"Passage.Settled 0: must be > 0 for failed": func(o *parity.Observation) { o.Passages = []parity.Passage{{Stage: chain.Failed}} },
		"Passage.Sent 9":    func(o *parity.Observation) { o.Passages = []parity.Passage{{Stage: chain.Departed, Sent: 1 << 63}} },
		"Passage.Settled 9": func(o *parity.Observation) { o.Passages = []parity.Passage{{Stage: chain.Failed, Settled: 1 << 63}} },
		"Passage.Received -1": func(o *parity.Observation) {
			o.Passages = []parity.Passage{{Stage: chain.Waiting, Received: dec("-1")}}
		},
	} {
		l := newLife(t, nil)
		l.trades()
		before := l.state
		l.seen.Now = l.seen.Now.Add(time.Second)
		for i := range l.seen.Blocks {
			l.seen.Blocks[i] = l.block(i, l.n+1)
		}
		change(&l.seen)
		after, _, err := l.engine.Step(l.state, l.seen)
		require.ErrorIs(t, err, parity.ErrInvalid, want)
		require.ErrorContains(t, err, want)
		require.Equal(t, before, after)
	}
}

func TestEachFieldOfAWorldHasItsRule(t *testing.T) {
	t.Parallel()
	v := newTown(t, config("5000"))
	for want, change := range map[string]func(*parity.WorldConfig){
		"Engine":                            func(c *parity.WorldConfig) { c.Engine = nil },
		`Key ""`:                            func(c *parity.WorldConfig) { c.Key = "" },
		"Bridge":                            func(c *parity.WorldConfig) { c.Bridge = nil },
		"parity: invalid: Places[0].Client": func(c *parity.WorldConfig) { c.Places[0].Client = nil },
		"parity: invalid: Places[1].Vault":  func(c *parity.WorldConfig) { c.Places[1].Vault = chain.Address{} },
		"Pool 0x":                           func(c *parity.WorldConfig) { c.Places[0].Pool = chain.Address{} },
		"Oracle":                            func(c *parity.WorldConfig) { c.Places[0].Oracle = nil },
		"Places[0].Quote.Address 0x":        func(c *parity.WorldConfig) { c.Places[0].Quote.Address = chain.Address{} },
		"Places[0].Base.Decimals 5: must be 6 to 18":    func(c *parity.WorldConfig) { c.Places[0].Base.Decimals = 5 },
		"Places[0].Base.Decimals 19":                    func(c *parity.WorldConfig) { c.Places[0].Base.Decimals = 19 },
		"Client.ID() 651940: must be the engine's, 138": func(c *parity.WorldConfig) { c.Places[0].Client = c.Places[1].Client },
	} {
		c := v.config
		change(&c)
		_, err := parity.NewWorld(c)
		require.ErrorIs(t, err, parity.ErrInvalid, want)
		require.ErrorContains(t, err, want)
	}
}
