package coinbase

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// tokenLife is how long Coinbase takes a token for: the longest it offers.
const tokenLife = 2 * time.Minute

// signer holds one key. Safe for concurrent use.
type signer struct {
	key     string
	private *ecdsa.PrivateKey
	times   transport.Sequence
}

func newSigner(key, secret string) (*signer, error) {
	private, err := parseKey(secret)
	if err != nil || key == "" {
		return nil, fmt.Errorf("%w: key and secret: must not be empty, the secret an EC key of P-256 in PEM", exchange.ErrInvalid)
	}
	return &signer{key: key, private: private, times: transport.Sequence{Unit: time.Microsecond}}, nil
}

// parseKey reads a private key as Coinbase hands it out, SEC 1, or as other tools
// write it, PKCS #8.
func parseKey(secret string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(secret))
	if block == nil {
		return nil, fmt.Errorf("%w: no PEM", exchange.ErrInvalid)
	}
	private, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		private, _ = key.(*ecdsa.PrivateKey)
	}
	if private == nil || private.Curve != elliptic.P256() {
		return nil, fmt.Errorf("%w: no key of P-256", exchange.ErrInvalid)
	}
	return private, nil
}

// signed is the part of a token under its signature: a JWT (RFC 7519) that says
// who asks for what, as of when. The query is not part of it. Whoever knows key,
// call and time can put it together.
func signed(key, method, path string, at time.Time) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings and numbers always encode
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(struct {
		Alg   string `json:"alg"`
		Kid   string `json:"kid"`
		Nonce string `json:"nonce"`
		Typ   string `json:"typ"`
	}{"ES256", key, nonce(at), "JWT"}) + "." + part(struct {
		Sub string `json:"sub"`
		Iss string `json:"iss"`
		Nbf int64  `json:"nbf"`
		Exp int64  `json:"exp"`
		URI string `json:"uri"`
	}{key, "cdp", at.Unix(), at.Add(tokenLife).Unix(), method + " " + host + path})
}

// nonce tells tokens of the same second apart.
func nonce(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }

// sign returns a signature of ES256 (RFC 7518 3.4): another one on every call.
func (s *signer) sign(text string) (string, error) {
	digest := sha256.Sum256([]byte(text))
	r, t, err := ecdsa.Sign(rand.Reader, s.private, digest[:])
	if err != nil {
		return "", err
	}
	var both [64]byte
	r.FillBytes(both[:32])
	t.FillBytes(both[32:])
	return base64.RawURLEncoding.EncodeToString(both[:]), nil
}

// request signs a call as of now.
func (s *signer) request(method, path string, query url.Values, body string, now time.Time) (transport.Request, error) {
	text := signed(s.key, method, path, s.times.Next(now))
	signature, err := s.sign(text)
	return request(method, path, query, body, text+"."+signature), err
}

func request(method, path string, query url.Values, body, token string) transport.Request {
	return transport.Request{
		Method: method, Path: path, Query: query.Encode(), Body: body,
		Header: map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"},
	}
}
