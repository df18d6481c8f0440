package memory_test

import (
	"slices"
	"testing"

	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/ledgertest"
	"github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/payout/payouttest"
)

func TestLedger(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) reward.Ledger { return new(memory.Ledger) })
}

func TestPayouts(t *testing.T) {
	payouttest.RunLedger(t, func(*testing.T) (reward.Ledger, payout.Ledger) {
		l := new(memory.Ledger)
		return l, l.Payouts()
	})
}

func TestWallet(t *testing.T) {
	payouttest.RunPayer(t, func(*testing.T) payouttest.Rig {
		w := new(memory.Wallet)
		return payouttest.Rig{
			Open:   func(*testing.T) payout.Payer { return w },
			Settle: func(*testing.T) { w.Mine(1) },
			Paid:   func(_ *testing.T, b payout.Batch) int { return w.Payments(b.ID) },
			Refuse: func(_ *testing.T, refuse bool) {
				if !refuse {
					w.Script()
					return
				}
				w.Script(slices.Repeat([]memory.Luck{memory.Refuse}, 8)...)
			},
			Lose: func(*testing.T) { w.Script(memory.Timeout) },
		}
	})
}
