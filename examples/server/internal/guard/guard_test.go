package guard_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	limit = guard.Limit{Per: time.Second, Burst: 2}
)

func TestEachActorHasABucketForEachRoute(t *testing.T) {
	g := guard.New()
	for range 2 {
		require.Zero(t, g.Allow("/a", "lp", limit, noon))
	}
	require.Equal(t, time.Second, g.Allow("/a", "lp", limit, noon))
	require.Zero(t, g.Allow("/a", "other", limit, noon))
	require.Zero(t, g.Allow("/b", "lp", limit, noon))
	require.Equal(t, 400*time.Millisecond, g.Allow("/a", "lp", limit, noon.Add(600*time.Millisecond)), "who was refused has not used anything up")
	require.Zero(t, g.Allow("/a", "lp", limit, noon.Add(time.Second)))
}

func TestAnAddressMayFiveTimesAsMuch(t *testing.T) {
	g := guard.New()
	for range 10 {
		require.Zero(t, g.Admit("/a", "127.0.0.1", limit, noon))
	}
	require.Equal(t, 200*time.Millisecond, g.Admit("/a", "127.0.0.1", limit, noon))
	require.Zero(t, g.Admit("/a", "127.0.0.2", limit, noon))
}

func TestAllTogetherHaveACeiling(t *testing.T) {
	g := guard.New()
	admitted := 0
	for i := range 2000 {
		if g.Admit("/a", fmt.Sprint(i), limit, noon) == 0 {
			admitted++
		}
	}
	require.Equal(t, 1000, admitted)
}

func TestFailuresLockAnAddress(t *testing.T) {
	g := guard.New()
	for range 10 {
		require.Zero(t, g.Locked("127.0.0.1", noon))
		g.Failed("127.0.0.1", noon)
	}
	require.Equal(t, 30*time.Second, g.Locked("127.0.0.1", noon))
	g.Failed("127.0.0.1", noon)
	require.Equal(t, 30*time.Second, g.Locked("127.0.0.1", noon), "who is refused anyway does not wait longer")
	require.Zero(t, g.Locked("127.0.0.2", noon))
	require.InDelta(t, time.Second, g.Locked("127.0.0.1", noon.Add(29*time.Second)), float64(time.Microsecond))
	require.Zero(t, g.Locked("127.0.0.1", noon.Add(30*time.Second)))
	require.Zero(t, g.Locked("127.0.0.1", noon.Add(30*time.Second)), "asking costs nothing")
}

func TestWhereARequestComesFrom(t *testing.T) {
	for _, row := range []struct {
		name      string
		remote    string
		forwarded []string
		proxied   bool
		want      string
	}{
		{"an address without its port", "10.0.0.1:4711", nil, false, "10.0.0.1"},
		{"an IPv6 network", "[2001:db8:1:2:3:4:5:6]:80", nil, false, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:80", nil, false, "10.0.0.1"},
		{"what is no address", "somewhere", nil, false, "somewhere"},
		{"who says that he was forwarded", "10.0.0.1:80", []string{"10.9.9.9"}, false, "10.0.0.1"},
		{"what the proxy added last", "10.0.0.1:80", []string{"1.1.1.1, 2.2.2.2", "3.3.3.3"}, true, "3.3.3.3"},
		{"a neighbour behind the proxy", "10.0.0.1:80", []string{"2001:db8:1:2:ffff::1"}, true, "2001:db8:1:2::/64"},
		{"nothing from a proxy", "10.0.0.1:80", nil, true, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: row.remote, Header: http.Header{"X-Forwarded-For": row.forwarded}}
			require.Equal(t, row.want, guard.Address(r, row.proxied))
		})
	}
}

func TestMemoryIsBoundedAndForgetsTheIdle(t *testing.T) {
	g := guard.New()
	for range 3 {
		g.Allow("/a", "busy", limit, noon)
	}
	for i := range 120_000 {
		g.Allow("/a", fmt.Sprint(i), limit, noon)
		if i%10_000 == 0 {
			require.NotZero(t, g.Allow("/a", "busy", limit, noon), "who keeps asking is not forgotten")
		}
	}
	require.Zero(t, g.Allow("/a", "0", limit, noon), "who asked once, long ago, is")
}

func TestAnEnvelopeIsOpenedOnce(t *testing.T) {
	g := guard.New()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	sealed := func(n uint64, at time.Time) *http.Request {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pool/lp/stats", nil)
		require.NoError(t, err)
		var nonce alp.Nonce
		binary.BigEndian.PutUint64(nonce[:], n)
		for name, value := range alp.Seal(key, http.MethodGet, "/lp/stats", nil, at, nonce) {
			request.Header.Set(name, value)
		}
		return request
	}
	first := sealed(1, noon.Add(alp.MaxEnvelopeSkew))
	signer, err := g.Open(first, nil, noon)
	require.NoError(t, err)
	require.NotEmpty(t, signer)
	for now := noon; now.Before(noon.Add(2*alp.MaxEnvelopeSkew + time.Second)); now = now.Add(time.Second) {
		_, err := g.Open(first, nil, now)
		require.ErrorIs(t, err, guard.ErrRepeated, now)
		_, err = g.Open(sealed(uint64(now.Unix()), now), nil, now)
		require.NoError(t, err)
	}
	_, err = g.Open(first, nil, noon.Add(2*alp.MaxEnvelopeSkew+time.Second))
	require.ErrorIs(t, err, alp.ErrEnvelope, "by now it is too old")
	_, err = g.Open(sealed(2, noon), []byte("x"), noon)
	require.ErrorIs(t, err, alp.ErrEnvelope)
}
