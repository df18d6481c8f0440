package topic

import (
	"errors"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

var (
	// ErrInvalid is wrapped by every rejection of malformed input.
	ErrInvalid = errors.New("topic: invalid")
	// ErrUnknown says that there is no such instrument.
	ErrUnknown = errors.New("topic: unknown")
)

// Part is what of an instrument a topic is about.
type Part string

// The parts.
const (
	Main      Part = ""          // all of it but alerts
	Alerts    Part = "alerts"    // alerts
	Liquidity Part = "liquidity" // the liquidity profile
	Exit      Part = "exit"      // the ways out
)

// Parts returns them all.
func Parts() []Part { return []Part{Main, Alerts, Liquidity, Exit} }

// Topic names what people subscribe to: "lr.INE094A08176" is all of an instrument,
// "lr.INE094A08176.exit" a part of it. The zero Topic is none.
type Topic struct {
	ISIN market.ISIN
	Part Part
}

const prefix = "lr."

// Parse reads a topic, or returns [ErrInvalid].
func Parse(s string) (Topic, error) {
	rest, ours := strings.CutPrefix(s, prefix)
	isin, part, dotted := strings.Cut(rest, ".")
	t := Topic{market.ISIN(isin), Part(part)}
	if !ours || dotted == (part == "") || t.validate() != nil {
		return Topic{}, valid.Error(ErrInvalid, "topic", s, mustBeTopic)
	}
	return t, nil
}

const mustBeTopic = `must be "lr.ISIN", alone or with ".alerts", ".liquidity" or ".exit"`

func (t Topic) validate() error {
	return check(
		rule{t.ISIN.Validate() == nil, "Topic.ISIN", string(t.ISIN), "must be one"},
		rule{slices.Contains(Parts(), t.Part), "Topic.Part", string(t.Part), "must be one of the package's"},
	)
}

// String writes a topic as [Parse] reads it.
func (t Topic) String() string {
	if t.Part == Main {
		return prefix + string(t.ISIN)
	}
	return prefix + string(t.ISIN) + "." + string(t.Part)
}

// MarshalText implements encoding.TextMarshaler.
func (t Topic) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Topic) UnmarshalText(text []byte) (err error) {
	*t, err = Parse(string(text))
	return err
}

// Stream is what one audience reads of a topic. Audiences with different rights
// read different streams, each with a sequence of its own, so that nobody sees a
// gap where there was something that he may not know of.
type Stream struct {
	Topic
	Audience risk.Role
}

// Follow returns the stream that somebody of these roles reads of a topic: that of
// the role which may see the most. Nobody else follows anything.
func Follow(t Topic, roles ...risk.Role) (Stream, bool) {
	for _, role := range []risk.Role{risk.RiskManager, risk.Compliance, risk.Professional, risk.Retail} {
		if s := (Stream{t, role}); slices.Contains(roles, role) && s.open() {
			return s, true
		}
	}
	return Stream{}, false
}

// open reports whether the audience may follow the topic. Which alerts it is told
// of is for risk to say.
func (s Stream) open() bool {
	switch s.Audience {
	case risk.Professional, risk.RiskManager:
		return true
	case risk.Retail, risk.Compliance:
		return s.Part == Main || s.Part == Alerts
	default:
		return false
	}
}

// carries reports whether the stream tells of an event.
func (s Stream) carries(e risk.Event) bool {
	if !s.open() || !risk.Hears(s.Audience, e) {
		return false
	}
	switch s.Part {
	case Alerts:
		return e.Kind == risk.Alerted
	case Liquidity:
		return e.Kind == risk.LiquidityUpdate
	case Exit:
		return e.Kind == risk.ExitPathUpdate
	default:
		return e.Kind != risk.Alerted
	}
}

// last is the number of the last event that the stream told of, 0 for none.
func (s Stream) last(n risk.Numbers) uint64 {
	var last uint64
	for _, e := range []risk.Event{
		{Kind: risk.RiskUpdate, Number: n.Risk},
		{Kind: risk.LiquidityUpdate, Number: n.Liquidity},
		{Kind: risk.ExitPathUpdate, Number: n.Exits},
		{Kind: risk.Alerted, Number: n.Info, Alert: &risk.Alert{Severity: risk.Info}},
		{Kind: risk.Alerted, Number: n.Warning, Alert: &risk.Alert{Severity: risk.Warning}},
		{Kind: risk.Alerted, Number: n.Critical, Alert: &risk.Alert{Severity: risk.Critical}},
	} {
		if s.carries(e) {
			last = max(last, e.Number)
		}
	}
	return last
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrInvalid, rules...) }
