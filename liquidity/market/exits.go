package market

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Sale is what somebody wants to sell.
type Sale struct {
	Size    decimal.Decimal `json:"size"`    // face value, > 0
	Reserve decimal.Decimal `json:"reserve"` // the least price that is accepted in an auction; 0 takes any
}

// Validate returns an [ErrInvalid] that names the first malformed field.
func (s Sale) Validate() error {
	return cmp.Or(checkSize(s.Size), check(rule{valid.NotNegative(s.Reserve), "Reserve", s.Reserve, valid.MustBeAmount}))
}

// Exits are the ways out for a sale.
type Exits struct {
	// Routes are all there are: the available ones from the best, then the others.
	Routes []Route `json:"routes"`
	// Confidence is 0 to 1: the sum of what each available route has, times 0.5 for
	// the first, 0.3 for the second, 0.2 for each other. With one route it is 0.425
	// at most, with all four 0.91.
	Confidence decimal.Decimal `json:"confidence"`
	Warnings   []Warning       `json:"warnings"`
	Assumed    []string        `json:"assumed"` // what the bond did not say: "rating", "tenor", "issuer_class"
}

// Best returns the first route, and false if none is available.
func (e Exits) Best() (Route, bool) {
	if len(e.Routes) == 0 || !e.Routes[0].Available {
		return Route{}, false
	}
	return e.Routes[0], true
}

// Route returns the route by a path, and false if there is none.
func (e Exits) Route(p Path) (Route, bool) {
	i := slices.IndexFunc(e.Routes, func(r Route) bool { return r.Path == p })
	if i < 0 {
		return Route{}, false
	}
	return e.Routes[i], true
}

// Warning is something that a person should know before selling.
type Warning struct {
	Kind WarningKind `json:"kind"`
	Text string      `json:"text"`
}

// WarningKind is a warning in one word.
type WarningKind string

// The warnings, in the order in which they are given.
const (
	NoRoute      WarningKind = "no_route"      // no route is available; there is no other warning then
	Constrained  WarningKind = "constrained"   // the first route has constraints
	UnlikelyFill WarningKind = "unlikely_fill" // the first route's fill probability is below one half
	LongExit     WarningKind = "long_exit"     // the first route takes more than four hours
	RiskyRating  WarningKind = "risky_rating"  // the bond is of speculative grade
)

// Recommender finds the ways out under a policy. It is immutable, so safe for
// concurrent use.
type Recommender struct {
	policy Policy
	rfq    schedule
	config [32]byte
}

// NewRecommender returns the recommender of a policy, which it copies. A policy
// that is malformed is an [ErrInvalid].
func NewRecommender(p Policy) (*Recommender, error) {
	p = p.clone()
	if err := p.validate(); err != nil {
		return nil, err
	}
	rfq, err := p.RFQ.read()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &Recommender{p, rfq, sha256.Sum256(text)}, nil
}

// Identity names the recommender with its version, and hashes its policy.
func (r *Recommender) Identity() (engine string, config [32]byte) { return "market-exits@2", r.config }

// Policy returns a copy of the policy.
func (r *Recommender) Policy() Policy { return r.policy.clone() }

// Recommend returns the ways out for a sale. record is used as far as the policy
// says. Malformed input is an [ErrInvalid].
func (r *Recommender) Recommend(s Snapshot, sale Sale, record Record) (Exits, error) {
	if err := cmp.Or(s.Validate(), sale.Validate()); err != nil {
		return Exits{}, err
	}
	bond, assumed, err := r.policy.assume(s.Bond)
	if err != nil {
		return Exits{}, err
	}
	s.Bond = bond
	t := trade{policy: &r.policy, rfq: r.rfq, record: record, s: s, sale: sale}
	e := Exits{Assumed: assumed}
	for _, path := range Paths() {
		e.Routes = append(e.Routes, t.route(path))
	}
	slices.SortStableFunc(e.Routes, r.order)
	e.Confidence = place(e.Routes)
	dominate(e.Routes)
	e.Warnings = warnings(e, r.policy, bond)
	return e, nil
}

// order is negative if a comes before b.
func (r *Recommender) order(a, b Route) int {
	switch {
	case a.Available != b.Available:
		if a.Available {
			return -1
		}
		return 1
	case !a.Available:
		return 0
	}
	bySeed := cmp.Or(b.FillProbability.Value.Cmp(a.FillProbability.Value), a.Minutes.Cmp(b.Minutes))
	if r.policy.Ranking == RankByUtility {
		return cmp.Or(b.Utility.Cmp(a.Utility), bySeed)
	}
	return bySeed
}

// place gives the sorted routes their priorities, and returns the confidence in
// all of them.
func place(routes []Route) decimal.Decimal {
	weights := []int64{5, 3, 2}
	priorities := []Priority{Primary, Secondary, Fallback}
	var sum decimal.Decimal
	for i := range routes {
		if !routes[i].Available {
			break
		}
		k := min(i, len(weights)-1)
		routes[i].Priority = priorities[k]
		sum = sum.Add(routes[i].Confidence.Mul(decimal.New(weights[k], -1)))
	}
	return sum
}

// dominate marks each available route that another is at least as good as, in all
// that counts. One that is not available has no chance of a fill, and is never
// better.
func dominate(routes []Route) {
	for i := range routes {
		for _, other := range routes {
			if routes[i].Available && better(other, routes[i]) {
				routes[i].DominatedBy = other.Path
				break
			}
		}
	}
}

func better(a, b Route) bool {
	fill := a.FillProbability.Value.Cmp(b.FillProbability.Value)
	quick := b.Minutes.Cmp(a.Minutes)
	price := a.NetPrice.Cmp(b.NetPrice)
	return min(fill, quick, price) >= 0 && max(fill, quick, price) > 0
}

// utility is that of [Utility].
func (t trade) utility(r Route) decimal.Decimal {
	u, p, book := t.policy.Utility, r.FillProbability.Value, t.s.Book
	fallback := book.Bid.Mul(one.Sub(u.FallbackBps.DivRound(bpsOne, places)))
	expected := p.Mul(r.NetPrice).Add(one.Sub(p).Mul(fallback))
	const minutesInDay = 24 * 60
	root := statistic(math.Sqrt(number(r.Minutes) / minutesInDay))
	return expected.Sub(u.Lambda.Mul(t.s.Conditions.sigma(u.SigmaDaily)).Mul(book.Mid()).Mul(root)).Round(places)
}

func warnings(e Exits, p Policy, bond Bond) []Warning {
	best, ok := e.Best()
	if !ok {
		return []Warning{{NoRoute, "No viable exit paths available"}}
	}
	var found []Warning
	warn := func(when bool, kind WarningKind, format string, args ...any) {
		if when {
			found = append(found, Warning{kind, fmt.Sprintf(format, args...)})
		}
	}
	fill := best.FillProbability.Value
	warn(len(best.Constraints) > 0, Constrained, "Primary exit path has constraints: %s", titles(best.Constraints))
	warn(fill.LessThan(hundredths(50)), UnlikelyFill,
		"Low fill probability (%s%%) for primary exit path", fill.Mul(hundred).StringFixed(1))
	warn(best.Minutes.GreaterThan(decimal.New(240, 0)), LongExit, "Long expected exit time (%s minutes)", best.Minutes.StringFixed(0))
	warn(p.Speculative(bond.Rating), RiskyRating, "High credit risk rating (%s) may limit exit options", bond.Rating)
	return found
}

// titles writes constraints for a reader: "Lot Size, Thin Demand".
func titles(constraints []Constraint) string {
	all := make([]string, len(constraints))
	for i, c := range constraints {
		words := strings.Split(string(c), "_")
		for k, w := range words {
			words[k] = strings.ToUpper(w[:1]) + w[1:]
		}
		all[i] = strings.Join(words, " ")
	}
	return strings.Join(all, ", ")
}
