package socket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// request is a frame from a client.
type request struct {
	Action      string   `json:"action"`
	Token       string   `json:"token"`
	Topic       string   `json:"topic"`
	Topics      []string `json:"topics"` // instead of Topic
	Resume      *uint64  `json:"resume_from_seq"`
	Correlation string   `json:"correlation_id"`
}

// The actions.
const (
	auth        = "auth"
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	ping        = "ping"
)

const (
	maxRead    = 64 << 10 // bytes; who sends more is cut off
	maxRequest = 8 << 10  // bytes; who sends more is told
)

// parse reads a request, or says what is wrong with it.
func parse(text []byte) (request, *answer) {
	var r request
	if len(text) > maxRequest {
		return r, refuse(tooLarge, "%d bytes: must be at most %d", len(text), maxRequest)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || d.More() {
		return r, refuse(malformed, `must be one JSON object such as {"action":"subscribe","topic":"lr.INE094A08176"}`)
	}
	if len(r.Correlation) > valid.MaxText {
		return request{}, refuse(malformed, "correlation_id: must have at most %d bytes", valid.MaxText)
	}
	return r, nil
}

// topics returns those that a request names.
func (r request) topics() ([]topic.Topic, *answer) {
	names := r.Topics
	if r.Topic != "" {
		names = append(names, r.Topic)
	}
	switch {
	case len(names) == 0 || len(r.Topics) > 0 && r.Topic != "":
		return nil, refuse(malformed, "must have either topic or topics")
	case r.Resume != nil && len(r.Topics) > 0:
		return nil, refuse(malformed, "resume_from_seq: must come with topic")
	}
	all := make([]topic.Topic, len(names))
	for i, name := range names {
		t, err := topic.Parse(name)
		if err != nil {
			refusal := refuse(unknownTopic, "%v", err)
			refusal.Topic = valid.Cut(name)
			return nil, refusal
		}
		all[i] = t
	}
	return all, nil
}

// answer is a frame to a client that is not of a stream.
type answer struct {
	Type        string    `json:"type"`
	Action      string    `json:"action,omitempty"` // of "ack"
	Topic       string    `json:"topic,omitempty"`
	Seq         *uint64   `json:"seq,omitempty"`
	Code        string    `json:"code,omitempty"` // of "error"
	Message     string    `json:"message,omitempty"`
	At          time.Time `json:"ts"`
	Correlation string    `json:"correlation_id,omitempty"`
}

// The codes of errors.
const (
	malformed     = "malformed"
	tooLarge      = "too_large"
	unknownAction = "unknown_action"
	unknownTopic  = "unknown_topic"
	forbidden     = "forbidden"
	authRequired  = "auth_required"
	authFailed    = "auth_failed"
	rateLimited   = "rate_limited"
	tooMany       = "too_many_subscriptions"
	unavailable   = "unavailable"
)

func refuse(code, format string, args ...any) *answer {
	return &answer{Type: "error", Code: code, Message: fmt.Sprintf(format, args...)}
}

// about says which request and topic an answer is to.
func (a *answer) about(r request, topic string) *answer {
	a.Correlation = r.Correlation
	if topic != "" {
		a.Topic = topic
	}
	return a
}
