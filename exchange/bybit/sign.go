package bybit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// How long Bybit takes a request for after its timestamp, in ms. An order that
// is late must not arrive after we gave it up for lost; a proof travels before
// it is replayed, for at most exchange.MaxProofAge.
const (
	callWindowMs  = "5000"
	proofWindowMs = "30000"
)

// signed returns what a signature covers: neither method nor path. The payload
// is the query of a GET and the body of a POST.
func signed(at time.Time, key, windowMs, payload string) string {
	return millis(at) + key + windowMs + payload
}

// sign returns the signature of a text: its HMAC-SHA256, in hex.
func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// request puts a signed request together.
func request(method, path, payload string, at time.Time, key, windowMs, signature string) transport.Request {
	r := transport.Request{Method: method, Path: path, Header: map[string]string{
		"X-BAPI-API-KEY": key, "X-BAPI-TIMESTAMP": millis(at), "X-BAPI-RECV-WINDOW": windowMs, "X-BAPI-SIGN": signature,
	}}
	if method == http.MethodGet {
		r.Query = payload
	} else {
		r.Body = payload
		r.Header["Content-Type"] = "application/json"
	}
	return r
}

func millis(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }
