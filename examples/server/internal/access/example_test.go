package access_test

import (
	"fmt"
	"net/http"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

func Example() {
	known, err := access.New(access.Config{Keys: []access.Key{{
		Name: "north", SHA256: access.Hash("a key that only the bank knows"),
		Roles: []access.Role{access.Bank}, Bank: "bank-north",
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	rule := access.Rule{Roles: []access.Role{access.Operator}, Own: []access.Role{access.Bank}}

	actor, err := known.Authenticate(&http.Request{Header: http.Header{"X-Api-Key": {"a key that only the bank knows"}}}, noon)
	if err != nil {
		fmt.Println(err)
		return
	}
	caller, err := rule.Admit(actor)
	fmt.Println(caller.Name, err, caller.Sees("bank-north"), caller.Sees("bank-south"))
	// Output: north <nil> true false
}
