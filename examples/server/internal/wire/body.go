package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"unicode"
)

// Bodies are small: a proof is a few hundred bytes.
const (
	maxRegister  = 16 << 10
	maxLiquidity = 64 << 10
)

// fields is the JSON object of a body.
type fields map[string]json.RawMessage

// read returns a body and the object in it, or what is wrong with them.
func read(w http.ResponseWriter, r *http.Request, most int64) ([]byte, fields, *answer) {
	// The ALP server wanted the header byte for byte; a charset is no reason to
	// send somebody away.
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		a := no(http.StatusBadRequest, "Content-Type header must be set to 'application/json'")
		return nil, nil, &a
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		a := no(http.StatusRequestEntityTooLarge, "request body must be at most %d bytes", most)
		return nil, nil, &a
	case errors.Is(err, os.ErrDeadlineExceeded):
		a := failure(http.StatusRequestTimeout, "408 error: the request body took too long")
		return nil, nil, &a
	}
	var object fields
	if err != nil || json.Unmarshal(body, &object) != nil || object == nil {
		a := no(http.StatusBadRequest, "request body must be valid json")
		return nil, nil, &a
	}
	return body, object, nil
}

// missing returns the first of names that is not there, or as good as: null, "",
// 0, false, {} or [].
func (f fields) missing(names ...string) *answer {
	for _, name := range names {
		if empty(f[name]) {
			a := no(http.StatusBadRequest, "no %s provided", name)
			return &a
		}
	}
	return nil
}

func empty(value json.RawMessage) bool {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return true
	}
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		digits, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		return strings.Trim(digits, "-0.") == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// text returns a value as a string: what is not one, as it is written. So a
// number for a name is a name that nobody has, and no fault of ours.
func (f fields) text(name string) string {
	var s string
	if json.Unmarshal(f[name], &s) == nil {
		return s
	}
	return string(f[name])
}

// shown bounds what is repeated of a stranger's text.
func shown(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// checkUser refuses what no key of an exchange looks like.
func checkUser(user string) *answer {
	const most = 120
	if len(user) <= most && !strings.ContainsFunc(user, unicode.IsControl) {
		return nil
	}
	a := no(http.StatusBadRequest, "%s is not a valid user: %s", fmt.Sprintf("%.40q", user), "must have at most 120 bytes and no control characters")
	return &a
}
