//go:build faultpoint

package fault

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Store returns s with a point at each of its methods.
func (p *Points) Store(s evenkeel.Store) evenkeel.Store { return store{s, p} }

type store struct {
	to evenkeel.Store
	p  *Points
}

func (s store) Last(ctx context.Context, key string) (evenkeel.Record, error) {
	return call(s.p, "store.last "+key, func() (evenkeel.Record, error) { return s.to.Last(ctx, key) })
}

func (s store) At(ctx context.Context, key string, t time.Time) (evenkeel.Record, error) {
	return call(s.p, "store.at "+key, func() (evenkeel.Record, error) { return s.to.At(ctx, key, t) })
}

func (s store) Append(ctx context.Context, r evenkeel.Record) error {
	return try(s.p, "store.append "+r.Key, func() error { return s.to.Append(ctx, r) })
}

func (s store) Journal(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Record, error] {
	return each(s.p, "store.journal "+key, s.to.Journal(ctx, key, after))
}

// Inbox returns i with a point at each of its methods.
func (p *Points) Inbox(i evenkeel.Inbox) evenkeel.Inbox { return inbox{i, p} }

type inbox struct {
	to evenkeel.Inbox
	p  *Points
}

func (i inbox) Put(ctx context.Context, key, id string, command []byte) error {
	return try(i.p, "inbox.put "+kind(key), func() error { return i.to.Put(ctx, key, id, command) })
}

func (i inbox) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	return each(i.p, "inbox.take "+kind(key), i.to.Take(ctx, key, after))
}

// kind is what the keys of a payer's notes, which name batches, have in common.
func kind(key string) string {
	first, _, _ := strings.Cut(key, "/")
	return first
}

// each passes a point before the first and after the last of all.
func each[T any](p *Points, point string, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		after := p.at(point)
		all(yield)
		after()
	}
}

// Payer returns to with a point at each of its methods.
func (p *Points) Payer(to payout.Payer) payout.Payer { return payer{to, p} }

type payer struct {
	to payout.Payer
	p  *Points
}

func (y payer) Pay(ctx context.Context, b payout.Batch) error {
	return try(y.p, "payer.pay", func() error { return y.to.Pay(ctx, b) })
}

func (y payer) Void(ctx context.Context, id string) error {
	return try(y.p, "payer.void", func() error { return y.to.Void(ctx, id) })
}

func (y payer) Find(ctx context.Context, id string) (payout.Receipt, error) {
	return call(y.p, "payer.find", func() (payout.Receipt, error) { return y.to.Find(ctx, id) })
}

// Verifier returns v with a point at its method.
func (p *Points) Verifier(v exchange.Verifier) exchange.Verifier { return verifier{v, p} }

type verifier struct {
	to exchange.Verifier
	p  *Points
}

func (v verifier) Verify(ctx context.Context, proof exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	return call(v.p, "verifier.verify", func() ([]exchange.Order, error) { return v.to.Verify(ctx, proof, pair, now) })
}

// RoundTripper returns rt with a point at each request: after it, whoever was
// asked has done it.
func (p *Points) RoundTripper(rt http.RoundTripper) http.RoundTripper {
	if rt == nil {
		rt = http.DefaultTransport
	}
	return roundTripper{rt, p}
}

type roundTripper struct {
	to http.RoundTripper
	p  *Points
}

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return call(t.p, "http "+subject(r), func() (*http.Response, error) { return t.to.RoundTrip(r) })
}

// subject is what a request is about: the method of a JSON-RPC, or a path.
func subject(r *http.Request) string {
	path := cmp.Or(r.URL.Path, "/")
	if r.GetBody == nil {
		return path
	}
	body, err := r.GetBody()
	if err != nil {
		return path
	}
	defer func() { _ = body.Close() }()
	var said struct{ Method string }
	if json.NewDecoder(body).Decode(&said) != nil || said.Method == "" {
		return path
	}
	return said.Method
}
