package gate

import "github.com/evenkeelhq/evenkeel/exchange/transport"

// Sign is the signature alone, for the published examples.
func Sign(secret, method, path, query, body, timestamp string) string {
	return sign(secret, transport.Request{Method: method, Path: path, Query: query, Body: body}, timestamp)
}
