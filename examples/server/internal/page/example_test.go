package page_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/page"
)

func Example() {
	pool := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"success":true}`) })
	handler, err := page.Handler(page.Options{}, pool)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, accept := range []string{"text/html", "application/json"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Printf("%s: %.15s\n", accept, w.Body)
	}
	// Output:
	// text/html: <!doctype html>
	// application/json: {"success":true
}
