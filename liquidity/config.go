package liquidity

import (
	"cmp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Config is fixed for the life of an [Engine]. Start from [Careful]. Amounts are
// in units of Currency. A limit of 0 is no limit only where it says so.
type Config struct {
	Pool     string   // names the pool: part of each action's ID
	Kind     Kind     // of ratio; a position of another is refused, since their numbers do not compare
	Currency string   // of every amount; a position in another is refused
	Places   int32    // decimals of the currency, 0 to 18: amounts are multiples of 10^-Places
	Mode     Mode     // the zero Mode only suggests
	Fairness Fairness // when the pool is short

	// The band. Below Floor is filled up to Target, above Ceiling is emptied
	// down to UpperTarget, and between them nothing is done: a target at the floor
	// would park every ratio on the cliff.
	HardFloor   decimal.Decimal // 0 to Floor: below it what was withdrawn just now may be given back
	Floor       decimal.Decimal // > 0
	Target      decimal.Decimal // >= Floor
	UpperTarget decimal.Decimal // >= Target; 0 withdraws nothing but loans that are due
	Ceiling     decimal.Decimal // >= UpperTarget

	// Limits, each of which only shrinks an action.
	MinAction        decimal.Decimal // less is not worth an action; loans that are due are returned whatever they are
	MaxAction        decimal.Decimal // 0 is no cap
	Budget           decimal.Decimal // injected in any 24 h: settled and in flight, predictive and manual too; 0 is no budget
	BankBudget       decimal.Decimal // the same for one bank; 0 is no budget
	PredictiveBudget decimal.Decimal // the same for predictive injections to all banks, part of Budget; 0 is no budget of their own
	PoolFloor        decimal.Decimal // stays free in the pool

	// Pace, of each bank.
	Cooldown        time.Duration // between actions on the same side, up to 365 days; what a partial one lacks is exempt
	ReverseCooldown time.Duration // between actions on different sides, up to 365 days
	MaxInFlight     int           // actions at a time, 1 to 16
	MaxPerHour      int           // actions begun in any hour, 0 to 100; 0 is no limit
	OffsetWait      time.Duration // how long to wait for payments that could settle against each other before lending for them, up to 24 h; 0 does not wait

	// What the world has to look like.
	MaxAge    time.Duration   // > 0, up to 365 days: of a position, before or after our time
	MaxJump   decimal.Decimal // a ratio that moves by more than this part of itself waits for the next observation to agree; 0 believes all
	SRITarget decimal.Decimal // an SRI of 100 raises Target by this part, never beyond UpperTarget if there is one
	SRICap    decimal.Decimal // 0 to 1: an SRI of 100 takes this part off MaxAction
	FXCalm    decimal.Decimal // FX volatility up to which the bands count as stable: only then is anything withdrawn
	FXHalt    decimal.Decimal // > FXCalm: from here on nothing is injected, and between the two MaxAction shrinks evenly; 0 takes no notice
	PAct      decimal.Decimal // 0 to 1: a licensed probability of breach from here on injects within the band, any at all forbids to withdraw; 0 takes no notice
	Dwell     time.Duration   // above the ceiling for so long, before anything is withdrawn, up to 365 days

	// The terms of a loan.
	Secured    bool            // lend against collateral only
	HaircutBps decimal.Decimal // taken off the collateral's value, below 10,000
	RateBps    decimal.Decimal // simple interest per year of 365 days, up to 1,000,000
	Term       time.Duration   // until it is due and returned by itself, 1 m to 3,650 days

	// Four eyes.
	ApproveFrom   decimal.Decimal // an action of so much waits for a person; 0 asks nobody but for manual ones
	ApproveWithin time.Duration   // 1 m to 30 days: later an approval is void
	BreakGlass    bool            // let the maker of a manual action approve it alone, with an alert

	// Execution.
	Retry        time.Duration // > 0: between attempts to send a transfer
	GiveUpAfter  time.Duration // >= Retry: a transfer that is provably unsent for so long is made void
	UnknownAfter time.Duration // >= Retry: a transfer that nobody answers for is unknown from then on
	Finality     time.Duration // how long a settled action is watched for its reversal, up to 30 days

	// When to stop by ourselves.
	MaxFailures     int           // actions of a bank that fail in a row and trip its switch, 1 to 1,000
	BreakerFailures int           // transfers of a provider that fail in a row and take it out, 1 to 1,000
	BreakerWait     time.Duration // until one transfer probes it again, 1 s to 30 days
}

// Mode says what comes of a plan.
type Mode string

// The modes. Manual actions and loans that are due are carried out in each.
const (
	Suggest Mode = ""       // a plan is shown, and that is all
	Shadow  Mode = "shadow" // a plan is remembered as if it had been carried out, and judged later: see [Score]
	Live    Mode = "live"   // a plan is carried out
)

// Fairness says who gets what when the pool or its budget is too small for all.
type Fairness string

// The orders of sharing. Neither depends on the order of the observation.
const (
	LargestFirst Fairness = ""         // the largest shortfall per obligation first, then by bank
	ProRata      Fairness = "pro_rata" // each the same part of what it would get if there were enough
)

// Kind is what a ratio is a ratio of.
type Kind string

// The kinds of ratio; see [LCR], [NSFR] and [Headroom] for theirs.
const (
	SXLR         Kind = "sxlr"     // sovereign liquidity ratio: liquid assets to obligations, as reported
	KindLCR      Kind = "lcr"      // liquidity coverage: 30 stressed days
	KindNSFR     Kind = "nsfr"     // stable funding: a year
	KindIntraday Kind = "intraday" // intraday resources to the day's expected peak usage
)

// SeedRule is the plan of the ALPS document and nothing else: below threshold
// the bank gets what it lacks of threshold × obligations, whatever that is. It
// is there to be compared with.
func SeedRule(threshold decimal.Decimal, places int32) Config {
	c := Careful("seed", "XXX", decimal.Decimal{})
	c.Places, c.MaxAge = places, year
	c.HardFloor, c.Floor, c.Target, c.UpperTarget, c.Ceiling = decimal.Decimal{}, threshold, threshold, decimal.Decimal{}, decimal.Decimal{}
	c.Cooldown, c.ReverseCooldown, c.MaxPerHour, c.MaxJump, c.PAct = 0, 0, 0, decimal.Decimal{}, decimal.Decimal{}
	return c
}

// Careful is a configuration to begin with: a band from 1.00 to 1.30 that fills
// to 1.10 and empties to 1.20, half the daily budget for one action and six
// tenths for one bank, two people from two fifths on. It only suggests.
func Careful(pool, currency string, budget decimal.Decimal) Config {
	part := func(tenths int64) decimal.Decimal { return budget.Mul(decimal.New(tenths, -1)).Truncate(2) }
	return Config{
		Pool: pool, Kind: SXLR, Currency: currency, Places: 2,
		HardFloor: decimal.New(9, -1), Floor: one, Target: decimal.New(11, -1), UpperTarget: decimal.New(12, -1), Ceiling: decimal.New(13, -1),
		Budget: budget, MaxAction: part(5), BankBudget: part(6), PredictiveBudget: part(2), ApproveFrom: part(4),
		Cooldown: time.Hour, ReverseCooldown: 6 * time.Hour, MaxInFlight: 2, MaxPerHour: 4,
		MaxAge: time.Minute, MaxJump: decimal.New(5, -1), Dwell: 2 * time.Hour, PAct: decimal.New(3, -1),
		Term: day, ApproveWithin: 30 * time.Minute,
		Retry: 10 * time.Second, GiveUpAfter: 5 * time.Minute, UnknownAfter: 2 * time.Minute, Finality: day,
		MaxFailures: 5, BreakerFailures: 3, BreakerWait: 5 * time.Minute,
	}
}

func (c Config) validate() error {
	return firstOf(c.validateNames(), c.validateBand(), c.validateLimits(), c.validatePace(), c.validateWorld(), c.validateExecution())
}

// firstOf returns the first error there is.
func firstOf(errs ...error) error { return cmp.Or(errs...) }

func (c Config) validateNames() error {
	return check(
		rule{valid.Named(c.Pool), "Pool", c.Pool, valid.MustBeNamed},
		rule{c.Kind == SXLR || c.Kind == KindLCR || c.Kind == KindNSFR || c.Kind == KindIntraday, "Kind", string(c.Kind), "must be one of the package's"},
		rule{valid.Named(c.Currency), "Currency", c.Currency, valid.MustBeNamed},
		rule{c.Places >= 0 && c.Places <= valid.MaxDecimals, "Places", c.Places, "must be 0 to 18"},
		rule{c.Mode == Suggest || c.Mode == Shadow || c.Mode == Live, "Mode", string(c.Mode), "must be one of the package's"},
		rule{c.Fairness == LargestFirst || c.Fairness == ProRata, "Fairness", string(c.Fairness), "must be one of the package's"},
	)
}

func (c Config) validateBand() error {
	withdraws := !c.UpperTarget.IsZero()
	return check(
		rule{valid.Positive(c.Floor), "Floor", c.Floor, valid.MustBePositive},
		rule{valid.NotNegative(c.HardFloor) && c.HardFloor.LessThanOrEqual(c.Floor), "HardFloor", c.HardFloor, "must be 0 to Floor"},
		rule{valid.Positive(c.Target) && c.Target.GreaterThanOrEqual(c.Floor), "Target", c.Target, "must be at least Floor and below 1e18"},
		rule{!withdraws || valid.Positive(c.UpperTarget) && c.UpperTarget.GreaterThanOrEqual(c.Target), "UpperTarget", c.UpperTarget, "must be 0 or at least Target"},
		rule{withdraws || c.Ceiling.IsZero(), "Ceiling", c.Ceiling, "must be 0 without an UpperTarget"},
		rule{!withdraws || valid.Positive(c.Ceiling) && c.Ceiling.GreaterThanOrEqual(c.UpperTarget), "Ceiling", c.Ceiling, "must be at least UpperTarget"},
	)
}

func (c Config) validateLimits() error {
	return check(
		rule{valid.NotNegative(c.MinAction), "MinAction", c.MinAction, valid.MustBeAmount},
		rule{valid.NotNegative(c.MaxAction), "MaxAction", c.MaxAction, valid.MustBeAmount},
		rule{c.MaxAction.IsZero() || c.MaxAction.GreaterThanOrEqual(c.MinAction), "MaxAction", c.MaxAction, "must be 0 or at least MinAction"},
		rule{valid.NotNegative(c.Budget), "Budget", c.Budget, valid.MustBeAmount},
		rule{valid.NotNegative(c.BankBudget), "BankBudget", c.BankBudget, valid.MustBeAmount},
		rule{valid.NotNegative(c.PredictiveBudget), "PredictiveBudget", c.PredictiveBudget, valid.MustBeAmount},
		rule{valid.NotNegative(c.PoolFloor), "PoolFloor", c.PoolFloor, valid.MustBeAmount},
		rule{valid.NotNegative(c.ApproveFrom), "ApproveFrom", c.ApproveFrom, valid.MustBeAmount},
	)
}

func (c Config) validatePace() error {
	return check(
		rule{c.Cooldown >= 0 && c.Cooldown <= year, "Cooldown", c.Cooldown, "must be 0 to 365 days"},
		rule{c.ReverseCooldown >= 0 && c.ReverseCooldown <= year, "ReverseCooldown", c.ReverseCooldown, "must be 0 to 365 days"},
		rule{c.MaxInFlight >= 1 && c.MaxInFlight <= 16, "MaxInFlight", c.MaxInFlight, "must be 1 to 16"},
		rule{c.MaxPerHour >= 0 && c.MaxPerHour <= 100, "MaxPerHour", c.MaxPerHour, "must be 0 to 100"},
		rule{c.OffsetWait >= 0 && c.OffsetWait <= day, "OffsetWait", c.OffsetWait, "must be 0 to 24 h"},
	)
}

func (c Config) validateWorld() error {
	return check(
		rule{c.MaxAge > 0 && c.MaxAge <= year, "MaxAge", c.MaxAge, "must be > 0, up to 365 days"},
		rule{valid.NotNegative(c.MaxJump), "MaxJump", c.MaxJump, valid.MustBeAmount},
		rule{valid.NotNegative(c.SRITarget), "SRITarget", c.SRITarget, valid.MustBeAmount},
		rule{fraction(c.SRICap), "SRICap", c.SRICap, "must be 0 to 1"},
		rule{valid.NotNegative(c.FXCalm), "FXCalm", c.FXCalm, valid.MustBeAmount},
		rule{valid.NotNegative(c.FXHalt), "FXHalt", c.FXHalt, valid.MustBeAmount},
		rule{c.FXHalt.IsZero() || c.FXHalt.GreaterThan(c.FXCalm), "FXHalt", c.FXHalt, "must be 0 or more than FXCalm"},
		rule{fraction(c.PAct), "PAct", c.PAct, "must be 0 to 1"},
		rule{c.Dwell >= 0 && c.Dwell <= year, "Dwell", c.Dwell, "must be 0 to 365 days"},
		rule{valid.NotNegative(c.HaircutBps) && c.HaircutBps.LessThan(bpsOne), "HaircutBps", c.HaircutBps, "must be 0 or more, below 10000"},
		rule{valid.NotNegative(c.RateBps) && c.RateBps.LessThanOrEqual(decimal.New(1_000_000, 0)), "RateBps", c.RateBps, "must be 0 to 1000000"},
		rule{c.Term >= time.Minute && c.Term <= 10*year, "Term", c.Term, "must be 1 m to 3650 days"},
	)
}

func (c Config) validateExecution() error {
	return check(
		rule{c.ApproveWithin >= time.Minute && c.ApproveWithin <= 30*day, "ApproveWithin", c.ApproveWithin, "must be 1 m to 30 days"},
		rule{c.Retry > 0 && c.Retry <= day, "Retry", c.Retry, "must be > 0, up to 24 h"},
		rule{c.GiveUpAfter >= c.Retry && c.GiveUpAfter <= 30*day, "GiveUpAfter", c.GiveUpAfter, "must be Retry to 30 days"},
		rule{c.UnknownAfter >= c.Retry && c.UnknownAfter <= 30*day, "UnknownAfter", c.UnknownAfter, "must be Retry to 30 days"},
		rule{c.Finality >= 0 && c.Finality <= 30*day, "Finality", c.Finality, "must be 0 to 30 days"},
		rule{c.MaxFailures >= 1 && c.MaxFailures <= 1000, "MaxFailures", c.MaxFailures, "must be 1 to 1000"},
		rule{c.BreakerFailures >= 1 && c.BreakerFailures <= 1000, "BreakerFailures", c.BreakerFailures, "must be 1 to 1000"},
		rule{c.BreakerWait >= time.Second && c.BreakerWait <= 30*day, "BreakerWait", c.BreakerWait, "must be 1 s to 30 days"},
	)
}
