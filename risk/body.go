package risk

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Body is what somebody may see of a translation, under the names of the
// translator's JSON. [View] makes it. What a role may not see, or a detail does not
// have, is not there at all.
type Body struct {
	Success   bool        `json:"success"`
	Message   string      `json:"message"`
	Timestamp time.Time   `json:"timestamp"` // when the translation was made; a server puts its own time here
	ISIN      market.ISIN `json:"isin"`
	AsOf      time.Time   `json:"as_of"`

	Risk    ScoresBody    `json:"risk_summary"`
	Profile LiquidityBody `json:"liquidity_profile"`
	Exits   []ExitBody    `json:"exit_recommendations"`
	Size    *Number       `json:"trade_size"` // of the sale that all of it is about
	Bond    *BondBody     `json:"bond_metadata,omitempty"`

	RetailNarrative     string `json:"retail_narrative"`
	ProfessionalSummary string `json:"professional_summary,omitempty"`

	Warnings   []string         `json:"risk_warnings"`
	Confidence *Number          `json:"confidence_overall"`
	Freshness  market.Freshness `json:"data_freshness"`
	Hash       string           `json:"inputs_hash"` // its first 16 digits; an audit has all 64
	Caveats    []string         `json:"caveats"`

	ModelVersions map[string]string `json:"model_versions,omitempty"`
	*Origin

	Governance *GovernanceBody `json:"model_governance,omitempty"`
	Audit      *AuditBody      `json:"audit,omitempty"`
}

// Origin says where the numbers beside it are known from.
type Origin struct {
	Source       string    `json:"source"`
	AsOf         time.Time `json:"as_of"`
	Citations    []string  `json:"citations"`
	ModelVersion string    `json:"model_version"`
}

// BondBody is what is known of the bond itself, as its source says it.
type BondBody struct {
	Rating      string  `json:"rating"` // empty if not known, as those below
	Tenor       string  `json:"tenor"`
	IssuerClass string  `json:"issuer_class"`
	CouponPct   *Number `json:"coupon_rate"`
	Maturity    *string `json:"maturity_date"` // null if it has none or none is known
	IssueSize   *Number `json:"issue_size"`    // null if not known
	*Origin
}

// ScoresBody is a risk summary.
type ScoresBody struct {
	Overall    *Number        `json:"overall_score"` // null if too little is known
	Level      string         `json:"level"`
	Range      RangeBody      `json:"overall_range"` // where the score may be
	Confidence *Number        `json:"confidence"`
	Missing    []string       `json:"missing,omitempty"`
	Categories []CategoryBody `json:"categories,omitempty"`
	*Origin
}

// RangeBody is where a number may be.
type RangeBody struct {
	Low  *Number `json:"low"`
	High *Number `json:"high"`
}

// CategoryBody is one category.
type CategoryBody struct {
	Name       Category   `json:"name"`
	Score      *Number    `json:"score_0_100"` // null if too little is known
	Level      string     `json:"level"`
	Note       string     `json:"probability_note"`
	Weight     *Number    `json:"weight"`
	Confidence *Number    `json:"confidence"`
	Parts      []PartBody `json:"parts"`
	Missing    []string   `json:"missing,omitempty"`
	Neutral    []string   `json:"neutral,omitempty"`
	*Origin
}

// PartBody is what one input adds to a score.
type PartBody struct {
	Name   string  `json:"name"`
	Points *Number `json:"points"`
}

// LiquidityBody is a liquidity profile.
type LiquidityBody struct {
	Index     *Number `json:"liquidity_index"` // null if there is too little data
	SpreadBps *Number `json:"spread_bps"`
	Level     string  `json:"liquidity_level"`
	Minutes   *Number `json:"expected_time_to_exit_minutes"` // by the way that comes first; null if there is none

	Missing    []string        `json:"missing,omitempty"`
	Confidence *Number         `json:"confidence,omitempty"`
	Mid        *Number         `json:"mid_price,omitempty"`
	DepthScore *Number         `json:"depth_score,omitempty"`
	Turnover   *Number         `json:"turnover_rank,omitempty"`
	Components []ComponentBody `json:"components,omitempty"`
	Doubts     []market.Doubt  `json:"doubts,omitempty"`
	*Origin

	Maker *MakerBody `json:"mm_state,omitempty"`
}

// ComponentBody is one part of a liquidity index.
type ComponentBody struct {
	Name   market.ComponentName `json:"name"`
	Score  *Number              `json:"score"`
	Weight *Number              `json:"weight"`
}

// MakerBody is the state of a market maker, which its clients may not see.
type MakerBody struct {
	Online    bool       `json:"mm_online"`
	Inventory [3]*Number `json:"mm_inventory_band"` // low, target, high
	SpreadBps *Number    `json:"last_quote_spread_bps"`
	Quotes    int        `json:"quotes_last_24h"`
	*Origin
}

// ExitBody is one way out.
type ExitBody struct {
	Path      market.Path     `json:"path"`
	Priority  market.Priority `json:"priority"`
	Fill      *Number         `json:"fill_probability,omitempty"`
	Minutes   *Number         `json:"expected_time_to_exit_minutes,omitempty"`
	SpreadBps *Number         `json:"expected_spread_bps,omitempty"`
	FillLow   *Number         `json:"fill_probability_low,omitempty"`  // with FillHigh, where it is in 9 of 10 cases
	FillHigh  *Number         `json:"fill_probability_high,omitempty"` // both null where records are not used
	FillN     int             `json:"fill_probability_n,omitempty"`    // recorded sales that went into it

	Price       *Number             `json:"expected_price,omitempty"`
	NetPrice    *Number             `json:"net_price,omitempty"`
	P50         *Number             `json:"time_p50_minutes,omitempty"`
	P90         *Number             `json:"time_p90_minutes,omitempty"`
	TimeBasis   market.TimeBasis    `json:"time_basis,omitempty"`
	Opens       *time.Time          `json:"opens,omitempty"` // the next window
	Constraints []market.Constraint `json:"constraints,omitempty"`
	Confidence  *Number             `json:"confidence,omitempty"`
	Rationale   string              `json:"rationale,omitempty"`
	DominatedBy market.Path         `json:"dominated_by,omitempty"`
	Refusals    []RefusalBody       `json:"refusals,omitempty"`
	MaxSize     *Number             `json:"max_size,omitempty"`
	*Origin
}

// RefusalBody is why a way out is closed.
type RefusalBody struct {
	Reason market.Reason `json:"reason"`
	Limit  *Number       `json:"limit"` // what the sale would have to keep to, see market.Refusal
	Text   string        `json:"text"`
}

// GovernanceBody is what a risk manager watches.
type GovernanceBody struct {
	Models      Models  `json:"models"`
	Looks       uint64  `json:"looks"`
	StaleRate   *Number `json:"stale_rate"`
	Outcomes    int     `json:"outcomes"`
	Adoption    *Number `json:"recommendation_adoption"`
	MAPE        *Number `json:"fill_time_mape"`
	Brier       *Number `json:"fill_brier"`
	BrierOfRate *Number `json:"fill_brier_of_rate"` // of saying the mean each time
	Drift       *Number `json:"liquidity_index_drift"`
	*Origin
}

// AuditBody is what an auditor asks for. The inputs themselves are in the journal,
// beside the decision.
type AuditBody struct {
	Schema  string  `json:"schema"` // of what is hashed, see [Engine.Canonical]
	Hash    string  `json:"inputs_hash"`
	Models  Models  `json:"models"`
	Reserve *Number `json:"reserve_price"`
	*Origin
}

// Number is a decimal that is a number in JSON, to 6 decimals.
type Number decimal.Decimal

const shownPlaces = 6

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	return []byte(decimal.Decimal(n).Round(shownPlaces).String()), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	d, err := decimal.NewFromString(string(text))
	if err != nil {
		return fmt.Errorf("%w: number %.64q: %w", ErrInvalid, text, err)
	}
	*n = Number(d)
	return nil
}

func number(d decimal.Decimal) *Number { return (*Number)(&d) }

// numberIf is nil unless it is known.
func numberIf(known bool, d decimal.Decimal) *Number {
	if !known {
		return nil
	}
	return number(d)
}
