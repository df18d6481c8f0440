// Package memory keeps the journal, the inbox and the anchor of the module in
// memory: for tests, for simulations, and for hosts that keep nothing.
package memory
