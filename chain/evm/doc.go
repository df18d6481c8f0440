// Package evm is a chain.Client over a node's JSON-RPC, and what stands on such a
// chain: pools, stabilizers, price feeds and bridges.
package evm
