package alp

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The headers of an envelope.
const (
	KeyHeader       = "X-ALP-Key"       // base64 of the Ed25519 public key
	TimestampHeader = "X-ALP-Timestamp" // RFC 3339 with nanoseconds, UTC
	NonceHeader     = "X-ALP-Nonce"     // 16 random bytes, hex
	SignatureHeader = "X-ALP-Signature" // base64 of the Ed25519 signature
)

// MaxEnvelopeSkew is how far a timestamp may be from the server's time, either
// way. Twice as long the server remembers nonces.
const MaxEnvelopeSkew = time.Minute

// ErrEnvelope says that a request is not sealed, or not by the key it names.
var ErrEnvelope = errors.New("alp: envelope")

// Nonce makes two envelopes of the same request different.
type Nonce [16]byte

// Envelope is who sealed a request, and when. A request that is sent again has
// the same Key and Nonce: who opens envelopes refuses the pair for as long as the
// timestamp would be taken.
type Envelope struct {
	Key   ed25519.PublicKey
	At    time.Time // UTC
	Nonce Nonce
}

// Seal returns the headers that bind a request to key. The path is as it is sent,
// escaped; a query would not be covered, so there is none.
func Seal(key ed25519.PrivateKey, method, path string, body []byte, now time.Time, nonce Nonce) map[string]string {
	timestamp, once := now.UTC().Format(time.RFC3339Nano), hex.EncodeToString(nonce[:])
	return map[string]string{
		KeyHeader:       base64.StdEncoding.EncodeToString(key[ed25519.SeedSize:]),
		TimestampHeader: timestamp,
		NonceHeader:     once,
		SignatureHeader: base64.StdEncoding.EncodeToString(ed25519.Sign(key, sealed(method, path, body, timestamp, once))),
	}
}

// Open returns the envelope of a request, whose body has been read already, or
// [ErrEnvelope] naming header and rule.
func Open(r *http.Request, body []byte, now time.Time) (Envelope, error) {
	for _, name := range []string{KeyHeader, TimestampHeader, NonceHeader, SignatureHeader} {
		if len(r.Header.Values(name)) != 1 {
			return Envelope{}, fmt.Errorf("%w: %s: must be there once", ErrEnvelope, name)
		}
	}
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return Envelope{}, fmt.Errorf("%w: query %.64q: must be empty, since it is not signed", ErrEnvelope, r.URL.RawQuery)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(r.Header.Get(KeyHeader))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return Envelope{}, fmt.Errorf("%w: %s: must be base64 of 32 bytes", ErrEnvelope, KeyHeader)
	}
	timestamp := r.Header.Get(TimestampHeader)
	at, err := time.Parse(time.RFC3339Nano, timestamp)
	if err != nil || at.UTC().Format(time.RFC3339Nano) != timestamp {
		return Envelope{}, fmt.Errorf("%w: %s %.64q: must be RFC 3339, UTC", ErrEnvelope, TimestampHeader, timestamp)
	}
	if skew := now.Sub(at); skew > MaxEnvelopeSkew || skew < -MaxEnvelopeSkew {
		return Envelope{}, fmt.Errorf("%w: %s %s: must be within %v of %s", ErrEnvelope, TimestampHeader, timestamp, MaxEnvelopeSkew, now.UTC().Format(time.RFC3339))
	}
	var nonce Nonce
	once := r.Header.Get(NonceHeader)
	if len(once) != hex.EncodedLen(len(nonce)) || once != strings.ToLower(once) {
		return Envelope{}, fmt.Errorf("%w: %s %.64q: must be 32 hex digits", ErrEnvelope, NonceHeader, once)
	}
	if _, err := hex.Decode(nonce[:], []byte(once)); err != nil {
		return Envelope{}, fmt.Errorf("%w: %s %.64q: must be 32 hex digits", ErrEnvelope, NonceHeader, once)
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(r.Header.Get(SignatureHeader))
	if err != nil || !ed25519.Verify(key, sealed(r.Method, r.URL.EscapedPath(), body, timestamp, once), signature) {
		return Envelope{}, fmt.Errorf("%w: %s: does not fit the request", ErrEnvelope, SignatureHeader)
	}
	return Envelope{Key: key, At: at, Nonce: nonce}, nil
}

// sealed is the text under the signature.
func sealed(method, path string, body []byte, timestamp, nonce string) []byte {
	sum := sha256.Sum256(body)
	return []byte(strings.Join([]string{method, path, hex.EncodeToString(sum[:]), timestamp, nonce}, "\n"))
}
