// Package evmtest runs a real go-ethereum node on loopback, for tests that would
// rather not believe a double.
package evmtest
