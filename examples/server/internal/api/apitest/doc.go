// Package apitest tests an API. Of its table it tests who gets through, and how
// often. Every API gives it its own:
//
//	func TestWhoMay(t *testing.T)     { apitest.Matrix(t, alps.Rules(), "testdata/access.golden", *update) }
//	func TestHowOften(t *testing.T)   { apitest.Limits(t, alps.Rules()) }
//
// What the operations do, a [Client] asks:
//
//	client.Ask("olga", "POST /inject", `{"amount":"-1"}`).Refused(422, "invalid", "must be > 0")
package apitest
