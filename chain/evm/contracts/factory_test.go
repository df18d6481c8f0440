package contracts_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// market is a factory, two tokens of which the trader has a million, approved, and
// their public pool.
type market struct {
	*machine
	factory, base, quote, pool *deployed
}

var (
	oneToken = wei("1000000000000000000")
	million  = new(big.Int).Mul(big.NewInt(1_000_000), oneToken)
	slope    = big.NewInt(2e14)
	lpFee    = big.NewInt(3e14)
)

func newMarket(t *testing.T) *market {
	m := &market{machine: newMachine(t)}
	public, private := m.deploy(owner, contracts.PublicOpener), m.deploy(owner, contracts.PrivateOpener)
	m.factory = m.deploy(owner, contracts.Factory, owner, maintainer, big.NewInt(1e14), public.at, private.at)
	m.base = m.deploy(owner, contracts.Token, "Tether", "cUSDT", uint8(18), owner)
	m.quote = m.deploy(owner, contracts.Token, "USD Coin", "cUSDC", uint8(18), owner)
	for _, token := range []*deployed{m.base, m.quote} {
		token.do(owner, "mint", trader, million)
		token.do(trader, "approve", m.factory.at, million)
	}
	m.pool = m.opened(contracts.PublicPool, m.factory.do(owner, "createPool", m.base.at, m.quote.at, lpFee, oneToken, slope, true))
	return m
}

func (m *market) deadline() *big.Int { return new(big.Int).SetUint64(m.time) }

func (m *market) fund() {
	half := new(big.Int).Div(million, big.NewInt(2))
	m.factory.do(trader, "addLiquidity", m.base.at, m.quote.at, half, half, big.NewInt(1), m.deadline())
}

func TestAFactoryOpensWhatItsOwnerAsksFor(t *testing.T) {
	m := newMarket(t)
	require.Equal(t, m.base.at.Hex(), m.pool.ask("_BASE_TOKEN_"))
	require.Equal(t, m.quote.at.Hex(), m.pool.ask("_QUOTE_TOKEN_"))
	require.Equal(t, oneToken.String(), m.pool.ask("_I_"))
	require.Equal(t, slope.String(), m.pool.ask("_K_"))
	require.Equal(t, lpFee.String(), m.pool.ask("_LP_FEE_RATE_"))
	require.Equal(t, "100000000000000", m.pool.ask("_MT_FEE_RATE_"))
	require.Equal(t, maintainer.Hex(), m.pool.ask("_MAINTAINER_"))
	require.Equal(t, "true", m.pool.ask("_IS_OPEN_TWAP_"))
	require.Equal(t, "18", m.pool.ask("decimals"))
	require.Equal(t, m.pool.at.Hex(), m.factory.ask("poolOf", m.quote.at, m.base.at))

	private := m.opened(contracts.PrivatePool, m.factory.do(owner, "createPrivatePool", m.base.at, m.quote.at, lpFee, oneToken, slope, false, trader))
	require.Equal(t, owner.Hex(), private.ask("owner"))
	require.Equal(t, trader.Hex(), private.ask("_TRADER_"))
	require.Equal(t, "false", private.ask("_IS_OPEN_TWAP_"))
	require.Equal(t, m.pool.at.Hex(), m.factory.ask("poolOf", m.base.at, m.quote.at), "the public pool remains the users'")
}

func TestAFactoryRefuses(t *testing.T) {
	m := newMarket(t)
	_, err := m.factory.try(stranger, "createPool", m.base.at, m.quote.at, lpFee, oneToken, slope, true)
	require.ErrorContains(t, err, "OwnableUnauthorizedAccount")
	_, err = m.factory.try(stranger, "createPrivatePool", m.base.at, m.quote.at, lpFee, oneToken, slope, true, stranger)
	require.ErrorContains(t, err, "OwnableUnauthorizedAccount")
	for _, pair := range [][2]common.Address{{m.base.at, m.quote.at}, {m.quote.at, m.base.at}} {
		_, err = m.factory.try(owner, "createPool", pair[0], pair[1], lpFee, oneToken, slope, true)
		require.EqualError(t, err, "PoolExists("+m.pool.at.Hex()+")")
	}
	_, err = m.factory.tryAsk("getQuote", m.base.at, stranger, oneToken)
	require.ErrorContains(t, err, "NoPool")
	_, err = m.factory.tryAsk("getQuote", m.base.at, m.base.at, oneToken)
	require.ErrorContains(t, err, "NoPool")
}

func TestASwapGivesWhatWasQuotedOrNothingHappens(t *testing.T) {
	for name, tokens := range map[string]func(*market) (in, out *deployed){
		"base":  func(m *market) (in, out *deployed) { return m.base, m.quote },
		"quote": func(m *market) (in, out *deployed) { return m.quote, m.base },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMarket(t)
			m.fund()
			in, out := tokens(m)
			quoted := wei(m.factory.ask("getQuote", in.at, out.at, oneToken))
			before := wei(out.ask("balanceOf", trader))
			swap := func(minOut *big.Int, deadline uint64) error {
				_, err := m.factory.try(trader, "executeSwap", in.at, out.at, oneToken, minOut, new(big.Int).SetUint64(deadline))
				return err
			}
			require.ErrorContains(t, swap(new(big.Int).Add(quoted, big.NewInt(1)), m.time), "OutputTooLow")
			require.ErrorContains(t, swap(quoted, m.time-1), "Expired")
			require.NoError(t, swap(quoted, m.time))
			require.Equal(t, quoted, new(big.Int).Sub(wei(out.ask("balanceOf", trader)), before))
			for _, token := range []*deployed{in, out} {
				require.Equal(t, "0", token.ask("balanceOf", m.factory.at), "nothing remains with the factory")
			}
		})
	}
}

func TestAProviderGetsTheSharesAskedForOrNothingHappens(t *testing.T) {
	m := newMarket(t)
	add := func(minShares *big.Int, deadline uint64) error {
		_, err := m.factory.try(trader, "addLiquidity", m.base.at, m.quote.at, oneToken, oneToken, minShares, new(big.Int).SetUint64(deadline))
		return err
	}
	first := new(big.Int).Sub(oneToken, big.NewInt(1001)) // which nobody holds
	require.ErrorContains(t, add(oneToken, m.time), "OutputTooLow")
	require.ErrorContains(t, add(first, m.time-1), "Expired")
	require.NoError(t, add(first, m.time))
	require.Equal(t, first.String(), m.pool.ask("balanceOf", trader))
	require.NoError(t, add(oneToken, m.time))
}
