package transport_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

var (
	proofs = transport.Proofs{Name: "venue", Unit: time.Second, Params: func(at time.Time) map[string]string {
		return map[string]string{"at": at.Format(time.RFC3339)}
	}}
	pair = exchange.Pair{Base: "USDC", Quote: "USDT"}
	noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
)

func TestAProofIsMadeOfWhatItsVenueAsksFor(t *testing.T) {
	p := proofs.Make("key", pair, noon, "signature")
	require.Equal(t, exchange.Proof{
		Exchange: "venue", Key: "key", Pair: pair, Params: map[string]string{"at": "2024-05-01T12:00:00Z"},
		Signature: "signature", IssuedAt: noon,
	}, p)
	require.NoError(t, proofs.Check(p, pair, noon.Add(exchange.MaxProofAge)), "by its own time, not by that of the check")
}

func TestAProofOfAnotherFormIsRefused(t *testing.T) {
	now := noon.Add(2 * time.Second)
	for _, c := range []struct {
		story string
		spoil func(*exchange.Proof)
		want  error
		names string
	}{
		{"of another venue", func(p *exchange.Proof) { p.Exchange = "other" }, exchange.ErrInvalid, "Proof.Exchange"},
		{"of another pair", func(p *exchange.Proof) { p.Pair.Base = "DAI" }, exchange.ErrInvalid, "Proof.Pair"},
		{"too old", func(p *exchange.Proof) { *p = proofs.Make("key", pair, noon.Add(-time.Minute), "signature") }, exchange.ErrStale, "issued"},
		{"of a time that the venue does not count", func(p *exchange.Proof) { p.IssuedAt = noon.Add(time.Millisecond) }, exchange.ErrInvalid, "Proof.IssuedAt"},
		{"with parameters of another time", func(p *exchange.Proof) { p.IssuedAt = noon.Add(time.Second) }, exchange.ErrInvalid, "Proof.Params"},
		{"with a header", func(p *exchange.Proof) { p.Headers = map[string]string{"Host": "elsewhere"} }, exchange.ErrInvalid, "Proof.Headers"},
		{"too old, with a header: its age is looked at first", func(p *exchange.Proof) {
			p.IssuedAt, p.Headers = noon.Add(-time.Minute), map[string]string{"Host": "elsewhere"}
		}, exchange.ErrStale, "issued"},
	} {
		t.Run(c.story, func(t *testing.T) {
			p := proofs.Make("key", pair, noon, "signature")
			c.spoil(&p)
			err := proofs.Check(p, pair, now)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.names)
		})
	}
}

func TestAProofThatMayNotShowAllSaysHowManyItShows(t *testing.T) {
	err := transport.MayBeMore(pair, 100, 99)
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, "Proof of USDC/USDT: shows 100 orders, and there may be more: must be at most 99")
}
