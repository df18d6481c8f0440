// Package memory keeps a reward pool's ledger in memory: for tests, simulations
// and pools that may forget. Start with the zero [Ledger].
package memory
