package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// Client asks an API, as all those whom it knows. Not safe for concurrent use.
type Client struct {
	TB  testing.TB // which fails if there is no answer
	URL string     // what every path starts with

	asked int
}

// Ask sends a request with somebody's key, or none. line is METHOD PATH. Each POST
// has an Idempotency-Key of its own, unless one of with, such as "Accept: text/csv",
// says otherwise.
func (c *Client) Ask(key, line, body string, with ...string) Said {
	c.TB.Helper()
	method, path, _ := strings.Cut(line, " ")
	request, err := http.NewRequestWithContext(c.TB.Context(), method, c.URL+path, strings.NewReader(body))
	require.NoError(c.TB, err)
	if body == "" {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	c.asked++
	if method == http.MethodPost {
		request.Header.Set("Idempotency-Key", fmt.Sprintf("k%d", c.asked))
	}
	for _, header := range with {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	if key != "" {
		request.Header.Set("X-Api-Key", key)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(c.TB, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(c.TB, err)
	return Said{c.TB, answer.StatusCode, answer.Header, string(text)}
}

// Said is an answer.
type Said struct {
	TB   testing.TB // which fails if it is another than is required
	Code int
	Head http.Header
	Text string
}

// To returns the same answer for another test to require something of.
func (s Said) To(tb testing.TB) Said {
	tb.Helper()
	s.TB = tb
	return s
}

// Is requires a status and returns the answer as JSON.
func (s Said) Is(code int) Object {
	s.TB.Helper()
	require.Equal(s.TB, code, s.Code, s.Text)
	decoder := json.NewDecoder(strings.NewReader(s.Text))
	decoder.UseNumber()
	var o Object
	require.NoError(s.TB, decoder.Decode(&o), s.Text)
	return o
}

// Refused requires a problem of that status and code, whose detail says so much.
func (s Said) Refused(code int, problem, detail string) {
	s.TB.Helper()
	o := s.Is(code)
	require.Equal(s.TB, problem, o["code"], s.Text)
	require.Contains(s.TB, o["detail"], detail)
	require.Equal(s.TB, "application/problem+json", s.Head.Get("Content-Type"))
}

// Golden compares the answer with a golden file. With update, it writes the file, to
// be reviewed as code.
func (s Said) Golden(golden string, update bool) {
	s.TB.Helper()
	var text bytes.Buffer
	require.NoError(s.TB, json.Indent(&text, []byte(s.Text), "", "\t"))
	text.WriteByte('\n')
	if update {
		require.NoError(s.TB, os.WriteFile(golden, text.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(s.TB, err, "run with -update to write it")
	require.Empty(s.TB, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text.String(), "\n")), golden)
}

// Object is a JSON object. Its numbers are each a json.Number.
type Object map[string]any

// At returns what is under a path such as "action.id" or "banks.0.sxlr"; nil if
// there is nothing.
func (o Object) At(path string) any {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			n, err := strconv.ParseUint(name, 10, 16)
			if err != nil || n >= uint64(len(in)) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

// Text returns the string under a path; "" if there is none.
func (o Object) Text(path string) string {
	text, _ := o.At(path).(string)
	return text
}

// Sub returns the object under a path; nil if there is none.
func (o Object) Sub(path string) Object {
	sub, _ := o.At(path).(map[string]any)
	return sub
}

// Of returns the object in the list under a path whose field has that value; nil if
// there is none.
func (o Object) Of(list, field, value string) Object {
	items, _ := o.At(list).([]any)
	for _, item := range items {
		if one, ok := item.(map[string]any); ok && one[field] == value {
			return one
		}
	}
	return nil
}
