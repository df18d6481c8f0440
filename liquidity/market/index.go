package market

import (
	"time"

	"github.com/shopspring/decimal"
)

// IndexModel says how liquid an instrument is for a sale of size.
type IndexModel interface {
	// Index returns the index of a snapshot for a sale of size, a face value > 0.
	// Malformed input is an [ErrInvalid]; too little data for an index is no error
	// but [Insufficient].
	Index(s Snapshot, size decimal.Decimal) (Index, error)
	// Identity names the model with its version, and hashes its parameters.
	Identity() (engine string, config [32]byte)
}

// Index is how liquid an instrument is, and why.
type Index struct {
	// Value is 0 to 100. It means nothing if Level is Insufficient.
	Value      decimal.Decimal `json:"value"`
	Level      Level           `json:"level"`
	Components []Component     `json:"components"` // what Value is made of; empty if Insufficient
	Missing    []string        `json:"missing"`    // what would have been needed, if Insufficient
	Confidence decimal.Decimal `json:"confidence"` // 0 to 1
}

// Component is one part of an index.
type Component struct {
	Name   ComponentName   `json:"name"`
	Score  decimal.Decimal `json:"score"`  // 0 to 100; of an adjustment, the points that it adds
	Weight decimal.Decimal `json:"weight"` // the four of a model sum to 1; of an adjustment, 1
}

// ComponentName names a part of an index.
type ComponentName string

// The components. Those of [SeedModel] are Spread, Depth, Turnover, Volume and
// the two adjustments; those of [CalibratedModel] are Cost, Depth, Activity and
// Turnover.
const (
	Spread            ComponentName = "spread"
	Depth             ComponentName = "depth"
	Turnover          ComponentName = "turnover"
	Volume            ComponentName = "volume"
	Cost              ComponentName = "cost"
	Activity          ComponentName = "activity"
	AuctionAdjustment ComponentName = "auction_adjustment"
	MakerAdjustment   ComponentName = "mm_adjustment"
)

// Score returns the score of a component, 0 if there is none.
func (i Index) Score(name ComponentName) decimal.Decimal {
	for _, c := range i.Components {
		if c.Name == name {
			return c.Score
		}
	}
	return decimal.Decimal{}
}

// Level is an index in one word.
type Level string

// The levels.
const (
	Excellent    Level = "excellent"
	Good         Level = "good"
	Moderate     Level = "moderate"
	Poor         Level = "poor"
	Illiquid     Level = "illiquid"
	Insufficient Level = "insufficient" // there was too little data for an index
)

// bands are the levels from the top: where each begins, and how long an exit
// takes in it at least.
var bands = []struct {
	from    decimal.Decimal
	level   Level
	minutes decimal.Decimal
}{
	{decimal.New(80, 0), Excellent, decimal.New(15, 0)},
	{decimal.New(60, 0), Good, decimal.New(30, 0)},
	{decimal.New(40, 0), Moderate, decimal.New(60, 0)},
	{decimal.New(20, 0), Poor, decimal.New(180, 0)},
	{decimal.Decimal{}, Illiquid, decimal.New(480, 0)},
}

// LevelOf returns the level of an index value: from 80 on excellent, from 60
// good, from 40 moderate, from 20 poor, below illiquid.
func LevelOf(value decimal.Decimal) Level {
	level, _ := band(value)
	return level
}

func band(value decimal.Decimal) (Level, decimal.Decimal) {
	for _, b := range bands {
		if value.GreaterThanOrEqual(b.from) {
			return b.level, b.minutes
		}
	}
	last := bands[len(bands)-1]
	return last.level, last.minutes
}

// Freshness is the age of data in one word.
type Freshness string

// The ages.
const (
	RealTime Freshness = "real_time" // below a minute
	Fresh    Freshness = "fresh"     // below 5 minutes
	Recent   Freshness = "recent"    // below 15 minutes
	Stale    Freshness = "stale"     // below an hour
	Outdated Freshness = "outdated"
)

// FreshnessOf returns how fresh data of that age are.
func FreshnessOf(age time.Duration) Freshness {
	switch {
	case age < time.Minute:
		return RealTime
	case age < 5*time.Minute:
		return Fresh
	case age < 15*time.Minute:
		return Recent
	case age < time.Hour:
		return Stale
	default:
		return Outdated
	}
}
