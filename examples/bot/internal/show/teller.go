package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// teller is what those who tell of an engine have in common: a table that is drawn
// anew on a terminal, elsewhere a line when something has changed and at least once a
// minute; or one object a line for programs. Safe for concurrent use.
type teller struct {
	mu   sync.Mutex
	to   io.Writer
	json *json.Encoder // nil for people
	on   *screen       // nil but on a terminal
	said string
	at   time.Time
}

func newTeller(to io.Writer, programs bool) *teller {
	t := &teller{to: to}
	switch {
	case programs:
		t.json = json.NewEncoder(to)
	case Terminal(to):
		t.on = &screen{to: to}
	}
	return t
}

// encoded writes for programs, and reports whether that was all there is to do.
func (t *teller) encoded(what any) bool {
	if t.json == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.json.Encode(what) // that nobody reads it is no reason to stop
	return true
}

// Event tells what happened around an engine.
func (t *teller) Event(at time.Time, what string) {
	if t.encoded(struct {
		At    time.Time `json:"at"`
		Event string    `json:"event"`
	}{at, what}) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line(at, what)
}

// line says what people have to read.
func (t *teller) line(at time.Time, what string) {
	line := at.Format(time.TimeOnly) + " " + what
	if t.on != nil {
		t.on.note(line)
		return
	}
	_, _ = fmt.Fprintln(t.to, line)
}

// stand says how things are: as a table, or in a line when what matters of it has
// changed.
func (t *teller) stand(at time.Time, table, matters, line string) {
	if t.on != nil {
		t.on.draw(table)
		return
	}
	if matters == t.said && at.Sub(t.at) < time.Minute {
		return
	}
	t.said, t.at = matters, at
	t.line(at, line)
}

// flat keeps a stranger's text on its line.
func flat(s string) string {
	const most = 400
	s = fmt.Sprintf("%q", s[:min(len(s), most)])
	return strings.ReplaceAll(strings.Trim(s, `"`), `\n`, "; ")
}
