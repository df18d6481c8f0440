package kraken

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// signer holds one key. Safe for concurrent use.
type signer struct {
	key    string
	secret []byte
	nonces transport.Sequence
}

func newSigner(key, secret string) (*signer, error) {
	raw, err := base64.StdEncoding.DecodeString(secret)
	if err != nil || key == "" || len(raw) == 0 {
		return nil, fmt.Errorf("%w: key and secret: must not be empty, the secret in base64", exchange.ErrInvalid)
	}
	return &signer{key: key, secret: raw, nonces: transport.Sequence{Unit: time.Microsecond}}, nil
}

func nonce(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }

// sign returns the signature of a body that begins with, or has, the nonce.
func sign(secret []byte, path, nonce, body string) string {
	digest := sha256.Sum256([]byte(nonce + body))
	mac := hmac.New(sha512.New, secret)
	mac.Write([]byte(path))
	mac.Write(digest[:])
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// request signs params for a private endpoint as of now.
func (s *signer) request(path string, params url.Values, now time.Time) transport.Request {
	n := nonce(s.nonces.Next(now))
	body := "nonce=" + n
	if len(params) > 0 {
		body += "&" + params.Encode()
	}
	return post(path, body, s.key, sign(s.secret, path, n, body))
}

func post(path, body, key, signature string) transport.Request {
	return transport.Request{
		Method: http.MethodPost, Path: path, Body: body,
		Header: map[string]string{"API-Key": key, "API-Sign": signature, "Content-Type": "application/x-www-form-urlencoded"},
	}
}
