// Package api speaks the server's JSON: it turns a table of rules and a function
// for each of them into an HTTP API with its OpenAPI document.
//
// A request walks through one function, [API] serve: how often may this address
// ask, who is it, may he, how often may he, is the body sound; then huma parses
// and validates it, then its operation runs, once for each Idempotency-Key. Every
// refusal is a [Problem] (RFC 9457, application/problem+json) with a stable code,
// and a detail that names the field, the value and the rule.
//
// Begin with [New]; declare a group of endpoints with [API.Under] and give each
// its operation with [Add]; [API.Beside] puts them beside another handler, and says
// if a rule has no operation or an operation no rule.
//
// Amounts are strings ([Decimal]), times are RFC 3339 in UTC ([Time]), durations
// are written as in Go ([Duration]).
package api
