package contracts_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	chainabi "github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

func TestWhoMayDoWhat(t *testing.T) {
	v := offPeg(t, 20, nil)
	for _, c := range []struct {
		method   string
		args     []any
		stranger string // what refuses one
		keeper   string
	}{
		{"configure", []any{v.config}, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"setPeg", []any{one}, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"setKeeper", []any{v.trader.Address, true}, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"withdraw", []any{v.base.Address, v.trader.Address, big.NewInt(1)}, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"unpause", nil, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"transferOwnership", []any{v.trader.Address}, "OwnableUnauthorizedAccount", "OwnableUnauthorizedAccount"},
		{"pause", nil, "NotKeeper", ""},
	} {
		for who, want := range map[common.Address]string{v.trader.Address: c.stranger, v.keeper.Address: c.keeper} {
			_, refusal := v.stabilizer.try(attempt{from: who, method: c.method, args: c.args})
			require.Equal(t, want, refusal, c.method)
		}
	}
	require.Equal(t, true, v.stabilizer.ask("isKeeper", v.keeper.Address))
	v.stabilizer.do("setKeeper", v.keeper.Address, false)
	v.mine()
	require.Equal(t, "NotKeeper", v.refusal(v.sale(1000)), "one who was a keeper")
	_, refusal := v.stabilizer.try(attempt{from: owner, method: "renounceOwnership"})
	require.Equal(t, "OwnableInvalidOwner", refusal, "or the inventory would be lost")
}

func TestNothingTradesWhilePaused(t *testing.T) {
	v := offPeg(t, 20, nil)
	require.Empty(t, v.refusal(v.sale(1000)))
	v.keeper.do("run", []act{{v.stabilizer.Address, v.stabilizer.pack("pause")}})
	v.mine()
	require.Equal(t, "EnforcedPause", v.refusal(v.sale(1000)))

	v.stabilizer.do("withdraw", v.base.Address, owner, units(50_000, baseDigits))
	receipts := v.mine()
	require.Len(t, v.stabilizer.logs("Withdrawn", receipts...), 1)
	require.Zero(t, v.holds(v.base).Sign())
	require.Equal(t, units(50_000, baseDigits), v.base.number("balanceOf", owner))

	v.base.do("mint", v.stabilizer.Address, units(50_000, baseDigits))
	v.stabilizer.do("unpause")
	v.mine()
	require.Empty(t, v.refusal(v.sale(1000)))
}

func TestAConfigurationIsSoundOrRefused(t *testing.T) {
	v := settle(t, func(p *plan) { p.mesh = true })
	_, refusal := v.stabilizer.try(attempt{from: owner, method: "configure", args: []any{v.config}})
	require.Equal(t, "ExpectedPause", refusal, "no trade comes in between two settings")
	v.stabilizer.do("pause")
	v.mine()
	tooMuch := new(big.Int).Lsh(big.NewInt(1), 128)
	big1, zero := big.NewInt(1), new(big.Int)
	leg := func(i int) common.Address { return v.legs[i].Address }
	for _, c := range []struct {
		field     string
		good, bad func(*contracts.StabilizerConfig)
	}{
		{"peg", func(c *contracts.StabilizerConfig) { c.Peg = big1 }, func(c *contracts.StabilizerConfig) { c.Peg = zero }},
		{"peg", func(c *contracts.StabilizerConfig) { c.Peg = plus(tooMuch, -1) }, func(c *contracts.StabilizerConfig) { c.Peg = tooMuch }},
		{"thresholdBps", func(c *contracts.StabilizerConfig) { c.ThresholdBps = big1 }, func(c *contracts.StabilizerConfig) { c.ThresholdBps = zero }},
		{"thresholdBps", func(c *contracts.StabilizerConfig) { c.ThresholdBps = big.NewInt(5000) }, func(c *contracts.StabilizerConfig) { c.ThresholdBps = big.NewInt(5001) }},
		{"sustainBlocks", func(c *contracts.StabilizerConfig) { c.SustainBlocks = big1 }, func(c *contracts.StabilizerConfig) { c.SustainBlocks = zero }},
		{"sustainBlocks", func(c *contracts.StabilizerConfig) { c.SustainBlocks = big.NewInt(32) }, func(c *contracts.StabilizerConfig) { c.SustainBlocks = big.NewInt(33) }},
		{"minBlocks", func(c *contracts.StabilizerConfig) { c.MinBlocks = big1 }, func(c *contracts.StabilizerConfig) { c.MinBlocks = zero }},
		{"minBlocks", func(c *contracts.StabilizerConfig) { c.MinBlocks = big.NewInt(1_000_000) }, func(c *contracts.StabilizerConfig) { c.MinBlocks = big.NewInt(1_000_001) }},
		{"unitsPerBps", func(c *contracts.StabilizerConfig) { c.UnitsPerBps = big1 }, func(c *contracts.StabilizerConfig) { c.UnitsPerBps = zero }},
		{"unitsPerBps", func(c *contracts.StabilizerConfig) { c.UnitsPerBps = plus(tooMuch, -1) }, func(c *contracts.StabilizerConfig) { c.UnitsPerBps = tooMuch }},
		{"maxStabilizationVolumePerBlock", func(c *contracts.StabilizerConfig) { c.MaxStabilizationVolumePerBlock = big1 }, func(c *contracts.StabilizerConfig) { c.MaxStabilizationVolumePerBlock = zero }},
		{"maxSlippageBps", func(c *contracts.StabilizerConfig) { c.MaxSlippageBps = big1 }, func(c *contracts.StabilizerConfig) { c.MaxSlippageBps = zero }},
		{"maxSlippageBps", func(c *contracts.StabilizerConfig) { c.MaxSlippageBps = big.NewInt(5000) }, func(c *contracts.StabilizerConfig) { c.MaxSlippageBps = big.NewInt(5001) }},
		{"maxGasPriceForStabilizer", func(c *contracts.StabilizerConfig) { c.MaxGasPriceForStabilizer = big1 }, func(c *contracts.StabilizerConfig) { c.MaxGasPriceForStabilizer = zero }},
		{"observed", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Observed = common.Address{1} }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = nil }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = []common.Address{leg(0), {1}} }},
		{"route", func(c *contracts.StabilizerConfig) { c.Route = []common.Address{v.pool.Address} }, func(c *contracts.StabilizerConfig) { c.Route = c.Route[:1] }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = []common.Address{leg(1), leg(0)} }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = slices.Repeat([]common.Address{v.pool.Address}, 3) }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = []common.Address{leg(0), leg(0)} }},
		{"route", func(*contracts.StabilizerConfig) {}, func(c *contracts.StabilizerConfig) { c.Route = append(c.Route[:2:2], v.pool.Address) }},
	} {
		good, bad := v.config, v.config
		c.good(&good)
		c.bad(&bad)
		_, refusal := v.stabilizer.try(attempt{from: owner, method: "configure", args: []any{good}})
		require.Empty(t, refusal, c.field)
		require.Equal(t, c.field, v.faulty(bad))
	}
}

// faulty returns the field that a configuration is refused for.
func (v *village) faulty(c contracts.StabilizerConfig) string {
	answer, err := v.stabilizer.call(attempt{from: owner, method: "configure", args: []any{c}})
	require.Error(v, err)
	e := v.stabilizer.abi.Errors["InvalidConfig"]
	fields, err := e.Unpack(answer)
	require.NoError(v, err)
	return as[string](v, as[[]any](v, fields)[0])
}

func TestANewStabilizerIsPausedUntilItIsConfigured(t *testing.T) {
	v := settle(t, nil)
	fresh := v.found("Stabilizer", owner)
	require.Equal(t, true, fresh.ask("paused"))
	_, refusal := fresh.try(attempt{from: owner, method: "unpause"})
	require.Equal(t, "InvalidConfig", refusal)
	_, refusal = fresh.try(attempt{from: owner, method: "setPeg", args: []any{big.NewInt(1)}})
	require.Equal(t, "InvalidConfig", refusal)
	fresh.do("configure", v.config)
	fresh.do("unpause")
	v.mine()
	require.Equal(t, false, fresh.ask("paused"))
	require.Equal(t, &v.config, abi.ConvertType(fresh.ask("config"), new(contracts.StabilizerConfig)))
}

// A price that is on the old peg is off the new one at once; but those blocks do not
// count, nor does the block of the change, so that nobody's trade is waiting for it.
func TestTheCountBeginsAgainWithANewPeg(t *testing.T) {
	v := settle(t, nil)
	step := part(one, 100, 10_000)
	for _, bad := range []*big.Int{new(big.Int), plus(new(big.Int).Add(one, step), 1), plus(new(big.Int).Sub(one, step), -1), new(big.Int).Lsh(one, 150)} {
		_, refusal := v.stabilizer.try(attempt{from: owner, method: "setPeg", args: []any{bad}})
		require.Equal(t, "InvalidConfig", refusal, bad)
	}
	next := new(big.Int).Sub(one, step)
	v.stabilizer.do("setPeg", next)
	receipts := v.mine()
	require.Equal(t, []map[string]any{{"from": one, "to": next}}, v.stabilizer.logs("PegMoved", receipts...))
	require.Equal(t, "NotSustained", v.refusal(v.sale(1000)))
	v.mine()
	require.Empty(t, v.refusal(v.sale(1000)), "after a whole block under the new peg")

	v.config.Peg = next
	v.stabilizer.do("pause")
	v.stabilizer.do("configure", v.config)
	v.stabilizer.do("unpause")
	v.mine()
	require.Equal(t, "NotSustained", v.refusal(v.sale(1000)), "so it does with a configuration")
	v.mine()
	require.Empty(t, v.refusal(v.sale(1000)))
}

func TestASecondOwnerMustAccept(t *testing.T) {
	v := settle(t, nil)
	v.stabilizer.do("transferOwnership", v.trader.Address)
	v.mine()
	require.Equal(t, owner, v.stabilizer.ask("owner"))
	v.trader.do("run", []act{{v.stabilizer.Address, v.stabilizer.pack("acceptOwnership")}})
	v.mine()
	require.Equal(t, v.trader.Address, v.stabilizer.ask("owner"))
}

func TestTheEngineAndTheContractSpeakAlike(t *testing.T) {
	v := offPeg(t, 20, nil)
	for signature, selector := range map[string]chainabi.Selector{
		chainabi.CheckDeviation.Signature():     chainabi.CheckDeviation.Selector(),
		chainabi.ExecutePrivateSwap.Signature(): chainabi.ExecutePrivateSwap.Selector(),
		chainabi.IsKeeper.Signature():           chainabi.IsKeeper.Selector(),
		chainabi.Pause.Signature():              chainabi.Pause.Selector(),
		chainabi.Unpause.Signature():            chainabi.Unpause.Selector(),
		chainabi.Withdraw.Signature():           chainabi.Withdraw.Selector(),
	} {
		m, err := v.stabilizer.abi.MethodById(selector[:])
		require.NoError(t, err, signature)
		require.Equal(t, signature, m.Sig)
		require.Equal(t, crypto.Keccak256([]byte(signature))[:4], selector[:])
	}

	o := v.sale(1000)
	o.minOut = units(999, quoteDigits)
	words := chainabi.Swap{TokenIn: [20]byte(o.in), TokenOut: [20]byte(o.out), DeadlineBlock: o.deadline}
	words.Size.SetFromBig(o.size)
	words.MinOut.SetFromBig(o.minOut)
	require.Equal(t, v.stabilizer.pack(v.swap, o.args()...), chainabi.ExecutePrivateSwap.Encode(words))

	answer, err := v.stabilizer.call(attempt{from: v.keeper.Address, method: v.swap, args: o.args()})
	require.NoError(t, err)
	received, err := chainabi.ExecutePrivateSwap.Result(answer)
	require.NoError(t, err)
	require.Equal(t, v.received(o), received.ToBig())

	answer, err = v.stabilizer.call(attempt{from: v.keeper.Address, method: "checkDeviation"})
	require.NoError(t, err)
	deviation, err := chainabi.CheckDeviation.Result(answer)
	require.NoError(t, err)
	require.Equal(t, chainabi.Deviation{Bps: 20, ShouldRebalance: true}, deviation)
}
