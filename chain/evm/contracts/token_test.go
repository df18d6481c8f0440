package contracts_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

func TestATokenIsMintedByItsOwnerAndBurntByItsHolder(t *testing.T) {
	token := newMachine(t).deploy(owner, contracts.Token, "Tether on 138", "cUSDT", uint8(6), owner)
	require.Equal(t, "Tether on 138", token.ask("name"))
	require.Equal(t, "cUSDT", token.ask("symbol"))
	require.Equal(t, "6", token.ask("decimals"))

	_, err := token.try(stranger, "mint", stranger, big.NewInt(1))
	require.EqualError(t, err, "OwnableUnauthorizedAccount("+stranger.Hex()+")")
	token.do(owner, "mint", trader, big.NewInt(100))
	token.do(trader, "burn", big.NewInt(30))
	_, err = token.try(stranger, "burn", big.NewInt(1))
	require.ErrorContains(t, err, "ERC20InsufficientBalance")
	require.Equal(t, "70", token.ask("balanceOf", trader))
	require.Equal(t, "70", token.ask("totalSupply"))
}

func TestOwnershipPassesWhenTheNewOwnerAccepts(t *testing.T) {
	token := newMachine(t).deploy(owner, contracts.Token, "Gold", "XAU", uint8(18), owner)
	token.do(owner, "transferOwnership", trader)
	require.Equal(t, owner.Hex(), token.ask("owner"))
	_, err := token.try(stranger, "acceptOwnership")
	require.ErrorContains(t, err, "OwnableUnauthorizedAccount")
	token.do(trader, "acceptOwnership")
	require.Equal(t, trader.Hex(), token.ask("owner"))
}
