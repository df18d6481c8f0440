package exchangetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// ProofFixture is an account with at least one open order of Pair, at a venue
// whose time is Now.
type ProofFixture struct {
	Prover   exchange.Prover
	Verifier exchange.Verifier
	Owner    exchange.OrderReader // the account that Prover signs for
	Pair     exchange.Pair
	Now      time.Time
}

// RunProofs checks the promises of exchange.Prover and exchange.Verifier, each
// on a fixture of its own.
func RunProofs(t *testing.T, open func(t *testing.T) ProofFixture) {
	t.Helper()
	for _, c := range []struct {
		promise string
		check   func(*testing.T, ProofFixture)
	}{
		{"a proof shows the owner's open orders, also after JSON", proofShows},
		{"a later proof has a later time", proofOrder},
		{"a proof outside its time is stale", proofStale},
		{"a proof of another pair, exchange or shape is invalid", proofInvalid},
		{"a proof that was tampered with is not accepted", proofForged},
		{"a printed proof keeps its signature to itself", proofSecret},
	} {
		t.Run(c.promise, func(t *testing.T) { c.check(t, open(t)) })
	}
}

func (f ProofFixture) prove(t *testing.T) exchange.Proof {
	t.Helper()
	p, err := f.Prover.ProveOpenOrders(f.Pair, f.Now)
	require.NoError(t, err)
	return p
}

func (f ProofFixture) verify(t *testing.T, p exchange.Proof, now time.Time) ([]exchange.Order, error) {
	t.Helper()
	return f.Verifier.Verify(t.Context(), p, f.Pair, now)
}

func proofShows(t *testing.T, f ProofFixture) {
	want, err := f.Owner.OpenOrders(t.Context(), f.Pair)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	wire, err := json.Marshal(f.prove(t))
	require.NoError(t, err)
	var p exchange.Proof
	require.NoError(t, json.Unmarshal(wire, &p))
	got, err := f.verify(t, p, f.Now)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, got))
}

func proofOrder(t *testing.T, f ProofFixture) {
	first, second := f.prove(t), f.prove(t)
	require.True(t, second.IssuedAt.After(first.IssuedAt), "%v, then %v", first.IssuedAt, second.IssuedAt)
	require.Equal(t, second.IssuedAt, second.IssuedAt.Truncate(time.Microsecond))
}

func proofStale(t *testing.T, f ProofFixture) {
	p := f.prove(t)
	for _, now := range []time.Time{
		p.IssuedAt.Add(exchange.MaxProofAge + time.Microsecond),
		p.IssuedAt.Add(-exchange.MaxProofSkew - time.Microsecond),
	} {
		_, err := f.verify(t, p, now)
		require.ErrorIs(t, err, exchange.ErrStale, "now %v, issued %v", now, p.IssuedAt)
	}
}

func proofInvalid(t *testing.T, f ProofFixture) {
	for what, spoil := range map[string]func(*exchange.Proof){
		"another exchange":   func(p *exchange.Proof) { p.Exchange += "x" },
		"another pair":       func(p *exchange.Proof) { p.Pair.Base += "x" },
		"no key":             func(p *exchange.Proof) { p.Key = "" },
		"a blank after key":  func(p *exchange.Proof) { p.Key += " " }, // which a header would lose
		"a tab before key":   func(p *exchange.Proof) { p.Key = "\t" + p.Key },
		"no signature":       func(p *exchange.Proof) { p.Signature = "" },
		"one parameter more": func(p *exchange.Proof) { p.Params["orderId"] = "1" },
		"one header more":    func(p *exchange.Proof) { p.Headers = map[string]string{"Host": "elsewhere"} },
		"another time":       func(p *exchange.Proof) { p.IssuedAt = p.IssuedAt.Add(time.Second) },
	} {
		p := f.prove(t)
		now := p.IssuedAt // of a venue that counts seconds, the later proofs are ahead of time
		spoil(&p)
		_, err := f.verify(t, p, now)
		require.ErrorIs(t, err, exchange.ErrInvalid, what)
	}
}

func proofForged(t *testing.T, f ProofFixture) {
	for what, spoil := range map[string]func(*exchange.Proof){
		"another signature": func(p *exchange.Proof) { p.Signature = "00" + p.Signature[2:] + "00" },
		"another key":       func(p *exchange.Proof) { p.Key += "x" },
	} {
		p := f.prove(t)
		spoil(&p)
		_, err := f.verify(t, p, f.Now)
		require.ErrorIs(t, err, exchange.ErrAuth, what)
	}
}

func proofSecret(t *testing.T, f ProofFixture) {
	p := f.prove(t)
	require.NotContains(t, p.String(), p.Signature)
}
