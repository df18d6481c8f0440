package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// settle refuses a query that can be read in two ways, and leaves one that
// cannot: huma takes a name without a value for "true", and we for "".
func settle(r *http.Request) *Problem {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Fail(http.StatusBadRequest, Malformed, "query %s: must be name=value, joined by &", shown(r.URL.RawQuery))
	}
	for name, values := range query {
		if len(values) > 1 {
			return Fail(http.StatusBadRequest, Malformed, "query.%s %s: must be there once", shown(name), shown(strings.Join(values, ", ")))
		}
	}
	settled := *r.URL
	settled.RawQuery = query.Encode()
	r.URL = &settled
	return nil
}

// read reads a request's body, once, and refuses what is not sound whatever the
// endpoint: too long, not JSON, a name twice, a number that is not plain.
// Afterwards the body can be read again.
func read(w http.ResponseWriter, r *http.Request, e endpoint) ([]byte, *Problem) {
	most := e.rule.BodyLimit()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, Fail(http.StatusRequestEntityTooLarge, TooLarge, "body: must have at most %d bytes", most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, Fail(http.StatusRequestTimeout, TooSlow, "body: must arrive sooner")
	case err != nil:
		return nil, Fail(http.StatusBadRequest, Malformed, "body: must arrive whole")
	}
	if p := sound(r.Header, body, e.takesBody); p != nil {
		return nil, p
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

func sound(header http.Header, body []byte, wanted bool) *Problem {
	if len(body) == 0 {
		return nil // whether one must be there, the operation knows
	}
	if !wanted && string(bytes.TrimSpace(body)) != "{}" {
		return Fail(http.StatusBadRequest, Malformed, "body of %d bytes: must be empty here", len(body))
	}
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); wanted && (err != nil || media != "application/json") {
		return Fail(http.StatusUnsupportedMediaType, WrongMedia, "Content-Type %s: must be application/json", shown(header.Get("Content-Type")))
	}
	if coding := header.Get("Content-Encoding"); coding != "" {
		return Fail(http.StatusUnsupportedMediaType, WrongMedia, "Content-Encoding %s: must not be there", shown(coding))
	}
	if !utf8.Valid(body) {
		return Fail(http.StatusBadRequest, Malformed, "body: must be UTF-8")
	}
	s := scanner{decoder: json.NewDecoder(bytes.NewReader(body))}
	s.decoder.UseNumber()
	if err := s.value("body", 0); err != nil {
		return problemOf(err)
	}
	if _, err := s.decoder.Token(); !errors.Is(err, io.EOF) {
		return Fail(http.StatusBadRequest, Malformed, "body: must be one JSON value")
	}
	return nil
}

func problemOf(err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = Fail(http.StatusBadRequest, Malformed, "body: must be JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return p
}

// scanner walks through JSON that nobody has looked at.
type scanner struct{ decoder *json.Decoder }

// plain is a number that cannot be read in two ways, nor cost much to write out.
var plain = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

// maxDepth bounds nesting.
const maxDepth = 16

// value checks one value, which is at that place.
func (s scanner) value(at string, depth int) error {
	token, err := s.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Number:
		if !plain.MatchString(token.String()) {
			return Fail(http.StatusBadRequest, Malformed, "%s %s: must be a plain number of at most 18 digits and 18 decimals", at, shown(token.String()))
		}
	case json.Delim:
		if depth == maxDepth {
			return Fail(http.StatusBadRequest, Malformed, "%s: must be nested at most %d deep", at, maxDepth)
		}
		if token == '{' {
			return s.object(at, depth+1)
		}
		return s.array(at, depth+1)
	}
	return nil
}

// object refuses a name that is there twice, in whatever case: readers differ
// about which of the two counts.
func (s scanner) object(at string, depth int) error {
	seen := map[string]bool{}
	for s.decoder.More() {
		token, err := s.decoder.Token()
		if err != nil {
			return err
		}
		name := fmt.Sprint(token)
		folded := strings.ToLower(name)
		if seen[folded] {
			return Fail(http.StatusBadRequest, Malformed, "%s.%s: must be there once", at, shown(name))
		}
		seen[folded] = true
		if err := s.value(at+"."+strings.Trim(shown(name), `"`), depth); err != nil {
			return err
		}
	}
	_, err := s.decoder.Token()
	return err
}

func (s scanner) array(at string, depth int) error {
	for i := 0; s.decoder.More(); i++ {
		if err := s.value(fmt.Sprintf("%s[%d]", at, i), depth); err != nil {
			return err
		}
	}
	_, err := s.decoder.Token()
	return err
}
