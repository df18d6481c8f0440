package binance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"time"
)

// How long Binance takes a request for after its timestamp. An order that is late
// must not arrive after we gave it up for lost. A proof travels before it is
// replayed, so it has the longest that Binance offers; our own limit is
// exchange.MaxProofAge.
const (
	callWindowMs  = "5000"
	proofWindowMs = "60000"
)

// stamped returns the encoded parameters with the window and the timestamp, the
// last two under every signature.
func stamped(params url.Values, windowMs string, at time.Time) string {
	query := "recvWindow=" + windowMs + "&timestamp=" + strconv.FormatInt(at.UnixMilli(), 10)
	if len(params) > 0 {
		query = params.Encode() + "&" + query
	}
	return query
}

// sign returns the signature of a query: its HMAC-SHA256, in hex.
func sign(secret, query string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(query))
	return hex.EncodeToString(mac.Sum(nil))
}
