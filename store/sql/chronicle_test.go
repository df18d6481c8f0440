package sql_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/liquiditytest"
)

func TestChronicle(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		db := open(t, dsn)
		liquiditytest.RunChronicle(t, func(t *testing.T) chronicle.Chronicle { return db.Chronicle(t.Name()) })
	})
}
