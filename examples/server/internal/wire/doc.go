// Package wire speaks the ALP server's HTTP: its paths, its messages, the order of
// its checks.
//
// As the ALP server did, it answers everything that it understood with status
// 200, yes or no, and tells a browser that 404, 405 and 500 are HTML. A hardened
// server gives real status codes, wants its writers and owners sealed
// (examples/internal/alp), and limits how often they ask.
package wire
