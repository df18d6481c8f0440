package parity

import (
	"fmt"
	"time"
)

// Limits of a configuration, so that a state stays small and a number of block
// times a duration.
const (
	maxBlocks    = 1_000_000
	maxTiers     = 16
	maxReorg     = 1_024
	maxRetries   = 100
	maxFinal     = 100_000
	maxBlockTime = time.Hour
)

func (c Config) validate() error {
	if err := c.Pair.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	for i, chain := range c.Chains {
		if err := chain.validate(fmt.Sprintf("Chains[%d].", i)); err != nil {
			return err
		}
	}
	if err := check(
		rule{c.Chains[0].ID != c.Chains[1].ID, "Chains[1].ID", c.Chains[1].ID, "must differ from Chains[0].ID"},
		rule{c.Decimals >= 0 && c.Decimals <= scale, "Decimals", c.Decimals, "must be 0 to 18"},
	); err != nil {
		return err
	}
	for _, part := range []func() error{c.validateTrigger, c.validateTrade, c.validateBridge, c.validateTiers} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (c Chain) validate(at string) error {
	return check(
		rule{c.ID > 0, at + "ID", c.ID, "must be > 0"},
		rule{c.BlockTime > 0 && c.BlockTime <= maxBlockTime, at + "BlockTime", c.BlockTime, "must be above 0, up to an hour"},
		rule{c.MinBlocks >= 1 && c.MinBlocks <= maxBlocks, at + "MinBlocks", c.MinBlocks, "must be 1 to 1000000"},
		rule{c.UnitsPerBps.IsPositive() && inRange(c.UnitsPerBps), at + "UnitsPerBps", c.UnitsPerBps, mustBePositive},
		rule{notNegative(c.MaxGasGwei), at + "MaxGasGwei", c.MaxGasGwei, mustBeAmount},
		rule{notNegative(c.Buffer.Base), at + "Buffer.Base", c.Buffer.Base, mustBeAmount},
		rule{notNegative(c.Buffer.Quote), at + "Buffer.Quote", c.Buffer.Quote, mustBeAmount},
		rule{notNegative(c.Floor.Base), at + "Floor.Base", c.Floor.Base, mustBeAmount},
		rule{notNegative(c.Floor.Quote), at + "Floor.Quote", c.Floor.Quote, mustBeAmount},
	)
}

func (c Config) validateTrigger() error {
	return check(
		rule{c.EnterBps.IsPositive() && c.EnterBps.LessThan(whole), "EnterBps", c.EnterBps, "must be above 0 and below 10000"},
		rule{notNegative(c.ExitBps) && c.ExitBps.LessThan(c.EnterBps), "ExitBps", c.ExitBps, "must be 0 to below EnterBps " + c.EnterBps.String()},
		rule{c.SustainBlocks >= 2 && c.SustainBlocks <= maxBlocks, "SustainBlocks", c.SustainBlocks, "must be 2 to 1000000: a single block must never trade"},
		rule{c.SkewBlocks >= 1 && c.SkewBlocks <= maxBlocks, "SkewBlocks", c.SkewBlocks, "must be 1 to 1000000"},
		rule{c.HaltBlocks > c.SkewBlocks && c.HaltBlocks <= maxBlocks, "HaltBlocks", c.HaltBlocks, "must be above SkewBlocks, up to 1000000"},
		rule{c.MaxOracleAge > 0, "MaxOracleAge", c.MaxOracleAge, "must be > 0"},
	)
}

func (c Config) validateTrade() error {
	return check(
		rule{c.MaxTrade.IsPositive() && inRange(c.MaxTrade), "MaxTrade", c.MaxTrade, mustBePositive},
		rule{c.MinTrade.IsPositive() && inRange(c.MinTrade) && c.MinTrade.Cmp(c.MaxTrade) <= 0, "MinTrade", c.MinTrade, "must be above 0, up to MaxTrade"},
		rule{c.MaxSlippageBps.IsPositive() && c.MaxSlippageBps.LessThan(whole), "MaxSlippageBps", c.MaxSlippageBps, "must be above 0 and below 10000"},
		rule{notNegative(c.FeeBps) && c.FeeBps.LessThan(whole), "FeeBps", c.FeeBps, "must be 0 to below 10000"},
		rule{notNegative(c.RebalanceBps) && c.RebalanceBps.LessThan(whole), "RebalanceBps", c.RebalanceBps, "must be 0 to below 10000"},
		rule{notNegative(c.GasCost), "GasCost", c.GasCost, mustBeAmount},
		rule{inRange(c.MinProfit), "MinProfit", c.MinProfit, mustBeNumber},
		rule{c.DeadlineBlocks >= 1 && c.DeadlineBlocks <= maxBlocks, "DeadlineBlocks", c.DeadlineBlocks, "must be 1 to 1000000"},
		rule{c.MaxRetries >= 1 && c.MaxRetries <= maxRetries, "MaxRetries", c.MaxRetries, "must be 1 to 100"},
		rule{c.MaxFailures >= 1 && c.MaxFailures <= maxBlocks, "MaxFailures", c.MaxFailures, "must be 1 to 1000000"},
		rule{c.AlarmBlocks >= 1, "AlarmBlocks", c.AlarmBlocks, "must be >= 1"},
		rule{c.ReorgBlocks >= 1 && c.ReorgBlocks <= maxReorg, "ReorgBlocks", c.ReorgBlocks, "must be 1 to 1024"},
	)
}

func (c Config) validateBridge() error {
	return check(
		rule{c.MinTransfer.IsPositive() && inRange(c.MinTransfer), "MinTransfer", c.MinTransfer, mustBePositive},
		rule{inRange(c.MaxTransfer) && c.MaxTransfer.Cmp(c.MinTransfer) >= 0, "MaxTransfer", c.MaxTransfer, "must be at least MinTransfer"},
		rule{inRange(c.MaxInFlight) && c.MaxInFlight.Cmp(c.MaxTransfer) >= 0, "MaxInFlight", c.MaxInFlight, "must be at least MaxTransfer"},
		rule{c.TransferBlocks >= 1 && c.TransferBlocks <= maxBlocks, "TransferBlocks", c.TransferBlocks, "must be 1 to 1000000"},
		rule{c.StuckAfter > 0, "StuckAfter", c.StuckAfter, "must be > 0"},
		rule{c.ReconcileAfter > 0, "ReconcileAfter", c.ReconcileAfter, "must be > 0"},
	)
}

func (c Config) validateTiers() error {
	if err := check(rule{len(c.Tiers) >= 1 && len(c.Tiers) <= maxTiers, "Tiers", len(c.Tiers), "must be 1 to 16"}); err != nil {
		return err
	}
	for i, tier := range c.Tiers {
		last := i == len(c.Tiers)-1
		name := fmt.Sprintf("Tiers[%d]", i)
		if err := check(
			rule{notNegative(tier.UpTo), name + ".UpTo", tier.UpTo, mustBeAmount},
			rule{tier.UpTo.IsZero() == last, name + ".UpTo", tier.UpTo, "must be 0 in the last tier, and only there"},
			rule{last || i == 0 || tier.UpTo.GreaterThan(c.Tiers[i-1].UpTo), name + ".UpTo", tier.UpTo, "must be above the tier before"},
		); err != nil {
			return err
		}
		for side, blocks := range tier.Blocks {
			if err := check(rule{blocks >= 1 && blocks <= maxFinal, fmt.Sprintf("%s.Blocks[%d]", name, side), blocks, "must be 1 to 100000"}); err != nil {
				return err
			}
		}
	}
	return nil
}
