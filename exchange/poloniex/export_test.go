package poloniex

import "net/url"

// Sign is the signature alone, for the published examples.
func Sign(secret, method, path string, params url.Values, body, timestamp string) string {
	return call{method: method, path: path, params: params, body: body}.sign(secret, timestamp)
}
