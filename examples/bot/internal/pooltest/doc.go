// Package pooltest is an ALP server and a network, both in memory, for tests of
// what talks to them.
package pooltest
