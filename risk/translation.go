package risk

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Translation is what a person should know about an instrument before selling.
// It has everything: what somebody may see of it, [View] says.
type Translation struct {
	ISIN market.ISIN `json:"isin"`
	At   time.Time   `json:"as_of"`
	Sale market.Sale `json:"sale"`

	Risk    Summary        `json:"risk_summary"`
	Profile market.Profile `json:"liquidity_profile"`
	Exits   market.Exits   `json:"exit_recommendations"`
	Maker   *market.Maker  `json:"market_maker"` // nil: nobody makes a market
	Bond    market.Bond    `json:"bond_metadata"`

	Retail       string `json:"retail_narrative"`
	Professional string `json:"professional_summary"`

	Warnings   []Notice         `json:"risk_warnings"` // in a fixed order
	Caveats    []Notice         `json:"caveats"`
	Confidence decimal.Decimal  `json:"confidence_overall"` // 0 to 1
	Freshness  market.Freshness `json:"data_freshness"`     // of the oldest that it was made from; in a market.SeedCompatible policy, of book and facts

	Hash    string  `json:"inputs_hash"` // of all that it was made from, see [Engine.Hash]
	Models  Models  `json:"model_versions"`
	Origins Origins `json:"origins"`
	Metrics Metrics `json:"metrics"`
}

// Origins say where the numbers of a translation are known from. Those of a
// category are with it.
type Origins struct {
	Book    Evidence  `json:"book"`
	Auction *Evidence `json:"auction"`
	Maker   *Evidence `json:"market_maker"`
	Bond    Evidence  `json:"bond"`
}

// Summary is how risky an instrument is.
type Summary struct {
	// At is when the oldest of the facts was so; that of the translation without
	// any.
	At         time.Time       `json:"as_of"`
	Categories []Assessed      `json:"categories"` // all eight, in order
	Overall    score.Joint     `json:"overall"`
	Confidence decimal.Decimal `json:"confidence"` // 0 to 1: that of the categories, by weight
}

// Assessed is one category of an instrument.
type Assessed struct {
	Category Category        `json:"name"`
	Weight   decimal.Decimal `json:"weight"`
	Score    score.Score     `json:"score"`
	// Confidence is what the translator believes of the category, times the share
	// of the inputs that are known; 0 if the score is Insufficient.
	Confidence decimal.Decimal `json:"confidence"`
	Evidence   Evidence        `json:"evidence"`
}

// Notice is something that a person should know.
type Notice struct {
	Kind NoticeKind `json:"kind"`
	Text string     `json:"text"`
}

// NoticeKind is a notice in one word. Warnings about ways out have the kinds of
// market.Warning.
type NoticeKind string

// The warnings, in the order in which they are given. Those about ways out come
// after [PoorLiquidity].
const (
	CriticalRisk  NoticeKind = "critical_risk"  // the overall score is above 75
	PoorLiquidity NoticeKind = "poor_liquidity" // the index is poor or illiquid
	WeakRating    NoticeKind = "weak_rating"    // the bond is of speculative grade
	OldData       NoticeKind = "old_data"       // something is stale or outdated
	NoScore       NoticeKind = "no_score"       // too few categories have a score
	NoIndex       NoticeKind = "no_index"       // too little data for a liquidity index
)

// The caveats. The first five are always given.
const (
	NotAdvice       NoticeKind = "not_advice"
	MayChange       NoticeKind = "may_change"
	PastPerformance NoticeKind = "past_performance"
	MayNotBeThere   NoticeKind = "may_not_be_there"
	Estimates       NoticeKind = "estimates"
	VerifyData      NoticeKind = "verify_data"     // something is stale or outdated
	UnsureOfRisk    NoticeKind = "unsure_of_risk"  // the confidence in the scores is below 0.7
	UnsureOfExits   NoticeKind = "unsure_of_exits" // the confidence in the ways out is below 0.6
	Assumed         NoticeKind = "assumed"         // the bond did not say something that ways out depend on
)
