package poloniex

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// call is a request before it is signed. It has parameters or a body.
type call struct {
	method, path string
	params       url.Values
	body         string // JSON
}

// sign returns the signature of a call as of a timestamp.
func (c call) sign(secret, timestamp string) string {
	signed := "requestBody=" + c.body + "&signTimestamp=" + timestamp
	if c.body == "" {
		params := url.Values{"signTimestamp": {timestamp}}
		maps.Copy(params, c.params)
		signed = params.Encode()
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(c.method + "\n" + c.path + "\n" + signed))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// timestamp is in milliseconds.
func timestamp(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// How long Poloniex takes a request for after its timestamp. An order that is late
// must not arrive after we gave it up for lost; a proof travels before it is
// replayed, for at most exchange.MaxProofAge.
const (
	callWindowMs  = "5000"
	proofWindowMs = "30000"
)

// request is the call with the headers that say who signed it, and when.
func (c call) request(key, signature, timestamp, windowMs string) transport.Request {
	return transport.Request{
		Method: c.method, Path: c.path, Query: c.params.Encode(), Body: c.body,
		Header: map[string]string{
			"key": key, "signature": signature, "signTimestamp": timestamp,
			"recvWindow": windowMs, "Content-Type": "application/json",
		},
	}
}
