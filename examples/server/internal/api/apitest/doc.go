// Package apitest tests the table of an API: who gets through, and how often.
// Every API gives it its own:
//
//	func TestWhoMay(t *testing.T)     { apitest.Matrix(t, alps.Rules(), "testdata/access.golden", *update) }
//	func TestHowOften(t *testing.T)   { apitest.Limits(t, alps.Rules()) }
package apitest
