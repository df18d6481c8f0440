package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// A client asks for a price. The venue loses the first question, and is asked
// again.
func Example() {
	asked := 0
	client, err := transport.New(transport.Config{
		Base: "https://venue.example", Every: 10 * time.Millisecond, Burst: 100, Retries: 1,
		Refusal: func(int, []byte) error { return nil },
		RoundTripper: venue(func(*http.Request) (*http.Response, error) {
			if asked++; asked == 1 {
				return nil, fmt.Errorf("connection reset")
			}
			return answer(http.StatusOK, `{"price":"1.0002"}`), nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var ticker struct{ Price transport.Number }
	err = client.Read(context.Background(), transport.Call{
		Request: func(now time.Time) (transport.Request, error) { // here a venue signs
			return transport.Request{Method: http.MethodGet, Path: "/ticker", Query: "symbol=USDCUSDT"}, nil
		},
		Accept: func(body []byte) error { return transport.JSON(body, &ticker) },
	})
	fmt.Println(ticker.Price, strings.Repeat("asked ", asked), err)
	// Output: 1.0002 asked asked  <nil>
}
