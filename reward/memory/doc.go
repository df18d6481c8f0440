// Package memory keeps a reward pool's ledger in memory, and a wallet to pay from:
// for tests, simulations and pools that may forget. Start with the zero [Ledger]
// and the zero [Wallet].
package memory
