package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/risk"
)

// question is what decides an answer, but for its time: a record of the journal, a
// sale, and what of it somebody may see.
type question struct {
	record [32]byte // its hash
	size   string   // of the sale, "" for the usual one
	role   risk.Role
	detail risk.Detail
}

// maxAnswers is how many answers are remembered: some ten megabytes.
const maxAnswers = 1024

// answers remembers how questions were answered, since many ask the same of a
// record. The zero answers remembers nothing yet. Safe for concurrent use.
type answers struct {
	mu    sync.Mutex
	known map[question]Translation
}

// to returns the answer to a question, made now if nobody has asked before.
func (a *answers) to(q question, made func() (risk.Body, error)) (Translation, error) {
	a.mu.Lock()
	t, ok := a.known[q]
	a.mu.Unlock()
	if ok {
		return t, nil
	}
	body, err := made()
	if err != nil {
		return Translation{}, err
	}
	if t, err = write(body); err != nil {
		return Translation{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAnswers {
		a.known = map[question]Translation{}
	}
	a.known[q] = t
	return t, nil
}

// write writes a body once, with room for its time.
func write(body risk.Body) (t Translation, err error) {
	body.Timestamp = time.Time{}
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false)
	if err := to.Encode(body); err != nil {
		return Translation{}, err
	}
	var ok bool
	if t.before, t.after, ok = bytes.Cut(text.Bytes(), []byte(`"0001-01-01T00:00:00Z"`)); !ok {
		return Translation{}, fmt.Errorf("%.100s: must have a timestamp", text.Bytes())
	}
	return t, nil
}

// MarshalJSON implements json.Marshaler.
func (t Translation) MarshalJSON() ([]byte, error) {
	at, err := t.Timestamp.MarshalJSON()
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, len(t.before)+len(at)+len(t.after))
	return append(append(append(text, t.before...), at...), t.after...), nil
}
