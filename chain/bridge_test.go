package chain_test

import (
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

func TestAStageIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, stage := range []chain.Stage{chain.Unsent, chain.Waiting, chain.Departed, chain.Arrived, chain.Refunded, chain.Failed} {
		text, err := stage.MarshalText()
		require.NoError(t, err)
		require.Equal(t, stage.String(), string(text))
		var again chain.Stage
		require.NoError(t, again.UnmarshalText(text))
		require.Equal(t, stage, again)
	}
	for _, bad := range []chain.Stage{0, chain.Failed + 1} {
		_, err := bad.MarshalText()
		require.ErrorIs(t, err, chain.ErrInvalid)
	}
	kept := chain.Arrived
	require.ErrorIs(t, kept.UnmarshalText([]byte("lost")), chain.ErrInvalid)
	require.ErrorIs(t, kept.UnmarshalText(nil), chain.ErrInvalid)
	require.Equal(t, chain.Arrived, kept)
}

func TestATransferHasItsRules(t *testing.T) {
	t.Parallel()
	good := chain.Transfer{
		Lane: chain.Lane{From: 138, To: 651940, Token: chain.Address{19: 1}}, Amount: *uint256.NewInt(1),
		MaxGasPrice: *uint256.NewInt(1), Deadline: 1,
	}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*chain.Transfer){
		"chain: invalid: To 138: must differ from From": func(t *chain.Transfer) { t.To = 138 },
		"chain: invalid: Token 0x":                      func(t *chain.Transfer) { t.Token = chain.Address{} },
		"chain: invalid: Amount 0: must be > 0":         func(t *chain.Transfer) { t.Amount.Clear() },
		"chain: invalid: MaxGasPrice 0: must be > 0":    func(t *chain.Transfer) { t.MaxGasPrice.Clear() },
		"chain: invalid: Deadline 0: must be > 0":       func(t *chain.Transfer) { t.Deadline = 0 },
	} {
		bad := good
		change(&bad)
		err := bad.Validate()
		require.ErrorIs(t, err, chain.ErrInvalid)
		require.ErrorContains(t, err, want)
	}
}
