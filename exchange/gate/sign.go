package gate

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// sign returns the signature of a request as of a timestamp.
func sign(secret string, r transport.Request, timestamp string) string {
	digest := sha512.Sum512([]byte(r.Body))
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write([]byte(strings.Join([]string{r.Method, r.Path, r.Query, hex.EncodeToString(digest[:]), timestamp}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// timestamp is in whole seconds; Gate takes a request for 60 s around it.
func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// authorised adds the headers that say who signed r, and when.
func authorised(r transport.Request, key, signature, timestamp string) transport.Request {
	r.Header = map[string]string{"KEY": key, "SIGN": signature, "Timestamp": timestamp}
	if r.Method == http.MethodPost {
		r.Header["Content-Type"] = "application/json"
	}
	return r
}
