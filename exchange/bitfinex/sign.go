package bitfinex

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// signer holds one key. Safe for concurrent use.
type signer struct {
	key, secret string
	nonces      transport.Sequence
}

func newSigner(key, secret string) (*signer, error) {
	if key == "" || secret == "" {
		return nil, fmt.Errorf("%w: key and secret: must not be empty", exchange.ErrInvalid)
	}
	return &signer{key: key, secret: secret, nonces: transport.Sequence{Unit: time.Microsecond}}, nil
}

func nonce(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }

// signed is what the signature of a request is about.
func signed(path, nonce, body string) string { return "/api" + path + nonce + body }

// sign returns a signature: the HMAC-SHA384, in hex.
func sign(secret, text string) string {
	mac := hmac.New(sha512.New384, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// request signs a private call as of now.
func (s *signer) request(path, body string, now time.Time) transport.Request {
	n := nonce(s.nonces.Next(now))
	return post(path, body, s.key, n, sign(s.secret, signed(path, n, body)))
}

func post(path, body, key, nonce, signature string) transport.Request {
	return transport.Request{
		Method: http.MethodPost, Path: path, Body: body,
		Header: map[string]string{
			"bfx-apikey": key, "bfx-nonce": nonce, "bfx-signature": signature, "Content-Type": "application/json",
		},
	}
}
