//go:build !faultpoint

package fault

import (
	"net/http"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Points are where the process may be killed: here, nowhere.
type Points struct{}

// New returns points that nothing happens at.
func New() Points { return Points{} }

// Store returns s.
func (Points) Store(s evenkeel.Store) evenkeel.Store { return s }

// Inbox returns i.
func (Points) Inbox(i evenkeel.Inbox) evenkeel.Inbox { return i }

// Ledger returns l.
func (Points) Ledger(l reward.Ledger) reward.Ledger { return l }

// Payouts returns l.
func (Points) Payouts(l payout.Ledger) payout.Ledger { return l }

// Payer returns p.
func (Points) Payer(p payout.Payer) payout.Payer { return p }

// Verifier returns v.
func (Points) Verifier(v exchange.Verifier) exchange.Verifier { return v }

// RoundTripper returns rt.
func (Points) RoundTripper(rt http.RoundTripper) http.RoundTripper { return rt }
