package evmtest_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
)

func TestTheNodeAnswersOverHTTP(t *testing.T) {
	rich := crypto.PubkeyToAddress(evmtest.Key(t, "rich").PublicKey)
	node := evmtest.Start(t, 138, rich)
	client, err := ethclient.DialContext(t.Context(), node.URL)
	require.NoError(t, err)
	defer client.Close()

	id, err := client.ChainID(t.Context())
	require.NoError(t, err)
	require.Equal(t, "138", id.String())
	block := node.Commit()
	head, err := client.HeaderByNumber(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, block, head.Hash())
	balance, err := client.BalanceAt(t.Context(), rich, nil)
	require.NoError(t, err)
	require.Equal(t, "1000000000000000000000000", balance.String())
}
