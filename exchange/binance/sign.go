package binance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"time"
)

// recvWindowMs is how long Binance takes a request for after its timestamp: the
// longest it offers, since a proof travels before it is replayed. Our own limit
// is exchange.MaxProofAge.
const recvWindowMs = "60000"

// stamped returns the encoded parameters with the window and the timestamp, the
// last two under every signature.
func stamped(params url.Values, at time.Time) string {
	query := "recvWindow=" + recvWindowMs + "&timestamp=" + strconv.FormatInt(at.UnixMilli(), 10)
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
