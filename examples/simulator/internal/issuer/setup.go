package issuer

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// ErrInvalid refuses a [Setup] and names the field.
var ErrInvalid = errors.New("invalid issuer")

// MaxPools bounds how many sizes of the pool are compared.
const MaxPools = 20

// What the issuer expects to be asked for: the worst that happened in so many
// days in a row, of those that it remembers, and never less than a part of the
// supply.
const (
	horizonDays = 5
	memoryDays  = 90
)

var leastExpected = decimal.New(5, -2)

// Setup is all that a run depends on beside its supply. [Defaults] is a start.
type Setup struct {
	Asset   string            `json:"asset"`
	Source  string            `json:"source"`
	Pools   []decimal.Decimal `json:"pools"`         // sizes to compare, USD; 1e6 to 1e12, 1 to MaxPools of them
	Liquid  decimal.Decimal   `json:"liquid_share"`  // of the reserves that the issuer keeps liquid; 0.01 to 1
	Pace    decimal.Decimal   `json:"pace_share"`    // of the supply, the securities sold or bought on a weekday; 0 to 1
	CostBps decimal.Decimal   `json:"sale_cost_bps"` // of securities sold; 0 to 1,000
	RateBps decimal.Decimal   `json:"rate_bps"`      // of a loan per year; 0 to 10,000
}

// Defaults returns the setup of the reference run.
func Defaults() Setup {
	return Setup{
		Pools: []decimal.Decimal{decimal.New(2, 9)}, Liquid: decimal.New(15, -2), Pace: decimal.New(2, -2),
		CostBps: decimal.New(2, 0), RateBps: decimal.New(600, 0),
	}
}

// Validate names the first field that is out of its bounds.
func (s Setup) Validate() error {
	outside := func(d decimal.Decimal, low, high string) bool {
		return d.LessThan(decimal.RequireFromString(low)) || d.GreaterThan(decimal.RequireFromString(high))
	}
	refuse := func(field string, value any, rule string) error {
		return fmt.Errorf("%w: %s %v: must be %s", ErrInvalid, field, value, rule)
	}
	for _, size := range s.Pools {
		if outside(size, "1e6", "1e12") {
			return refuse("pool", size, "1e6 to 1e12")
		}
	}
	switch {
	case len(s.Pools) < 1 || len(s.Pools) > MaxPools:
		return refuse("pools", len(s.Pools), fmt.Sprintf("1 to %d sizes", MaxPools))
	case outside(s.Liquid, "0.01", "1"):
		return refuse("liquid", s.Liquid, "0.01 to 1")
	case outside(s.Pace, "0", "1"):
		return refuse("pace", s.Pace, "0 to 1")
	case outside(s.CostBps, "0", "1000"):
		return refuse("sale cost", s.CostBps, "0 to 1000 bps")
	case outside(s.RateBps, "0", "10000"):
		return refuse("rate", s.RateBps, "0 to 10000 bps")
	}
	return nil
}

const (
	bank     = "issuer"
	provider = "glp"
	currency = "USD"
	cents    = 2 // decimals of every amount
	term     = 7 * 24 * time.Hour
)

// engine is the SDK's careful configuration, live, with the pool as its budget.
func (s Setup) engine(pool decimal.Decimal) liquidity.Config {
	cfg := liquidity.Careful(provider, currency, pool)
	cfg.ApproveFrom = decimal.Decimal{} // or it would be the people's pace that is measured
	return s.live(cfg)
}

// seedRule is the rule of the ALPS document: what is missing, at once, without
// limit.
func (s Setup) seedRule(decimal.Decimal) liquidity.Config {
	cfg := liquidity.SeedRule(floor(), cents)
	cfg.Pool, cfg.Currency = provider, currency
	return s.live(cfg)
}

// live gives both rules the same terms.
func (s Setup) live(cfg liquidity.Config) liquidity.Config {
	cfg.Mode, cfg.RateBps, cfg.Term = liquidity.Live, s.RateBps, term
	return cfg
}

// band is the careful configuration's, for all who are compared.
func band() liquidity.Config { return liquidity.Careful(provider, currency, decimal.New(1, 0)) }

func floor() decimal.Decimal { return band().Floor }

// Assumptions discloses, a sentence each, what of a run is real and what is not.
func (s Setup) Assumptions(supply tape.Supply) []string {
	b := band()
	lines := []string{
		fmt.Sprintf("REAL: the supply of %s at the end of each of %s days. What it falls by is redeemed for a dollar each, what it rises by is paid in. Source: %s.",
			s.Asset, figure.Count(len(supply.Days)), s.Source),
		"ASSUMED: a day's change comes evenly in its 24 hours, UTC. Issue and redemption of the same day, which no supply shows, cancel out.",
		fmt.Sprintf("ASSUMED: every token is backed by a dollar. At the start %s of the reserves are liquid, the others are securities; their interest is left out.",
			figure.Percent(s.Liquid)),
		fmt.Sprintf("ASSUMED: the issuer expects redemptions of the worst %d days in a row of the last %d, as they were known at midnight, at least %s of the supply, and what it owes already. The ratio is liquid assets to that.",
			horizonDays, memoryDays, figure.Percent(leastExpected)),
		fmt.Sprintf("ASSUMED: its desk wants %s of the supply and %s times what is expected in liquid assets of its own. For what lacks it sells securities, for what is beyond it buys: on weekdays only, at most %s of the supply a day, spread over the day; a sale costs %s bps.",
			figure.Percent(s.Liquid), b.UpperTarget.StringFixed(1), figure.Percent(s.Pace), s.CostBps),
		"ASSUMED: tokens that cannot be paid for are burnt, owed, and paid first. No bank that holds the liquid assets fails.",
		fmt.Sprintf("Engine: the SDK's, live, every hour, in the careful configuration: filled below %s to %s, emptied above %s to %s, half the pool at a time and six tenths a day. Loans are for %d days at %s bps a year. Nobody is asked to approve.",
			b.Floor.StringFixed(2), b.Target.StringFixed(2), b.Ceiling.StringFixed(2), b.UpperTarget.StringFixed(2), int(term.Hours()/24), s.RateBps),
		fmt.Sprintf("Seed rule: below %s the issuer gets at once what it lacks of %s, on the same terms, until the pool is empty.", b.Floor.StringFixed(2), b.Floor.StringFixed(2)),
	}
	if s.Asset == "UST" {
		lines = append(lines, "UST was backed by no dollars. These are the reserves that it did not have.")
	}
	return lines
}
