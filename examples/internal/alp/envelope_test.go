package alp_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
)

var (
	noon = time.Date(2024, 5, 1, 12, 0, 0, 123456789, time.UTC)
	key  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	// RFC 8032, 5.1.5: the public key is the second half of what Go keeps.
	public = ed25519.PublicKey(key[ed25519.SeedSize:])
	once   = alp.Nonce{1, 2, 3, 0xff}
)

// request is a sealed one.
func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for name, value := range alp.Seal(key, method, r.URL.EscapedPath(), []byte(body), noon, once) {
		r.Header.Set(name, value)
	}
	return r
}

func TestAnEnvelopeNamesWhoSealedItAndWhen(t *testing.T) {
	for _, path := range []string{"/liquidity", "/a%2Fb+c/orders"} {
		e, err := alp.Open(request(t, "POST", path, `{"user":"u"}`), []byte(`{"user":"u"}`), noon)
		require.NoError(t, err)
		require.Equal(t, alp.Envelope{Key: public, At: noon, Nonce: once}, e)
	}
}

func TestTheSealedTextIsThatOfTheWire(t *testing.T) {
	headers := alp.Seal(key, "POST", "/liquidity", []byte("body"), noon.In(time.FixedZone("", 3600)), once)
	sum := sha256.Sum256([]byte("body"))
	text := "POST\n/liquidity\n" + hex.EncodeToString(sum[:]) + "\n2024-05-01T12:00:00.123456789Z\n010203ff000000000000000000000000"
	require.Equal(t, map[string]string{
		"X-ALP-Key":       base64.StdEncoding.EncodeToString(public),
		"X-ALP-Timestamp": "2024-05-01T12:00:00.123456789Z",
		"X-ALP-Nonce":     "010203ff000000000000000000000000",
		"X-ALP-Signature": base64.StdEncoding.EncodeToString(ed25519.Sign(key, []byte(text))),
	}, headers)
}

func TestABrokenEnvelopeIsNotOpened(t *testing.T) {
	const body = `{"user":"u"}`
	for _, c := range []struct {
		story string
		spoil func(r *http.Request)
		now   time.Time
		says  string
	}{
		{"another body", func(r *http.Request) { r.Header.Set("Body", body+" ") }, noon, "X-ALP-Signature"},
		{"another path", func(r *http.Request) { r.URL.Path = "/register" }, noon, "X-ALP-Signature"},
		{"another method", func(r *http.Request) { r.Method = "PUT" }, noon, "X-ALP-Signature"},
		{"a query", func(r *http.Request) { r.URL.RawQuery = "user=v" }, noon, `query "user=v"`},
		{"an empty query", func(r *http.Request) { r.URL.ForceQuery = true }, noon, "query"},
		{"another time", func(r *http.Request) { r.Header.Set(alp.TimestampHeader, "2024-05-01T12:00:01Z") }, noon, "X-ALP-Signature"},
		{"another zone", func(r *http.Request) { r.Header.Set(alp.TimestampHeader, "2024-05-01T13:00:00.123456789+01:00") }, noon, "X-ALP-Timestamp"},
		{"no time", func(r *http.Request) { r.Header.Set(alp.TimestampHeader, "noon") }, noon, `X-ALP-Timestamp "noon"`},
		{"another nonce", func(r *http.Request) { r.Header.Set(alp.NonceHeader, strings.Repeat("0", 32)) }, noon, "X-ALP-Signature"},
		{"the nonce in capitals", func(r *http.Request) { r.Header.Set(alp.NonceHeader, strings.ToUpper(r.Header.Get(alp.NonceHeader))) }, noon, "X-ALP-Nonce"},
		{"a short nonce", func(r *http.Request) { r.Header.Set(alp.NonceHeader, "00") }, noon, "X-ALP-Nonce"},
		{"a nonce that is no hex", func(r *http.Request) { r.Header.Set(alp.NonceHeader, strings.Repeat("x", 32)) }, noon, "X-ALP-Nonce"},
		{"another's key", func(r *http.Request) {
			r.Header.Set(alp.KeyHeader, base64.StdEncoding.EncodeToString(make([]byte, ed25519.PublicKeySize)))
		}, noon, "X-ALP-Signature"},
		{"half a key", func(r *http.Request) { r.Header.Set(alp.KeyHeader, "AAAA") }, noon, "X-ALP-Key"},
		{"two keys", func(r *http.Request) { r.Header.Add(alp.KeyHeader, r.Header.Get(alp.KeyHeader)) }, noon, "X-ALP-Key: must be there once"},
		{"no signature", func(r *http.Request) { r.Header.Del(alp.SignatureHeader) }, noon, "X-ALP-Signature: must be there once"},
		{"a signature that is no base64", func(r *http.Request) { r.Header.Set(alp.SignatureHeader, "?") }, noon, "X-ALP-Signature"},
		{"too old", func(*http.Request) {}, noon.Add(alp.MaxEnvelopeSkew + 1), "must be within 1m0s"},
		{"too far ahead", func(*http.Request) {}, noon.Add(-alp.MaxEnvelopeSkew - 1), "must be within 1m0s"},
	} {
		t.Run(c.story, func(t *testing.T) {
			r := request(t, "POST", "/liquidity", body)
			c.spoil(r)
			got := body
			if other := r.Header.Get("Body"); other != "" {
				got = other
			}
			_, err := alp.Open(r, []byte(got), c.now)
			require.ErrorIs(t, err, alp.ErrEnvelope)
			require.ErrorContains(t, err, c.says)
		})
	}
	for _, now := range []time.Time{noon.Add(alp.MaxEnvelopeSkew), noon.Add(-alp.MaxEnvelopeSkew)} {
		_, err := alp.Open(request(t, "POST", "/liquidity", body), []byte(body), now)
		require.NoError(t, err, "both ends of the window are inside")
	}
}
