package topic

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Tell returns what each audience is told of a decision about an instrument, in
// the order of its events; id and at are those of its record in the journal. Told
// again, after a crash, it is the same to the byte.
func Tell(isin market.ISIN, id string, at time.Time, d risk.Decision) ([]Message, error) {
	var all []Message
	for _, audience := range risk.Roles() {
		meta, err := metaOf(d.Translation, audience)
		if err != nil {
			return nil, fmt.Errorf("tell %s of %s: %w", audience, id, err)
		}
		before := d.Before
		for _, e := range d.Events {
			payload, err := payloadOf(e, d.Translation, audience)
			if err != nil {
				return nil, fmt.Errorf("tell %s of event %d of %s: %w", audience, e.Number, id, err)
			}
			for _, part := range Parts() {
				s := Stream{Topic{isin, part}, audience}
				if s.carries(e) {
					all = append(all, Message{audience, Frame{
						Type: Type(e.Kind), Topic: s.Topic, Seq: e.Number, Prev: s.last(before), At: at.UTC(),
						Payload: payload, Meta: meta, Correlation: id,
					}})
				}
			}
			before = before.With(e)
		}
	}
	return all, nil
}

// payloadOf is nil for an event that the audience does not hear of.
func payloadOf(e risk.Event, t *risk.Translation, audience risk.Role) (json.RawMessage, error) {
	if !risk.Hears(audience, e) {
		return nil, nil
	}
	body, err := risk.PayloadOf(e, t, audience)
	if err != nil {
		return nil, err
	}
	return json.Marshal(body)
}

func metaOf(t *risk.Translation, audience risk.Role) (*Meta, error) {
	if t == nil {
		return nil, nil
	}
	b, err := risk.View(*t, audience, risk.Short)
	return &Meta{b.Freshness, b.Confidence}, err
}

// Standing is how an instrument stands.
type Standing struct {
	At          time.Time         // of the journal's newest record
	Translation *risk.Translation // the newest that there is; nil: there was never one
	Numbers     risk.Numbers      // of all events so far
}

// Last is the number of the last event that a stream told of, 0 for none.
func (s Standing) Last(of Stream) uint64 { return of.last(s.Numbers) }

// unknown is the payload of a snapshot of an instrument without a translation.
type unknown struct {
	ISIN market.ISIN `json:"isin"`
}

// concerns is the payload of a snapshot of [Alerts]: an alert is of a moment, and
// what is wrong as long as it is are the warnings.
type concerns struct {
	ISIN     market.ISIN `json:"isin"`
	Warnings []string    `json:"risk_warnings"`
}

// Snapshot returns how everything stands that a stream tells of.
func Snapshot(of Stream, s Standing) (Frame, error) {
	if !of.open() {
		return Frame{}, check(rule{false, "Stream.Audience", string(of.Audience), "must be one that may follow the topic"})
	}
	body, err := snapshotOf(of, s.Translation)
	if err != nil {
		return Frame{}, fmt.Errorf("snapshot of %s for %s: %w", of.Topic, of.Audience, err)
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return Frame{}, fmt.Errorf("snapshot of %s for %s: %w", of.Topic, of.Audience, err)
	}
	meta, err := metaOf(s.Translation, of.Audience)
	last := s.Last(of)
	return Frame{Type: Snap, Topic: of.Topic, Seq: last, Prev: last, At: s.At.UTC(), Payload: payload, Meta: meta}, err
}

func snapshotOf(of Stream, t *risk.Translation) (any, error) {
	if t == nil {
		return unknown{of.ISIN}, nil
	}
	switch of.Part {
	case Liquidity:
		return risk.PayloadOf(risk.Event{Kind: risk.LiquidityUpdate}, t, of.Audience)
	case Exit:
		return risk.PayloadOf(risk.Event{Kind: risk.ExitPathUpdate}, t, of.Audience)
	case Alerts:
		b, err := risk.View(*t, of.Audience, risk.Short)
		return concerns{b.ISIN, b.Warnings}, err
	default:
		return risk.SnapshotOf(*t, of.Audience)
	}
}
