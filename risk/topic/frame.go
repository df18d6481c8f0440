package topic

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Type says what a frame is.
type Type string

// The types. A snapshot is how everything stands, the others are events.
const (
	Snap            Type = "snapshot"
	RiskUpdate           = Type(risk.RiskUpdate)
	LiquidityUpdate      = Type(risk.LiquidityUpdate)
	ExitPathUpdate       = Type(risk.ExitPathUpdate)
	Alert                = Type(risk.Alerted)
)

// Frame is what a reader of a stream gets.
type Frame struct {
	Type  Type      `json:"type"`
	Topic Topic     `json:"topic"`
	Seq   uint64    `json:"seq"`      // of an event, from 1; of a snapshot, that of the last event in it, 0 if there was none
	Prev  uint64    `json:"prev_seq"` // of the event before it in the stream, 0 if there was none; of a snapshot, Seq
	At    time.Time `json:"ts"`       // when it was decided

	Payload     json.RawMessage `json:"payload"`
	Meta        *Meta           `json:"meta,omitempty"`
	Correlation string          `json:"correlation_id,omitempty"` // of an event, the ID of the journal's record
}

// Meta is how far a payload can be trusted.
type Meta struct {
	Freshness  market.Freshness `json:"data_freshness"`
	Confidence *risk.Number     `json:"confidence"` // 0 to 1
}

// Message is a frame on its way to the readers of one audience.
type Message struct {
	Audience risk.Role `json:"audience"`
	Frame
}

// Stream is the one that the message belongs to.
func (m Message) Stream() Stream { return Stream{m.Topic, m.Audience} }

// What one [Bus.Publish] may be at most.
const (
	MaxMessages = 1024
	MaxPayload  = 256 << 10 // bytes
)

// Validate returns [ErrInvalid] unless m is an event that its audience may follow.
func (m Message) Validate() error {
	events := []Type{RiskUpdate, LiquidityUpdate, ExitPathUpdate, Alert}
	if err := m.Topic.validate(); err != nil {
		return err
	}
	return check(
		rule{m.Stream().open(), "Audience", string(m.Audience), "must be one that may follow the topic"},
		rule{slices.Contains(events, m.Type), "Type", string(m.Type), "must be that of an event"},
		rule{m.Seq > m.Prev, "Seq", m.Seq, "must be higher than Prev"},
		rule{len(m.Payload) <= MaxPayload, "Payload", len(m.Payload), "must have at most 262144 bytes"},
		rule{json.Valid(m.Payload), "Payload", string(m.Payload), "must be JSON"},
	)
}

// ValidateAll returns [ErrInvalid] unless all of messages can be published at once.
func ValidateAll(messages []Message) error {
	if err := check(rule{len(messages) <= MaxMessages, "messages", len(messages), "must be at most 1024"}); err != nil {
		return err
	}
	for i, m := range messages {
		if err := m.Validate(); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

// Encoded is a frame and its JSON, which all its readers share. Nobody changes
// either.
type Encoded struct {
	Frame
	Text []byte
}

// Encode writes a frame for its readers.
func Encode(f Frame) (*Encoded, error) {
	text, err := json.Marshal(f)
	if err != nil {
		return nil, valid.Error(ErrInvalid, "frame", f.Topic.String(), err.Error())
	}
	return &Encoded{f, text}, nil
}
