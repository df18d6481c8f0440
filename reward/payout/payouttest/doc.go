// Package payouttest holds the laws of payout.Ledger and of payout.Payer.
package payouttest
