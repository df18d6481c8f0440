// Package ledgertest holds the laws of reward.Ledger. An adapter's test calls
// [Run].
package ledgertest
