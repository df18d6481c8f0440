package risk

import (
	"fmt"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// SnapshotPayload is everything that a stream tells a role of an instrument.
type SnapshotPayload struct {
	ISIN    market.ISIN   `json:"isin"`
	Risk    ScoresBody    `json:"risk_summary"`
	Profile LiquidityBody `json:"liquidity_profile"`
	Exits   []ExitBody    `json:"exit_recommendations"`

	Warnings []string     `json:"risk_warnings"`
	Size     *Number      `json:"trade_size"` // that all of it is for
	BestPath *market.Path `json:"best_path"`  // null if there is none
}

// ScoresPayload is that of a [RiskUpdate].
type ScoresPayload struct {
	ISIN     market.ISIN `json:"isin"`
	Risk     ScoresBody  `json:"risk_summary"`
	Warnings []string    `json:"risk_warnings"`
	Size     *Number     `json:"trade_size"` // that they are for
}

// LiquidityPayload is that of a [LiquidityUpdate].
type LiquidityPayload struct {
	ISIN    market.ISIN   `json:"isin"`
	Profile LiquidityBody `json:"liquidity_profile"`
	Size    *Number       `json:"trade_size"` // that it is for
}

// ExitPayload is that of an [ExitPathUpdate].
type ExitPayload struct {
	ISIN     market.ISIN  `json:"isin"`
	Exits    []ExitBody   `json:"exit_recommendations"`
	Size     *Number      `json:"trade_size"` // that they are for
	BestPath *market.Path `json:"best_path"`  // null if there is none
}

// SnapshotOf returns what a role may be told of a translation as a whole. A role
// that is not known gets [ErrForbidden].
func SnapshotOf(t Translation, role Role) (SnapshotPayload, error) {
	b, err := streamed(t, role)
	if err != nil {
		return SnapshotPayload{}, err
	}
	return SnapshotPayload{b.ISIN, b.Risk, b.Profile, b.Exits, b.Warnings, b.Size, bestPath(t)}, nil
}

// PayloadOf returns what a role may be told of an event: one of the payloads of
// this package, or an [Alert]. t is the translation of the same decision, which
// only alerts can do without. What a role may not hear of is [ErrForbidden].
func PayloadOf(e Event, t *Translation, role Role) (any, error) {
	if e.Kind == Alerted && e.Alert != nil {
		if !Hears(role, e) {
			return nil, fmt.Errorf("%w: alert of severity %s for %.64q", ErrForbidden, e.Alert.Severity, role)
		}
		return *e.Alert, nil
	}
	if t == nil {
		return nil, valid.Error(ErrInvalid, "Event.Kind", string(e.Kind), "must come with a translation, or an alert")
	}
	b, err := streamed(*t, role)
	if err != nil {
		return nil, err
	}
	switch e.Kind {
	case RiskUpdate:
		return ScoresPayload{b.ISIN, b.Risk, b.Warnings, b.Size}, nil
	case LiquidityUpdate:
		return LiquidityPayload{b.ISIN, b.Profile, b.Size}, nil
	case ExitPathUpdate:
		return ExitPayload{b.ISIN, b.Exits, b.Size, bestPath(*t)}, nil
	default:
		return nil, valid.Error(ErrInvalid, "Event.Kind", string(e.Kind), "must be one of the package's")
	}
}

// bestPath is the way out that comes first, nil if there is none.
func bestPath(t Translation) *market.Path {
	best, ok := t.Exits.Best()
	if !ok {
		return nil
	}
	return &best.Path
}

// Hears reports whether a role is told of an event: all known roles of all, but
// retail of no mere information.
func Hears(role Role, e Event) bool {
	switch role {
	case Professional, RiskManager, Compliance:
		return true
	case Retail:
		return e.Alert == nil || e.Alert.Severity != Info
	default:
		return false
	}
}

// streamed is the view that a stream shows a role: the most of an instrument that
// it may see.
func streamed(t Translation, role Role) (Body, error) {
	if role == Retail {
		return View(t, role, Short)
	}
	return View(t, role, Full)
}
