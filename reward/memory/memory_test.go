package memory_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/ledgertest"
	"github.com/evenkeelhq/evenkeel/reward/memory"
)

func TestLedger(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) reward.Ledger { return new(memory.Ledger) })
}
