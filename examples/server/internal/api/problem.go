package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"
)

// Problem is an answer that says no: problem details of RFC 9457.
type Problem struct {
	Type    string        `json:"type" doc:"Always about:blank: the code says which problem it is."`
	Title   string        `json:"title" doc:"What the status means." example:"Conflict"`
	Status  int           `json:"status" example:"409"`
	Code    string        `json:"code" doc:"Stable name of the problem, for programs." example:"amount_changed"`
	Detail  string        `json:"detail" doc:"Names the field, the value and the rule, for people."`
	Request string        `json:"request,omitempty" doc:"Identifies the request in the server's log."`
	Errors  []Fault       `json:"errors,omitempty" doc:"All that is wrong, where the detail names the first."`
	after   time.Duration // until asking again makes sense
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Field string `json:"field,omitempty" doc:"Where it is." example:"body.amount"`
	Value string `json:"value,omitempty" doc:"What is there, at most 64 bytes of it." example:"-1"`
	Rule  string `json:"rule" doc:"What must be there." example:"must be > 0"`
}

// The codes of problems that are the same in every API.
const (
	Malformed       = "malformed"         // 400: not JSON, or not as numbers and names must be
	Unauthenticated = "unauthenticated"   // 401
	Forbidden       = "forbidden"         // 403
	NotFound        = "not_found"         // 404
	WrongMethod     = "wrong_method"      // 405
	TooSlow         = "too_slow"          // 408
	TooLarge        = "too_large"         // 413
	WrongMedia      = "wrong_media"       // 415
	Invalid         = "invalid"           // 422: understood, and breaks a rule
	TooMany         = "too_many_requests" // 429, with Retry-After
	Internal        = "internal"          // 500
	Unavailable     = "unavailable"       // 503, with Retry-After
	KeyMissing      = "key_missing"       // 400: no usable Idempotency-Key
	KeyReused       = "key_reused"        // 422: the Idempotency-Key stands for another request
	KeyBusy         = "key_in_progress"   // 409, with Retry-After
)

// Fail returns a problem. code is a stable name such as "amount_changed"; the
// detail should name field, value and rule.
func Fail(status int, code, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Unknown is the 404 for what is not there, and word for word for what the caller
// may not know of.
func Unknown(object, id string) *Problem {
	return Fail(http.StatusNotFound, NotFound, "%s %s: must be one that you may see", object, shown(id))
}

// Away is the 503 while something that we depend on does not answer.
func Away(what string) *Problem {
	return Fail(http.StatusServiceUnavailable, Unavailable, "%s does not answer: try again", what).After(5 * time.Second)
}

// After says when asking again makes sense.
func (p *Problem) After(wait time.Duration) *Problem {
	p.after = wait
	return p
}

// With adds what else is wrong.
func (p *Problem) With(faults ...Fault) *Problem {
	p.Errors = append(p.Errors, faults...)
	return p
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.after.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// explain makes a problem of an operation's error. What we have no words for stays
// in the log: it may hold a stranger's text, or a secret.
func (a *API) explain(c *call, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if p := a.opts.Explain(err); p != nil {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Away("the server")
	}
	if !errors.Is(err, context.Canceled) { // who asked has gone
		a.opts.Log.Error("request", zap.String("request", c.id), zap.String("route", c.route), zap.Error(err))
	}
	return broken()
}

func broken() *Problem {
	return Fail(http.StatusInternalServerError, Internal, "the fault is ours, and in the log under the request's id")
}

// ours is a huma.Transformer: what huma finds wrong becomes a problem, and every
// problem says which request it answers.
func ours(ctx huma.Context, _ string, v any) (any, error) {
	if theirs, ok := v.(*huma.ErrorModel); ok {
		v = translated(theirs)
	}
	if p, ok := v.(*Problem); ok {
		numbered := *p
		numbered.Request = callOf(ctx.Context()).id
		return &numbered, nil
	}
	return v, nil
}

// codes are those of what huma finds.
var codes = map[int]string{
	http.StatusBadRequest:            Malformed,
	http.StatusRequestEntityTooLarge: TooLarge,
	http.StatusUnsupportedMediaType:  WrongMedia,
	http.StatusUnprocessableEntity:   Invalid,
}

// maxFaults bounds how much is said about one request.
const maxFaults = 20

func translated(e *huma.ErrorModel) *Problem {
	code, ok := codes[e.Status]
	if !ok {
		return broken()
	}
	p := Fail(e.Status, code, "%s", e.Detail)
	for _, d := range e.Errors[:min(len(e.Errors), maxFaults)] {
		p.Errors = append(p.Errors, faultOf(d))
	}
	if len(p.Errors) > 0 {
		first := p.Errors[0]
		p.Detail = strings.TrimSpace(strings.Join([]string{first.Field, first.Value}, " ")) + ": " + first.Rule
	}
	return p
}

// faultOf says in our words what huma found.
func faultOf(d *huma.ErrorDetail) Fault {
	if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		return Fault{Field: d.Location + "." + strings.TrimSuffix(name, " to be present"), Rule: "must be there"}
	}
	if strings.HasPrefix(d.Message, "unexpected property") || strings.HasPrefix(d.Message, "unknown query parameter") {
		return Fault{Field: d.Location, Rule: "must not be there: nobody knows it"}
	}
	f := Fault{Field: d.Location, Rule: d.Message}
	for _, p := range phrases {
		if rest, ok := strings.CutPrefix(d.Message, p[0]); ok {
			f.Rule = p[1] + rest
			break
		}
	}
	switch d.Value.(type) {
	case nil, map[string]any, []any: // too much to repeat
	default:
		f.Value = shown(fmt.Sprint(d.Value))
	}
	return f
}

// phrases turn what huma expected into what must be; the first that fits counts.
var phrases = [][2]string{
	{"required query parameter is missing", "must be there"},
	{"invalid value: ", ""},
	{"invalid integer", "must be an integer"},
	{"invalid boolean", "must be true or false"},
	{"expected string to ", "must "},
	{"expected value to ", "must "},
	{"expected length ", "must have a length "},
	{"expected number ", "must be "},
	{"expected array items to be ", "must have items that are "},
	{"expected array length ", "must have a length "},
	{"expected object with ", "must have "},
	{"expected ", "must be of type "},
}

// shown bounds and quotes what is repeated of a stranger's text.
func shown(text string) string {
	const most = 64
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most-3], "") + "..."
	}
	return strconv.Quote(text)
}
