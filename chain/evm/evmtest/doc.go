// Package evmtest is chains for tests of what speaks JSON-RPC.
//
// [Start] runs a real go-ethereum node on loopback, for tests that would rather not
// believe a double. [NewScript] is such a double: a memchain.Chain behind JSON-RPC, on
// which transactions, reorgs and blocks happen as the test says, seen through as many
// nodes as wanted, each of which can lag, fork, lie, forget or fall silent on cue. What
// a real node would never do on demand is for the second; that it is done right, for
// the first.
package evmtest
