package exchange

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// maxPrints bounds the sources of one feed; nobody has that many independent
// ones.
const maxPrints = 64

// Reason says why a [Filter] gave a price, or why it gave none.
type Reason string

// The reasons. The first two come with a price.
const (
	Steady      Reason = "steady"      // within MaxJumpBps of the reference
	Confirmed   Reason = "confirmed"   // farther, and enough prints agree
	Unconfirmed Reason = "unconfirmed" // farther, and not enough prints agree so far
	Stale       Reason = "stale"       // the sources answer with old prints
	NoQuorum    Reason = "no_quorum"   // too few sources answer
	Divergent   Reason = "divergent"   // the sources contradict each other
)

// FilterConfig bounds what may pass as a price.
type FilterConfig struct {
	// Quorum is how many sources must agree, 1 to 64.
	Quorum int
	// MaxAge is the oldest print that counts, > 0. A source should be asked at
	// least twice in it.
	MaxAge time.Duration
	// MaxDivergenceBps is how far from the median of all a source may be to
	// agree with it, > 0 to 10000. For a stablecoin 30 to 100.
	MaxDivergenceBps decimal.Decimal
	// MaxJumpBps is how far the price may move at once, > 0 to 10000. Below what
	// a wick would cost, above what the market does between two looks. Smaller
	// steps are never held, however many follow each other.
	MaxJumpBps decimal.Decimal
	// Confirmations is how many prints beside the first one must agree on a
	// farther move, 0 to 100; 0 lets every jump through. Prints of other sources
	// in the same look count, so make it at least the number of sources if a
	// jump is to be looked at twice.
	Confirmations int
	// ConfirmWithin is how long a print counts as a confirmation, at least
	// MaxAge; 0 is MaxAge. It must hold Confirmations + 1 prints, or no jump is
	// ever confirmed.
	ConfirmWithin time.Duration
}

func (c FilterConfig) validate() error {
	if c.Quorum < 1 || c.Quorum > maxPrints {
		return invalid("FilterConfig.Quorum", c.Quorum, "must be 1 to 64")
	}
	if c.MaxAge <= 0 {
		return invalid("FilterConfig.MaxAge", c.MaxAge, "must be > 0")
	}
	if outOfRange(c.MaxDivergenceBps) || !c.MaxDivergenceBps.IsPositive() || c.MaxDivergenceBps.GreaterThan(whole) {
		return invalid("FilterConfig.MaxDivergenceBps", show(c.MaxDivergenceBps), "must be > 0 and at most 10000")
	}
	if outOfRange(c.MaxJumpBps) || !c.MaxJumpBps.IsPositive() || c.MaxJumpBps.GreaterThan(whole) {
		return invalid("FilterConfig.MaxJumpBps", show(c.MaxJumpBps), "must be > 0 and at most 10000")
	}
	if c.Confirmations < 0 || c.Confirmations > 100 {
		return invalid("FilterConfig.Confirmations", c.Confirmations, "must be 0 to 100")
	}
	if c.ConfirmWithin != 0 && c.ConfirmWithin < c.MaxAge {
		return invalid("FilterConfig.ConfirmWithin", c.ConfirmWithin, "must be 0 or at least MaxAge "+c.MaxAge.String())
	}
	return nil
}

// Print is one price as one source saw it.
type Print struct {
	Source string          // 1 to 64 characters, unique within a Sighting
	Value  decimal.Decimal // Quote per Base, > 0
	At     time.Time       // when the source saw it
}

func (p Print) validate() error {
	if p.Source == "" || len(p.Source) > 64 {
		return invalid("Print.Source", clip(p.Source), "must have 1 to 64 characters")
	}
	if p.At.IsZero() {
		return invalid("Print.At", p.At, "must be set")
	}
	return validPositive("Print.Value of "+p.Source, p.Value)
}

// Sighting is what the sources say as of Now. Sources that did not answer are
// left out; the order of Prints does not matter.
type Sighting struct {
	Now    time.Time
	Prints []Print
}

// FilterState is what a [Filter] remembers. The zero FilterState is a fresh
// start: its first price has to be confirmed like a jump, since a wick may be
// the first thing we see.
type FilterState struct {
	Reference decimal.Decimal      // Quote per Base: where the price is known to have been; 0 if not known
	Recent    []Candidate          `json:",omitempty"` // last values, oldest first; no more than Confirmations + 1
	Seen      map[string]time.Time `json:",omitempty"` // newest print counted of each source, while it could come again
}

// Candidate is a value that a quorum agreed on.
type Candidate struct {
	Value  decimal.Decimal
	At     time.Time // of its oldest print
	Prints int       // how many of its prints were new, > 0
}

func (s FilterState) clone() FilterState {
	return FilterState{Reference: s.Reference, Recent: slices.Clone(s.Recent), Seen: maps.Clone(s.Seen)}
}

func (s FilterState) validate() error {
	if s.Reference.IsNegative() || outOfRange(s.Reference) {
		return invalid("FilterState.Reference", show(s.Reference), "must be >= 0")
	}
	for i, c := range s.Recent {
		if err := validPositive(fmt.Sprintf("FilterState.Recent[%d].Value", i), c.Value); err != nil {
			return err
		}
	}
	return nil
}

// Verdict is the answer of a [Filter].
type Verdict struct {
	Reason Reason
	Price  Price  // zero unless Reason is Steady or Confirmed
	Note   string // the numbers behind Reason, for people
}

// Filter turns prints of several sources into one price, or into the reason why
// there is none. It has the shape of an evenkeel.Engine: a pure function over a
// state that survives JSON, so it can be journaled, replayed and forked. It is
// immutable and safe for concurrent use.
type Filter struct{ cfg FilterConfig }

// NewFilter returns [ErrInvalid], naming field, value and rule, for a
// configuration out of its bounds.
func NewFilter(cfg FilterConfig) (*Filter, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.ConfirmWithin == 0 {
		cfg.ConfirmWithin = cfg.MaxAge
	}
	return &Filter{cfg: cfg}, nil
}

// Identity returns "filter@1" and the SHA-256 of the configuration's JSON.
func (f *Filter) Identity() (engine string, config [32]byte) {
	b, err := json.Marshal(f.cfg)
	if err != nil {
		panic(err) // plain numbers always encode
	}
	return "filter@1", sha256.Sum256(b)
}

// Step judges one sighting. An error, always [ErrInvalid], means malformed input
// and leaves the state; a bad market is a Verdict without a price.
//
// A price that comes out is within MaxJumpBps of the reference, which is the
// last price, or, after a jump, the value nearest to it among the newest
// Confirmations + 1 prints: as far as these all agree that the market moved. In
// a slide of more than MaxJumpBps per Confirmations prints the reference follows
// that many prints behind and nothing comes out until it has caught up.
func (f *Filter) Step(state FilterState, seen Sighting) (FilterState, Verdict, error) {
	if err := validSighting(seen); err != nil {
		return state, Verdict{}, err
	}
	if err := state.validate(); err != nil {
		return state, Verdict{}, err
	}
	agreeing, refusal := f.agree(seen)
	if refusal.Reason != "" {
		return state, refusal, nil
	}
	price := priceOf(agreeing)
	next := f.remember(state, price, agreeing, seen.Now)
	verdict := Verdict{Reason: Steady, Price: price, Note: fmt.Sprintf("%v after %v", price.Value, state.Reference)}
	if !f.near(price.Value, state.Reference) {
		next.Reference = f.follow(state.Reference, price.Value, next.Recent)
		verdict.Reason = Confirmed
	}
	if !f.near(price.Value, next.Reference) {
		return next, Verdict{Reason: Unconfirmed, Note: fmt.Sprintf("%v is more than %v bps from %v, and the last %d prints, of which %d must, do not agree on it",
			price.Value, f.cfg.MaxJumpBps, next.Reference, countPrints(next.Recent), f.cfg.Confirmations+1)}, nil
	}
	next.Reference = price.Value
	return next, verdict, nil
}

// agree returns the prints that agree on a price, lowest first, or a Verdict
// that refuses.
func (f *Filter) agree(seen Sighting) ([]Print, Verdict) {
	if len(seen.Prints) < f.cfg.Quorum {
		return nil, Verdict{Reason: NoQuorum, Note: fmt.Sprintf("%d sources answer, %d must", len(seen.Prints), f.cfg.Quorum)}
	}
	var usable []Print
	for _, p := range seen.Prints {
		if age := seen.Now.Sub(p.At); age >= 0 && age <= f.cfg.MaxAge {
			usable = append(usable, p)
		}
	}
	if len(usable) < f.cfg.Quorum {
		return nil, Verdict{Reason: Stale, Note: fmt.Sprintf("%d of %d prints are at most %v old at %v, %d must be",
			len(usable), len(seen.Prints), f.cfg.MaxAge, seen.Now.UTC(), f.cfg.Quorum)}
	}
	slices.SortFunc(usable, func(a, b Print) int { return a.Value.Cmp(b.Value) })
	centre := median(usable)
	agreeing := slices.DeleteFunc(slices.Clone(usable), func(p Print) bool {
		return !within(p.Value, centre, f.cfg.MaxDivergenceBps)
	})
	if len(agreeing) < f.cfg.Quorum || 2*len(agreeing) <= len(usable) {
		return nil, Verdict{Reason: Divergent, Note: fmt.Sprintf("%d of %d prints from %v to %v are within %v bps of their median %v, a majority and %d must be",
			len(agreeing), len(usable), usable[0].Value, usable[len(usable)-1].Value, f.cfg.MaxDivergenceBps, centre, f.cfg.Quorum)}
	}
	return agreeing, Verdict{}
}

// remember adds the price to the recent ones if a print behind it is new, and
// forgets what no longer counts.
func (f *Filter) remember(state FilterState, price Price, agreeing []Print, now time.Time) FilterState {
	next := FilterState{Reference: state.Reference, Seen: map[string]time.Time{}}
	for source, at := range state.Seen {
		if now.Sub(at) <= f.cfg.MaxAge {
			next.Seen[source] = at
		}
	}
	fresh := 0
	for _, p := range agreeing {
		if p.At.After(next.Seen[p.Source]) {
			next.Seen[p.Source] = p.At.UTC()
			fresh++
		}
	}
	for _, c := range state.Recent {
		if now.Sub(c.At) <= f.cfg.ConfirmWithin {
			next.Recent = append(next.Recent, c)
		}
	}
	if fresh > 0 {
		next.Recent = append(next.Recent, Candidate{Value: price.Value, At: price.At, Prints: fresh})
	}
	for len(next.Recent) > 1 && countPrints(next.Recent[1:]) > f.cfg.Confirmations {
		next.Recent = next.Recent[1:]
	}
	return next
}

// near reports whether value may be taken at once. Nothing is near an unknown
// reference.
func (f *Filter) near(value, reference decimal.Decimal) bool {
	return reference.IsPositive() && within(value, reference, f.cfg.MaxJumpBps)
}

// follow returns the reference moved as far as all recent values agree, and on a
// fresh start the first value with which they do.
func (f *Filter) follow(reference, value decimal.Decimal, recent []Candidate) decimal.Decimal {
	if countPrints(recent) <= f.cfg.Confirmations {
		return reference
	}
	low, high := recent[0].Value, recent[0].Value
	for _, c := range recent[1:] {
		low, high = decimal.Min(low, c.Value), decimal.Max(high, c.Value)
	}
	if reference.IsPositive() {
		return decimal.Max(low, decimal.Min(reference, high))
	}
	if f.near(low, value) && f.near(high, value) {
		return value
	}
	return reference
}

func validSighting(seen Sighting) error {
	if seen.Now.IsZero() {
		return invalid("Sighting.Now", seen.Now, "must be set")
	}
	if len(seen.Prints) > maxPrints {
		return invalid("Sighting.Prints", len(seen.Prints), "must be at most 64")
	}
	sources := map[string]bool{}
	for _, p := range seen.Prints {
		if err := p.validate(); err != nil {
			return err
		}
		if sources[p.Source] {
			return invalid("Print.Source", p.Source, "must be unique")
		}
		sources[p.Source] = true
	}
	return nil
}

// priceOf makes a Price of prints that are sorted by value.
func priceOf(prints []Print) Price {
	low, high := prints[0], prints[len(prints)-1]
	price := Price{Value: median(prints), At: low.At}
	for _, p := range prints {
		if p.At.Before(price.At) {
			price.At = p.At
		}
		price.Sources = append(price.Sources, p.Source)
	}
	price.At = price.At.UTC()
	price.Spread = bps(high.Value.Sub(low.Value), price.Value)
	slices.SortFunc(price.Sources, strings.Compare)
	return price
}

// median expects prints sorted by value, at least one.
func median(prints []Print) decimal.Decimal {
	n := len(prints)
	if n%2 == 1 {
		return prints[n/2].Value
	}
	return middle(prints[n/2-1].Value, prints[n/2].Value)
}

func countPrints(recent []Candidate) int {
	n := 0
	for _, c := range recent {
		n += c.Prints
	}
	return n
}
