package contracts_test

import (
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// What the README says that a call costs is what it costs, under the rules of Cancun.
func TestTheReadmeSaysWhatCallsCost(t *testing.T) {
	m := newMarket(t)
	var table []string
	charge := func(what string) {
		table = append(table, fmt.Sprintf("| %s | %d |", what, (m.gas+500)/1000))
	}
	none, never := new(big.Int), new(big.Int).SetUint64(1<<63)

	m.deploy(owner, contracts.Token, "Gold", "XAU", uint8(18), owner)
	charge("deploy `Token`")
	public := m.deploy(owner, contracts.PublicOpener)
	charge("deploy `PublicOpener`")
	private := m.deploy(owner, contracts.PrivateOpener)
	charge("deploy `PrivateOpener`")
	factory := m.deploy(owner, contracts.Factory, owner, maintainer, none, public.at, private.at)
	charge("deploy `Factory`")
	factory.do(owner, "createPool", m.base.at, m.quote.at, lpFee, oneToken, slope, true)
	charge("`Factory.createPool`")
	mesh := m.opened(contracts.PrivatePool, m.factory.do(owner, "createPrivatePool", m.base.at, m.quote.at, lpFee, oneToken, slope, false, trader))
	charge("`Factory.createPrivatePool`")

	m.base.do(trader, "transfer", mesh.at, oneToken)
	m.quote.do(trader, "transfer", mesh.at, oneToken)
	mesh.do(owner, "reset", owner, lpFee, oneToken, slope, none, none, none, none)
	charge("`PrivatePool.reset`, the first deposit")
	m.fund()
	charge("`Factory.addLiquidity`, the first")
	swap := func() { m.factory.do(trader, "executeSwap", m.base.at, m.quote.at, oneToken, none, never) }
	for range 70 { // until the memory of prices has gone round
		m.block++
		m.time += 2
		swap()
	}
	charge("`Factory.executeSwap`, the first of a block")
	swap()
	charge("`Factory.executeSwap`, a later one")
	m.factory.do(trader, "addLiquidity", m.base.at, m.quote.at, oneToken, oneToken, none, never)
	charge("`Factory.addLiquidity`")
	m.pool.do(trader, "sellShares", oneToken, trader, none, none, never)
	charge("`PublicPool.sellShares`")
	m.pool.do(trader, "flashLoan", none, none, trader, []byte{})
	charge("`PublicPool.flashLoan`, without what the borrower does")

	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	measured := strings.Join(table, "\n")
	t.Logf("gas:\n%s", measured)
	require.Contains(t, string(readme), measured, "copy what was measured into README.md")
}
