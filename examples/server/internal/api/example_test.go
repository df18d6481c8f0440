package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

func Example() {
	table := []access.Rule{{
		ID: "account", Method: http.MethodGet, Path: "/accounts/{bank}", Object: "bank",
		Roles: []access.Role{access.Operator}, Own: []access.Role{access.Bank},
		Limit: guard.Limit{Per: time.Second, Burst: 60},
	}}
	type account struct {
		Bank    string      `json:"bank"`
		Balance api.Decimal `json:"balance"`
	}
	read := func(_ context.Context, _ access.Caller, in *balanceOf) (*api.Reply[account], error) {
		return &api.Reply[account]{Body: account{in.Bank, api.Decimal(decimal.New(125, -2))}}, nil
	}

	known, err := access.New(access.Config{Keys: []access.Key{{
		Name: "north", SHA256: access.Hash("key-of-north"), Roles: []access.Role{access.Bank}, Bank: "north",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	a := api.New(api.Options{Title: "Accounts", Version: "1", Access: known, Now: func() time.Time { return start }})
	api.Add(a.Under("/api/v1", "Accounts", table), "account", api.Doc{Summary: "One bank's account"}, read)
	handler, err := a.Beside(http.NotFoundHandler())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, bank := range []string{"north", "south"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/api/v1/accounts/"+bank, http.NoBody)
		r.Header.Set("X-API-Key", "key-of-north")
		r.Header.Set("X-Request-Id", "example")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 {"bank":"north","balance":"1.25"}
	// 404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"bank \"south\": must be one that you may see","request":"example"}
}
