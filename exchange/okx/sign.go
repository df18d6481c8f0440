package okx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// latest is how long after its timestamp an order may still be carried out: one
// that is late must not arrive after we gave it up for lost. Signatures alone
// are good for 30 s.
const latest = 5 * time.Second

// passphraseHeader carries the third part of a key, which no signature covers.
const passphraseHeader = "OK-ACCESS-PASSPHRASE"

// credentials are the three parts of a key.
type credentials struct{ key, secret, passphrase string }

func (c credentials) validate() error {
	if c.key == "" || c.secret == "" {
		return fmt.Errorf("%w: key and secret: must not be empty", exchange.ErrInvalid)
	}
	return validPassphrase(c.passphrase)
}

// validPassphrase refuses what is no header, such as a line read with its end,
// before anybody writes it into an error.
func validPassphrase(passphrase string) error {
	if passphrase == "" || strings.ContainsFunc(passphrase, unicode.IsControl) {
		return fmt.Errorf("%w: passphrase: must not be empty or have control characters", exchange.ErrInvalid)
	}
	return nil
}

// iso is a timestamp as OKX writes it, in whole milliseconds.
func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// signed returns what a signature covers. The payload is the query of a GET and
// the body of a POST.
func signed(at time.Time, method, path, payload string) string {
	if method == http.MethodGet && payload != "" {
		payload = "?" + payload
	}
	return iso(at) + method + path + payload
}

// sign returns the signature of a text: its HMAC-SHA256, in base64.
func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// request puts a signed request together.
func request(method, path, payload string, at time.Time, key, passphrase, signature string) transport.Request {
	r := transport.Request{Method: method, Path: path, Header: map[string]string{
		"OK-ACCESS-KEY": key, "OK-ACCESS-TIMESTAMP": iso(at), "OK-ACCESS-SIGN": signature, passphraseHeader: passphrase,
	}}
	if method == http.MethodGet {
		r.Query = payload
	} else {
		r.Body = payload
		r.Header["Content-Type"] = "application/json"
		r.Header["expTime"] = strconv.FormatInt(at.Add(latest).UnixMilli(), 10)
	}
	return r
}
