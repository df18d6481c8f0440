package market

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Path is a way out of a position.
type Path string

// The paths.
const (
	ByMaker   Path = "market_maker"  // sell to the market maker at its quote
	ByAuction Path = "auction"       // sell into the next fractional auction
	ByRFQ     Path = "rfq_batch"     // ask for quotes in the next batch window
	ByP2P     Path = "tokenized_p2p" // cross with another holder
)

// Paths returns them all, in the order in which a translation lists them.
func Paths() []Path { return []Path{ByMaker, ByAuction, ByRFQ, ByP2P} }

// Strictness says how much of a policy is applied.
type Strictness string

const (
	// SeedCompatible applies what the translator applied: rating caps, the least
	// lot, and tenors to P2P alone.
	SeedCompatible Strictness = "seed_compatible"
	// Enforced applies all of it: tenors to each path, the smaller of rating's and
	// issuer's cap, barred ratings, the least spread, and the windows. An auction
	// is judged by the demand for the size, not by the slope of its curve.
	Enforced Strictness = "enforced"
)

// Ranking says which route comes first.
type Ranking string

const (
	// RankBySeed puts the likeliest first, and of those the quickest.
	RankBySeed Ranking = "seed"
	// RankByUtility puts the highest [Utility] first.
	RankByUtility Ranking = "utility"
)

// Caps are the largest sizes that paths take, in face value, >= 0. P2P has none.
type Caps struct {
	Maker   decimal.Decimal `json:"mm_cap" yaml:"mm_cap"`
	Auction decimal.Decimal `json:"auction_cap" yaml:"auction_cap"`
	RFQ     decimal.Decimal `json:"rfq_cap" yaml:"rfq_cap"`
}

// forPath returns the cap of a path that has one.
func (c Caps) forPath(p Path) decimal.Decimal {
	switch p {
	case ByMaker:
		return c.Maker
	case ByAuction:
		return c.Auction
	default:
		return c.RFQ
	}
}

// Policy is what a house allows. Start from [NewPolicy].
type Policy struct {
	Strictness Strictness `json:"strictness" yaml:"strictness"`
	Ranking    Ranking    `json:"ranking" yaml:"ranking"`

	RatingCaps     map[string]Caps   `json:"rating_caps" yaml:"rating_caps"`
	UnlistedRating Caps              `json:"unlisted_rating" yaml:"unlisted_rating"`
	BarredRatings  []string          `json:"barred_ratings" yaml:"barred_ratings"` // by no path; a letter bars its notches
	IssuerLimits   map[string]Caps   `json:"issuer_class_limits" yaml:"issuer_class_limits"`
	UnlistedIssuer Caps              `json:"unlisted_issuer_class" yaml:"unlisted_issuer_class"`
	Tenors         map[string][]Path `json:"tenor_restrictions" yaml:"tenor_restrictions"` // the paths that each tenor may use; it names all tenors there are

	// What a bond that does not say is taken for.
	AssumedRating string `json:"assumed_rating" yaml:"assumed_rating"`
	AssumedTenor  string `json:"assumed_tenor" yaml:"assumed_tenor"`
	AssumedIssuer string `json:"assumed_issuer_class" yaml:"assumed_issuer_class"`

	MakerMinSpreadBps decimal.Decimal `json:"mm_min_spread_bps" yaml:"mm_min_spread_bps"` // no maker is believed to deal at less
	AuctionCadence    time.Duration   `json:"auction_cadence_ns" yaml:"auction_cadence"`  // from one auction to the next, 1 m to 365 days
	RFQWindow         time.Duration   `json:"rfq_window_ns" yaml:"rfq_window"`            // how far ahead an RFQ window may be, > 0 to 365 days
	RFQ               Calendar        `json:"rfq_calendar" yaml:"rfq_calendar"`
	P2PMinLot         decimal.Decimal `json:"tokenized_min_lot" yaml:"tokenized_min_lot"`

	// PriorTrials is how many trials the translator's fill probability counts for
	// against recorded ones, up to 1,000,000; 0 takes no notice of records.
	PriorTrials int     `json:"prior_trials" yaml:"prior_trials"`
	Utility     Utility `json:"utility" yaml:"utility"`
}

// Utility is what a route is worth, in the unit of price:
//
//	p net + (1 - p) fallback - lambda sigma mid sqrt(t)
//
// with p the fill probability, net the price after half the spread, fallback the
// bid less a haircut, and t the days that the route takes.
type Utility struct {
	Lambda      decimal.Decimal `json:"lambda" yaml:"lambda"`             // aversion to risk, 0 to 1000
	SigmaDaily  decimal.Decimal `json:"sigma_daily" yaml:"sigma_daily"`   // of returns over a day, as a fraction, 0 to 1
	FallbackBps decimal.Decimal `json:"fallback_bps" yaml:"fallback_bps"` // below the bid, 0 to 10,000: what a sale in a hurry loses
}

// NewPolicy returns the translator's tables, to be applied as strictness says:
// as they were, or in earnest, with routes ranked by utility and probabilities
// that records move. RFQ windows open at 10:00 UTC; a house has its own calendar.
func NewPolicy(strictness Strictness) Policy {
	thousands := func(maker, auction, rfq int64) Caps {
		return Caps{decimal.New(maker, 3), decimal.New(auction, 3), decimal.New(rfq, 3)}
	}
	all := Paths()
	p := Policy{
		Strictness: strictness, Ranking: RankBySeed,
		RatingCaps: map[string]Caps{
			"AAA": thousands(1000, 5000, 2000), "AA": thousands(800, 4000, 1500), "A": thousands(600, 3000, 1000),
			"BBB": thousands(400, 2000, 800), "BB": thousands(200, 1000, 500), "B": thousands(100, 500, 250),
			"C": thousands(50, 250, 100), "D": thousands(0, 0, 0),
		},
		UnlistedRating: thousands(100, 1000, 500),
		BarredRatings:  []string{"D"},
		IssuerLimits: map[string]Caps{
			"government": thousands(5000, 10000, 5000), "psu": thousands(3000, 8000, 3000),
			"corporate": thousands(2000, 5000, 2000), "bank": thousands(1500, 4000, 1500),
		},
		UnlistedIssuer: thousands(100, 1000, 500),
		Tenors: map[string][]Path{
			"0-1Y": {ByMaker, ByAuction, ByRFQ}, "1-3Y": all, "3-5Y": all, "5-10Y": all, "10Y+": {ByAuction, ByRFQ, ByP2P},
		},
		AssumedRating: "BBB", AssumedTenor: "3-5Y", AssumedIssuer: "corporate",
		MakerMinSpreadBps: decimal.New(5, 0), AuctionCadence: 4 * time.Hour, RFQWindow: 2 * time.Hour,
		RFQ: Calendar{Opens: []string{"10:00"}}, P2PMinLot: decimal.New(25, 3),
		Utility: Utility{Lambda: one, SigmaDaily: decimal.New(3, -3), FallbackBps: hundred},
	}
	if strictness == Enforced {
		p.Ranking, p.PriorTrials = RankByUtility, 20
	}
	return p
}

const (
	maxEntries = 1_000 // of a table
	maxTrials  = 1_000_000
)

func (p Policy) validate() error {
	u := p.Utility
	if err := check(
		rule{p.Strictness == SeedCompatible || p.Strictness == Enforced, "Strictness", string(p.Strictness), mustBeOurs},
		rule{p.Ranking == RankBySeed || p.Ranking == RankByUtility, "Ranking", string(p.Ranking), mustBeOurs},
		rule{len(p.RatingCaps) <= maxEntries, "RatingCaps", len(p.RatingCaps), "must have at most 1000 entries"},
		rule{len(p.IssuerLimits) <= maxEntries, "IssuerLimits", len(p.IssuerLimits), "must have at most 1000 entries"},
		rule{len(p.BarredRatings) <= maxEntries, "BarredRatings", len(p.BarredRatings), "must have at most 1000 entries"},
		rule{len(p.Tenors) <= maxEntries, "Tenors", len(p.Tenors), "must have at most 1000 entries"},
		rule{valid.Named(p.AssumedRating), "AssumedRating", p.AssumedRating, valid.MustBeNamed},
		rule{p.Tenors[p.AssumedTenor] != nil, "AssumedTenor", p.AssumedTenor, "must be one of Tenors"},
		rule{valid.Named(p.AssumedIssuer), "AssumedIssuer", p.AssumedIssuer, valid.MustBeNamed},
		rule{spread(p.MakerMinSpreadBps), "MakerMinSpreadBps", p.MakerMinSpreadBps, mustBeSpread},
		rule{p.AuctionCadence >= time.Minute && p.AuctionCadence <= 365*day, "AuctionCadence", p.AuctionCadence, "must be 1 m to 365 days"},
		rule{p.RFQWindow > 0 && p.RFQWindow <= 365*day, "RFQWindow", p.RFQWindow, "must be > 0, up to 365 days"},
		rule{valid.NotNegative(p.P2PMinLot), "P2PMinLot", p.P2PMinLot, valid.MustBeAmount},
		rule{p.PriorTrials >= 0 && p.PriorTrials <= maxTrials, "PriorTrials", p.PriorTrials, "must be 0 to 1000000"},
		rule{valid.NotNegative(u.Lambda) && u.Lambda.LessThanOrEqual(decimal.New(1000, 0)), "Utility.Lambda", u.Lambda, "must be 0 to 1000"},
		rule{fraction(u.SigmaDaily), "Utility.SigmaDaily", u.SigmaDaily, "must be 0 to 1"},
		rule{valid.NotNegative(u.FallbackBps) && u.FallbackBps.LessThanOrEqual(bpsOne), "Utility.FallbackBps", u.FallbackBps, "must be 0 to 10000"},
		// With records, a prior of nothing would make a first failure a certainty.
		rule{p.Strictness == SeedCompatible || p.PriorTrials > 0, "PriorTrials", p.PriorTrials, "must be at least 1 in an enforced policy"},
	); err != nil {
		return err
	}
	return cmp.Or(
		p.UnlistedRating.validate("UnlistedRating"), p.UnlistedIssuer.validate("UnlistedIssuer"),
		validateCaps("RatingCaps", p.RatingCaps), validateCaps("IssuerLimits", p.IssuerLimits), p.validateTenors(),
	)
}

func (c Caps) validate(field string) error {
	return check(
		rule{valid.NotNegative(c.Maker), field + ".Maker", c.Maker, valid.MustBeAmount},
		rule{valid.NotNegative(c.Auction), field + ".Auction", c.Auction, valid.MustBeAmount},
		rule{valid.NotNegative(c.RFQ), field + ".RFQ", c.RFQ, valid.MustBeAmount},
	)
}

// validateCaps goes by the keys in order, so that the first error is always the
// same.
func validateCaps(field string, table map[string]Caps) error {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		if err := cmp.Or(
			check(rule{valid.Named(key), field, key, valid.MustBeNamed}),
			table[key].validate(fmt.Sprintf("%s[%.64q]", field, key)),
		); err != nil {
			return err
		}
	}
	return nil
}

func (p Policy) validateTenors() error {
	for _, tenor := range slices.Sorted(maps.Keys(p.Tenors)) {
		if !valid.Named(tenor) {
			return invalid("Tenors", tenor, valid.MustBeNamed)
		}
		for _, path := range p.Tenors[tenor] {
			if !slices.Contains(Paths(), path) {
				return invalid(fmt.Sprintf("Tenors[%.64q]", tenor), string(path), mustBeOurs)
			}
		}
	}
	return nil
}

// clone copies what a caller could change later.
func (p Policy) clone() Policy {
	p.RatingCaps, p.IssuerLimits = maps.Clone(p.RatingCaps), maps.Clone(p.IssuerLimits)
	p.BarredRatings = slices.Clone(p.BarredRatings)
	p.Tenors = maps.Clone(p.Tenors)
	for tenor, paths := range p.Tenors {
		p.Tenors[tenor] = slices.Clone(paths)
	}
	p.RFQ = p.RFQ.clone()
	return p
}

// Accepts returns an [ErrInvalid] that names the first field of a bond that is
// malformed, or that the policy does not know what to do with.
func (p Policy) Accepts(b Bond) error {
	if err := b.Validate(); err != nil {
		return err
	}
	_, _, err := p.assume(b)
	return err
}

// assume fills in what a bond does not say, and returns which fields that were.
// A tenor that the policy does not know is an [ErrInvalid].
func (p Policy) assume(b Bond) (Bond, []string, error) {
	var assumed []string
	for _, f := range []struct {
		name   string
		field  *string
		assume string
	}{{"rating", &b.Rating, p.AssumedRating}, {"tenor", &b.Tenor, p.AssumedTenor}, {"issuer_class", &b.IssuerClass, p.AssumedIssuer}} {
		if *f.field == "" {
			*f.field = f.assume
			assumed = append(assumed, f.name)
		}
	}
	if _, known := p.Tenors[b.Tenor]; !known {
		return Bond{}, nil, invalid("Bond.Tenor", b.Tenor, "must be one of the policy's Tenors")
	}
	return b, assumed, nil
}

// Grade returns the letter that a rating counts as. In an [Enforced] policy that is
// one of eight, without a notch: "AA+" counts as AA, "CCC" and "CC" as C, "SD" and "RD"
// as D. Ratings of other scales, and all in a [SeedCompatible] policy, are as they are.
func (p Policy) Grade(rating string) string {
	if p.Strictness == SeedCompatible {
		return rating
	}
	switch letter := strings.TrimSuffix(strings.TrimSuffix(rating, "+"), "-"); letter {
	case "AAA", "AA", "A", "BBB", "BB", "B", "C", "D":
		return letter
	case "CCC", "CC":
		return "C"
	case "SD", "RD":
		return "D"
	default:
		return rating
	}
}

// Speculative reports whether a rating is of speculative grade, which is below BBB: BB
// and B are paid back if times stay good, C hardly, and D is in default. A rating of
// another scale, or none, is not called speculative.
func (p Policy) Speculative(rating string) bool {
	return slices.Contains([]string{"BB", "B", "C", "D"}, p.Grade(rating))
}

func (p Policy) barred(rating string) bool {
	return slices.Contains(p.BarredRatings, rating) || slices.Contains(p.BarredRatings, p.Grade(rating))
}

// ratingCaps and issuerCaps are those of a bond. A notch may have caps of its own.
func (p Policy) ratingCaps(b Bond) Caps {
	return listed(p.RatingCaps, b.Rating, listed(p.RatingCaps, p.Grade(b.Rating), p.UnlistedRating))
}

func (p Policy) issuerCaps(b Bond) Caps {
	return listed(p.IssuerLimits, b.IssuerClass, p.UnlistedIssuer)
}

func listed(table map[string]Caps, key string, unlisted Caps) Caps {
	if caps, ok := table[key]; ok {
		return caps
	}
	return unlisted
}
