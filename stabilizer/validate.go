package stabilizer

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Limits of a configuration, so that a state stays small, a step short and a
// sum of block numbers a number.
const (
	maxBlocks       = 1_000_000
	maxTWAPBlocks   = 64
	maxWindowBlocks = 10_000
	maxReorgBlocks  = 1_024
	maxResubmits    = 16
)

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }

func (c Config) validate() error {
	for _, a := range c.amounts() {
		if err := a.check(); err != nil {
			return err
		}
	}
	if outOfRange(c.MinProfit) {
		return fmt.Errorf("%w: MinProfit: %s", ErrInvalid, inRange)
	}
	if err := c.validateTrigger(); err != nil {
		return err
	}
	if err := c.validateExecution(); err != nil {
		return err
	}
	return c.validateRoute()
}

// amounts lists the numbers that must be >= 0.
func (c Config) amounts() []amount {
	return []amount{
		{"ThetaEnterBps", c.ThetaEnterBps},
		{"ThetaExitBps", c.ThetaExitBps},
		{"FeedErrorBps", c.FeedErrorBps},
		{"MaxMoveBps", c.MaxMoveBps},
		{"UnitsPerBps", c.UnitsPerBps},
		{"UnitsPerBpsBlock", c.UnitsPerBpsBlock},
		{"Leak", c.Leak},
		{"MaxIntegral", c.MaxIntegral},
		{"DepthUnitsPerBps", c.DepthUnitsPerBps},
		{"ImpactBpsPerUnit", c.ImpactBpsPerUnit},
		{"Lot", c.Lot},
		{"MinTrade", c.MinTrade},
		{"BlockCap", c.BlockCap},
		{"WindowCap", c.WindowCap},
		{"MaxSlippageBps", c.MaxSlippageBps},
		{"Base.Floor", c.Base.Floor},
		{"Base.Max", c.Base.Max},
		{"Quote.Floor", c.Quote.Floor},
		{"Quote.Max", c.Quote.Max},
		{"MaxGasGwei", c.MaxGasGwei},
		{"EmergencyGasGwei", c.EmergencyGasGwei},
		{"EmergencyBps", c.EmergencyBps},
		{"HaltBps", c.HaltBps},
		{"MaxDivergenceBps", c.MaxDivergenceBps},
		{"AnchorBandBps", c.AnchorBandBps},
		{"FeeBps", c.FeeBps},
		{"GasCost", c.GasCost},
		{"DailyLossBudget", c.DailyLossBudget},
		{"GasBump", c.GasBump},
		{"FlowPerMin", c.FlowPerMin},
	}
}

func (c Config) validateTrigger() error {
	return check(
		rule{c.ThetaEnterBps.IsPositive(), "ThetaEnterBps", c.ThetaEnterBps, "must be > 0"},
		rule{c.ThetaEnterBps.Cmp(c.FeedErrorBps) >= 0, "ThetaEnterBps", c.ThetaEnterBps, "must be at least FeedErrorBps " + c.FeedErrorBps.String() + ": a feed cannot serve a band below its own error"},
		rule{c.ThetaExitBps.Cmp(c.ThetaEnterBps) <= 0, "ThetaExitBps", c.ThetaExitBps, "must be at most ThetaEnterBps " + c.ThetaEnterBps.String()},
		rule{c.HaltBps.GreaterThan(c.ThetaEnterBps), "HaltBps", c.HaltBps, "must be above ThetaEnterBps " + c.ThetaEnterBps.String()},
		rule{c.SustainBlocks >= 2 && c.SustainBlocks <= maxBlocks, "SustainBlocks", c.SustainBlocks, "must be 2 to 1000000: a single block must never trade"},
		rule{c.TWAPBlocks >= 1 && c.TWAPBlocks <= maxTWAPBlocks, "TWAPBlocks", c.TWAPBlocks, "must be 1 to 64"},
		rule{c.MinBlocks >= 1 && c.MinBlocks <= maxBlocks, "MinBlocks", c.MinBlocks, "must be 1 to 1000000"},
		rule{c.MaxGapBlocks <= maxBlocks, "MaxGapBlocks", c.MaxGapBlocks, "must be at most 1000000"},
		rule{c.BlockTime > 0, "BlockTime", c.BlockTime, "must be > 0"},
		rule{c.UnitsPerBps.IsPositive(), "UnitsPerBps", c.UnitsPerBps, "must be > 0"},
		rule{c.Leak.Cmp(one) <= 0, "Leak", c.Leak, "must be 0 to 1"},
		rule{c.DepthUnitsPerBps.IsPositive(), "DepthUnitsPerBps", c.DepthUnitsPerBps, "must be > 0"},
		rule{c.Lot.IsPositive(), "Lot", c.Lot, "must be > 0"},
		rule{c.MinTrade.IsPositive(), "MinTrade", c.MinTrade, "must be > 0"},
	)
}

func (c Config) validateExecution() error {
	return check(
		rule{c.WindowCap.IsZero() || c.WindowBlocks > 0, "WindowBlocks", c.WindowBlocks, "must be > 0 when WindowCap is"},
		rule{c.WindowBlocks <= maxWindowBlocks, "WindowBlocks", c.WindowBlocks, "must be at most 10000"},
		rule{c.MaxSlippageBps.IsPositive() && c.MaxSlippageBps.LessThan(whole), "MaxSlippageBps", c.MaxSlippageBps, "must be above 0 and below 10000"},
		rule{c.FeeBps.LessThan(whole), "FeeBps", c.FeeBps, "must be below 10000"},
		rule{c.Base.Max.IsZero() || c.Base.Max.Cmp(c.Base.Floor) >= 0, "Base.Max", c.Base.Max, "must be at least Base.Floor " + c.Base.Floor.String()},
		rule{c.Quote.Max.IsZero() || c.Quote.Max.Cmp(c.Quote.Floor) >= 0, "Quote.Max", c.Quote.Max, "must be at least Quote.Floor " + c.Quote.Floor.String()},
		rule{c.EmergencyGasGwei.Cmp(c.MaxGasGwei) >= 0, "EmergencyGasGwei", c.EmergencyGasGwei, "must be at least MaxGasGwei " + c.MaxGasGwei.String()},
		rule{c.MaxPriceAge > 0, "MaxPriceAge", c.MaxPriceAge, "must be > 0"},
		rule{c.MaxReverts >= 1, "MaxReverts", c.MaxReverts, "must be >= 1"},
		rule{c.AlarmBlocks >= 1, "AlarmBlocks", c.AlarmBlocks, "must be >= 1"},
		rule{c.DeadlineBlocks >= 1 && c.DeadlineBlocks <= maxBlocks, "DeadlineBlocks", c.DeadlineBlocks, "must be 1 to 1000000"},
		rule{c.StuckBlocks >= 1 && c.StuckBlocks <= maxBlocks, "StuckBlocks", c.StuckBlocks, "must be 1 to 1000000"},
		rule{c.MaxResubmits <= maxResubmits, "MaxResubmits", c.MaxResubmits, "must be at most 16"},
		rule{c.GasBump.Cmp(minBump) >= 0 && c.GasBump.Cmp(two) <= 0, "GasBump", c.GasBump, "must be 1.1 to 2"},
		rule{c.ReorgBlocks >= 1 && c.ReorgBlocks <= maxReorgBlocks, "ReorgBlocks", c.ReorgBlocks, "must be 1 to 1024"},
	)
}

func (c Config) validateRoute() error {
	if err := c.Pair.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	direct := c.Mode() == Direct
	if err := check(
		rule{c.Anchor != "", "Anchor", c.Anchor, "must not be empty"},
		rule{c.Observed != "" && c.Traded != "", "Observed, Traded", c.Observed + ", " + c.Traded, "must name their pools"},
		rule{len(c.Route) == 1 || len(c.Route) == 2 && !direct, "Route", c.Route, "must have one leg, or two through the anchor in mode mesh"},
	); err != nil {
		return err
	}
	at := c.Pair.Base
	for _, leg := range c.Route {
		if err := check(
			rule{leg.In == at, "Route", leg, "must begin with " + at},
			rule{!leg.Public, "Route", leg, "must be private"},
			rule{direct || leg.In == c.Anchor || leg.Out == c.Anchor, "Route", leg, "must begin or end at the anchor " + c.Anchor},
		); err != nil {
			return err
		}
		at = leg.Out
	}
	return check(rule{at == c.Pair.Quote, "Route", c.Route, "must end with " + c.Pair.Quote})
}
