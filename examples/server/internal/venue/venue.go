package venue

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/benbjohnson/clock"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Test is the exchange that exists nowhere, and Paper the venue behind it.
const (
	Test  = "test_exchange"
	Paper = "paper"
)

// Options is what the adapters need.
type Options struct {
	Paper        string            // scheme and host of the paper venue
	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

// Supported reports whether the pool can read orders at the exchange of that
// name.
func Supported(name string) bool {
	_, known := adapters[name]
	return known || name == Test
}

// Quotes reports whether the exchange of that name can say what a unit costs.
func Quotes(name string) bool { return adapters[name].books != nil }

// Quoting returns the names of those that do, sorted.
func Quoting() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(adapters)), func(name string) bool { return !Quotes(name) })
}

// Set is all exchanges, ready to be asked, by name; the verifier of Test is the
// paper venue's. Safe for concurrent use while nobody writes to it.
type Set struct {
	Verifiers map[string]exchange.Verifier
	Books     map[string]exchange.BookReader
}

// Open returns exchange.ErrInvalid for options out of their bounds. It asks
// nobody.
func Open(o Options) (Set, error) {
	s := Set{Verifiers: map[string]exchange.Verifier{}, Books: map[string]exchange.BookReader{}}
	var err error
	s.Verifiers[Test], err = paper.NewVerifier(paper.Options{Name: Paper, Base: o.Paper, Clock: o.Clock, RoundTripper: o.RoundTripper})
	if err != nil {
		return Set{}, err
	}
	common := transport.Options{Clock: o.Clock, RoundTripper: o.RoundTripper}
	for name, a := range adapters {
		if s.Verifiers[name], err = a.verifier(common); err != nil {
			return Set{}, fmt.Errorf("%s: %w", name, err)
		}
		if a.books == nil {
			continue
		}
		if s.Books[name], err = a.books(common); err != nil {
			return Set{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// Adapter returns who makes the proofs for the exchange of that name.
func Adapter(name string) string {
	if name == Test {
		return Paper
	}
	return name
}
