package pooltest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
)

// Network carries requests to the handlers that serve at its addresses, without
// a socket, so that time may be a test's own. Safe for concurrent use.
type Network struct {
	mu       sync.Mutex
	handlers map[string]http.Handler
}

// Serve answers at an address until stop is called.
func (n *Network) Serve(_ context.Context, address string, handler http.Handler) (stop func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.handlers == nil {
		n.handlers = map[string]http.Handler{}
	}
	if n.handlers[address] != nil {
		return nil, fmt.Errorf("listen %s: address already in use", address)
	}
	n.handlers[address] = handler
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.handlers, address)
	}, nil
}

// RoundTrip asks whoever serves at the request's address.
func (n *Network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	handler := n.handlers[r.URL.Host]
	n.mu.Unlock()
	if handler == nil {
		return nil, fmt.Errorf("dial %s: connection refused", r.URL.Host)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result(), nil
}
